// SPDX-License-Identifier: Apache-2.0
#include "collector/ingest/late_ask.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/log_rare.h"
#include "collector/ingest/accept.h"
#include "collector/ingest/late_record.h"
#include "collector/store/store_meta.h"
#include "collector/store/view.h"
#include "net/client.h"
#include "verdict/verdict_late.h"

#include <stdlib.h>
#include <string.h>

#define AT_ONCE     4 /* questions under way */
#define TRIES       6
#define AGAIN_US    (5 * US_PER_S) /* after the control was busy */
#define TIMEOUT_US  (40 * US_PER_S)
#define RECORD_MAX  ((size_t)32 << 20)
#define REQUEST_MAX ((size_t)32 << 10)

/* One question under way. */
struct asking {
    struct late_ask *ask;
    struct late_job *job; /* NULL: free */
    struct client_call *call;
    struct region *region;
    struct json_doc *facts, *doc; /* about the record, and the record */
    struct store_row row;
    struct buf record, request;
    int64_t asked_s;
};

struct late_ask {
    struct late_ask_config cfg;
    struct client *client;
    struct loop_io *io;
    struct loop_timer *again;
    struct asking at[AT_ONCE];
    struct log_rare unused, unasked; /* said of */
};

static void pump(struct late_ask *a);

static void clear(struct asking *q)
{
    json_doc_free(q->facts);
    json_doc_free(q->doc);
    region_free(q->region);
    buf_fini(&q->record);
    buf_fini(&q->request);
    q->facts = q->doc = NULL;
    q->region = NULL;
    q->call = NULL;
}

/* The record stays as it is, or has what it wanted. */
static void end(struct asking *q)
{
    clear(q);
    late_queue_job_free(q->job);
    q->job = NULL;
}

static void try_later(struct asking *q)
{
    struct late_job *j = q->job;
    struct late_ask *a = q->ask;
    clear(q);
    q->job = NULL;
    j->due_us = clock_mono_us() + AGAIN_US;
    if (++j->tries < TRIES && loop_timer_in(a->again, AGAIN_US) == ERR_OK) {
        late_queue_push(a->cfg.queue, j);
        return;
    }
    log_info("late", "the control stays busy: a record stays without one");
    late_queue_job_free(j);
}

/* ---- the answer ---------------------------------------------------------- */

static enum err judge(struct asking *q, struct str answer)
{
    struct json_doc *with = NULL;
    struct verdict v = {0};
    struct diag d = {""};
    struct buf text;
    struct str record = buf_str(&q->record), request = buf_str(&q->request);
    buf_init(&text, RECORD_MAX + (LATE_ANSWER_MAX + REQUEST_MAX) * 16);
    enum err e = late_record_with(q->doc, record, request, answer, &text);
    if (e == ERR_OK) {
        e = json_parse(buf_str(&text), &json_default_limits, &with, &d);
    }
    if (e == ERR_OK) {
        e = verdict_late(q->region, json_root(q->doc), json_root(with),
                         q->asked_s - q->row.claimed_s,
                         q->ask->cfg.fingerprints, &v, &d);
    }
    if (e == ERR_OK) {
        e = accept_verdict(q->region, &v, &q->row);
    }
    json_doc_free(with);
    buf_fini(&text);
    return e;
}

static enum err keep(struct asking *q, struct str answer)
{
    struct diag d = {""};
    struct buf kept;
    buf_init(&kept, LATE_ANSWER_MAX + REQUEST_MAX + 256);
    enum err e = late_record_keep(q->asked_s, q->asked_s - q->row.claimed_s,
                                  buf_str(&q->request), answer, &kept);
    if (e == ERR_OK) {
        q->row.late_s = q->asked_s;
        q->row.late_control =
            region_strndup(q->region, (const char *)kept.p, kept.len);
        e = q->row.late_control ? store_late(q->ask->cfg.store, &q->row, &d)
                                : ERR_NOMEM;
    }
    buf_fini(&kept);
    return e;
}

static void on_answer(void *arg, const struct client_response *res)
{
    struct asking *q = arg;
    struct late_ask *a = q->ask;
    q->call = NULL;
    if (res->failure || res->internal != ERR_OK || res->status == 503) {
        try_later(q);
    } else if (res->status != 200) {
        end(q);
    } else {
        enum err e = judge(q, res->body);
        e = e == ERR_OK ? keep(q, res->body) : e;
        if (e != ERR_OK) {
            log_rare_say(&a->unused, clock_mono_us(), LOG_WARN, "late",
                         "a control's answer is not used: %s", err_str(e));
        }
        end(q);
    }
    pump(a);
}

/* ---- the question -------------------------------------------------------- */

static enum err read_record(struct asking *q)
{
    struct diag d = {""};
    q->region = region_new(ACCEPT_REGION_MAX);
    enum err e = q->region
                     ? json_parse(buf_str(&q->job->facts), NULL, &q->facts, &d)
                     : ERR_NOMEM;
    if (e == ERR_OK) {
        e = store_meta_read(json_root(q->facts), &q->row);
    }
    if (e == ERR_OK) {
        e = view_get(q->ask->cfg.store, VIEW_INTERNAL, 0, q->row.uid,
                     &q->record);
    }
    if (e == ERR_OK) {
        e = json_parse(buf_str(&q->record), &accept_limits, &q->doc, &d);
    }
    return e == ERR_OK ? late_record_request(json_root(q->doc), q->row.input,
                                             &q->request)
                       : e;
}

static enum err ask(struct asking *q)
{
    const struct client_header headers[] = {
        {"Content-Type", "application/json"},
        {"X-Forwarded-For", q->job->source},
    };
    enum err e = read_record(q);
    if (e != ERR_OK) {
        return e;
    }
    q->asked_s = clock_wall_us() / US_PER_S;
    const struct client_request request = {
        .method = "POST",
        .url = q->ask->cfg.control,
        .headers = headers,
        .n_headers = q->job->source[0] ? 2 : 1,
        .body = buf_str(&q->request),
        .timeout_us = TIMEOUT_US,
        .max_response = LATE_ANSWER_MAX,
        .insecure_loopback = true,
    };
    return client_call(q->ask->client, &request, on_answer, q, &q->call);
}

static bool begin(struct late_ask *a, struct asking *q)
{
    q->job = late_queue_take(a->cfg.queue);
    if (!q->job) {
        return false;
    }
    buf_init(&q->record, RECORD_MAX);
    buf_init(&q->request, REQUEST_MAX);
    enum err e = ask(q);
    if (e != ERR_OK) {
        log_rare_say(&a->unasked, clock_mono_us(), LOG_WARN, "late",
                     "a control is not asked: %s", err_str(e));
        end(q);
    }
    return true;
}

static void pump(struct late_ask *a)
{
    bool more = true;
    for (size_t i = 0; i < AT_ONCE && more; i++) {
        while (!a->at[i].job && more) {
            more = begin(a, &a->at[i]);
        }
    }
}

static void on_timer(void *arg)
{
    pump(arg);
}

static void on_wake(void *arg, int fd, unsigned what)
{
    struct late_ask *a = arg;
    (void)fd;
    (void)what;
    late_queue_seen(a->cfg.queue);
    pump(a);
}

enum err late_ask_start(const struct late_ask_config *cfg,
                        struct late_ask **out)
{
    struct late_ask *a = calloc(1, sizeof(*a));
    if (!a) {
        return ERR_NOMEM;
    }
    a->cfg = *cfg;
    for (size_t i = 0; i < AT_ONCE; i++) {
        a->at[i].ask = a;
    }
    enum err e = client_new(cfg->loop, "parallax-collector", &a->client);
    if (e == ERR_OK) {
        e = loop_timer_new(cfg->loop, on_timer, a, &a->again);
    }
    if (e == ERR_OK) {
        e = loop_io_new(cfg->loop, late_queue_fd(cfg->queue), LOOP_READ,
                        on_wake, a, &a->io);
    }
    if (e != ERR_OK) {
        late_ask_stop(a);
        return e;
    }
    *out = a;
    return ERR_OK;
}

void late_ask_stop(struct late_ask *a)
{
    if (!a) {
        return;
    }
    loop_io_free(a->io);
    loop_timer_free(a->again);
    client_free(a->client);
    for (size_t i = 0; i < AT_ONCE; i++) {
        if (a->at[i].job) {
            end(&a->at[i]);
        }
    }
    free(a);
}
