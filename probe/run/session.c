// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/log.h"
#include "probe/run/session_int.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_US          (200 * US_PER_MS)
#define GRACE_US         (5 * US_PER_S)
#define CHECKIN_TIMEOUT  (12 * US_PER_S)
#define CHECKIN_LIMIT_US (20 * US_PER_S) /* finding its address included */

/* For as long nothing at all is heard before the line itself is in doubt; when
 * nothing was heard for the first part of it, something is asked. */
#define SILENCE_US (1600 * US_PER_MS)
#define PULSE_US   (500 * US_PER_MS)

/* How often a site waits for what others set off, which may never end where
 * many share an address; how long for one that is being measured there. */
#define HELD_MAX     4
#define BESIDE_US    (500 * US_PER_MS)
#define KNOCK_REGION ((size_t)64 << 10)

/* One site being measured. */
struct job {
    struct session *s;
    struct job *prev, *next;
    struct engine_job *handle;
    struct plan plan;
    const struct site *site;
    struct doubt *doubt; /* a further measurement: of this one; else NULL */
    int64_t began;       /* monotonic */
    bool silence;        /* the whole line was silent meanwhile */
};

static void pump(struct session *s);

/* ---- ends --------------------------------------------------------------- */

void session_count_traffic(struct session *s)
{
    uint64_t up = 0;
    uint64_t down = 0;
    engine_bytes(s->engine, &s->progress->counts.up, &s->progress->counts.down);
    if (s->backend) {
        backend_bytes(s->backend, &up, &down);
    }
    s->progress->counts.up += up;
    s->progress->counts.down += down;
}

static void count_spool(struct session *s)
{
    if (s->upload) {
        s->progress->counts.sent = upload_counts_of(s->upload)->sent;
        s->progress->counts.rejected = upload_counts_of(s->upload)->refused;
    }
    if (s->spool) {
        s->progress->counts.waiting = spool_count(s->spool, SPOOL_WAITING) +
                                      spool_count(s->spool, SPOOL_HELD);
    }
}

static void finish(struct session *s)
{
    if (s->phase != PHASE_END) {
        s->phase = PHASE_END;
        session_count_traffic(s);
        count_spool(s);
        loop_stop(s->loop);
    }
}

void session_stop_measuring(struct session *s, const char *why)
{
    if (!s->stopping) {
        s->result->why_stopped = why;
    }
    s->stopping = true;
}

static void fail(struct session *s, enum err e, const char *what)
{
    if (s->result->failed == ERR_OK) {
        s->result->failed = e;
        progress_say(s->progress, "%s: %s", what, err_str(e));
    }
    session_stop_measuring(s, what);
}

/* Another run may have ended meanwhile, with our records left to us. */
static void share_spool(struct session *s)
{
    struct diag d = {""};
    int pid = 0;
    enum err e = spool_retake(s->spool, &d);
    if (e == ERR_BUSY) {
        /* asked only for who holds them */
        (void)spool_may_send(s->spool, &pid);
        progress_say(s->progress,
                     "another run (process %d) holds the records that wait: "
                     "these are kept, and not sent now",
                     pid);
    } else if (e != ERR_OK) {
        progress_say(s->progress, "%s", d.text[0] ? d.text : err_str(e));
    }
}

/* Measuring is over once nothing is in flight; then what waits is sent. */
static void maybe_drain(struct session *s)
{
    bool more = s->next < s->cfg->targets->n_todo || s->doubts;
    if (s->phase != PHASE_MEASURE || (more && !s->stopping) || s->n_jobs) {
        return;
    }
    session_let_go(s);
    s->phase = PHASE_DRAIN;
    if (!s->upload || s->result->interrupted) {
        finish(s);
        return;
    }
    share_spool(s);
    upload_drain(s->upload);
    if (upload_idle(s->upload)) {
        finish(s);
    }
}

/* ---- measuring ---------------------------------------------------------- */

static void job_free(struct job *j)
{
    if (j->prev) {
        j->prev->next = j->next;
    } else {
        j->s->jobs = j->next;
    }
    if (j->next) {
        j->next->prev = j->prev;
    }
    j->s->n_jobs--;
    session_doubt_free(j->doubt);
    free(j);
}

static void on_measured(void *arg, struct measurement *m)
{
    struct job *j = arg;
    struct session *s = j->s;
    struct doubt *d = j->doubt;
    j->doubt = NULL;
    if (d && d->knock) {
        session_knocked(s, m, d, j->began);
    } else {
        session_measured(s, m, j->site, d, j->began, j->silence);
    }
    region_free(m->region);
    job_free(j);
    pump(s);
}

static struct plan plan_for(const struct session *s, const struct job *j)
{
    const struct doubt *d = j->doubt;
    unsigned tries = d ? d->tries : 0;
    if (d && d->knock) {
        return (struct plan){.kind = PLAN_UNNAMED,
                             .compare = &d->knock_ip,
                             .input = j->site->input,
                             .url = d->knock,
                             .client_resolver = "127.0.0.2",
                             .first_id = tries * SESSION_ID_STEP};
    }
    return (struct plan){
        .kind = d && d->compare ? PLAN_COMPARE : PLAN_PROBE,
        .compare = d ? &d->ip : NULL,
        .input = j->site->input,
        .category = j->site->category[0] ? j->site->category : NULL,
        .url = d ? d->url : &j->site->url,
        .helpers = tries ? s->other_helpers : s->checkin.helpers,
        .n_helpers = s->checkin.n_helpers,
        .whoami = true,
        .whoami_anew = tries > 0,
        .doh = d && d->lied_to,
        .client_resolver = "127.0.0.2",
        .first_id = tries * SESSION_ID_STEP,
    };
}

static enum err submit(struct session *s, const struct site *site,
                       struct doubt *doubt)
{
    struct job *j = calloc(1, sizeof(*j));
    if (!j) {
        return ERR_NOMEM;
    }
    j->s = s;
    j->site = site;
    j->doubt = doubt;
    j->began = clock_mono_us();
    j->plan = plan_for(s, j);
    j->next = s->jobs;
    if (s->jobs) {
        s->jobs->prev = j;
    }
    s->jobs = j;
    s->n_jobs++;
    enum err e = engine_submit(s->engine, &j->plan, on_measured, j, &j->handle);
    if (e != ERR_OK) {
        j->doubt = NULL; /* still the caller's */
        job_free(j);
    }
    return e;
}

static struct doubt *take_doubt(struct session *s)
{
    struct doubt *d = s->doubts;
    s->doubts = d->next;
    s->progress->counts.parked--;
    return d;
}

/* Two that got stuck at one address would explain each other. */
static bool is_measured_beside(const struct session *s, const struct doubt *d)
{
    for (const struct job *j = s->jobs; j; j = j->next) {
        const struct doubt *o = j->doubt;
        for (size_t i = 0; o && i < o->n_stuck * d->n_stuck; i++) {
            if (ip_eq(&o->stuck[i / d->n_stuck].ip,
                      &d->stuck[i % d->n_stuck].ip)) {
                return true;
            }
        }
    }
    return false;
}

/* The URL of an address where it got stuck. */
static enum err aim_knock(struct doubt *d, const struct stuck *at)
{
    char endpoint[56], text[80];
    bool https = at->port != 80;
    if (!d->region) {
        d->region = region_new(KNOCK_REGION);
    }
    d->knock = d->region ? region_alloc(d->region, sizeof(*d->knock)) : NULL;
    if (!d->knock) {
        return ERR_NOMEM;
    }
    d->knock_ip = at->ip;
    ip_endpoint(&at->ip, at->port, endpoint);
    snprintf(text, sizeof(text), "http%s://%s/", https ? "s" : "", endpoint);
    enum err e = url_parse(d->region, str_c(text), d->knock, NULL);
    if (e != ERR_OK) {
        d->knock = NULL;
    }
    return e;
}

/* Until when it must go on waiting; 0: no longer. First its address is asked
 * whether there is anything to wait for. */
static int64_t hold(const struct session *s, struct doubt *d, int64_t now)
{
    size_t where = 0;
    if (is_measured_beside(s, d)) {
        return now + BESIDE_US;
    }
    if (d->knock || d->held == HELD_MAX) {
        return 0;
    }
    int64_t until = residual_until(s->cuts, d->site->url.host, d->stuck,
                                   d->n_stuck, now, &where);
    if (until == 0) {
        return 0;
    }
    d->held++;
    if (!d->shut && aim_knock(d, &d->stuck[where]) == ERR_OK) {
        return 0;
    }
    d->shut = false;
    progress_say(s->progress,
                 "%s: another site was cut off at its address, which is shut "
                 "since; it is measured again in %d s",
                 d->site->input, (int)((until - now) / US_PER_S) + 1);
    return until;
}

static bool doubt_is_due(struct session *s)
{
    int64_t now = clock_mono_us();
    while (s->doubts && s->doubts->due <= now) {
        int64_t until = hold(s, s->doubts, now);
        if (until == 0) {
            return true;
        }
        session_doubt_at(s, take_doubt(s), until);
    }
    return false;
}

static bool more_now(struct session *s)
{
    return s->next < s->cfg->targets->n_todo || doubt_is_due(s);
}

static enum err submit_again(struct session *s)
{
    struct doubt *d = s->doubts;
    d->tries++;
    enum err e = submit(s, d->site, d);
    if (e != ERR_OK) {
        return e;
    }
    /* it was submitted: out of the list, of no more use */
    (void)take_doubt(s);
    return ERR_OK;
}

static enum err submit_next(struct session *s)
{
    if (doubt_is_due(s)) {
        return submit_again(s);
    }
    enum err e = submit(s, s->cfg->targets->todo[s->next], NULL);
    s->next += e == ERR_OK;
    return e;
}

static void wait_for_doubt(struct session *s)
{
    if (s->phase != PHASE_MEASURE || s->stopping || !s->doubts) {
        return;
    }
    int64_t left = s->doubts->due - clock_mono_us();
    if (left > 0 && loop_timer_in(s->again, left) != ERR_OK) {
        fail(s, ERR_NOMEM, "a measurement cannot be started");
    }
}

/* What the sites in flight will still cost is estimated from those done, so
 * that the limit is met and not just noticed. */
static bool budget_left(struct session *s)
{
    const struct progress_counts *c = &s->progress->counts;
    uint64_t limit = s->cfg->budget_bytes;
    if (!limit) {
        return true;
    }
    session_count_traffic(s);
    uint64_t used = c->up + c->down;
    uint64_t mean = c->done ? used / c->done : 0;
    return used + mean * s->n_jobs < limit;
}

static void pump(struct session *s)
{
    while (s->phase == PHASE_MEASURE && !s->stopping && more_now(s) &&
           engine_active(s->engine) < s->cfg->parallel) {
        if (!budget_left(s)) {
            session_stop_measuring(s, "the budget is used up");
            break;
        }
        enum err e = submit_next(s);
        if (e != ERR_OK) {
            fail(s, e, "a measurement cannot be started");
            break;
        }
    }
    wait_for_doubt(s);
    maybe_drain(s);
}

static void on_slot(void *arg)
{
    pump(arg);
}

/* ---- check-in ----------------------------------------------------------- */

static void begin_measuring(struct session *s)
{
    const char *id = "";
    if (s->upload && !upload_opened(s->upload, buf_str(&s->open), &id)) {
        return;
    }
    s->env.report_id = region_strdup(s->region, id);
    if (!s->env.report_id) {
        s->env.report_id = "";
    }
    s->phase = PHASE_MEASURE;
    if (s->checkin.n_helpers > 0 && more_now(s)) {
        engine_warm(s->engine, &s->checkin.helpers[0]);
    }
    pump(s);
}

static void on_upload_change(void *arg)
{
    struct session *s = arg;
    count_spool(s);
    if (s->phase == PHASE_OPEN) {
        begin_measuring(s);
    } else if (s->phase == PHASE_DRAIN && upload_idle(s->upload)) {
        finish(s);
    }
}

static void use_cached_helpers(struct session *s)
{
    char date[11];
    struct diag d = {""};
    enum err e = checkin_cached(s->region, s->cfg->collector, s->start_s,
                                &s->checkin, date, &d);
    if (e == ERR_OK) {
        progress_say(s->progress, "using the test helpers named on %s", date);
    } else {
        s->checkin = (struct checkin){.cc = "ZZ"};
        progress_say(s->progress,
                     "no test helpers are known: sites are measured without "
                     "a control, and most cannot be judged");
    }
}

/* A wrong clock looks like a wrong certificate. */
static void say_no_checkin(struct session *s, const char *why)
{
    char now[20];
    progress_say(s->progress, "check-in with %s failed (%s)",
                 backend_host(s->backend), why);
    if (strncmp(why, "ssl_", 4) == 0 &&
        clock_format(clock_wall_us() / US_PER_S, now) == ERR_OK) {
        progress_say(s->progress,
                     "this machine's clock says %s (UTC): if that is wrong, no "
                     "certificate can be checked",
                     now);
    }
}

/* The check-in is over, well or not: `why` is NULL or what went wrong. */
static void checked_in(struct session *s, const char *why)
{
    struct diag d = {""};
    loop_timer_stop(s->checkin_limit);
    if (!s->backend) {
        progress_say(s->progress,
                     "no collector is set: measuring without a control");
    } else if (why) {
        say_no_checkin(s, why);
        use_cached_helpers(s);
    } else if (checkin_remember(s->cfg->collector, s->start_s, &s->checkin,
                                &d) != ERR_OK) {
        log_warn("checkin", "test helpers not remembered: %s", d.text);
    }
    enum err e = session_place(s);
    if (e == ERR_OK && s->cfg->upload) {
        e = upload_new(s->loop, s->backend, s->spool, on_upload_change, s,
                       &s->upload);
    }
    if (e == ERR_OK && s->upload) {
        if (!why && s->checkin.asn) {
            upload_send_held(s->upload);
        }
        /* behind an unreachable collector this would only cost time */
        e = why ? ERR_OK : upload_open(s->upload, buf_str(&s->open));
    }
    if (e != ERR_OK) {
        fail(s, e, "the run cannot begin");
        finish(s);
        return;
    }
    s->phase = PHASE_OPEN;
    begin_measuring(s);
}

static void on_checkin(void *arg, const struct backend_answer *a)
{
    struct session *s = arg;
    struct diag d = {""};
    char why[200] = "";
    if (s->phase != PHASE_CHECKIN) {
        return; /* too late */
    }
    if (a->internal != ERR_OK) {
        snprintf(why, sizeof(why), "%s", err_str(a->internal));
    } else if (a->failure) {
        snprintf(why, sizeof(why), "%.100s", a->failure);
    } else if (a->status != 200) {
        snprintf(why, sizeof(why), "HTTP status %d", a->status);
    } else if (checkin_parse(s->region, a->body, &s->checkin, &d) != ERR_OK) {
        snprintf(why, sizeof(why), "its answer makes no sense: %.150s", d.text);
    }
    checked_in(s, why[0] ? why : NULL);
}

static void on_checkin_limit(void *arg)
{
    struct session *s = arg;
    if (s->phase == PHASE_CHECKIN) {
        checked_in(s, s->backend ? "no answer in time" : NULL);
    }
}

static enum err begin_checkin(struct session *s)
{
    struct buf body;
    if (!s->backend) {
        return loop_timer_in(s->checkin_limit, 0); /* from within the loop */
    }
    buf_init(&body, 4096);
    enum err e = checkin_request(&body);
    if (e == ERR_OK) {
        struct backend_post p = {.path = "/api/v1/check-in",
                                 .body = buf_str(&body),
                                 .timeout_us = CHECKIN_TIMEOUT,
                                 .max_response = CHECKIN_MAX_RESPONSE};
        e = backend_post(s->backend, &p, on_checkin, s);
    }
    buf_fini(&body);
    return e == ERR_OK ? loop_timer_in(s->checkin_limit, CHECKIN_LIMIT_US) : e;
}

/* ---- clock and signals -------------------------------------------------- */

/* Was anything heard since the last look, by whatever connection? */
static void listen_to_line(struct session *s)
{
    int64_t now = clock_mono_us();
    if (!s->n_jobs || s->progress->counts.down != s->heard_bytes) {
        s->heard_bytes = s->progress->counts.down;
        s->heard_at = now;
    }
    if (now - s->heard_at >= PULSE_US && now - s->pulsed_at >= PULSE_US) {
        s->pulsed_at = now;
        if (engine_check_line(s->engine) != ERR_OK) {
            log_debug("session", "nothing can be asked");
        }
    }
    if (now - s->heard_at < SILENCE_US) {
        return;
    }
    for (struct job *j = s->jobs; j; j = j->next) {
        j->silence = true;
    }
}

static void on_tick(void *arg)
{
    struct session *s = arg;
    session_count_traffic(s);
    listen_to_line(s);
    s->progress->counts.flight = s->n_jobs;
    progress_tick(s->progress);
    if (loop_timer_in(s->tick, TICK_US) != ERR_OK) {
        log_debug("session", "no more ticks");
    }
}

static void on_limit(void *arg)
{
    struct session *s = arg;
    session_stop_measuring(s, "the time allowed is over");
    maybe_drain(s);
}

static void on_grace_over(void *arg)
{
    struct session *s = arg;
    while (s->jobs) {
        struct job *j = s->jobs;
        s->jobs = j->next;
        engine_cancel(j->handle);
        if (j->doubt) {
            session_doubt(s, j->doubt);
            j->doubt = NULL;
        }
        job_free(j);
    }
    session_let_go(s);
    finish(s);
}

static void on_interrupt(void *arg)
{
    struct session *s = arg;
    if (s->result->interrupted) {
        s->result->killed = true;
        finish(s);
        return;
    }
    s->result->interrupted = true;
    progress_say(s->progress,
                 "stopping: what is in flight gets 5 s (again to stop now)");
    session_stop_measuring(s, "it was interrupted");
    if (s->phase != PHASE_MEASURE || !s->n_jobs ||
        loop_timer_in(s->grace, GRACE_US) != ERR_OK) {
        session_let_go(s);
        finish(s);
    }
}

enum err session_timers(struct session *s)
{
    const struct {
        loop_fn fn;
        struct loop_timer **timer;
    } timers[] = {
        {on_tick, &s->tick},        {on_limit, &s->limit},
        {on_grace_over, &s->grace}, {on_checkin_limit, &s->checkin_limit},
        {on_slot, &s->again},
    };
    enum err e = ERR_OK;
    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
        if (e == ERR_OK) {
            e = loop_timer_new(s->loop, timers[i].fn, s, timers[i].timer);
        }
    }
    if (e == ERR_OK) {
        e = loop_signal_new(s->loop, SIGINT, on_interrupt, s, &s->on_int);
    }
    if (e == ERR_OK) {
        e = loop_signal_new(s->loop, SIGTERM, on_interrupt, s, &s->on_term);
    }
    if (e == ERR_OK) {
        e = loop_timer_in(s->tick, TICK_US);
    }
    if (e == ERR_OK && s->cfg->max_runtime_us) {
        e = loop_timer_in(s->limit, s->cfg->max_runtime_us);
    }
    return e;
}

void session_run(const struct session_config *cfg, struct progress *p,
                 struct session_result *out)
{
    struct session s = {
        .cfg = cfg, .progress = p, .result = out, .checkin = {.cc = "ZZ"}};
    *out = (struct session_result){.failed = ERR_OK};
    enum err e = session_start(&s);
    if (e == ERR_OK) {
        progress_start(p, cfg->collector);
        engine_on_slot(s.engine, on_slot, &s);
        e = begin_checkin(&s);
        if (e == ERR_OK) {
            e = loop_run(s.loop);
        }
        if (e != ERR_OK) {
            progress_say(p, "cannot go on: %s", err_str(e));
        }
    }
    if (e != ERR_OK && out->failed == ERR_OK) {
        out->failed = e;
    }
    if (p->counts.done == p->counts.total) {
        out->why_stopped = NULL; /* it came too late to matter */
    }
    if (s.upload && upload_counts_of(s.upload)->last_failure[0]) {
        progress_say(p, "upload: %s", upload_counts_of(s.upload)->last_failure);
    }
    session_stop(&s);
    while (s.jobs) {
        struct job *j = s.jobs;
        s.jobs = j->next;
        job_free(j); /* the engine has forgotten it */
    }
}
