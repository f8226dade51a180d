// SPDX-License-Identifier: Apache-2.0
/* The course of a run. */
#include "probe/run/session.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/resident.h"
#include "probe/deliver/upload_answer.h"
#include "probe/run/session_doubt.h"
#include "probe/run/session_due.h"
#include "probe/run/session_jobs.h"
#include "probe/run/session_keep.h"
#include "probe/run/session_order.h"
#include "probe/run/session_place.h"
#include "probe/run/session_record.h"
#include "probe/run/session_room.h"
#include "probe/run/session_setup.h"
#include "probe/volunteer/ownaddr.h"
#include "record/failure.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define TICK_US          (200 * US_PER_MS)
#define GRACE_US         (5 * US_PER_S)
#define LONG_WAIT        (2 * US_PER_S) /* worth giving memory back before */
#define CHECKIN_TIMEOUT  (12 * US_PER_S)
#define CHECKIN_LIMIT_US (20 * US_PER_S) /* finding its address included */
/* So much more if there are several ways to the collector. */
#define CHECKIN_WAYS_US (20 * US_PER_S)

/* When nothing at all was heard for SILENCE_US, the line itself is in doubt.
 * After ASK_US of it something is asked, so that a line that works is heard. */
#define SILENCE_US (1600 * US_PER_MS)
#define ASK_US     (500 * US_PER_MS)
/* But where no site is being measured again silence decides nothing but whether
 * the line is dead, and each question can be seen. */
#define ASK_SELDOM_US (3 * US_PER_S)
/* A line on which nothing was heard for so long, though something was asked
 * again and again, is dead. */
#define DEAD_US (30 * US_PER_S)

static void pump(struct session *s);

/* ---- ends --------------------------------------------------------------- */

static void count_spool(struct session *s)
{
    if (s->upload) {
        s->progress->counts.sent = upload_counts_of(s->upload)->sent;
        s->progress->counts.rejected = upload_counts_of(s->upload)->refused;
    }
    if (s->spool) {
        s->progress->counts.waiting = spool_count(s->spool, FRAME_WAITING) +
                                      spool_count(s->spool, FRAME_HELD);
    }
}

static void finish(struct session *s)
{
    if (s->phase != PHASE_END) {
        s->phase = PHASE_END;
        session_state_count_traffic(s);
        count_spool(s);
        loop_stop(s->loop);
    }
}

static void fail(struct session *s, enum err e, const char *what)
{
    if (s->result->failed == ERR_OK) {
        s->result->failed = e;
        progress_say(s->progress, "%s: %s", what, err_str(e));
    }
    session_state_stop_measuring(s, what);
}

/* Another run may have held the spool until now, and have ended without sending
 * our records: then this one sends them. */
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

/* Nothing more is measured: what is held back or parked goes as it is. */
static void let_go(struct session *s)
{
    session_doubt_last(s);
    session_record_held(s);
    session_retest_let_go_all(s);
}

/* What is held back no longer may be measured again, perhaps at once: nothing
 * else may be in flight that would look at that. */
static void release(struct session *s)
{
    session_record_held(s);
    if (s->phase != PHASE_MEASURE || s->stopping || !s->retests) {
        return;
    }
    int64_t left = s->retests->due - clock_mono_us();
    if (loop_timer_in(s->again, left > 0 ? left : 0) != ERR_OK) {
        fail(s, ERR_NOMEM, "a measurement cannot be started");
    }
}

/* Nothing new is measured: what is held back is judged, which may want a second
 * measurement. */
static void let_go_of_held(struct session *s)
{
    if (s->phase == PHASE_MEASURE && !s->n_jobs && s->next == s->order.n &&
        s->held) {
        session_doubt_last(s);
        release(s);
    }
}

/* Measuring is over once nothing is in flight; then what waits is sent. */
static void maybe_drain(struct session *s)
{
    bool more = s->next < s->order.n || s->retests;
    if (s->phase != PHASE_MEASURE || (more && !s->stopping) || s->n_jobs) {
        return;
    }
    let_go(s);
    s->phase = PHASE_DRAIN;
    if (!s->upload || s->result->interrupted ||
        s->result->outage != OUTAGE_NONE) {
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

static bool more_now(struct session *s)
{
    size_t row;
    return session_due(s) || session_order_next(s, &row);
}

/* The list lets go of a retest only once it was started. */
static enum err start_again(struct session *s)
{
    struct retest *r = s->retests;
    r->tries++;
    enum err e = session_jobs_start(s, r->site, r, pump);
    if (e != ERR_OK) {
        return e;
    }
    (void)session_retest_take(s); /* it belongs to the job now */
    return ERR_OK;
}

static enum err start_next(struct session *s)
{
    if (session_due(s)) {
        return start_again(s);
    }
    size_t row;
    if (!session_order_next(s, &row)) {
        return ERR_OK;
    }
    enum err e = session_jobs_start(s, s->order.rows[row].site, NULL, pump);
    if (e == ERR_OK) {
        session_order_begin(s, row);
    }
    return e;
}

/* For a site that is to be measured again, or one whose host has to be left
 * alone for a while. */
static void wait_for_next(struct session *s)
{
    int64_t due = s->retests ? s->retests->due : 0;
    if (s->phase != PHASE_MEASURE || s->stopping ||
        engine_active(s->engine) >= s->cfg->parallel) {
        return; /* whoever ends comes here again */
    }
    if (s->spaced && (!due || s->spaced < due)) {
        due = s->spaced;
    }
    int64_t left = due - clock_mono_us();
    if (due && left > LONG_WAIT && !engine_active(s->engine)) {
        resident_trim();
    }
    if (due && loop_timer_in(s->again, left > 0 ? left : 0) != ERR_OK) {
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
    session_state_count_traffic(s);
    uint64_t used = c->up + c->down;
    uint64_t mean = c->done ? used / c->done : 0;
    return used + mean * s->n_jobs < limit;
}

static void pump(struct session *s)
{
    while (s->phase == PHASE_MEASURE && !s->stopping && more_now(s) &&
           engine_active(s->engine) < s->cfg->parallel) {
        if (!budget_left(s)) {
            session_state_stop_measuring(s, "the budget is used up");
            break;
        }
        enum err e = start_next(s);
        if (e != ERR_OK) {
            fail(s, e, "a measurement cannot be started");
            break;
        }
    }
    let_go_of_held(s);
    wait_for_next(s);
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
    if (!s->heard_at) { /* no check-in took its time */
        s->heard_at = clock_mono_us();
    }
    if (s->checkin.n_helpers > 0 && more_now(s)) {
        engine_warm(s->engine, &s->checkin.helpers[0]);
    }
    pump(s);
}

/* Who cannot begin ends. */
static void begin(struct session *s, enum err e)
{
    if (e != ERR_OK) {
        fail(s, e, "the run cannot begin");
        finish(s);
        return;
    }
    if (s->cfg->orders && list_orders_paused(s->cfg->orders, s->checkin.cc)) {
        session_state_stop_measuring(s, SESSION_PAUSED);
    }
    s->phase = PHASE_OPEN;
    begin_measuring(s);
}

/* Sending has made room, or it has not. */
static void after_making_room(struct session *s)
{
    struct diag d = {""};
    enum err e = session_room_take(s, &d);
    if (e == ERR_OK) {
        begin(s, upload_open(s->upload, buf_str(&s->open)));
        return;
    }
    s->result->failed = e;
    progress_say(s->progress, "%s", d.text[0] ? d.text : err_str(e));
    session_state_stop_measuring(s, "there is no room for more records");
    finish(s);
}

static void make_room(struct session *s, bool reachable)
{
    s->phase = PHASE_ROOM;
    if (reachable) {
        upload_kick(s->upload);
    }
    if (!reachable || upload_resting(s->upload)) {
        after_making_room(s);
    }
}

static void on_upload_change(void *arg)
{
    struct session *s = arg;
    count_spool(s);
    if (s->phase == PHASE_ROOM && upload_resting(s->upload)) {
        after_making_room(s);
    } else if (s->phase == PHASE_OPEN) {
        begin_measuring(s);
    } else if (s->phase == PHASE_DRAIN && upload_idle(s->upload)) {
        finish(s);
    }
}

/* The rest of the check-in, if there was a good one, stays. */
static void use_cached_helpers(struct session *s)
{
    char month[CHECKIN_MONTH];
    struct diag d = {""};
    struct checkin last;
    enum err e = checkin_cached(s->region, s->cfg->collector, s->start_s, &last,
                                month, &d);
    if (e == ERR_OK) {
        memcpy(s->checkin.helpers, last.helpers, sizeof(last.helpers));
        s->checkin.n_helpers = last.n_helpers;
        session_doubt_say(s, "using the test helpers named in %s", month);
    } else {
        session_doubt_say(
            s, "no test helpers are known: sites are measured without "
               "a control, and most cannot be judged");
    }
}

/* A wrong clock looks like a wrong certificate. */
static void say_no_checkin(struct session *s, const char *why, enum failure f)
{
    char now[20];
    session_doubt_say(s, "check-in with %s failed: %s",
                      backend_host(s->backend), why);
    if ((failure_is_certificate(f) || f == FAILURE_HANDSHAKE) &&
        clock_format(clock_machine_us() / US_PER_S, now) == ERR_OK) {
        session_doubt_say(
            s,
            "this machine's clock says %s (UTC): if that is wrong, no "
            "certificate can be checked",
            now);
    }
}

/* The check-in is over, well or not: `why` is NULL or what went wrong, in
 * words, of which `f` is the failure, if it was one. */
static void checked_in(struct session *s, const char *why, enum failure f)
{
    struct diag d = {""};
    loop_timer_stop(s->checkin_limit);
    if (s->cfg->defer) {
        /* so nothing has shown yet that the line works */
        session_doubt_begin(s);
    } else if (!s->backend) {
        progress_say(s->progress,
                     "no collector is set: measuring without a control");
    } else if (why) {
        s->checkin = (struct checkin){.cc = "ZZ"};
        session_doubt_begin(s);
        say_no_checkin(s, why, f);
        use_cached_helpers(s);
    } else if (s->checkin.n_helpers == 0) {
        progress_say(s->progress, "%s names no test helper that can be used",
                     backend_host(s->backend));
        use_cached_helpers(s);
    } else if (checkin_remember(s->cfg->collector, s->start_s, &s->checkin,
                                &d) != ERR_OK) {
        log_warn("checkin", "test helpers not remembered: %s", d.text);
    }
    if (s->backend && !why) {
        session_doubt_none(s);
        log_info("checkin", "seen in AS%u, %s; %zu test helpers",
                 s->checkin.asn, s->checkin.cc, s->checkin.n_helpers);
    }
    if (s->backend && !why && !ownaddr_is_proxied()) {
        ownaddr_learn(&s->scrub, &s->checkin.seen);
    }
    enum err e = scrub_prepare(&s->scrub);
    if (e == ERR_OK) {
        e = session_place(s);
    }
    if (e == ERR_OK) {
        session_room_expire(s);
    }
    if (e == ERR_OK && s->cfg->upload && !s->cfg->defer) {
        e = upload_new(s->loop, s->backend, s->spool, on_upload_change, s,
                       &s->upload);
    }
    if (e == ERR_OK && s->upload) {
        if (!why && s->checkin.asn) {
            upload_send_held(s->upload);
        }
        if (e == ERR_OK && s->no_room) {
            make_room(s, !why);
            return;
        }
        /* behind an unreachable collector this would only cost time */
        e = why ? ERR_OK : upload_open(s->upload, buf_str(&s->open));
    }
    begin(s, e);
}

/* What it saw was where the proxy is. */
static void forget_place(struct checkin *c)
{
    str_copy(c->cc, sizeof(c->cc), "ZZ");
    c->asn = 0;
    c->org[0] = '\0';
    c->seen = (struct ip){.family = 0};
}

static void on_checkin(void *arg, const struct backend_answer *a)
{
    struct session *s = arg;
    struct diag d = {""};
    char why[200];
    if (s->phase != PHASE_CHECKIN) {
        return; /* too late */
    }
    if (a->internal != ERR_OK || a->failure || a->status != 200) {
        upload_answer_words(a, why);
    } else if (checkin_parse(s->region, a->body, &s->checkin, &d) != ERR_OK) {
        log_info("checkin", "%s", d.text);
        str_copy(why, sizeof(why), "its answer makes no sense");
    } else {
        if (a->way == WAY_PROXY) {
            forget_place(&s->checkin);
        }
        checked_in(s, NULL, FAILURE_NONE);
        return;
    }
    checked_in(s, why,
               a->failure ? failure_of(str_c(a->failure)) : FAILURE_NONE);
}

static void on_checkin_limit(void *arg)
{
    struct session *s = arg;
    if (s->phase == PHASE_CHECKIN) {
        checked_in(s, s->backend ? "no answer in time" : NULL, FAILURE_TIMEOUT);
    }
}

static enum err begin_checkin(struct session *s)
{
    struct buf body;
    if (!s->backend) {
        return loop_defer(s->loop, on_checkin_limit, s);
    }
    buf_init(&body, 4096);
    enum err e = checkin_request(s->cfg->schedule, &body);
    if (e == ERR_OK) {
        struct backend_post p = {.path = "/api/v1/check-in",
                                 .body = buf_str(&body),
                                 .timeout_us = CHECKIN_TIMEOUT,
                                 .max_response = CHECKIN_MAX_RESPONSE};
        e = backend_post(s->backend, &p, on_checkin, s);
    }
    buf_fini(&body);
    int64_t limit =
        CHECKIN_LIMIT_US + (backend_ways(s->backend) > 1 ? CHECKIN_WAYS_US : 0);
    return e == ERR_OK ? loop_timer_in(s->checkin_limit, limit) : e;
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
    int64_t pause = session_jobs_again(s) ? ASK_US : ASK_SELDOM_US;
    if (now - s->heard_at >= ASK_US && now - s->asked_at >= pause) {
        s->asked_at = now;
        if (engine_check_line(s->engine) != ERR_OK) {
            log_debug("session", "nothing can be asked");
        }
    }
    s->silent = now - s->heard_at >= SILENCE_US;
    if (!s->silent) {
        if (s->held) {
            session_doubt_heard(s);
            release(s);
        }
        return;
    }
    session_jobs_silent(s);
    if (now - s->heard_at >= DEAD_US) {
        session_doubt_dead(s);
    }
}

static void on_tick(void *arg)
{
    struct session *s = arg;
    session_state_count_traffic(s);
    listen_to_line(s);
    session_keep_due(s);
    s->progress->counts.flight = s->n_jobs;
    progress_tick(s->progress);
    if (loop_timer_in(s->tick, TICK_US) != ERR_OK) {
        log_debug("session", "no more ticks");
    }
}

static void on_limit(void *arg)
{
    struct session *s = arg;
    session_state_stop_measuring(s, "the time allowed is over");
    maybe_drain(s);
}

static void on_grace_over(void *arg)
{
    struct session *s = arg;
    session_jobs_cancel(s);
    let_go(s);
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
    session_state_stop_measuring(s, "it was interrupted");
    if (s->phase != PHASE_MEASURE || !s->n_jobs ||
        loop_timer_in(s->grace, GRACE_US) != ERR_OK) {
        let_go(s);
        finish(s);
    }
}

static enum err make_timers(struct session *s)
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

static enum err run(struct session *s)
{
    enum err e = session_setup(s);
    if (e != ERR_OK) {
        return e;
    }
    e = make_timers(s);
    if (e != ERR_OK) {
        progress_say(s->progress, "%s", err_str(e));
        return e;
    }
    progress_start(s->progress, s->cfg->collector);
    engine_on_slot(s->engine, on_slot, s);
    e = begin_checkin(s);
    if (e == ERR_OK) {
        e = loop_run(s->loop);
    }
    if (e != ERR_OK) {
        progress_say(s->progress, "cannot go on: %s", err_str(e));
    }
    return e;
}

void session_run(const struct session_config *cfg, struct progress *p,
                 struct session_result *out)
{
    struct session s = {
        .cfg = cfg, .progress = p, .result = out, .checkin = {.cc = "ZZ"}};
    *out = (struct session_result){.failed = ERR_OK};
    enum err e = run(&s);
    if (e != ERR_OK && out->failed == ERR_OK) {
        out->failed = e;
    }
    if (p->counts.done == p->counts.total) {
        out->why_stopped = NULL; /* it came too late to matter */
    }
    if (s.upload && upload_counts_of(s.upload)->last_failure[0]) {
        progress_say(p, "records were not sent: %s",
                     upload_counts_of(s.upload)->last_failure);
    }
    session_keep_all(&s);
    session_doubt_free(&s);
    session_order_end(&s);
    session_setup_undo(&s);
    session_jobs_free(&s);
}
