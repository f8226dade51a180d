// SPDX-License-Identifier: Apache-2.0
#include "engine/measure.h"
#include "engine/sni/sni_pairs.h"
#include "net/capture.h"
#include "net/redirect.h"

#include "base/clock.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGION_DEFAULT ((size_t)24 * 1024 * 1024)

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

bool addr_list_add(struct measure *ms, struct addr_list *l, const struct ip *ip,
                   unsigned origin)
{
    for (size_t i = 0; i < l->n; i++) {
        if (ip_eq(&l->items[i].ip, ip)) {
            l->items[i].origin |= origin;
            return true;
        }
    }
    if (l->n >= ADDRS_MAX) {
        return true;
    }
    void *items = l->items;
    enum err e = region_grow(ms->region, &items, &l->cap, l->n,
                             sizeof(*l->items), ADDRS_MAX);
    if (e != ERR_OK) {
        measure_internal(ms, e, "addresses");
        return false;
    }
    l->items = items;
    l->items[l->n++] = (struct addr){*ip, origin};
    return true;
}

struct obs_tags tags_of(int depth, bool classic, int fetch_body)
{
    return (struct obs_tags){
        .classic = classic,
        .tcptls_experiment = fetch_body >= 0 && depth == 0,
        .depth = depth,
        .fetch_body = fetch_body,
    };
}

/* ---- the end --------------------------------------------------------------
 */

static void free_parts(struct measure *ms)
{
    control_step_cancel(ms->control);
    control_plan_cancel(ms->control_plan);
    compare_cancel(ms->compare);
    for (struct round *r = ms->rounds; r; r = r->next) {
        round_cancel(r);
    }
    loop_timer_free(ms->capture_timer);
    loop_timer_free(ms->timer);
}

/* What another measurement asked meanwhile is known by now. */
static void fill_whoami(struct measure *ms)
{
    struct measurement *m = ms->m;

    if (!ms->plan->whoami || ms->plan->whoami_anew) {
        return;
    }
    if (m->whoami_system.family == 0) {
        m->whoami_system = engine_whoami_get(ms->e, "");
    }
    if (m->whoami_udp.family == 0 && m->whoami_udp_resolver) {
        m->whoami_udp = engine_whoami_get(ms->e, m->whoami_udp_resolver);
    }
}

static void deliver(struct measure *ms)
{
    struct measurement *m = ms->m;
    struct engine_job *job = ms->job;

    if (ms->e->capture) {
        capture_collect(ms->e->capture, m, ms->zero, ms->flows);
    }
    fill_whoami(ms);
    measure_internal(ms, pace_exchange(&ms->e->pace, m), "resolvers");
    free_parts(ms);
    free(ms);
    engine_delivered(job, m);
}

static void check_soon(struct measure *ms)
{
    if (loop_timer_in(ms->timer, 0) != ERR_OK) {
        measure_internal(ms, ERR_NOMEM, "timer");
    }
}

static void check_end(void *arg)
{
    struct measure *ms = arg;

    if (ms->pending > 0) {
        return;
    }
    if (ms->steps_done) {
        if (ms->late == 0) {
            deliver(ms);
        }
        return;
    }
    ms->steps_done = true;
    ms->m->runtime_us = measure_now(ms);
    if (ms->late == 0) {
        check_soon(ms);
    }
    /* the owner fills the slot, and may cancel this job while at it */
    engine_steps_done(ms->job);
}

void measure_hold(struct measure *ms)
{
    ms->pending++;
}

void measure_release(struct measure *ms)
{
    if (--ms->pending == 0) {
        check_soon(ms);
    }
}

void measure_late_hold(struct measure *ms)
{
    ms->late++;
}

void measure_late_release(struct measure *ms)
{
    if (--ms->late == 0 && ms->pending == 0) {
        check_soon(ms);
    }
}

static void on_capture_waited(void *arg)
{
    measure_late_release(arg);
}

void measure_flow_ended(struct measure *ms, const struct capture_flow *f)
{
    if (!ms->e->capture || f->local_port == 0) {
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
    if (!ms->capture_timer && loop_timer_new(ms->e->loop, on_capture_waited, ms,
                                             &ms->capture_timer) != ERR_OK) {
        return;
    }
    bool waiting = loop_timer_armed(ms->capture_timer);
    if (loop_timer_in(ms->capture_timer, CAPTURE_WAIT_US) == ERR_OK &&
        !waiting) {
        measure_late_hold(ms);
    }
}

void measure_cancel(struct measure *ms)
{
    struct region *region = ms->region;

    free_parts(ms);
    free(ms);
    region_free(region);
}

/* ---- the beginning --------------------------------------------------------
 */

static void begin(void *arg)
{
    struct measure *ms = arg;

    loop_timer_free(ms->timer);
    ms->timer = NULL;
    if (loop_timer_new(ms->e->loop, check_end, ms, &ms->timer) != ERR_OK) {
        /* cannot even say so later; the job ends here */
        measure_internal(ms, ERR_NOMEM, "timer");
        ms->steps_done = true;
        engine_steps_done(ms->job);
        deliver(ms);
        return;
    }
    ms->zero = clock_mono_us();
    ms->m->start_wall_us = clock_wall_us();
    measure_hold(ms);
    if (ms->plan->kind == PLAN_CONTROL) {
        control_plan_start(ms);
    } else if (ms->plan->kind == PLAN_COMPARE ||
               ms->plan->kind == PLAN_UNNAMED) {
        compare_start(ms);
    } else {
        round_start(ms, ms->plan->url, 0);
    }
    measure_release(ms);
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

enum err measure_start(struct engine *e, struct engine_job *job,
                       struct measure **out)
{
    struct measure *ms = calloc(1, sizeof(*ms));

    if (!ms) {
        return ERR_NOMEM;
    }
    ms->e = e;
    ms->job = job;
    ms->plan = &job->plan;
    ms->redirects_left = REDIRECTS_MAX;
    ms->m = new_measurement(ms->plan, e->cfg.limits.region_bytes);
    if (!ms->m) {
        free(ms);
        return ERR_NOMEM;
    }
    ms->region = ms->m->region;
    enum err err = loop_timer_new(e->loop, begin, ms, &ms->timer);
    if (err == ERR_OK) {
        err = loop_timer_in(ms->timer, 0);
    }
    if (err != ERR_OK) {
        measure_cancel(ms);
        return err;
    }
    *out = ms;
    return ERR_OK;
}
