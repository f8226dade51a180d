// SPDX-License-Identifier: Apache-2.0
/* Sends what waits in the spool, by OONI's report protocol: open a report,
 * post each submission, close. Never looks inside a submission, but to compress
 * it anew for a collector that does not name our dictionary when it opens the
 * report (`x_dictionaries`). Runs beside measuring, on the same loop.
 *
 *   idle -> opening -> posting (a few at once) -> idle
 *              |            |
 *              +--- failure: pause 2, 4, 8 ... 60 s, then again --+
 *
 * What an answer means: 200 with a measurement_uid: stored, the frame goes.
 * 200 without one: held, sent again only once the location is known. 400, 409,
 * 413, 415 or 422 to a post: refused, kept and named, not sent again. All
 * else, other 4xx included (something in front of the collector answered):
 * the frame stays and is sent later.
 */
#ifndef PARALLAX_PROBE_DELIVER_UPLOAD_H
#define PARALLAX_PROBE_DELIVER_UPLOAD_H

#include "probe/deliver/backend.h"
#include "probe/deliver/spool.h"

#define UPLOAD_MAX_REPORT_ID 128

enum upload_answer {
    UPLOAD_STORED,
    UPLOAD_HELD,
    UPLOAD_REFUSED,
    UPLOAD_AGAIN
};

/* What to do with a frame after this answer to its post; pure. */
enum upload_answer upload_judge(const struct backend_answer *a);

/* What an answer to opening says; false if it has no report id. Pure. */
struct upload_report {
    char id[UPLOAD_MAX_REPORT_ID];
    bool dictionary; /* submissions may be compressed against ours */
};

bool upload_read_report(const struct backend_answer *a,
                        struct upload_report *out);

struct upload;

struct upload_counts {
    size_t sent, held, refused, failed; /* failed: attempts */
    char last_failure[160];             /* "" if the last attempt worked */
};

/* Borrows everything. `fn` is called from the loop after each change. */
MUST_USE enum err upload_new(struct loop *l, struct backend *b, struct spool *s,
                             void (*fn)(void *arg), void *arg,
                             struct upload **out);
/* After backend_stop, so that no answer comes here any more. NULL allowed. */
void upload_free(struct upload *u);
/* Opens the report for `open` now, so that its id can stand in the records.
 * fn is called when upload_opened has an answer. */
MUST_USE enum err upload_open(struct upload *u, struct str open);
/* False while it is being opened; then the id, or "" if that failed. */
bool upload_opened(const struct upload *u, struct str open, const char **id);
/* There may be something to send. */
void upload_kick(struct upload *u);
/* Also sends what was held: the location is known now. */
void upload_send_held(struct upload *u);
/* And what the collector refused. */
void upload_send_refused(struct upload *u);
/* No more frames will come: send what is there, without pauses; one failure
 * ends it. upload_idle is true when it is over. */
void upload_drain(struct upload *u);
bool upload_idle(const struct upload *u);
const struct upload_counts *upload_counts_of(const struct upload *u);

#endif
