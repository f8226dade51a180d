// SPDX-License-Identifier: Apache-2.0
/* What session.c (the course of a run), session_record.c (what becomes of one
 * measurement) and session_start.c (everything that is made before and taken
 * down after the run) share.
 */
#ifndef PARALLAX_PROBE_RUN_SESSION_INT_H
#define PARALLAX_PROBE_RUN_SESSION_INT_H

#include "probe/deliver/checkin.h"
#include "probe/deliver/upload.h"
#include "probe/run/outfile.h"
#include "probe/run/residual.h"
#include "probe/run/retest_queue.h"
#include "probe/run/session.h"
#include "probe/volunteer/identity.h"
#include "record/scrub.h"

enum session_phase {
    PHASE_CHECKIN,
    PHASE_OPEN, /* waits for a report id */
    PHASE_MEASURE,
    PHASE_DRAIN,
    PHASE_END
};

/* A site that is to be measured again; its record is parked. */
struct doubt {
    struct doubt *next;
    const struct site *site;
    struct region *region; /* of the following */
    const struct url *url; /* what to measure: the site, or where it led */
    bool compare;          /* its speed with and without the name, at `ip` */
    struct ip ip;
    uint64_t at;          /* where the record is parked */
    struct site_result o; /* what the record says as it is */
    int64_t first;        /* when the first measurement began; monotonic */
    int64_t due;          /* when to measure again; monotonic */
    unsigned tries;       /* further measurements begun */
    bool lied_to;         /* its lookup was: nothing else matters */
    struct stuck stuck[RESIDUAL_STUCK]; /* of the last measurement */
    size_t n_stuck;
    struct url *knock; /* not NULL: next, whether its address is open */
    struct ip knock_ip;
    bool shut;     /* it did not answer */
    unsigned held; /* how often it waited for what another site set off */
};

struct session {
    const struct session_config *cfg;
    struct progress *progress;
    struct session_result *result;
    struct region *region; /* strings of the check-in */

    struct loop *loop;
    struct engine *engine;
    struct backend *backend;
    struct spool *spool;   /* NULL: nothing is kept */
    struct upload *upload; /* NULL: nothing is sent */
    struct geo *geo;
    struct fingerprints *fps;
    struct outfile *out; /* NULL: no --out */
    struct retest_queue *parked;
    struct loop_timer *tick, *limit, *grace, *checkin_limit, *again;
    struct loop_signal *on_int, *on_term;

    enum session_phase phase;
    bool stopping; /* no new site is started */
    size_t next;   /* target to start next */
    struct job *jobs;
    size_t n_jobs;
    struct doubt *doubts; /* in the order of `due` */
    struct residual *cuts;
    uint64_t heard_bytes; /* received, when last looked at */
    int64_t heard_at;     /* when that last grew; monotonic */
    int64_t pulsed_at;    /* when something was asked for that; monotonic */

    struct scrub scrub;
    struct ip resolver; /* as whoami last showed it; family 0 unknown */
    struct checkin checkin;
    struct control_helper *other_helpers; /* the same in another order */
    int64_t start_s;
    char asn[16];
    char resolver_asn[16];
    char resolver_org[128];
    char resolver_ip[IP_TEXT_MAX];
    struct record_env env;
    struct buf open; /* body that opens the report of this run */
    uint8_t secret[IDENTITY_SECRET_LEN];
    char x_probe[IDENTITY_TEXT];
};

/* Makes everything; on failure says why and returns the error (session_stop
 * is still to be called). */
MUST_USE enum err session_start(struct session *s);
void session_stop(struct session *s);

/* What the transaction ids of a further measurement have more than those of the
 * one before. */
#define SESSION_ID_STEP 100000

/* session_record.c. A measurement ended that began at `began`: the first of its
 * site, or a further one (`again`, which is taken). `silence`: meanwhile
 * nothing at all was heard on this line. */
void session_measured(struct session *s, struct measurement *m,
                      const struct site *site, struct doubt *again,
                      int64_t began, bool silence);
/* The same of the address of `d` (which is taken), asked without a name. */
void session_knocked(struct session *s, struct measurement *m, struct doubt *d,
                     int64_t began);
/* Takes `d`: its site is measured (once more) after the pause. */
void session_doubt(struct session *s, struct doubt *d);
/* Takes `d`: not before `due`. */
void session_doubt_at(struct session *s, struct doubt *d, int64_t due);
void session_doubt_free(struct doubt *d); /* NULL allowed */
/* What is parked goes as it is. */
void session_let_go(struct session *s);

/* session.c. No new site is started from now on; `why` is told at the end. */
void session_stop_measuring(struct session *s, const char *why);
void session_count_traffic(struct session *s);

/* Timers and signals of the course (session.c). */
MUST_USE enum err session_timers(struct session *s);

/* Location, clock trust, pseudonym and the report's opening body, once the
 * check-in has succeeded or failed. */
MUST_USE enum err session_place(struct session *s);

#endif
