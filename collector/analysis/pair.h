// SPDX-License-Identifier: Apache-2.0
/* Did two people say it on one day? The question of observers.h for what is
 * asked of every site and network, in a few bytes: it never says yes where
 * observers would count one, and may miss two who share a place or a pseudonym
 * with a third. */
#ifndef PARALLAX_COLLECTOR_ANALYSIS_PAIR_H
#define PARALLAX_COLLECTOR_ANALYSIS_PAIR_H

#include "collector/store/store_types.h"

/* Empty: all zeros. */
struct pair {
    int64_t day;
    uint64_t probe, tag; /* of the day's first, hashed; tag 0: nobody yet */
    bool today;          /* two on this day, or somebody vouches */
    bool ever;           /* or on one before */
};

/* Counts the sender of `row`; rows come in order of start time. Returns
 * pair->today. */
bool pair_add(struct pair *p, const struct store_row *row);
/* It is known otherwise that two people said it on the day of `row`. */
void pair_know(struct pair *p, const struct store_row *row);

#endif
