// SPDX-License-Identifier: Apache-2.0
/* How fast each resolver has answered so far. An answer that comes much sooner
 * may be forged. Kept across the measurements of one engine; fed and read when
 * one ends, so that a measurement is only told what others saw. One thread.
 */
#ifndef PARALLAX_ENGINE_PACE_H
#define PARALLAX_ENGINE_PACE_H

#include "record/measurement.h"

#define PACE_KEPT 16 /* resolvers */
#define PACE_MANY 8  /* answers */

/* Zeroed: nothing was seen. */
struct pace {
    struct pace_entry {
        char resolver[56]; /* "ip:port"; "": a free entry */
        int64_t fastest_us;
        unsigned n; /* answers seen */
    } kept[PACE_KEPT];

    size_t next; /* the entry to be used again next */
};

/* Tells the record the fastest answer of each resolver that it asked by UDP, if
 * one is known; then learns from its exchanges. Times are told in whole
 * milliseconds and counts up to PACE_MANY, so that records of one run cannot be
 * joined by them. An exchange that got two answers is not learnt from: one of
 * them may be forged. ERR_NOMEM. */
MUST_USE enum err pace_exchange(struct pace *p, struct measurement *m);

#endif
