// SPDX-License-Identifier: Apache-2.0
/* Names looked up so far in one visit of a site, so that a redirect to one of
 * them does not ask again. */
#ifndef PARALLAX_ENGINE_WEB_KNOWN_NAMES_H
#define PARALLAX_ENGINE_WEB_KNOWN_NAMES_H

#include "engine/addr_list.h"

/* Zeroed: none. */
struct known_names {
    struct known_name *first;
};

/* Remembers the addresses of a host, also if there are none. `host` and the
 * list's items must live as long as `r`. ERR_NOMEM. */
MUST_USE enum err known_names_add(struct known_names *k, struct region *r,
                                  const char *host,
                                  const struct addr_list *addrs);
/* NULL: not looked up yet. */
const struct addr_list *known_names_find(const struct known_names *k,
                                         const char *host);

#endif
