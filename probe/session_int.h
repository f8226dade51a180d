// SPDX-License-Identifier: Apache-2.0
/* What session.c (the course of a run) and session_start.c (everything that is
 * made before it and taken down after it) share.
 */
#ifndef PARALLAX_PROBE_SESSION_INT_H
#define PARALLAX_PROBE_SESSION_INT_H

#include "checkin.h"
#include "identity.h"
#include "outfile.h"
#include "record/scrub.h"
#include "session.h"
#include "upload.h"

enum session_phase {
    PHASE_CHECKIN,
    PHASE_OPEN, /* waits for a report id */
    PHASE_MEASURE,
    PHASE_DRAIN,
    PHASE_END
};

/* A site whose first measurement is in doubt. */
struct doubt {
    struct doubt *next;
    const struct site *site;
    char method[16]; /* what the first would have said */
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
    struct loop_timer *tick, *limit, *grace, *checkin_limit;
    struct loop_signal *on_int, *on_term;

    enum session_phase phase;
    bool stopping; /* no new site is started */
    size_t next;   /* target to start next */
    struct job *jobs;
    size_t n_jobs;
    struct doubt *doubts, **last_doubt; /* measured again after the others */
    uint64_t heard_bytes;               /* received, when last looked at */
    int64_t heard_at;                   /* when that last grew; monotonic */

    struct scrub scrub;
    struct ip resolver; /* as whoami last showed it; family 0 unknown */
    struct checkin checkin;
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

/* Timers and signals of the course (session.c). */
MUST_USE enum err session_timers(struct session *s);

/* Location, clock trust, pseudonym and the report's opening body, once the
 * check-in has succeeded or failed. */
MUST_USE enum err session_place(struct session *s);

#endif
