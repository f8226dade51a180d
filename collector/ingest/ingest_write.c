// SPDX-License-Identifier: Apache-2.0
#include "collector/ingest/ingest_write.h"

#include "base/clock.h"
#include "base/log.h"
#include "collector/ingest/ingest_job.h"
#include "collector/store/store_claim.h"
#include "collector/store/view.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH_JOBS  256
#define BATCH_BYTES ((size_t)32 << 20)
#define FLUSH_S     1

/* Could anybody be behind the address? Exits of Tor are many people's, and
 * where there is a database whoever it does not know is nobody's. Whoever is
 * elsewhere than he says is counted with those. */
static bool tells_nothing(const struct ingest *in, const struct ingest_job *j)
{
    const struct acceptor *a = &in->cfg.acceptor;
    return relays_has(a->relays, j->source) ||
           j->put.row.place == PLACE_DISAGREES ||
           (a->geo && j->put.row.place == PLACE_UNCHECKED);
}

static void tag_source(struct ingest *in, struct ingest_job *j)
{
    if (tells_nothing(in, j)) {
        return;
    }
    /* People are counted by the day on which they measured: with the key of
     * that day one place is one, however late and often it sends. What cannot
     * be of its day makes no key for it. */
    const struct store_row *row = &j->put.row;
    int64_t day_s = store_claim_counts(row) ? row->start_s : row->receipt_s;
    uint8_t key[CRYPTO_KEY_LEN];
    enum err e = store_day_key(in->cfg.store, day_s, key);
    if (e != ERR_OK) {
        log_rare_say(&in->no_key, clock_mono_us(), LOG_WARN, "ingest",
                     "no key for the day's source tags: %s", err_str(e));
        return;
    }
    accept_source_tag(key, j->source, j->put.row.source_tag);
}

/* A duplicate is the record that was stored first, with the id it had. */
static const char *stored_report_id(struct ingest *in, struct ingest_job *j)
{
    struct json_doc *doc = NULL;
    struct buf b;
    buf_init(&b, in->cfg.max_record);
    enum err e = view_get(in->cfg.store, VIEW_INTERNAL, 0, j->put.row.uid, &b);
    if (e == ERR_OK) {
        e = json_parse(buf_str(&b), &accept_limits, &doc, NULL);
    }
    const char *id = json_cstr(json_get(json_root(doc), "report_id"));
    str_copy(j->report_id, sizeof(j->report_id), id ? id : "");
    json_doc_free(doc);
    buf_fini(&b);
    if (e != ERR_OK) {
        log_warn("ingest", "a stored record was not read: %s", err_str(e));
    }
    return j->report_id;
}

static void answer_stored(struct ingest *in, struct ingest_job *j)
{
    bool first = !j->put.duplicate || j->up.form != INGEST_SUBMIT;
    struct ingest_result res = {.outcome = INGEST_STORED,
                                .uid = j->put.row.uid,
                                .report_id = first ? j->put.row.report_id
                                                   : stored_report_id(in, j)};
    ingest_job_done(in, j, &res);
}

/* True if another try without the rest of the batch may go better. */
static bool worth_alone(enum err e)
{
    return e == ERR_LIMIT || e == ERR_EXISTS || e == ERR_INVAL ||
           e == ERR_PARSE || e == ERR_INTERNAL;
}

static enum err put_jobs(struct ingest *in, struct ingest_job **jobs, size_t n)
{
    struct store_put *batch = calloc(n, sizeof(*batch));
    if (!batch) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        batch[i] = jobs[i]->put;
    }
    struct diag d = {{0}};
    enum err e = store_put(in->cfg.store, batch, n, &d);
    for (size_t i = 0; i < n && e == ERR_OK; i++) {
        jobs[i]->put = batch[i];
    }
    if (e != ERR_OK) {
        log_rare_say(&in->not_stored, clock_mono_us(), LOG_ERROR, "ingest",
                     "%s", d.text);
    }
    free(batch);
    return e;
}

static void write_jobs(struct ingest *in, struct ingest_job **jobs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        tag_source(in, jobs[i]);
    }
    enum err e = n > 0 ? put_jobs(in, jobs, n) : ERR_OK;
    for (size_t i = 0; i < n; i++) {
        enum err mine = e;
        if (n > 1 && worth_alone(e)) {
            mine = put_jobs(in, &jobs[i], 1);
        }
        if (mine == ERR_OK) {
            struct late_job *late =
                in->cfg.late ? late_queue_job(&jobs[i]->put, jobs[i]->source)
                             : NULL;
            answer_stored(in, jobs[i]);
            late_queue_push(in->cfg.late, late);
        } else {
            ingest_job_busy(in, jobs[i]);
        }
    }
}

/* Takes what waits, up to the size of a batch. Lock held. */
static size_t take_batch(struct ingest *in, struct ingest_job **jobs,
                         size_t *bytes)
{
    size_t n = 0;
    *bytes = 0;
    while (n < BATCH_JOBS && *bytes < BATCH_BYTES && in->write.first) {
        jobs[n] = ingest_job_take(&in->write);
        *bytes += jobs[n++]->put.record.len;
    }
    return n;
}

static void flush_refused(struct ingest *in)
{
    uint64_t n[REFUSAL_COUNT];
    pthread_mutex_lock(&in->lock);
    memcpy(n, in->refused, sizeof(n));
    memset(in->refused, 0, sizeof(in->refused));
    pthread_mutex_unlock(&in->lock);
    for (size_t i = 0; i < REFUSAL_COUNT; i++) {
        const char *name = refusal_name((enum refusal_reason)i);
        if (n[i] > 0 && !store_broken(in->cfg.store) &&
            store_count_rejected(in->cfg.store, name, n[i]) != ERR_OK) {
            log_rare_say(&in->not_counted, clock_mono_us(), LOG_WARN, "ingest",
                         "%llu refused uploads were not counted",
                         (unsigned long long)n[i]);
        }
    }
}

/* Drops what is past its deadline and returns how many are left. */
static size_t drop_late(struct ingest *in, struct ingest_job **jobs, size_t n)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        if (ingest_job_late(jobs[i])) {
            ingest_job_busy(in, jobs[i]);
        } else {
            jobs[k++] = jobs[i];
        }
    }
    return k;
}

/* Nobody would be in its batch. Lock held. */
static bool is_only_one(const struct ingest *in, const struct ingest_job *j)
{
    return !in->writing && !in->write.first && !in->work.first &&
           !in->large.first && in->parsing == 1 && !j->large;
}

/* A thread that has just read a record stores it sooner than one that has to be
 * woken for that. */
static void write_at_once(struct ingest *in, struct ingest_job *j)
{
    write_jobs(in, &j, 1);
    flush_refused(in);
    pthread_mutex_lock(&in->lock);
    in->writing = false;
    bool more = in->write.first;
    pthread_mutex_unlock(&in->lock);
    if (more) {
        pthread_cond_signal(&in->write_ready);
    }
}

void ingest_write(struct ingest *in, struct ingest_job *j)
{
    pthread_mutex_lock(&in->lock);
    bool now = is_only_one(in, j);
    if (now) {
        in->writing = true;
    } else {
        ingest_job_add(&in->write, j);
        in->ready_bytes += j->put.record.len;
    }
    pthread_mutex_unlock(&in->lock);
    if (now) {
        write_at_once(in, j);
    } else {
        pthread_cond_signal(&in->write_ready);
    }
}

void *ingest_write_main(void *arg)
{
    struct ingest *in = arg;
    struct ingest_job *jobs[BATCH_JOBS];
    pthread_mutex_lock(&in->lock);
    for (;;) {
        size_t bytes = 0;
        size_t n = in->writing ? 0 : take_batch(in, jobs, &bytes);
        if (n == 0 && in->stopping && in->parsing == 0 && !in->work.first &&
            !in->large.first) {
            break;
        }
        if (n == 0) {
            struct timespec until;
            clock_gettime(CLOCK_REALTIME, &until);
            until.tv_sec += FLUSH_S;
            pthread_cond_timedwait(&in->write_ready, &in->lock, &until);
            if (in->writing) {
                continue;
            }
        }
        in->writing = true;
        pthread_mutex_unlock(&in->lock);
        n = drop_late(in, jobs, n);
        write_jobs(in, jobs, n);
        flush_refused(in);
        pthread_mutex_lock(&in->lock);
        in->writing = false;
        bool was_full = in->ready_bytes >= INGEST_READY_BYTES;
        in->ready_bytes -= bytes;
        if (was_full) {
            pthread_cond_broadcast(&in->work_ready);
        }
    }
    pthread_mutex_unlock(&in->lock);
    flush_refused(in);
    return NULL;
}
