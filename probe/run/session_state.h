// SPDX-License-Identifier: Apache-2.0
/* What all parts of a run know of it. The parts, each of which may call those
 * before it and none behind it:
 *
 *   session_state    this
 *   session_place    where we are: network, country, clock, helpers
 *   session_order    in what order the sites are measured
 *   session_room     room on the disk for records
 *   session_keep     a finished record goes to its file and into the spool
 *   session_doubt    what is held back until it is known if the line works
 *   session_retest   sites that are to be measured again, their records parked
 *   session_record   a measurement that ended becomes a record
 *   session_jobs     sites being measured
 *   session_due      whose turn it is among those to be measured again
 *   session_setup    makes everything before the run, takes it down after it
 *   session          the course of the run
 *
 * All of them run in one thread, on one loop. Times are of the monotonic clock,
 * in microseconds, unless a name says otherwise.
 */
#ifndef PARALLAX_PROBE_RUN_SESSION_STATE_H
#define PARALLAX_PROBE_RUN_SESSION_STATE_H

#include "base/crypto.h"
#include "cli/sandbox.h"
#include "probe/deliver/checkin.h"
#include "probe/deliver/upload.h"
#include "probe/run/notices.h"
#include "probe/run/order.h"
#include "probe/run/outfile.h"
#include "probe/run/progress.h"
#include "probe/run/residual.h"
#include "probe/run/retest_queue.h"
#include "probe/run/session_config.h"
#include "probe/run/spacing.h"
#include "probe/volunteer/identity.h"
#include "record/scrub.h"

enum session_phase {
    PHASE_CHECKIN,
    PHASE_ROOM, /* what waits is sent first, to make room */
    PHASE_OPEN, /* waits for a report id */
    PHASE_MEASURE,
    PHASE_DRAIN,
    PHASE_END
};

#define SESSION_UNSAID     3
#define SESSION_UNSAID_MAX 400

struct held;   /* see session_doubt.h */
struct job;    /* see session_jobs.h */
struct retest; /* see session_retest.h */

struct session {
    const struct session_config *cfg;
    struct progress *progress;
    struct session_result *result;
    struct region *region; /* strings of the check-in */

    struct loop *loop;
    struct engine *engine;
    struct backend *backend;
    struct seal seal;      /* the key of what is kept */
    struct spool *spool;   /* NULL: nothing is kept */
    struct upload *upload; /* NULL: nothing is sent */
    struct geo *geo;
    struct fingerprints *fps;
    struct outfile *out;         /* NULL: no --out */
    struct retest_queue *parked; /* NULL until the first record is parked */
    struct residual *cuts;       /* where sites of this run were cut off */
    struct notices notices;      /* addresses that were asked for one */
    struct loop_timer *tick;     /* looks at the line, redraws the progress */
    struct loop_timer *limit;    /* the time allowed for measuring */
    struct loop_timer *grace;    /* what is in flight ends, after Ctrl-C */
    struct loop_timer *checkin_limit;
    struct loop_timer *again; /* the first retest is due */
    struct loop_signal *on_int, *on_term;

    enum session_phase phase;
    bool no_room;  /* for records, yet */
    bool stopping; /* no new site is started */
    struct order order;
    uint64_t set; /* of sites (cursor.h) */
    size_t saved; /* how many sites the cursor is behind */
    size_t next;  /* row of the order: those before it were started */
    struct spacing spacing;
    int64_t spaced;   /* the next row may start then; 0: it may now */
    int64_t name_at;  /* by schedule: no row starts before */
    struct job *jobs; /* being measured */
    size_t n_jobs;
    struct retest *retests; /* wait for their turn, in the order of it */

    uint64_t heard_bytes; /* received, when last looked at */
    int64_t heard_at;     /* when that last grew */
    bool silent;          /* nothing is heard now, though something should be */
    int64_t asked_at;     /* when something was last asked to make it grow */

    bool doubt;        /* nothing has shown yet that the line works */
    bool let_go;       /* what is held goes the usual way */
    struct held *held; /* in the order in which it came */
    size_t n_held;
    char unsaid[SESSION_UNSAID][SESSION_UNSAID_MAX];
    size_t n_unsaid;

    struct scrub scrub;
    uint8_t sample_key[SHA256_LEN]; /* for session_place_samples */
    struct checkin checkin;
    int64_t start_s;    /* of the run, seconds since 1970 */
    int64_t start_mono; /* the same moment by the monotonic clock */
    char asn[16];
    char resolver_asn[16];
    char resolver_org[128];
    char resolver_ip[IP_TEXT_MAX];
    char sandbox[SANDBOX_WORDS_MAX];
    struct record_env env;
    struct buf open; /* body that opens the report of this run */
    uint8_t secret[IDENTITY_SECRET_LEN];
    char x_probe[IDENTITY_TEXT];
};

/* No new site is started from now on; the first `why` (static) is told at the
 * end. */
void session_state_stop_measuring(struct session *s, const char *why);

/* Brings the traffic of progress up to date. */
void session_state_count_traffic(struct session *s);

#endif
