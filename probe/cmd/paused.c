// SPDX-License-Identifier: Apache-2.0
/* Orders are read before anything is contacted. */
#include "probe/cmd/paused.h"

#include "cli/shell.h"
#include "probe/run/list_installed.h"
#include "probe/run/list_key.h"
#include "probe/run/session_config.h"

#include <stdio.h>

enum err paused_orders(struct region *r, const struct opt_set *opts,
                       struct list_orders *out, struct diag *d)
{
    struct minisign_keys keys = {.n = 0};
    enum err have = list_key_load(opt_str(opts, "lists.key"), &keys, d);
    if (have != ERR_OK && have != ERR_NOTFOUND) {
        return have;
    }
    d->text[0] = '\0';
    return list_installed_orders(r, have == ERR_OK ? &keys : NULL,
                                 "web_connectivity", out, d);
}

bool paused(struct region *r, const struct opt_set *opts, const char *command,
            const char *country, struct list_orders *orders, int *status)
{
    struct diag d = {""};
    enum err e = paused_orders(r, opts, orders, &d);
    if (e != ERR_OK) {
        fprintf(stderr, "parallax %s: %s\n", command,
                d.text[0] ? d.text : err_str(e));
        *status = EXIT_FAILED;
        return true;
    }
    if (list_orders_paused(orders, country ? country : "ZZ")) {
        fprintf(stderr,
                "parallax %s: " SESSION_PAUSED "; nothing was contacted\n",
                command);
        *status = EXIT_DONE;
        return true;
    }
    return false;
}
