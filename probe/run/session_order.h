// SPDX-License-Identifier: Apache-2.0
/* In what order the sites of this run are measured, and where the next run
 * through the same ones goes on.
 */
#ifndef PARALLAX_PROBE_RUN_SESSION_ORDER_H
#define PARALLAX_PROBE_RUN_SESSION_ORDER_H

#include "probe/run/session_state.h"

/* Puts the sites in order; begins behind where the last run through them ended
 * before its end. */
MUST_USE enum err session_order_make(struct session *s);

/* The row that is to start now. False: all have started, or the hosts of the
 * next ones have been visited just now: then s->spaced says when to ask again.
 */
bool session_order_next(struct session *s, size_t *row);

/* That row has started. */
void session_order_begin(struct session *s, size_t row);

/* The site has its record, or never will. */
void session_order_done(struct session *s, const struct site *site);

/* A measurement of the site has ended. By schedule, if it failed, its host is
 * left alone for a while, and each that was met at one of its addresses. */
void session_order_ended(struct session *s, const struct site *site,
                         const struct measurement *m, bool failed);

/* The run is over: what is left is remembered. */
void session_order_end(struct session *s);

#endif
