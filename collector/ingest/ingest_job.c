// SPDX-License-Identifier: Apache-2.0
#include "collector/ingest/ingest_job.h"

#include "base/clock.h"

#include <stdlib.h>

void ingest_job_init(struct ingest_queue *q)
{
    q->first = NULL;
    q->last = &q->first;
}

void ingest_job_add(struct ingest_queue *q, struct ingest_job *j)
{
    j->next = NULL;
    *q->last = j;
    q->last = &j->next;
}

struct ingest_job *ingest_job_take(struct ingest_queue *q)
{
    struct ingest_job *j = q->first;
    if (j) {
        q->first = j->next;
        if (!q->first) {
            q->last = &q->first;
        }
    }
    return j;
}

void ingest_job_free(struct ingest_job *j)
{
    buf_fini(&j->unpacked);
    buf_fini(&j->decoded);
    region_free(j->region);
    free(j);
}

void ingest_job_done(struct ingest *in, struct ingest_job *j,
                     const struct ingest_result *res)
{
    j->up.done(j->up.arg, res);
    ingest_job_free(j);
    pthread_mutex_lock(&in->lock);
    in->jobs--;
    pthread_mutex_unlock(&in->lock);
}

void ingest_job_refused(struct ingest *in, struct ingest_job *j,
                        const struct refusal *why)
{
    pthread_mutex_lock(&in->lock);
    in->refused[why->reason]++;
    pthread_mutex_unlock(&in->lock);
    ingest_job_done(
        in, j,
        &(struct ingest_result){.outcome = INGEST_REFUSED, .refusal = why});
}

void ingest_job_busy(struct ingest *in, struct ingest_job *j)
{
    ingest_job_done(in, j, &(struct ingest_result){.outcome = INGEST_BUSY});
}

bool ingest_job_late(const struct ingest_job *j)
{
    return clock_mono_us() > j->deadline_us;
}
