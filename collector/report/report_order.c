// SPDX-License-Identifier: Apache-2.0
/* Compares networks and sites. */
#include "collector/report/report_order.h"

#include <string.h>

int report_order_networks(const struct aggregate_network *a,
                          const struct aggregate_network *b)
{
    if (a->founded != b->founded) {
        return a->founded > b->founded ? -1 : 1;
    }
    if (a->stands != b->stands) {
        return a->stands ? -1 : 1;
    }
    if (a->blocked != b->blocked) {
        return a->blocked > b->blocked ? -1 : 1;
    }
    return (a->asn > b->asn) - (a->asn < b->asn);
}

int report_order_sites(const struct aggregate_site *a,
                       const struct aggregate_site *b)
{
    int c = strcmp(a->domain, b->domain);
    return c != 0 ? c : strcmp(a->input, b->input);
}
