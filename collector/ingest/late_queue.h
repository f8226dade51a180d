// SPDX-License-Identifier: Apache-2.0
/* Records that wait for a control to be asked about them (late_ask.h). They
 * come from the threads of ingest, once they are stored and answered, and go to
 * one loop. As many as are allowed, and one source an eighth of these; the next
 * one is dropped, which is counted and said: it stays as it is, without a
 * control. Thread safe.
 */
#ifndef PARALLAX_COLLECTOR_INGEST_LATE_QUEUE_H
#define PARALLAX_COLLECTOR_INGEST_LATE_QUEUE_H

#include "base/buf.h"
#include "collector/store/store_types.h"

#define LATE_SOURCE_MAX 64

struct late_job {
    struct late_job *next;
    struct buf facts;             /* about the record (store_meta.h) */
    char source[LATE_SOURCE_MAX]; /* address it came from, "" unknown */
    unsigned tries;
    int64_t due_us; /* not before that; monotonic */
};

struct late_queue;

/* Room for `max`. Caller frees *out, when no thread uses it. ERR_FDLIMIT. */
MUST_USE enum err late_queue_new(size_t max, struct late_queue **out);
void late_queue_free(struct late_queue *q);
/* A job for a record that was just stored; NULL: it wants none, or there is no
 * memory. `source` may be NULL. */
struct late_job *late_queue_job(const struct store_put *put,
                                const char *source);
void late_queue_job_free(struct late_job *j);
/* Takes the job over; NULL is allowed. One that was tried before wakes nobody.
 */
void late_queue_push(struct late_queue *q, struct late_job *j);
/* The first one that is due, the caller's then; NULL: none. */
struct late_job *late_queue_take(struct late_queue *q);
/* Can be read from when something came, as long as late_queue_seen has not been
 * called since. */
int late_queue_fd(const struct late_queue *q);
void late_queue_seen(struct late_queue *q);
/* For tests: how many found no room. */
uint64_t late_queue_dropped(struct late_queue *q);

#endif
