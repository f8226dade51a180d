// SPDX-License-Identifier: Apache-2.0
/* The addresses of one name, each once, and by which ways it was found. */
#ifndef PARALLAX_ENGINE_ADDR_LIST_H
#define PARALLAX_ENGINE_ADDR_LIST_H

#include "record/measurement.h"

#define ADDR_LIST_MAX 128

struct addr {
    struct ip ip;
    unsigned origin; /* OR of ORIGIN_* */
};

/* Zeroed: empty. Its items live in the region given to addr_list_add. */
struct addr_list {
    struct addr *items;
    size_t n, cap;
};

/* Adds the address, or the origin to one that is there. What comes after
 * ADDR_LIST_MAX is left out. ERR_NOMEM. */
MUST_USE enum err addr_list_add(struct region *r, struct addr_list *l,
                                const struct ip *ip, unsigned origin);
/* The entry of an address; NULL if it is not in the list. */
const struct addr *addr_list_find(const struct addr_list *l,
                                  const struct ip *ip);

#endif
