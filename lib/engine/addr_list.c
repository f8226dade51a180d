// SPDX-License-Identifier: Apache-2.0
/* Lists of addresses, short enough to be walked through. */
#include "engine/addr_list.h"

static size_t place_of(const struct addr_list *l, const struct ip *ip)
{
    size_t i = 0;

    while (i < l->n && !ip_eq(&l->items[i].ip, ip)) {
        i++;
    }
    return i;
}

const struct addr *addr_list_find(const struct addr_list *l,
                                  const struct ip *ip)
{
    size_t i = place_of(l, ip);

    return i < l->n ? &l->items[i] : NULL;
}

enum err addr_list_add(struct region *r, struct addr_list *l,
                       const struct ip *ip, unsigned origin)
{
    size_t i = place_of(l, ip);

    if (i < l->n) {
        l->items[i].origin |= origin;
        return ERR_OK;
    }
    if (l->n >= ADDR_LIST_MAX) {
        return ERR_OK;
    }
    void *items = l->items;
    enum err e =
        region_grow(r, &items, &l->cap, l->n, sizeof(*l->items), ADDR_LIST_MAX);
    if (e != ERR_OK) {
        return e;
    }
    l->items = items;
    l->items[l->n++] = (struct addr){*ip, origin};
    return ERR_OK;
}
