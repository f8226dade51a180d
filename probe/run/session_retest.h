// SPDX-License-Identifier: Apache-2.0
/* Sites that are to be measured again: their records are parked on the disk,
 * they themselves stand in a list in the order of their turn.
 */
#ifndef PARALLAX_PROBE_RUN_SESSION_RETEST_H
#define PARALLAX_PROBE_RUN_SESSION_RETEST_H

#include "probe/run/session_state.h"

struct retest {
    struct retest *next;
    const struct site *site;
    struct region *region; /* of `url` and `knock`; NULL: nothing is in it */
    const struct url *url; /* what to measure: the site, or where it led */
    bool compare;          /* its speed with and without the name, at `ip` */
    struct ip ip;
    uint64_t at;          /* where the record is parked */
    struct site_result o; /* what the record says as it is */
    int64_t first;        /* when the first measurement began */
    int64_t due;          /* when to measure again */
    unsigned tries;       /* further measurements begun */
    bool lied_to;         /* its lookup was: nothing else matters */
    struct stuck stuck[RESIDUAL_STUCK]; /* of the last measurement */
    size_t n_stuck;
    struct url *knock; /* not NULL: next, whether its address is open */
    struct ip knock_ip;
    bool shut;     /* the address did not answer */
    unsigned held; /* how often it waited for what another site set off */
};

/* Takes `r`: its turn comes after the pause, or at `due`. */
void session_retest_add(struct session *s, struct retest *r);
void session_retest_add_at(struct session *s, struct retest *r, int64_t due);

/* Takes the one whose turn comes first out of the list (which is not empty),
 * for the caller. */
struct retest *session_retest_take(struct session *s);

/* Sets what is to be measured, as the result asks. A redirect that was cut off
 * is looked at by itself, so that a control looks there as well. */
MUST_USE enum err session_retest_aim(struct retest *r,
                                     const struct site_result *o);

/* Parks a record; *at is its place. Why not is logged. */
MUST_USE enum err session_retest_park(struct session *s, struct str record,
                                      uint64_t *at);
/* Appends the record parked at `at` to `record`. */
MUST_USE enum err session_retest_unpark(struct session *s, uint64_t at,
                                        struct buf *record);
/* The record parked at `at` is kept elsewhere, or not wanted any more. */
void session_retest_drop(struct session *s, uint64_t at);

/* Takes `r`, whose site is not measured again: its record is kept as it is.
 * session_retest_let_go_all does so with the whole list. */
void session_retest_let_go(struct session *s, struct retest *r);
void session_retest_let_go_all(struct session *s);

/* NULL is allowed. */
void session_retest_free(struct retest *r);

#endif
