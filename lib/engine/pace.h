// SPDX-License-Identifier: Apache-2.0
/* How fast each resolver has answered so far: what a forged answer is measured
 * against. Kept by the engine across measurements, fed and read when one ends,
 * so that a measurement sees only what others saw. One thread.
 */
#ifndef PARALLAX_ENGINE_PACE_H
#define PARALLAX_ENGINE_PACE_H

#include "record/measurement.h"

#define PACE_KEPT 16 /* resolvers */
#define PACE_MANY 8  /* answers */

struct pace {
    struct pace_entry {
        char resolver[56]; /* "ip:port"; "" free */
        int64_t fastest_us;
        unsigned n; /* answers seen */
    } kept[PACE_KEPT];

    size_t next;
};

/* Gives `m` the fastest answer of each resolver it asked by UDP, in whole
 * milliseconds and of at most PACE_MANY answers, so that records of one run
 * cannot be told by it; then learns from its exchanges. Those that got two
 * answers are left out: one of them may be forged. ERR_NOMEM. */
MUST_USE enum err pace_exchange(struct pace *p, struct measurement *m);

#endif
