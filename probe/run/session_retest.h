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
    struct region *region; /* `url` and `knock` live here; NULL: none does */
    const struct url *url; /* what to measure: the site, or where it led */
    bool compare;          /* not the site again, but one page with and
                              without its name, at `ip` */
    bool page;             /* nor that, but its page in cleartext at `ip` */
    struct ip ip;
    struct ip notice;     /* its lookup led here, which may be a notice server;
                             family 0: no */
    unsigned waited;      /* how often for another site's page from there */
    uint64_t at;          /* where the record is parked */
    struct site_result o; /* what the parked record says so far */
    int64_t first;        /* when the first measurement began */
    int64_t last;         /* and the last one */
    int64_t due;          /* when to measure again */
    unsigned tries;       /* further measurements begun */
    bool lied_to;         /* its lookup was interfered with: where connections
                             got stuck says nothing then, so `stuck` is empty */
    struct stuck stuck[RESIDUAL_STUCK]; /* of the last measurement */
    size_t n_stuck;
    struct url *knock; /* not NULL: comes before the site, to see whether the
                          address is open (PLAN_UNNAMED) */
    struct ip knock_ip;
    bool shut;       /* the address did not answer the knock */
    bool shut_since; /* nor has it been asked since that was to be over */
    size_t where;    /* of the stuck: where it knocks */
    bool own;        /* its address is shut, and its own name may have shut it:
                        the knock comes when that is over */
    unsigned held; /* how often it had to wait because another site was cut off
                      at its address (residual.h) */
};

/* For tests: when a site is measured again whose last measurement began at
 * `last` and ended now: after a pause, but one that waited in vain has watched
 * the line all that time, which counts for two thirds of the pause at the most.
 */
int64_t session_retest_due(int64_t last, int64_t now, int64_t pause);
/* Takes `r`: its turn comes after the pause (a comparison's at once), or at
 * `due`. */
void session_retest_add(struct session *s, struct retest *r);
void session_retest_add_at(struct session *s, struct retest *r, int64_t due);

/* Takes the one whose turn comes first out of the list (which is not empty),
 * for the caller. */
struct retest *session_retest_take(struct session *s);

/* Sets what is to be measured, as the result asks: the site, a comparison, or
 * the target of a redirect that was cut off, so that a control looks at that
 * target as well. */
MUST_USE enum err session_retest_aim(const struct session *s, struct retest *r,
                                     const struct site_result *o);

/* May the notice server that `r` was led to be asked for its page, with the
 * name of that site? */
bool session_retest_may_ask(const struct session *s, const struct retest *r);
/* Does a less sensitive site wait that was led to the same server? */
bool session_retest_lesser(const struct session *s, const struct retest *r);

/* Parks a record, in place of the one at `replaces` unless that is 0; *at is
 * its place. The reason of a failure is logged. */
MUST_USE enum err session_retest_park(struct session *s, struct str record,
                                      uint64_t replaces, uint64_t *at);
/* Appends the record parked at `at` to `record`. */
MUST_USE enum err session_retest_unpark(struct session *s, uint64_t at,
                                        struct buf *record);

/* Takes `r`, whose site is not measured again: its record is kept as it is.
 * session_retest_let_go_all does so with the whole list. */
void session_retest_let_go(struct session *s, struct retest *r);
void session_retest_let_go_all(struct session *s);

/* NULL is allowed. */
void session_retest_free(struct retest *r);

#endif
