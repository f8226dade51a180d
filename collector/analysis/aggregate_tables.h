// SPDX-License-Identifier: Apache-2.0
/* Between the files of the aggregate: its tables, and what a row is counted in.
 */
#ifndef PARALLAX_COLLECTOR_ANALYSIS_AGGREGATE_TABLES_H
#define PARALLAX_COLLECTOR_ANALYSIS_AGGREGATE_TABLES_H

#include "base/map.h"
#include "collector/analysis/aggregate_types.h"
#include "collector/analysis/senders.h"
#include "collector/analysis/settled.h"

/* What finds an entry again, and how much each array has room for. */
struct aggregate_tables {
    struct aggregate_limits max;
    struct map *networks, *sites, *cells;
    size_t cap_networks, cap_sites, cap_cells, cap_findings, cap_daynets;
    struct senders *senders;
    struct settled *settled; /* of settled_day, or NULL */
    int64_t settled_day;
    int64_t order_s; /* start of the last row */
    bool any;        /* a row was counted */
    bool count_ok;   /* aggregate_count_ok */
};

/* Everything one row is counted in. */
struct aggregate_places {
    struct aggregate_network *net;
    struct aggregate_site *site;
    struct aggregate_cell *cell;
    struct aggregate_daynet *daynet;
    bool stands; /* its sender is known to be in the network */
};

#endif
