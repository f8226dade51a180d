// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_timing.h"

/* Sooner means in less than half the time, and by more than a busy machine may
 * delay an answer. */
#define SHARE    0.5
#define MARGIN_S 0.010
/* So many answers to other questions must be known, since each may have taken
 * long for reasons of its own. A further answer to the same question is enough
 * alone. */
#define ENOUGH 4

#define MAX_LOOKED_AT 16 /* exchanges of one lookup */

/* How long the resolver takes at the least: its fastest answer to anything
 * else, or its last one to the same question, since a forger may send his
 * twice. 0 if too little is known of it. */
static double fastest(const struct judging *j, const struct vexchange *x)
{
    double best = 0, last = 0;
    int64_t n = 0;
    for (size_t i = 0; i < j->o->n_exchanges; i++) {
        const struct vexchange *other = &j->o->exchanges[i];
        if (!str_eq(other->resolver, x->resolver)) {
            continue;
        }
        if (!str_ieq(other->host, x->host)) {
            best = best > 0 && best < other->took ? best : other->took;
            n += other->n < ENOUGH ? other->n : ENOUGH;
        } else if (other->further && other->took > last) {
            last = other->took;
        }
    }
    if (n < ENOUGH) {
        return last;
    }
    return last > 0 && last < best ? last : best;
}

bool judge_timing_early(const struct judging *j, const struct vquery *q)
{
    size_t looked_at = 0;
    for (size_t i = 0; i < j->o->n_exchanges && looked_at < MAX_LOOKED_AT;
         i++) {
        const struct vexchange *x = &j->o->exchanges[i];
        if (x->further || x->id != q->id || !str_ieq(x->host, q->host)) {
            continue;
        }
        double usual = fastest(j, x);
        looked_at++;
        if (x->took < usual * SHARE && usual - x->took >= MARGIN_S) {
            return true;
        }
    }
    return false;
}

static bool asked(const struct judging *j, const struct vquery *q,
                  struct str resolver)
{
    for (size_t i = 0; i < j->o->n_exchanges; i++) {
        const struct vexchange *x = &j->o->exchanges[i];
        if (x->id == q->id && !x->further && str_eq(x->resolver, resolver)) {
            return true;
        }
    }
    return false;
}

static bool share_address(const struct vquery *a, const struct vquery *b)
{
    for (size_t i = 0; i < a->n_addrs; i++) {
        for (size_t k = 0; k < b->n_addrs; k++) {
            if (a->addrs[i] == b->addrs[k]) {
                return true;
            }
        }
    }
    return false;
}

/* Two resolvers that cache the same wrong address, each faster than it ever
 * answers, are not to be expected; one forger before both is. */
bool judge_timing_early_elsewhere(const struct judging *j,
                                  const struct vquery *q)
{
    size_t looked_at = 0;
    for (size_t i = 0; i < j->o->n_queries && looked_at < MAX_LOOKED_AT; i++) {
        const struct vquery *other = &j->o->queries[i];
        if (other->duplicate || other->classic || other->depth != q->depth ||
            !str_eq_c(other->engine, "udp") || !str_ieq(other->host, q->host)) {
            continue;
        }
        looked_at++;
        if (!asked(j, q, other->resolver) && share_address(q, other) &&
            judge_timing_early(j, other)) {
            return true;
        }
    }
    return false;
}
