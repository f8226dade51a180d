// SPDX-License-Identifier: Apache-2.0
/* From a plan to a record: what is common to all kinds of measurement. */
#include "engine/measure.h"
#include "net/capture.h"

#include "base/clock.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define REGION_DEFAULT ((size_t)24 * 1024 * 1024)

/* ---- for the tasks ------------------------------------------------------- */

int64_t measure_now(const struct measure *ms)
{
    return clock_mono_us() - ms->zero;
}

int64_t measure_id(struct measure *ms, enum id_kind kind)
{
    return ms->plan->first_id + 10000 * ((int64_t)kind + 1) + ++ms->ids[kind];
}

void measure_internal(struct measure *ms, enum err e, const char *what)
{
    if (ms->m->internal != ERR_OK || e == ERR_OK) {
        return;
    }
    ms->m->internal = e;
    ms->m->internal_what = what;
}

void measure_note(struct measure *ms, const char *fmt, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    const char *kept = region_strdup(ms->region, text);
    if (kept) {
        measurement_note(ms->m, measure_now(ms), kept);
    }
}

void measure_hold_late(struct measure *ms)
{
    task_list_hold_late(&ms->tasks);
}

void measure_release_late(struct measure *ms)
{
    task_list_release_late(&ms->tasks);
}

const struct url *measure_url(struct measure *ms, const struct url *url)
{
    struct url *u = region_alloc(ms->region, sizeof(*u));

    if (!u) {
        return NULL;
    }
    *u = *url;
    u->text = region_strdup(ms->region, url->text);
    u->host = region_strdup(ms->region, url->host);
    u->authority = region_strdup(ms->region, url->authority);
    u->target = region_strdup(ms->region, url->target);
    return u->text && u->host && u->authority && u->target ? u : NULL;
}

struct obs_tags measure_tags(int depth, bool classic, int fetch_body)
{
    return (struct obs_tags){
        .classic = classic,
        .tcptls_experiment = fetch_body >= 0 && depth == 0,
        .depth = depth,
        .fetch_body = fetch_body,
    };
}

static void on_captures_waited(void *arg)
{
    measure_release_late(arg);
}

void measure_flow_ended(struct measure *ms, const struct capture_flow *f)
{
    if (!ms->in->capture || (f->local_port == 0 && !f->unconnected)) {
        return;
    }
    struct capture_flow *own = region_memdup(ms->region, f, sizeof(*f));
    if (!own) {
        return;
    }
    own->next = ms->flows;
    ms->flows = own;
    if (!f->failed) {
        return;
    }
    if (!ms->captures && loop_timer_new(ms->in->loop, on_captures_waited, ms,
                                        &ms->captures) != ERR_OK) {
        return;
    }
    bool waiting = loop_timer_armed(ms->captures);
    if (loop_timer_in(ms->captures, CAPTURE_WAIT_US) == ERR_OK && !waiting) {
        measure_hold_late(ms);
    }
}

/* ---- the end ------------------------------------------------------------- */

/* All but the record. */
static void measure_free(struct measure *ms)
{
    task_list_fini(&ms->tasks);
    loop_timer_free(ms->captures);
    loop_timer_free(ms->timer);
    free(ms);
}

static void on_error(void *arg, enum err e, const char *what)
{
    measure_internal(arg, e, what);
}

static void on_done(void *arg)
{
    struct measure *ms = arg;

    ms->m->runtime_us = measure_now(ms);
    ms->on->on_steps_done(ms->arg);
}

static void on_quiet(void *arg)
{
    struct measure *ms = arg;
    struct measurement *m = ms->m;
    const struct measure_events *on = ms->on;
    void *owner = ms->arg;

    if (ms->in->capture) {
        capture_collect(ms->in->capture, m, ms->zero, ms->flows);
    }
    measure_internal(ms, pace_exchange(&ms->in->pace, m), "resolvers");
    measure_free(ms);
    on->on_delivered(owner, m);
}

void measure_cancel(struct measure *ms)
{
    struct region *region = ms->region;

    measure_free(ms);
    region_free(region);
}

/* ---- the beginning ------------------------------------------------------- */

static void begin(struct measure *ms)
{
    ms->begun = true;
    ms->zero = clock_mono_us();
    ms->m->start_wall_us = clock_wall_us();
    if (ms->plan->timeout_us > 0) {
        measure_internal(ms, loop_timer_in(ms->timer, ms->plan->timeout_us),
                         "timer");
    }
    task_list_start(&ms->tasks);
}

static void on_timer(void *arg)
{
    struct measure *ms = arg;

    if (ms->begun) {
        task_list_expire(&ms->tasks);
    } else {
        begin(ms);
    }
}

static struct measurement *new_measurement(const struct plan *p, size_t max)
{
    struct region *region = region_new(max ? max : REGION_DEFAULT);
    struct measurement *m = region ? region_alloc(region, sizeof(*m)) : NULL;

    if (!m) {
        region_free(region);
        return NULL;
    }
    *m = (struct measurement){.region = region};
    m->input = region_strdup(region, p->input);
    m->category = p->category ? region_strdup(region, p->category) : NULL;
    m->client_resolver =
        p->client_resolver ? region_strdup(region, p->client_resolver) : NULL;
    if (!m->input) {
        region_free(region);
        return NULL;
    }
    return m;
}

enum err measure_new(struct instruments *in, const struct plan *p,
                     const struct measure_events *on, void *arg,
                     struct measure **out)
{
    static const struct task_events events = {
        .error = on_error, .done = on_done, .quiet = on_quiet};
    struct measure *ms = calloc(1, sizeof(*ms));

    if (!ms) {
        return ERR_NOMEM;
    }
    *ms = (struct measure){.in = in, .plan = p, .on = on, .arg = arg};
    ms->m = new_measurement(p, in->cfg.limits.region_bytes);
    if (!ms->m) {
        free(ms);
        return ERR_NOMEM;
    }
    ms->region = ms->m->region;
    enum err e = task_list_init(&ms->tasks, in->loop, &events, ms);
    if (e == ERR_OK) {
        e = loop_timer_new(in->loop, on_timer, ms, &ms->timer);
    }
    if (e != ERR_OK) {
        measure_cancel(ms);
        return e;
    }
    *out = ms;
    return ERR_OK;
}

void measure_add(struct measure *ms, struct task *t,
                 const struct task_kind *kind, void *self)
{
    task_add(&ms->tasks, t, kind, self);
}

enum err measure_start(struct measure *ms)
{
    return loop_timer_in(ms->timer, 0);
}
