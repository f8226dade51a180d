// SPDX-License-Identifier: Apache-2.0
/* Counts what speaks for a finding, and what against it. */
#ifndef PARALLAX_COLLECTOR_ANALYSIS_AGGREGATE_FINDING_H
#define PARALLAX_COLLECTOR_ANALYSIS_AGGREGATE_FINDING_H

#include "collector/analysis/aggregate_tables.h"

/* Counts a row that speaks for a finding; `*out` is left alone if there is no
 * room for it. ERR_NOMEM. */
MUST_USE enum err aggregate_finding_blocked(
    struct aggregate *a, const struct aggregate_places *at,
    const struct store_row *row, const struct aggregate_finding **out);
/* Counts a row that speaks against those of its cell. ERR_NOMEM. */
MUST_USE enum err aggregate_finding_ok(struct aggregate *a,
                                       const struct aggregate_places *at,
                                       const struct store_row *row);
/* Ends the counting of a finding, and says whether it is well founded. */
void aggregate_finding_end(struct aggregate_finding *f);

#endif
