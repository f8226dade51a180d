// SPDX-License-Identifier: Apache-2.0
/* Finds or makes what a row is counted in, as long as there is room for who
 * brings it. */
#ifndef PARALLAX_COLLECTOR_ANALYSIS_AGGREGATE_FIND_H
#define PARALLAX_COLLECTOR_ANALYSIS_AGGREGATE_FIND_H

#include "collector/analysis/aggregate_tables.h"

/* Finds what `row` is counted in, or makes it; all NULL if there is no room.
 * ERR_NOMEM. */
MUST_USE enum err aggregate_find(struct aggregate *a,
                                 const struct store_row *row,
                                 struct aggregate_places *at);
/* The finding of a blocked row; NULL if there is no room. ERR_NOMEM. */
MUST_USE enum err aggregate_find_finding(struct aggregate *a,
                                         struct aggregate_cell *cell,
                                         const struct store_row *row,
                                         struct aggregate_finding **out);

#endif
