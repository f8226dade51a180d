// SPDX-License-Identifier: Apache-2.0
/* Threads and queues between an upload and its answer. What is done with one
 * record stands in accept.c. */
#include "collector/ingest/ingest.h"

#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/log_rare.h"
#include "collector/ingest/turns.h"
#include "collector/store/store_claim.h"
#include "collector/store/view.h"
#include "record/dictionary.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORKERS_MAX 16
#define BATCH_JOBS  256
#define BATCH_BYTES ((size_t)32 << 20)
#define READY_BYTES ((size_t)64 << 20) /* workers wait beyond this */
#define SOURCE_MAX  64
#define X_PROBE_LEN 32
#define FLUSH_S     1
/* Unpacked: beyond this an upload is large. */
#define LARGE ((size_t)256 << 10)
/* An upload may unpack to this much, and to so many times its own size more:
 * the largest records of pages that repeat one word stay far below. */
#define UNPACK_FREE  ((size_t)4 << 20)
#define UNPACK_TIMES 128
/* Of one worker alone, so many small uploads come before a large one. */
#define SMALL_FIRST 8

struct job {
    struct job *next;
    struct ingest_upload up;
    char source[SOURCE_MAX];
    char report_id[REPORT_ID_MAX];
    int64_t receipt_us;  /* wall */
    int64_t deadline_us; /* monotonic */
    struct region *region;
    bool large;
    unsigned sender; /* turns.h */
    struct str body; /* unpacked */
    struct buf unpacked;
    struct buf decoded; /* record text of INGEST_SUBMIT */
    struct store_put put;
};

struct queue {
    struct job *first, **last;
};

struct ingest {
    struct ingest_config cfg;
    pthread_mutex_t lock;
    pthread_cond_t work_ready, write_ready;
    struct queue work, write;
    struct queue large; /* as `work`; one at a time */
    bool large_busy;
    unsigned passed; /* small ones that went before one that is large */
    bool alone;      /* there is one worker */
    struct turns turns;
    size_t ready_bytes; /* of records waiting for the writer or with it */
    size_t jobs;        /* submitted and not done */
    size_t parsing;     /* in a worker's hands */
    bool stopping;      /* no new jobs */
    uint64_t refused[REFUSAL_COUNT]; /* not yet counted in the store */
    pthread_t worker[WORKERS_MAX];
    unsigned n_workers;
    pthread_t writer;
    bool has_writer;
    struct log_rare no_key, not_stored, not_read, not_counted; /* said of */
};

static void queue_init(struct queue *q)
{
    q->first = NULL;
    q->last = &q->first;
}

static void queue_add(struct queue *q, struct job *j)
{
    j->next = NULL;
    *q->last = j;
    q->last = &j->next;
}

static struct job *queue_take(struct queue *q)
{
    struct job *j = q->first;
    if (j) {
        q->first = j->next;
        if (!q->first) {
            q->last = &q->first;
        }
    }
    return j;
}

static void job_free(struct job *j)
{
    buf_fini(&j->unpacked);
    buf_fini(&j->decoded);
    region_free(j->region);
    free(j);
}

static void job_done(struct ingest *in, struct job *j,
                     const struct ingest_result *res)
{
    j->up.done(j->up.arg, res);
    job_free(j);
    pthread_mutex_lock(&in->lock);
    in->jobs--;
    pthread_mutex_unlock(&in->lock);
}

static void job_busy(struct ingest *in, struct job *j)
{
    job_done(in, j, &(struct ingest_result){.outcome = INGEST_BUSY});
}

static bool late(const struct job *j)
{
    return clock_mono_us() > j->deadline_us;
}

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

/* ---- workers ----------------------------------------------------------------
 */

/* To how much an upload may unpack. */
static size_t unpack_max(const struct ingest *in, const struct job *j)
{
    size_t max = UNPACK_FREE + UNPACK_TIMES * j->up.body.len;
    return max < in->cfg.max_record ? max : in->cfg.max_record;
}

/* ERR_LIMIT: it is large, which was not known before. */
static enum err unpack(struct ingest *in, struct job *j, struct refusal *why)
{
    j->body = j->up.body;
    if (j->up.coding == COMPRESS_NONE) {
        return ERR_OK;
    }
    size_t max = unpack_max(in, j);
    bool peek = !j->large && max > LARGE;
    buf_fini(&j->unpacked);
    buf_init(&j->unpacked, peek ? LARGE : max);
    enum err e =
        j->up.coding == COMPRESS_DCZ
            ? compress_unpack_dcz(j->up.body, dictionary_text(), &j->unpacked)
            : compress_unpack(j->up.body, &j->unpacked);
    if (e == ERR_LIMIT && peek) {
        return e;
    }
    if (e == ERR_LIMIT) {
        j->body.len = max; /* so much was done for it */
        return refusal_set(why, REFUSAL_TOO_LARGE, "",
                           "unpacks to more than %zu bytes", max);
    }
    if (e == ERR_PARSE) {
        return refusal_set(why, REFUSAL_FORMAT, "",
                           "not what Content-Encoding says");
    }
    if (e == ERR_INVAL) {
        return refusal_set(why, REFUSAL_ENCODING, "",
                           "needs a window of more than 8 MiB: compress it "
                           "with a lower level, or without --long");
    }
    if (e == ERR_NOTFOUND) {
        return refusal_set(why, REFUSAL_ENCODING, "",
                           "compressed against a dictionary that is not here");
    }
    j->body = buf_str(&j->unpacked);
    return e;
}

static void take_x_probe(const struct json *envelope, char out[STORE_TAG_MAX])
{
    struct str s = json_str(json_get(envelope, "x_probe"));
    uint8_t bytes[X_PROBE_LEN / 2];
    if (s.len == X_PROBE_LEN && hex_decode(s, bytes, sizeof(bytes)) == ERR_OK) {
        hex_encode(bytes, sizeof(bytes), out);
    }
}

/* Finds the record in the envelope; its bytes live in the job. Where it is an
 * object there, the doc becomes that of the record. */
static enum err find_record(struct job *j, struct json_doc *doc,
                            struct str *record, struct refusal *why)
{
    const struct json *root = json_root(doc);
    const struct json *content = json_get(root, "content");
    if (j->up.form == INGEST_REPORT) {
        if (!json_is_obj(content)) {
            return refusal_set(why, REFUSAL_FORMAT, "content", "not an object");
        }
        *record = json_span(doc, content);
        json_enter(doc, content);
        return ERR_OK;
    }
    struct str text = json_str(content);
    if (!json_is_str(content)) {
        return refusal_set(why, REFUSAL_FORMAT, "content", "not a string");
    }
    buf_init(&j->decoded, text.len + 1);
    enum err e = buf_add_str(&j->decoded, text);
    *record = buf_str(&j->decoded);
    return e;
}

static enum err prepare(struct ingest *in, struct job *j, struct refusal *why)
{
    struct str record = {NULL, 0};
    struct json_doc *doc = NULL;
    struct diag d = {{0}};
    enum err e = json_parse(j->body, &accept_limits, &doc, &d);
    if (e == ERR_PARSE || e == ERR_LIMIT) {
        e = refusal_set(why, REFUSAL_FORMAT, "", "%s", d.text);
    }
    char x_probe[STORE_TAG_MAX] = "";
    if (e == ERR_OK) {
        take_x_probe(json_root(doc), x_probe);
        e = find_record(j, doc, &record, why);
    }
    if (e != ERR_OK) {
        json_doc_free(doc);
        return e;
    }
    struct accept_in what = {
        .record = record,
        .doc = j->up.form == INGEST_REPORT ? doc : NULL,
        .receipt_s = j->receipt_us / US_PER_S,
        .source = j->source[0] ? j->source : NULL,
        .relayed = j->up.relayed,
        .path = j->up.has_path ? &j->up.path : NULL,
        .report_id = j->report_id,
        .give_report_id = j->up.form == INGEST_SUBMIT,
    };
    e = accept_record(&in->cfg.acceptor, j->region, &what, &j->put, why);
    json_doc_free(doc);
    if (e == ERR_PARSE && why->reason == REFUSAL_JSON && !why->key[0]) {
        str_copy(why->key, sizeof(why->key), "content"); /* the record's own */
    }
    memcpy(j->put.row.x_probe, x_probe, sizeof(x_probe));
    return e;
}

/* To those that are large, which another worker may have in hand. */
static void put_aside(struct ingest *in, struct job *j)
{
    buf_fini(&j->unpacked);
    j->large = true;
    pthread_mutex_lock(&in->lock);
    queue_add(&in->large, j);
    pthread_mutex_unlock(&in->lock);
    pthread_cond_signal(&in->work_ready);
}

/* How many bytes it was about. */
static size_t work_on(struct ingest *in, struct job *j)
{
    struct refusal why = {0};
    enum err e = late(j) ? ERR_BUSY : unpack(in, j, &why);
    size_t bytes = j->body.len;
    if (e == ERR_LIMIT) {
        put_aside(in, j);
        return bytes;
    }
    if (e == ERR_OK) {
        j->region = region_new(ACCEPT_REGION_MAX);
        e = j->region ? prepare(in, j, &why) : ERR_NOMEM;
    }
    if (e == ERR_OK) {
        pthread_mutex_lock(&in->lock);
        queue_add(&in->write, j);
        in->ready_bytes += j->put.record.len;
        pthread_mutex_unlock(&in->lock);
        pthread_cond_signal(&in->write_ready);
    } else if (e == ERR_PARSE) {
        if (!why.reason) {
            /* Every refusal has a reason; one that forgot it must not be the
             * end of the program. That it is refused stands in e already. */
            (void)refusal_set(&why, REFUSAL_UNREADABLE, "", "cannot be read");
        }
        ingest_count_refused(in, why.reason);
        job_done(in, j,
                 &(struct ingest_result){.outcome = INGEST_REFUSED,
                                         .refusal = &why});
    } else {
        log_rare_say(&in->not_read, clock_mono_us(), LOG_WARN, "ingest",
                     "an upload could not be read now: %s", err_str(e));
        job_busy(in, j);
    }
    return bytes;
}

/* Takes out the one whose sender has had least. Lock held. */
static struct job *take_large(struct ingest *in)
{
    struct job **best = NULL;
    int64_t now = clock_mono_us(), least = INT64_MAX;
    for (struct job **at = &in->large.first; *at; at = &(*at)->next) {
        int64_t had = turns_had(&in->turns, (*at)->sender, now);
        if (had < least) {
            least = had;
            best = at;
        }
    }
    if (!best) {
        return NULL;
    }
    struct job *j = *best;
    *best = j->next;
    if (!j->next) {
        in->large.last = best;
    }
    in->large_busy = true;
    in->passed = 0;
    return j;
}

/* The next one for a worker; NULL: none that it may have now. Lock held. */
static struct job *take_work(struct ingest *in)
{
    bool turn = !in->alone || !in->work.first || ++in->passed > SMALL_FIRST;
    if (in->large.first && !in->large_busy && turn) {
        return take_large(in);
    }
    return queue_take(&in->work);
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

static void *worker_main(void *arg)
{
    struct ingest *in = arg;
    pthread_mutex_lock(&in->lock);
    for (;;) {
        /* A small upload may unpack to a large record: no more of them in
         * memory than the writer can take soon. */
        bool room = in->ready_bytes < READY_BYTES;
        struct job *j = room ? take_work(in) : NULL;
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
        size_t bytes = work_on(in, j);
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

/* ---- the writer -------------------------------------------------------------
 */

/* Could anybody be behind the address? Exits of Tor are many people's, and
 * where there is a database whoever it does not know is nobody's. Whoever is
 * elsewhere than he says is counted with those. */
static bool tells_nothing(const struct ingest *in, const struct job *j)
{
    const struct acceptor *a = &in->cfg.acceptor;
    return relays_has(a->relays, j->source) ||
           j->put.row.place == PLACE_DISAGREES ||
           (a->geo && j->put.row.place == PLACE_UNCHECKED);
}

static void tag_source(struct ingest *in, struct job *j)
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
static const char *stored_report_id(struct ingest *in, struct job *j)
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

static void answer_stored(struct ingest *in, struct job *j)
{
    bool first = !j->put.duplicate || j->up.form != INGEST_SUBMIT;
    struct ingest_result res = {.outcome = INGEST_STORED,
                                .uid = j->put.row.uid,
                                .report_id = first ? j->put.row.report_id
                                                   : stored_report_id(in, j)};
    job_done(in, j, &res);
}

/* True if another try without the rest of the batch may go better. */
static bool worth_alone(enum err e)
{
    return e == ERR_LIMIT || e == ERR_EXISTS || e == ERR_INVAL ||
           e == ERR_PARSE || e == ERR_INTERNAL;
}

static enum err put_jobs(struct ingest *in, struct job **jobs, size_t n)
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

static void write_jobs(struct ingest *in, struct job **jobs, size_t n)
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
            answer_stored(in, jobs[i]);
        } else {
            job_busy(in, jobs[i]);
        }
    }
}

/* Takes what waits, up to the size of a batch. Lock held. */
static size_t take_batch(struct ingest *in, struct job **jobs, size_t *bytes)
{
    size_t n = 0;
    *bytes = 0;
    while (n < BATCH_JOBS && *bytes < BATCH_BYTES && in->write.first) {
        jobs[n] = queue_take(&in->write);
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
        if (n[i] > 0 && !ingest_broken(in) &&
            store_count_rejected(in->cfg.store, name, n[i]) != ERR_OK) {
            log_rare_say(&in->not_counted, clock_mono_us(), LOG_WARN, "ingest",
                         "%llu refused uploads were not counted",
                         (unsigned long long)n[i]);
        }
    }
}

/* Drops what is past its deadline and returns how many are left. */
static size_t drop_late(struct ingest *in, struct job **jobs, size_t n)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        if (late(jobs[i])) {
            job_busy(in, jobs[i]);
        } else {
            jobs[k++] = jobs[i];
        }
    }
    return k;
}

static void *writer_main(void *arg)
{
    struct ingest *in = arg;
    struct job *jobs[BATCH_JOBS];
    pthread_mutex_lock(&in->lock);
    for (;;) {
        size_t bytes = 0;
        size_t n = take_batch(in, jobs, &bytes);
        if (n == 0 && in->stopping && in->parsing == 0 && !in->work.first &&
            !in->large.first) {
            break;
        }
        if (n == 0) {
            struct timespec until;
            clock_gettime(CLOCK_REALTIME, &until);
            until.tv_sec += FLUSH_S;
            pthread_cond_timedwait(&in->write_ready, &in->lock, &until);
        }
        pthread_mutex_unlock(&in->lock);
        n = drop_late(in, jobs, n);
        write_jobs(in, jobs, n);
        flush_refused(in);
        pthread_mutex_lock(&in->lock);
        bool was_full = in->ready_bytes >= READY_BYTES;
        in->ready_bytes -= bytes;
        if (was_full) {
            pthread_cond_broadcast(&in->work_ready);
        }
    }
    pthread_mutex_unlock(&in->lock);
    flush_refused(in);
    return NULL;
}

/* ---- outside ----------------------------------------------------------------
 */

enum err ingest_submit(struct ingest *in, const struct ingest_upload *up)
{
    struct job *j = calloc(1, sizeof(*j));
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
    j->receipt_us = clock_wall_us();
    j->deadline_us = clock_mono_us() + in->cfg.deadline_us;
    pthread_mutex_lock(&in->lock);
    bool full =
        in->stopping || in->jobs >= in->cfg.max_jobs || ingest_broken(in);
    if (!full) {
        in->jobs++;
        j->large = j->up.body.len > LARGE;
        queue_add(j->large ? &in->large : &in->work, j);
    }
    pthread_mutex_unlock(&in->lock);
    if (full) {
        job_free(j);
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
    queue_init(&in->work);
    queue_init(&in->write);
    queue_init(&in->large);
    turns_init(&in->turns);
    pthread_mutex_init(&in->lock, NULL);
    pthread_cond_init(&in->work_ready, NULL);
    pthread_cond_init(&in->write_ready, NULL);
    unsigned want = cfg->workers < 1             ? 1
                    : cfg->workers > WORKERS_MAX ? WORKERS_MAX
                                                 : cfg->workers;
    in->alone = want == 1;
    in->has_writer = pthread_create(&in->writer, NULL, writer_main, in) == 0;
    while (in->has_writer && in->n_workers < want &&
           pthread_create(&in->worker[in->n_workers], NULL, worker_main, in) ==
               0) {
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
