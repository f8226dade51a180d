// SPDX-License-Identifier: Apache-2.0
/* The order in which a report names networks and sites, wherever it does. Both
 * return below, at or above 0 like strcmp.
 */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_ORDER_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_ORDER_H

#include "collector/analysis/aggregate.h"

/* Most sites with well-founded findings first, then those that somebody is
 * known to be in, then most sites with findings, then by number. */
int report_order_networks(const struct aggregate_network *a,
                          const struct aggregate_network *b);
/* By domain, then by the URL that was tested. */
int report_order_sites(const struct aggregate_site *a,
                       const struct aggregate_site *b);

#endif
