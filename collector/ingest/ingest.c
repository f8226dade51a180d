// SPDX-License-Identifier: Apache-2.0
/* The way in and out; the threads' own work stands in ingest_work.c and
 * ingest_write.c. */
#include "collector/ingest/ingest.h"

#include "base/clock.h"
#include "collector/ingest/ingest_job.h"
#include "collector/ingest/ingest_work.h"
#include "collector/ingest/ingest_write.h"

#include <stdlib.h>

void ingest_count_refused(struct ingest *in, enum refusal_reason reason)
{
    pthread_mutex_lock(&in->lock);
    in->refused[reason]++;
    pthread_mutex_unlock(&in->lock);
}

bool ingest_broken(const struct ingest *in)
{
    return store_broken(in->cfg.store);
}

enum err ingest_submit(struct ingest *in, const struct ingest_upload *up)
{
    struct ingest_job *j = calloc(1, sizeof(*j));
    if (!j) {
        return ERR_BUSY;
    }
    j->up = *up;
    str_copy(j->source, sizeof(j->source), up->source ? up->source : "");
    str_copy(j->report_id, sizeof(j->report_id),
             up->report_id ? up->report_id : "");
    j->sender = turns_sender(&in->turns, j->source);
    j->up.source = NULL;
    j->up.report_id = NULL;
    j->receipt_us =
        store_receipt(in->cfg.store, clock_wall_us() / US_PER_S) * US_PER_S;
    j->deadline_us = clock_mono_us() + in->cfg.deadline_us;
    pthread_mutex_lock(&in->lock);
    bool full =
        in->stopping || in->jobs >= in->cfg.max_jobs || ingest_broken(in);
    if (!full) {
        in->jobs++;
        j->large = j->up.body.len > INGEST_LARGE;
        ingest_job_add(j->large ? &in->large : &in->work, j);
    }
    pthread_mutex_unlock(&in->lock);
    if (full) {
        ingest_job_free(j);
        return ERR_BUSY;
    }
    pthread_cond_signal(&in->work_ready);
    return ERR_OK;
}

enum err ingest_start(const struct ingest_config *cfg, struct ingest **out)
{
    struct ingest *in = calloc(1, sizeof(*in));
    if (!in) {
        return ERR_NOMEM;
    }
    in->cfg = *cfg;
    ingest_job_init(&in->work);
    ingest_job_init(&in->write);
    ingest_job_init(&in->large);
    turns_init(&in->turns);
    pthread_mutex_init(&in->lock, NULL);
    pthread_cond_init(&in->work_ready, NULL);
    pthread_cond_init(&in->write_ready, NULL);
    unsigned want = cfg->workers < 1                    ? 1
                    : cfg->workers > INGEST_WORKERS_MAX ? INGEST_WORKERS_MAX
                                                        : cfg->workers;
    in->alone = want == 1;
    in->has_writer =
        pthread_create(&in->writer, NULL, ingest_write_main, in) == 0;
    while (in->has_writer && in->n_workers < want &&
           pthread_create(&in->worker[in->n_workers], NULL, ingest_work_main,
                          in) == 0) {
        in->n_workers++;
    }
    if (in->n_workers == 0) {
        ingest_stop(in);
        ingest_free(in);
        return ERR_NOMEM;
    }
    *out = in;
    return ERR_OK;
}

void ingest_stop(struct ingest *in)
{
    if (!in) {
        return;
    }
    pthread_mutex_lock(&in->lock);
    in->stopping = true;
    pthread_cond_broadcast(&in->work_ready);
    pthread_cond_broadcast(&in->write_ready);
    pthread_mutex_unlock(&in->lock);
    for (unsigned i = 0; i < in->n_workers; i++) {
        pthread_join(in->worker[i], NULL);
    }
    if (in->has_writer) {
        pthread_join(in->writer, NULL);
    }
    in->n_workers = 0;
    in->has_writer = false;
}

void ingest_free(struct ingest *in)
{
    if (!in) {
        return;
    }
    pthread_cond_destroy(&in->work_ready);
    pthread_cond_destroy(&in->write_ready);
    pthread_mutex_destroy(&in->lock);
    free(in);
}
