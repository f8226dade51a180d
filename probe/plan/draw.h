// SPDX-License-Identifier: Apache-2.0
/* Which sites come next. A pass goes through a list once, in an order that only
 * this device knows:
 *
 *   place     each site has one, a number made of its URL with the key of the
 *             pass; by it the sites are ordered, whatever list they are in
 *   need      the more a site is needed the earlier: all of one tier come
 * before those of the next; the place decides within a tier other end one in
 * ten is taken from the other end of the places, whatever its need, so that
 * nothing is left out for long lanes     sensitive sites (R2, R3) are spread
 * evenly among the others
 *
 * What was done is known by the places at which the pass stands, a few numbers:
 * no list of URLs is kept. Sites may join and leave the list at any time. A
 * site whose need changes meanwhile may be drawn again, or only in the next
 * pass.
 *
 * Of the sensitive sites a device ever measures the part of its cohort alone,
 * by a division that is the same for all: who watches it learns which of the
 * four parts that is, and no more. No I/O, no clock.
 */
#ifndef PARALLAX_PROBE_PLAN_DRAW_H
#define PARALLAX_PROBE_PLAN_DRAW_H

#include "base/crypto.h"
#include "record/sitelist.h"

#define DRAW_COHORTS   4
#define DRAW_SENSITIVE 2 /* R2: from this class on */
#define DRAW_LANES     2 /* the others, the sensitive ones */
#define DRAW_TIERS     4

/* Where a pass stands. Of each lane: up to which place each tier is done, and
 * from which place on all are. */
struct draw_pass {
    uint8_t key[CRYPTO_SIP_LEN];

    struct draw_lane {
        uint64_t upto[DRAW_TIERS];
        uint64_t down;
    } lanes[DRAW_LANES];
};

/* A site that may be drawn. */
struct draw_site {
    const struct site *site;
    int risk;      /* the riskiest of what the lists say: 0 to 3 */
    unsigned tier; /* 0, needed most, to DRAW_TIERS - 1 */
};

struct draw_row {
    const struct site *site;
    uint64_t place;
    uint8_t lane, tier, risk;
};

/* The sites of a pass, in order of lane, tier and place. */
struct draw {
    struct draw_row *rows;
    size_t n;
    size_t begin[DRAW_LANES * DRAW_TIERS + 1]; /* of each tier of each lane */
};

/* A pass with this key, at its beginning. */
void draw_pass_begin(struct draw_pass *p, const uint8_t key[CRYPTO_SIP_LEN]);
/* The pass behind this one, at its beginning: another order. */
void draw_pass_next(struct draw_pass *p);

/* The tier of a site that a collector gives this priority (1: as any other)
 * and of which it had so many records lately; 0 stands for unknown as well. One
 * that is asked for just now is always in the first. */
unsigned draw_tier(bool asked_for, unsigned priority, uint64_t count);

/* Puts the sites (borrowed) in order for the pass, without the sensitive ones
 * of other cohorts; draw_free frees. ERR_NOMEM. */
MUST_USE enum err draw_make(struct draw *d, const struct draw_pass *p,
                            unsigned cohort, const struct draw_site *sites,
                            size_t n);
/* NULL rows are allowed. */
void draw_free(struct draw *d);

/* The next site, and the pass stands behind it; NULL: the pass is over. */
const struct draw_row *draw_next(const struct draw *d, struct draw_pass *p);

/* How many sites are left of the pass. */
size_t draw_left(const struct draw *d, const struct draw_pass *p);

#endif
