// SPDX-License-Identifier: Apache-2.0
#include "engine/web/control_order.h"

static bool is_silent(const struct control_helper *h,
                      const struct hash_list *silent)
{
    return hash_list_has(silent, hash_list_hash(str_c(h->url)));
}

/* The first of the helpers that were heard comes behind the others of them. */
static void turn(const struct control_helper **list, size_t n)
{
    const struct control_helper *first = n > 0 ? list[0] : NULL;
    for (size_t i = 0; i + 1 < n; i++) {
        list[i] = list[i + 1];
    }
    if (n > 0) {
        list[n - 1] = first;
    }
}

size_t control_order(const struct plan *p, const struct control_helper *after,
                     const struct hash_list *silent,
                     const struct control_helper *out[CONTROL_ORDER_MAX])
{
    size_t first = after ? (size_t)(after - p->helpers) + 1 : 0;
    size_t n = 0;
    for (int want = 0; want < 2; want++) {
        for (size_t i = 0; i < p->n_helpers && n < CONTROL_ORDER_MAX; i++) {
            const struct control_helper *h =
                &p->helpers[(first + i) % p->n_helpers];
            if (h != after && is_silent(h, silent) == (want > 0)) {
                out[n++] = h;
            }
        }
        if (want == 0 && p->again && !after) {
            turn(out, n);
        }
    }
    if (p->again && !after && n > 1 && is_silent(out[0], silent)) {
        turn(out, n); /* none was heard: as if all had been */
    }
    return n;
}
