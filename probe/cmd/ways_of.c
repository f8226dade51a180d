// SPDX-License-Identifier: Apache-2.0
#include "probe/cmd/ways_of.h"

enum err ways_of(struct region *r, const struct opt_set *opts,
                 const char *collector, const struct list_orders *orders,
                 struct ways_config *out, struct diag *d)
{
    const char *const *given = NULL;
    struct ways ways;
    *out = (struct ways_config){.collector = collector,
                                .order = opt_str(opts, "collector.ways")};
    if (!collector) {
        return ERR_OK;
    }
    size_t n = opt_list(opts, "collector.further", &given);
    const char **further =
        region_calloc(r, n + LIST_ORDERS_ADDRESSES, sizeof(*further));
    if (!further) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        further[out->n_further++] = given[i];
    }
    for (size_t i = 0; orders && out->n_further < WAYS_FURTHER; i++) {
        const char *listed = list_orders_address(orders, collector, i);
        if (!listed) {
            break;
        }
        further[out->n_further++] = listed;
    }
    out->further = further;
    out->n_proxies = opt_list(opts, "collector.proxy", &out->proxies);
    return ways_make(r, out, &ways, d);
}
