// SPDX-License-Identifier: Apache-2.0
/* What the files of the aggregate ask of a row. */
#ifndef PARALLAX_COLLECTOR_ANALYSIS_AGGREGATE_ROW_H
#define PARALLAX_COLLECTOR_ANALYSIS_AGGREGATE_ROW_H

#include "collector/analysis/aggregate_tables.h"

/* The time of a row that is shown: its start, but not beyond its receipt. */
int64_t aggregate_row_time(const struct store_row *row);
/* What was counted of `row`'s day under that key, if the day is settled and two
 * people or more are in it; else NULL. */
const struct settled_count *
aggregate_row_settled(const struct aggregate *a, const struct store_row *row,
                      const struct settled_key *key);

#endif
