// SPDX-License-Identifier: Apache-2.0
/* Jobs: which of them are measured now, and which wait for a slot. */
#include "engine/engine.h"
#include "engine/engine_int.h"
#include "engine/measure.h"
#include "engine/plan_tasks.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include <stdlib.h>

#define RETRY_US (100 * US_PER_MS)

/* ---- jobs ---------------------------------------------------------------- */

static void job_unlink(struct engine_job *job)
{
    struct engine *e = job->engine;

    if (job->prev) {
        job->prev->next = job->next;
    } else {
        e->first = job->next;
    }
    if (job->next) {
        job->next->prev = job->prev;
    } else {
        e->last = job->prev;
    }
}

static void slot_free(struct engine *e);

static void on_steps_done(void *arg)
{
    struct engine_job *job = arg;

    job->state = JOB_LATE;
    slot_free(job->engine);
}

static void on_delivered(void *arg, struct measurement *m)
{
    struct engine_job *job = arg;
    engine_done_fn fn = job->fn;
    void *owner = job->arg;

    job_unlink(job);
    free(job);
    fn(owner, m);
}

static enum err job_start(struct engine_job *job)
{
    static const struct measure_events on = {
        .on_steps_done = on_steps_done,
        .on_delivered = on_delivered,
    };
    struct measure *ms;
    enum err e = measure_new(&job->engine->in, &job->plan, &on, job, &ms);

    if (e != ERR_OK) {
        return e;
    }
    e = plan_tasks_add(ms);
    if (e == ERR_OK) {
        e = measure_start(ms);
    }
    if (e != ERR_OK) {
        measure_cancel(ms);
        return e;
    }
    job->measure = ms;
    job->state = JOB_RUNNING;
    job->engine->active++;
    return ERR_OK;
}

enum err engine_submit(struct engine *e, const struct plan *p,
                       engine_done_fn fn, void *arg, struct engine_job **out)
{
    struct engine_job *job = calloc(1, sizeof(*job));

    if (!job) {
        return ERR_NOMEM;
    }
    job->engine = e;
    job->plan = *p;
    job->fn = fn;
    job->arg = arg;
    if (e->active < e->in.cfg.limits.jobs) {
        enum err err = job_start(job);
        if (err != ERR_OK) {
            free(job);
            return err;
        }
    }
    job->prev = e->last;
    if (e->last) {
        e->last->next = job;
    } else {
        e->first = job;
    }
    e->last = job;
    if (out) {
        *out = job;
    }
    return ERR_OK;
}

/* Starts the next queued job; false if there is none. Without memory for it,
 * it is tried again: nobody else would ever start it. */
static bool start_queued(struct engine *e)
{
    struct engine_job *job = e->first;

    while (job && job->state != JOB_QUEUED) {
        job = job->next;
    }
    if (!job) {
        return false;
    }
    if (job_start(job) != ERR_OK &&
        loop_timer_in(e->retry, RETRY_US) != ERR_OK) {
        log_error("engine", "no memory to start a measurement");
    }
    return true;
}

static void on_retry(void *arg)
{
    struct engine *e = arg;

    while (e->active < e->in.cfg.limits.jobs && !loop_timer_armed(e->retry) &&
           start_queued(e)) {
        ;
    }
}

/* Queued jobs go first; only then is there a slot for the owner to fill. */
static void slot_free(struct engine *e)
{
    e->active--;
    if (!start_queued(e) && e->on_slot) {
        e->on_slot(e->on_slot_arg);
    }
}

void engine_cancel(struct engine_job *job)
{
    struct engine *e = job->engine;
    bool had_slot = job->state == JOB_RUNNING;

    if (job->measure) {
        measure_cancel(job->measure);
    }
    job_unlink(job);
    free(job);
    if (had_slot) {
        slot_free(e);
    }
}

/* ---- the engine ---------------------------------------------------------- */

enum err engine_new(struct loop *l, const struct engine_config *cfg,
                    struct engine **out)
{
    enum err err = crypto_setup();

    if (err != ERR_OK) {
        return err;
    }
    struct engine *e = calloc(1, sizeof(*e));
    if (!e) {
        return ERR_NOMEM;
    }
    err = instruments_init(&e->in, l, cfg);
    if (err != ERR_OK) {
        free(e);
        return err;
    }
    line_check_init(&e->line_check, &e->in);
    helper_warm_init(&e->helper_warm, &e->in);
    err = loop_timer_new(l, on_retry, e, &e->retry);
    if (err != ERR_OK) {
        engine_free(e);
        return err;
    }
    *out = e;
    return ERR_OK;
}

void engine_free(struct engine *e)
{
    if (!e) {
        return;
    }
    e->on_slot = NULL;
    while (e->first) {
        struct engine_job *job = e->first;

        e->first = job->next;
        engine_cancel(job);
    }
    line_check_cancel(&e->line_check);
    instruments_fini(&e->in);
    helper_warm_fini(&e->helper_warm);
    loop_timer_free(e->retry);
    free(e);
}

unsigned engine_active(const struct engine *e)
{
    return e->active;
}

void engine_on_slot(struct engine *e, void (*fn)(void *arg), void *arg)
{
    e->on_slot = fn;
    e->on_slot_arg = arg;
}

double engine_line_rate(const struct engine *e)
{
    return line_rate_get(&e->in.line_rate);
}

void engine_bytes(const struct engine *e, uint64_t *up, uint64_t *down)
{
    instruments_bytes(&e->in, up, down);
}

enum err engine_resolve(struct engine *e, const char *host,
                        engine_resolve_fn fn, void *arg)
{
    return peers_resolve(e->in.peers, host, fn, arg, NULL);
}

void engine_note_notice(struct engine *e, const char *host, const struct ip *ip)
{
    run_facts_notice(&e->in.run_facts, host, ip);
}

void engine_note_ill(struct engine *e, const char *host, const struct ip *ip)
{
    run_facts_ill(&e->in.run_facts, host, ip);
}

enum err engine_check_line(struct engine *e)
{
    return line_check_ask(&e->line_check);
}

void engine_warm(struct engine *e, const struct control_helper *helper)
{
    helper_warm_start(&e->helper_warm, helper->url);
}
