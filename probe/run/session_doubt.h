// SPDX-License-Identifier: Apache-2.0
/* While it is in doubt whether anything works on this line, what is measured is
 * held back in memory: it goes the usual way once something is heard, and is
 * dropped if it is the line that is dead, or a login page that answers for all
 * (outage.h). Then the run stops with one sentence.
 */
#ifndef PARALLAX_PROBE_RUN_SESSION_DOUBT_H
#define PARALLAX_PROBE_RUN_SESSION_DOUBT_H

#include "probe/run/outage.h"
#include "probe/run/session_state.h"

/* The first measurement of a site, held back. */
struct held {
    struct held *next;
    struct measurement *m; /* its region, too */
    const struct site *site;
    int64_t began;
    struct outage_sign sign;
};

/* The check-in worked: tells which runs before this one ended in an outage. */
void session_doubt_none(struct session *s);

/* The check-in failed. */
void session_doubt_begin(struct session *s);

/* Says it now, or once the doubt is over; not at all if the run stops for an
 * outage, which explains it. */
void session_doubt_say(struct session *s, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

/* True: the measurement is taken, to be asked for by session_doubt_take, or
 * dropped. `silent`: nothing is heard on the line now. */
bool session_doubt_hold(struct session *s, struct measurement *m,
                        const struct site *site, int64_t began, bool silent);

/* Nothing more will be measured: decides by what there is. */
void session_doubt_last(struct session *s);

/* Something is heard again. */
void session_doubt_heard(struct session *s);

/* Nothing was heard for so long that the line is dead. */
void session_doubt_dead(struct session *s);

/* The next one that goes the usual way, for the caller to free, with the region
 * of the measurement; NULL: none, or it is still in doubt. */
struct held *session_doubt_take(struct session *s);

/* Frees what is held. */
void session_doubt_free(struct session *s);

#endif
