// SPDX-License-Identifier: Apache-2.0
/* Sends what waits in the spool, by OONI's report protocol: open a report,
 * post each submission, close. Never looks inside a submission, but to compress
 * it anew for a collector that does not name our dictionary when it opens the
 * report (`x_dictionaries`). What lies in a box for the collector is posted
 * in it, one by one; only where the collector does not know boxes (404, 405,
 * 501), and the spool still has the frame as it is, that goes the other way.
 * Runs beside measuring, on the same loop.
 *
 *   idle -> opening -> posting (a few at once) -> idle
 *              |            |
 *              +--- failure: pause 2, 4, 8 ... 60 s, by chance
 *                   half as much to half as much more, then again
 *
 * What an answer means is in upload_answer.h.
 */
#ifndef PARALLAX_PROBE_DELIVER_UPLOAD_H
#define PARALLAX_PROBE_DELIVER_UPLOAD_H

#include "probe/deliver/backend.h"
#include "probe/deliver/spool.h"

struct upload;

struct upload_counts {
    size_t sent, held, refused, failed; /* failed: attempts */
    size_t by_way[WAY_KINDS];           /* of those sent */
    char last_failure[160];             /* in words; "" if the last attempt
                                           worked */
    char last_string[100]; /* the same as a failure string of records, "" if
                              it has none */
};

/* Borrows everything. `fn` is called from the loop after each change. */
MUST_USE enum err upload_new(struct loop *l, struct backend *b, struct spool *s,
                             void (*fn)(void *arg), void *arg,
                             struct upload **out);

/* After backend_stop, so that no answer comes here any more. NULL is allowed.
 */
void upload_free(struct upload *u);

/* Opens the report for `open` now, so that its id can stand in the records.
 * fn is called when upload_opened has an answer. */
MUST_USE enum err upload_open(struct upload *u, struct str open);

/* False while it is being opened; then the id, or "" if that failed. */
bool upload_opened(const struct upload *u, struct str open, const char **id);

/* There may be something to send: starts as much as may be under way. */
void upload_kick(struct upload *u);

/* From now on, also sends what was held, because the location is known now, or
 * what the collector had refused. */
void upload_send_held(struct upload *u);
void upload_send_refused(struct upload *u);

/* No more frames will come: sends what is there, without pauses; one failure
 * ends it. upload_idle is true when it is over. */
void upload_drain(struct upload *u);
bool upload_idle(const struct upload *u);

/* Nothing is under way, and nothing will be now: all is sent, or the last
 * attempt failed. */
bool upload_resting(const struct upload *u);

/* What was done so far; valid as long as `u`. */
const struct upload_counts *upload_counts_of(const struct upload *u);

#endif
