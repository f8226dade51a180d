// SPDX-License-Identifier: Apache-2.0
/* Settings from the environment. */
#include "cli/opt_env.h"

#include "base/ascii.h"
#include "cli/opt_value.h"
#include <stdlib.h>
#include <string.h>

enum err opt_env_read(struct opt_set *s, struct diag *d)
{
    for (size_t i = 0; i < s->n; i++) {
        struct opt_entry *e = &s->entries[i];
        char name[96] = "PARALLAX_";
        size_t n = strlen(name);
        const char *value;
        enum err err;

        if (!e->o->key || strlen(e->o->key) + n + 1 > sizeof(name)) {
            continue;
        }
        for (const char *p = e->o->key; *p; p++) {
            name[n++] = *p == '.' || *p == '-' ? '_' : ascii_upper(*p);
        }
        value = getenv(name);
        /* an empty one says nothing where there is a default */
        if (value && (value[0] || !e->o->def)) {
            err = opt_value_set(s, e, value, OPT_FROM_ENV, name, d);
            if (err) {
                return err;
            }
        }
    }
    return ERR_OK;
}
