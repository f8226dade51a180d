// SPDX-License-Identifier: Apache-2.0
/* Counts of measurements by network, site, method and day, made in one pass
 * over rows in order of start time. Called by the report; knows neither store
 * nor files. Single thread. Everything lives in the aggregate's own region
 * until aggregate_free; every table has a stated maximum. Whoever fills the
 * tables must not push anybody's findings out: the fuller one is, the more is
 * asked of who brings something new (aggregate_find.c). What finds no room is
 * added up as `other`.
 *
 * A finding is one (network, site, method) with at least one row in state
 * blocked. It is well founded if two people saw it on one day, or somebody
 * vouches for one who did. What is said of a well-founded finding, or of its
 * site and network, must be well founded itself: kind, name, dates, methods,
 * reasons and networks that one stranger brings change nothing.
 * Nothing here keeps x_probe or a source tag longer than the day
 * being counted, and then only as a hash; a finding keeps hashes of the
 * pseudonyms of those who saw it, as long as the aggregate lives.
 */
#ifndef PARALLAX_COLLECTOR_ANALYSIS_AGGREGATE_H
#define PARALLAX_COLLECTOR_ANALYSIS_AGGREGATE_H

#include "collector/analysis/aggregate_types.h"
#include "collector/analysis/settled.h"

/* Empty; NULL when there is no memory. `limits` NULL: AGGREGATE_MAX_*. Caller
 * frees with aggregate_free. */
struct aggregate *aggregate_new(const struct aggregate_limits *limits);
/* Frees it and all that stands in it; NULL is allowed. */
void aggregate_free(struct aggregate *a);
/* For settled_write: who reached a site is counted for every network. Before
 * the first row. */
void aggregate_count_ok(struct aggregate *a);
/* The rows of the day `day` (since 1970) that come next were counted while
 * their tags were there: what came of that is in `s`, which the aggregate takes
 * over and frees, and who sent them is not asked again. */
void aggregate_settle(struct aggregate *a, int64_t day, struct settled *s);
/* Counts one row; texts that it leaves out may be NULL.
 * `*finding` is the finding it belongs to, NULL unless blocked, and where there
 * was no room. A row whose time cannot be believed (store_claim_counts) is only
 * counted as set aside. ERR_INVAL: an unknown state, or out of order of start
 * time; ERR_LIMIT, ERR_NOMEM. After an error the aggregate is good for
 * aggregate_free only. */
MUST_USE enum err aggregate_add(struct aggregate *a,
                                const struct store_row *row,
                                const struct aggregate_finding **finding);
/* Call once after the last row: fills the counts of observers, and what is said
 * only where it is well founded. */
void aggregate_finish(struct aggregate *a);
/* Measurements in all states. */
uint64_t aggregate_total(const struct aggregate_counts *c);

#endif
