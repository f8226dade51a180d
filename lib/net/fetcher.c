// SPDX-License-Identifier: Apache-2.0
/* Makes and frees what all transfers of one engine share. */
#include "net/fetcher.h"
#include "net/fetcher_int.h"

#include "base/log.h"
#include <stdlib.h>

enum err fetcher_new(struct loop *l, const char *ca_file, uint64_t *up,
                     uint64_t *down, struct fetcher **out)
{
    struct diag d = {{0}};
    struct fetcher *f = calloc(1, sizeof(*f));

    if (!f) {
        return ERR_NOMEM;
    }
    f->loop = l;
    f->up = up;
    f->down = down;
    enum err e = tls_store_new(ca_file, &f->store, &d);
    if (e != ERR_OK && d.text[0]) {
        log_error("engine", "%s", d.text);
    }
    if (e == ERR_OK) {
        /* nothing measured is sent over a connection made for another */
        e = curl_loop_new(l, false, &f->curl);
    }
    if (e != ERR_OK) {
        fetcher_free(f);
        return e;
    }
    *out = f;
    return ERR_OK;
}

void fetcher_free(struct fetcher *f)
{
    if (!f) {
        return;
    }
    curl_loop_free(f->curl);
    tls_store_free(f->store);
    free(f);
}
