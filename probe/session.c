// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/log.h"
#include "session_int.h"
#include "verdict/rules.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_US          (200 * US_PER_MS)
#define GRACE_US         (5 * US_PER_S)
#define CHECKIN_TIMEOUT  (12 * US_PER_S)
#define CHECKIN_LIMIT_US (20 * US_PER_S) /* finding its address included */

/* For as long nothing at all is heard before the line itself is in doubt. */
#define SILENCE_US (2 * US_PER_S)

/* One site being measured. */
struct job {
    struct session *s;
    struct job *prev, *next;
    struct engine_job *handle;
    struct plan plan;
    const struct site *site;
    struct doubt *doubt; /* second measurement: of the first; else NULL */
    bool silence;        /* the whole line was silent meanwhile */
};

static void pump(struct session *s);
static bool more_to_do(const struct session *s);

/* ---- ends --------------------------------------------------------------- */

static void count_traffic(struct session *s)
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
        count_traffic(s);
        count_spool(s);
        loop_stop(s->loop);
    }
}

/* No new site is started from now on; `why` is told at the end. */
static void stop_measuring(struct session *s, const char *why)
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
    stop_measuring(s, what);
}

/* Another run may have ended meanwhile, with our records left to us. */
static void share_spool(struct session *s)
{
    struct diag d = {""};
    int pid = 0;
    enum err e = spool_retake(s->spool, &d);
    if (e == ERR_BUSY) {
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
    bool more = !s->stopping && more_to_do(s);
    if (s->phase != PHASE_MEASURE || more || s->n_jobs) {
        return;
    }
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

/* ---- one record --------------------------------------------------------- */

static bool keep(struct session *s, struct str record)
{
    struct spool_frame f = {.kind = SPOOL_SUBMISSION,
                            .state = SPOOL_WAITING,
                            .created_s = clock_wall_us() / US_PER_S,
                            .open = buf_str(&s->open)};
    char name[SPOOL_NAME_MAX];
    struct diag d = {""};
    struct buf packed;
    buf_init(&packed, SPOOL_MAX_FRAME);
    enum err e = submission_pack(record, s->x_probe, &packed);
    if (e == ERR_OK) {
        f.body = buf_str(&packed);
        e = spool_add(s->spool, &f, name, &d);
    }
    buf_fini(&packed);
    if (e != ERR_OK) {
        progress_say(s->progress, "a record cannot be kept: %s",
                     d.text[0] ? d.text : err_str(e));
        stop_measuring(s, "records cannot be kept");
        return false;
    }
    if (spool_tight(s->spool) && !s->stopping) {
        progress_say(s->progress,
                     "no room for more records: what is in flight is kept, "
                     "no new site is started");
        stop_measuring(s, "there is no room for more records");
    }
    upload_kick(s->upload);
    return true;
}

static bool write_out(struct session *s, struct str record)
{
    struct diag d = {""};
    if (outfile_line(s->out, record, &d) == ERR_OK) {
        return true;
    }
    if (!s->result->out_failed) {
        progress_say(s->progress, "%s", d.text);
        s->result->out_failed = true;
    }
    if (!s->spool) {
        /* what is in flight would be lost as well: it ends now */
        stop_measuring(s, "records can be written nowhere");
        if (loop_timer_in(s->grace, 0) != ERR_OK) {
            log_debug("session", "what is in flight goes on");
        }
    }
    return false;
}

/* The resolver's address may be our own, when the router resolves by itself:
 * it is told only if ours is known and another. Its network is told always. */
static enum err name_resolver(struct session *s, struct measurement *m)
{
    struct geo_entry g;
    char text[IP_TEXT_MAX];
    if (m->whoami_system.family) {
        s->resolver = m->whoami_system;
    }
    if (s->resolver.family) {
        ip_format(&s->resolver, text);
        geo_lookup(s->geo, text, &g);
        snprintf(s->resolver_asn, sizeof(s->resolver_asn), "AS%u", g.asn);
        str_copy(s->resolver_org, sizeof(s->resolver_org), g.org);
        bool tell =
            s->scrub.public_known && !scrub_is_own(&s->scrub, &s->resolver);
        str_copy(s->resolver_ip, sizeof(s->resolver_ip),
                 tell ? text : "127.0.0.2");
    }
    m->client_resolver = region_strdup(m->region, s->resolver_ip);
    return m->client_resolver ? ERR_OK : ERR_NOMEM;
}

/* What looks like a site that is dropped may be our own line that failed: for a
 * moment, so that single questions got lost, or for longer, so that nothing was
 * heard of anybody. Only what a second measurement, after all the others, says
 * again is a finding. */
static bool in_doubt(const struct job *j, const struct outcome *o)
{
    if (o->state != X_BLOCKED) {
        return false;
    }
    if (j->doubt) {
        return j->silence && strcmp(j->doubt->method, o->method) != 0;
    }
    return j->silence || strcmp(o->rule, RULE_DNS_SILENT) == 0;
}

static bool measure_again(struct session *s, const struct job *j,
                          const struct outcome *o)
{
    struct doubt *d = NULL;
    if (!j->doubt && !s->stopping) {
        d = calloc(1, sizeof(*d));
    }
    if (!d) {
        return false;
    }
    d->site = j->site;
    str_copy(d->method, sizeof(d->method), o->method);
    *s->last_doubt = d;
    s->last_doubt = &d->next;
    return true;
}

static void record_one(struct session *s, struct measurement *m,
                       const struct job *j)
{
    struct outcome o = {.state = X_INTERNAL, .runtime_us = m->runtime_us};
    const struct site *site = j->site;
    struct buf record;
    buf_init(&record, SUBMISSION_MAX_RECORD);
    enum err e = name_resolver(s, m);
    if (e == ERR_OK) {
        e = submission_record(m, &s->env, s->fps, &record, &o);
    }
    if (e == ERR_OK && in_doubt(j, &o)) {
        if (measure_again(s, j, &o)) {
            buf_fini(&record);
            return;
        }
        m->internal = ERR_NET;
        m->internal_what = "the line was silent";
        buf_clear(&record);
        e = submission_record(m, &s->env, s->fps, &record, &o);
    }
    if (e != ERR_OK) {
        progress_say(s->progress, "%s: its record cannot be written: %s",
                     site->input, err_str(e));
        s->result->lost++;
    } else {
        bool written = s->out && write_out(s, buf_str(&record));
        bool kept = s->spool && keep(s, buf_str(&record));
        bool wanted = s->out || s->spool;
        if (wanted && !written && !kept) {
            s->result->lost++;
        }
    }
    buf_fini(&record);
    count_traffic(s);
    progress_site(s->progress, site->input, &o);
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
    free(j->doubt);
    free(j);
}

static void on_measured(void *arg, struct measurement *m)
{
    struct job *j = arg;
    struct session *s = j->s;
    record_one(s, m, j);
    region_free(m->region);
    job_free(j);
    pump(s);
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
    j->plan = (struct plan){
        .kind = PLAN_PROBE,
        .input = site->input,
        .category = site->category[0] ? site->category : NULL,
        .url = &site->url,
        .helpers = s->checkin.helpers,
        .n_helpers = s->checkin.n_helpers,
        .whoami = true,
        .client_resolver = "127.0.0.2",
    };
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

static bool more_to_do(const struct session *s)
{
    return s->next < s->cfg->targets->n_todo || s->doubts;
}

static enum err submit_next(struct session *s)
{
    const struct targets *t = s->cfg->targets;
    struct doubt *d = s->doubts;
    if (s->next < t->n_todo) {
        enum err e = submit(s, t->todo[s->next], NULL);
        s->next += e == ERR_OK;
        return e;
    }
    enum err e = submit(s, d->site, d);
    if (e == ERR_OK) {
        s->doubts = d->next;
        if (!s->doubts) {
            s->last_doubt = &s->doubts;
        }
    }
    return e;
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
    count_traffic(s);
    uint64_t used = c->up + c->down;
    uint64_t mean = c->done ? used / c->done : 0;
    return used + mean * s->n_jobs < limit;
}

static void pump(struct session *s)
{
    while (s->phase == PHASE_MEASURE && !s->stopping && more_to_do(s) &&
           engine_active(s->engine) < s->cfg->parallel) {
        if (!budget_left(s)) {
            stop_measuring(s, "the budget is used up");
            break;
        }
        enum err e = submit_next(s);
        if (e != ERR_OK) {
            fail(s, e, "a measurement cannot be started");
            break;
        }
    }
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

/* The check-in is over, well or not: `why` is NULL or what went wrong. */
static void checked_in(struct session *s, const char *why)
{
    struct diag d = {""};
    loop_timer_stop(s->checkin_limit);
    if (!s->backend) {
        progress_say(s->progress,
                     "no collector is set: measuring without a control");
    } else if (why) {
        progress_say(s->progress, "check-in with %s failed (%s)",
                     backend_host(s->backend), why);
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
    count_traffic(s);
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
    stop_measuring(s, "the time allowed is over");
    maybe_drain(s);
}

static void on_grace_over(void *arg)
{
    struct session *s = arg;
    while (s->jobs) {
        engine_cancel(s->jobs->handle);
        job_free(s->jobs);
    }
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
    stop_measuring(s, "it was interrupted");
    if (s->phase != PHASE_MEASURE || !s->n_jobs ||
        loop_timer_in(s->grace, GRACE_US) != ERR_OK) {
        finish(s);
    }
}

enum err session_timers(struct session *s)
{
    const struct {
        loop_fn fn;
        struct loop_timer **timer;
    } timers[] = {
        {on_tick, &s->tick},
        {on_limit, &s->limit},
        {on_grace_over, &s->grace},
        {on_checkin_limit, &s->checkin_limit},
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
        job_free(s.jobs); /* the engine has forgotten them */
    }
}
