// SPDX-License-Identifier: Apache-2.0
/* A list of names, as long as a chain of redirects. */
#include "engine/web/known_names.h"

#include <string.h>

struct known_name {
    struct known_name *next;
    const char *host;
    struct addr_list addrs;
};

enum err known_names_add(struct known_names *k, struct region *r,
                         const char *host, const struct addr_list *addrs)
{
    struct known_name *one = region_alloc(r, sizeof(*one));

    if (!one) {
        return ERR_NOMEM;
    }
    *one = (struct known_name){k->first, host, *addrs};
    k->first = one;
    return ERR_OK;
}

const struct addr_list *known_names_find(const struct known_names *k,
                                         const char *host)
{
    for (const struct known_name *one = k->first; one; one = one->next) {
        if (strcmp(one->host, host) == 0) {
            return &one->addrs;
        }
    }
    return NULL;
}
