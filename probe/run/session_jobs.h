// SPDX-License-Identifier: Apache-2.0
/* The sites that are being measured. */
#ifndef PARALLAX_PROBE_RUN_SESSION_JOBS_H
#define PARALLAX_PROBE_RUN_SESSION_JOBS_H

#include "probe/run/session_retest.h"

/* Starts measuring `site`: for the first time, or as `again` says (NULL: the
 * first time), which is taken on success. When it is over its record is dealt
 * with and `ended` called, which may start others. */
MUST_USE enum err session_jobs_start(struct session *s, const struct site *site,
                                     struct retest *again,
                                     void (*ended)(struct session *s));

/* Is a site being measured again that got stuck where `r` did? If both were
 * measured at once and cut off, each could be the cause of the other's. */
bool session_jobs_beside(const struct session *s, const struct retest *r);

/* Is the page of the notice server that `r` was led to being asked for, or a
 * less sensitive site measured that may ask for it? */
bool session_jobs_ask_notice(const struct session *s, const struct retest *r);

/* Notes for all of them that the whole line is silent while they are measured,
 * so that only success counts. */
void session_jobs_silent(struct session *s);
/* Whether a site is being measured again: then silence counts. */
bool session_jobs_again(const struct session *s);

/* Ends all of them; those that were measured again wait for their turn as
 * before. */
void session_jobs_cancel(struct session *s);

/* Forgets all of them, once the engine is gone. */
void session_jobs_free(struct session *s);

#endif
