// SPDX-License-Identifier: Apache-2.0
#include "collector/ingest/ingest_work.h"

#include "base/clock.h"
#include "base/log.h"
#include "collector/ingest/ingest_job.h"
#include "collector/ingest/ingest_read.h"
#include "collector/ingest/ingest_write.h"

/* Of one worker alone, so many small uploads come before a large one. */
#define SMALL_FIRST 8

/* To those that are large, which another worker may have in hand. */
static void put_aside(struct ingest *in, struct ingest_job *j)
{
    buf_fini(&j->unpacked);
    j->large = true;
    pthread_mutex_lock(&in->lock);
    ingest_job_add(&in->large, j);
    pthread_mutex_unlock(&in->lock);
    pthread_cond_signal(&in->work_ready);
}

/* How many bytes it was about. */
static size_t work_on(struct ingest *in, struct ingest_job *j)
{
    struct refusal why = {0};
    enum err e =
        ingest_job_late(j) ? ERR_BUSY : ingest_read_unpack(in, j, &why);
    size_t bytes = j->body.len;
    if (e == ERR_LIMIT) {
        put_aside(in, j);
        return bytes;
    }
    if (e == ERR_OK) {
        j->region = region_new(ACCEPT_REGION_MAX);
        e = j->region ? ingest_read_record(in, j, &why) : ERR_NOMEM;
    }
    if (e == ERR_OK) {
        ingest_write(in, j);
    } else if (e == ERR_PARSE) {
        if (!why.reason) {
            /* Every refusal has a reason; one that forgot it must not be the
             * end of the program. That it is refused stands in e already. */
            (void)refusal_set(&why, REFUSAL_UNREADABLE, "", "cannot be read");
        }
        ingest_job_refused(in, j, &why);
    } else {
        log_rare_say(&in->not_read, clock_mono_us(), LOG_WARN, "ingest",
                     "an upload could not be read now: %s", err_str(e));
        ingest_job_busy(in, j);
    }
    return bytes;
}

/* Takes out the one whose sender has had least. Lock held. */
static struct ingest_job *take_large(struct ingest *in)
{
    struct ingest_job **best = NULL;
    int64_t now = clock_mono_us();
    for (struct ingest_job **at = &in->large.first; *at; at = &(*at)->next) {
        if (!best ||
            turns_less(&in->turns, (*at)->sender, (*best)->sender, now)) {
            best = at;
        }
    }
    if (!best) {
        return NULL;
    }
    struct ingest_job *j = *best;
    *best = j->next;
    if (!j->next) {
        in->large.last = best;
    }
    in->large_busy = true;
    in->passed = 0;
    return j;
}

/* The next one for a worker; NULL: none that it may have now. Lock held. */
static struct ingest_job *take_work(struct ingest *in)
{
    bool turn = !in->alone || !in->work.first || ++in->passed > SMALL_FIRST;
    if (in->large.first && !in->large_busy && turn) {
        return take_large(in);
    }
    return ingest_job_take(&in->work);
}

/* What a worker did with a large one counts for its sender. Lock held. */
static void end_large(struct ingest *in, unsigned sender, size_t bytes)
{
    turns_add(&in->turns, sender, bytes, clock_mono_us());
    in->large_busy = false;
    if (in->stopping) { /* whoever waits for this one may go, too */
        pthread_cond_broadcast(&in->work_ready);
    } else {
        pthread_cond_signal(&in->work_ready);
    }
}

void *ingest_work_main(void *arg)
{
    struct ingest *in = arg;
    pthread_mutex_lock(&in->lock);
    for (;;) {
        /* A small upload may unpack to a large record: no more of them in
         * memory than the writer can take soon. */
        bool room = in->ready_bytes < INGEST_READY_BYTES;
        struct ingest_job *j = room ? take_work(in) : NULL;
        if (!j && in->stopping && !in->work.first && !in->large.first) {
            break;
        }
        if (!j) {
            pthread_cond_wait(&in->work_ready, &in->lock);
            continue;
        }
        bool large = j->large;
        unsigned sender = j->sender;
        in->parsing++;
        pthread_mutex_unlock(&in->lock);
        int64_t began_us = clock_mono_us();
        size_t bytes = work_on(in, j);
        bytes = turns_cost(bytes, clock_mono_us() - began_us);
        pthread_mutex_lock(&in->lock);
        in->parsing--;
        if (large) {
            end_large(in, sender, bytes);
        }
    }
    pthread_cond_signal(&in->write_ready);
    pthread_mutex_unlock(&in->lock);
    return NULL;
}
