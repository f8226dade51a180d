// SPDX-License-Identifier: Apache-2.0
/* replay [--print | --torture [STRIDE]] FILE...: runs the replays of scenario
 * files and prints TAP. Each is run once for what it expects, then once for
 * each of its callbacks, cancelled just before it. With --torture it is run
 * once for each of its allocations instead (or each STRIDE-th), which fails:
 * the result must be the same as without, or say that this machine failed.
 * With --print it is run once, and what came of it is printed without being
 * judged: the same bytes each time. */
#include "replay.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/log.h"
#include "engine/engine_int.h"
#include "probe/deliver/submission.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUN_LIMIT_STEPS 20000

struct world *world;

/* One site of a run. */
struct site_run {
    struct engine_job *job;
    struct plan plan;
    struct url url;
    size_t done; /* times delivered */
    int64_t done_at, slot_at;
    bool cancelled;
    struct site_result outcome;
    enum err internal;
    bool written;
    struct buf record;
};

struct run {
    struct world *world;
    struct loop *loop;
    struct engine *engine;
    struct region *region;
    struct fingerprints *fps;
    struct site_run sites[REPLAY_SITES];
    size_t cancel_step; /* cancel everything before this callback */
    bool cancel_all, all_cancelled;
    bool free_instead; /* by freeing the engine */
    size_t pulsed;     /* of the scenario's pulses */
    char why[512];
};

static struct run run;
static size_t stride;
static bool printing;
static int tests, failures;

static void PRINTF_LIKE(1, 2) fail(const char *fmt, ...)
{
    va_list ap;

    if (run.why[0]) {
        return; /* the first counts */
    }
    va_start(ap, fmt);
    vsnprintf(run.why, sizeof(run.why), fmt, ap);
    va_end(ap);
}

/* ---- one run
 * -------------------------------------------------------------------- */

static const struct record_env env = {
    .probe_cc = "ZZ",
    .probe_asn = "AS0",
    .probe_network_name = "",
    .resolver_asn = "AS0",
    .resolver_ip = "127.0.0.2",
    .resolver_network_name = "",
    .report_id = "",
    .software_version = "0",
    .platform = "linux",
    .architecture = "amd64",
    .clock_trust = "none",
};

static void on_done(void *arg, struct measurement *m)
{
    struct site_run *s = arg;

    s->done++;
    s->job = NULL;
    s->done_at = loop_fake.now;
    s->internal = m->internal;
    if (run.all_cancelled || s->cancelled) {
        fail("delivered after it was cancelled");
    }
    buf_clear(&s->record);
    s->written =
        submission_record(m, &env, run.fps, &s->record, &s->outcome) == ERR_OK;
    region_free(m->region);
}

static void cancel_one(struct site_run *s, bool by_engine)
{
    if (!s->job) {
        return;
    }
    if (!by_engine) {
        engine_cancel(s->job);
    }
    s->job = NULL;
    s->cancelled = true;
}

/* As in a session, one that cannot be asked for is let go. */
static void pulse_when_due(void)
{
    struct world *w = run.world;

    while (run.engine && run.pulsed < w->n_pulses &&
           loop_fake.now >= w->pulses[run.pulsed]) {
        run.pulsed++;
        if (engine_check_line(run.engine) != ERR_OK) {
            continue;
        }
        if (run.engine->line_check.n > w->pulses_max) {
            w->pulses_max = run.engine->line_check.n;
        }
    }
}

static void before_step(size_t n)
{
    struct world *w = run.world;

    if (n > RUN_LIMIT_STEPS) {
        fail("does not end");
        loop_stop(run.loop);
    }
    for (size_t i = 0; i < w->n_cancels; i++) {
        struct site_run *s = &run.sites[w->cancels[i].site];
        if (loop_fake.now >= w->cancels[i].at && s->job && !s->cancelled) {
            cancel_one(s, false);
        }
    }
    for (size_t i = 0; i < w->n_sites; i++) {
        struct site_run *s = &run.sites[i];
        if (s->slot_at < 0 && (!s->job || s->job->state == JOB_LATE)) {
            s->slot_at = loop_fake.now;
        }
    }
    pulse_when_due();
    if (!run.cancel_all || n != run.cancel_step || run.all_cancelled) {
        return;
    }
    run.all_cancelled = true;
    for (size_t i = 0; i < w->n_sites; i++) {
        cancel_one(&run.sites[i], run.free_instead);
    }
    if (run.free_instead) {
        engine_free(run.engine);
        run.engine = NULL;
        if (fakes_alive() > 0 || w->timers > 0) {
            fail("something outlives the engine");
        }
    }
}

static enum err start_engine(void)
{
    static const char *const doh[] = {"https://dns.google/dns-query"};
    static const char *const udp[] = {"8.8.8.8:53"};
    const struct world *w = run.world;
    struct engine_config cfg = {
        .limits = {.jobs = w->jobs,
                   .sockets = w->sockets,
                   .body_memory = w->bodies * BODY_KEEP},
        .doh_urls = doh,
        .udp_resolvers = udp,
        .n_doh_urls = 1,
        .n_udp_resolvers = w->udp ? 1 : 0,
    };
    enum err e = loop_new(&run.loop);

    if (e == ERR_OK) {
        e = engine_new(run.loop, &cfg, &run.engine);
    }
    if (e == ERR_OK && !w->doh) { /* not due before the end of the world */
        run.engine->in.public_dns.doh_due = INT64_MAX;
    }
    return e;
}

static enum err submit(size_t i)
{
    static const struct control_helper helpers[] = {
        {"https://h0.test/", "https"},
        {"https://h1.test/", "https"},
        {"https://h2.test/", "https"},
        {"https://h3.test/", "cloudfront"},
    };
    const struct world *w = run.world;
    struct site_run *s = &run.sites[i];
    enum err e = url_parse(run.region, str_c(w->sites[i]), &s->url, NULL);

    if (e != ERR_OK) {
        return e;
    }
    if (i == 0) {
        world->host = s->url.host;
    }
    s->plan = (struct plan){
        .kind = w->unnamed          ? PLAN_UNNAMED
                : w->page           ? PLAN_PAGE
                : w->compare.family ? PLAN_COMPARE
                : w->control_plan   ? PLAN_CONTROL
                                    : PLAN_PROBE,
        .compare = &w->compare,
        .only_told = w->only_told,
        .input = w->sites[i],
        .url = &s->url,
        .helpers = helpers,
        .n_helpers = w->n_helpers,
        .all_resolvers = w->all_resolvers,
        .again = w->anew,
        .client_resolver = "127.0.0.2",
        .resolver = "8.8.8.8:53",
        .extra_addrs = w->truth,
        .n_extra_addrs = w->n_truth,
        .timeout_us = w->timeout,
    };
    return engine_submit(run.engine, &s->plan, on_done, s, &s->job);
}

static void check_all_freed(void)
{
    const struct engine *e = run.engine;

    if (fakes_alive() > 0) {
        fail("%zu lookups, transfers or calls are left over", fakes_alive());
    }
    if (e && e->line_check.n > 0) {
        fail("a question to the line is left over");
    }
    if (e && e->in.sockets.free != e->in.sockets.total) {
        fail("sockets were not given back");
    }
    if (e && e->in.bodies.free != e->in.bodies.total) {
        fail("body memory was not given back");
    }
    if (world->open > 0) {
        fail("sockets are open");
    }
}

/* Runs the whole; the first error of the set-up is returned. */
static enum err run_once(void)
{
    struct world *w = run.world;
    enum err e = start_engine();

    for (size_t i = 0; i < w->n_sites && e == ERR_OK; i++) {
        e = submit(i);
    }
    if (e == ERR_OK) {
        e = loop_run(run.loop);
    }
    if (run.engine && e == ERR_OK) {
        for (size_t i = 0; i < w->n_sites; i++) {
            const struct site_run *s = &run.sites[i];
            if (s->done != (s->cancelled ? 0u : 1u)) {
                fail("%s was delivered %s times", w->sites[i],
                     s->done ? "too many" : "no");
            }
        }
        check_all_freed();
    }
    engine_free(run.engine);
    run.engine = NULL;
    if (world->timers > 0) {
        fail("timers are left over");
    }
    check_all_freed();
    loop_free(run.loop);
    run.loop = NULL;
    return e;
}

static void run_begin(struct world *w)
{
    struct fingerprints *fps = run.fps;

    run = (struct run){.world = w, .fps = fps};
    world = w;
    w->lookups = w->fetches = w->calls = w->timers = 0;
    w->connections = w->open = w->open_max = w->pulses_max = 0;
    loop_fake = (struct loop_fake){.hook = before_step};
    run.region = region_new(1 << 20);
    for (size_t i = 0; i < REPLAY_SITES; i++) {
        buf_init(&run.sites[i].record, SUBMISSION_MAX_RECORD);
        run.sites[i].slot_at = -1;
    }
}

static void run_end(void)
{
    for (size_t i = 0; i < REPLAY_SITES; i++) {
        buf_fini(&run.sites[i].record);
    }
    region_free(run.region);
    run.region = NULL;
}

/* ---- what was expected
 * ---------------------------------------------------------- */

static void number(char out[64], int64_t n)
{
    snprintf(out, 64, "%lld", (long long)n);
}

/* Walks a.0.b; `#` at the end is the length. */
static const struct json *walk(const struct json *n, const char *path,
                               bool *length)
{
    struct str rest = str_c(path), part;
    char key[128];

    while (n && str_next(&rest, '.', &part)) {
        if (str_eq_c(part, "#")) {
            *length = true;
            return n;
        }
        snprintf(key, sizeof(key), STR_FMT, STR_ARG(part));
        if (json_is_arr(n)) {
            size_t i = strtoul(key, NULL, 10);
            for (n = json_first(n); n && i > 0; i--) {
                n = json_next(n);
            }
        } else {
            n = json_get(n, key);
        }
    }
    return n;
}

static void scalar(struct json_doc *doc, const struct json *n, bool length,
                   char out[64])
{
    if (length) {
        number(out, (int64_t)json_len(n));
    } else if (json_is_str(n)) {
        snprintf(out, 64, STR_FMT, STR_ARG(json_str(n)));
    } else if (n) {
        snprintf(out, 64, STR_FMT, STR_ARG(json_span(doc, n)));
    } else {
        snprintf(out, 64, "absent");
    }
}

/* @ paths are about the run, the others about the record's test_keys. */
static void value_of(const struct expect_line *x, char out[64])
{
    const struct site_run *s = &run.sites[x->site];
    struct json_doc *doc = NULL;
    bool length = false;

    if (strcmp(x->path, "@done") == 0) {
        number(out, s->done_at / US_PER_MS);
    } else if (strcmp(x->path, "@slot") == 0) {
        number(out, s->slot_at / US_PER_MS);
    } else if (strcmp(x->path, "@delivered") == 0) {
        number(out, (int64_t)s->done);
    } else if (strcmp(x->path, "@connections") == 0) {
        number(out, (int64_t)world->connections);
    } else if (strcmp(x->path, "@sockets") == 0) {
        number(out, (int64_t)world->open_max);
    } else if (strcmp(x->path, "@pulses") == 0) {
        number(out, (int64_t)world->pulses_max);
    } else if (json_parse(buf_str(&s->record), &json_default_limits, &doc,
                          NULL) != ERR_OK) {
        snprintf(out, 64, "no record");
    } else {
        const struct json *keys = json_get(json_root(doc), "test_keys");
        const struct json *n = walk(keys, x->path, &length);
        scalar(doc, n, length, out);
        json_doc_free(doc);
    }
}

/* `list` is one value, or several with `|` between where a draw decides. */
static bool is_among(const char *got, const char *list)
{
    size_t n = strlen(got);
    for (const char *at = list; at; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, got, n) == 0 && (at[n] == '\0' || at[n] == '|')) {
            return true;
        }
    }
    return false;
}

static void check_expected(const struct world *w)
{
    for (size_t i = 0; i < w->n_expects; i++) {
        char got[64];

        value_of(&w->expects[i], got);
        if (!is_among(got, w->expects[i].value)) {
            fail("%s is %s, not %s", w->expects[i].path, got,
                 w->expects[i].value);
        }
    }
}

/* ---- tests
 * ---------------------------------------------------------------------- */

static void report(const struct world *w, const char *what)
{
    bool good = !run.why[0];

    failures += !good;
    printf("%sok %d - %s: %s\n", good ? "" : "not ", ++tests, w->name, what);
    if (!good) {
        printf("# %s: %s\n", w->file, run.why);
    }
}

/* Cancels before each callback in turn; returns how many there were. */
static size_t cancel_everywhere(struct world *w, bool free_instead,
                                size_t steps, char why[512])
{
    size_t n = 0;

    for (size_t step = 0; step <= steps && !why[0]; step++, n++) {
        run_begin(w);
        run.cancel_all = true;
        run.cancel_step = step;
        run.free_instead = free_instead;
        enum err e = run_once();
        if (e != ERR_OK) {
            fail("cannot be started: %s", err_str(e));
        }
        if (run.why[0]) {
            snprintf(why, 512, "at step %zu: %.400s", step, run.why);
        }
        run_end();
    }
    return n;
}

static void replay(struct world *w)
{
    char why[512] = "", what[128];
    size_t n_cancels = w->n_cancels;

    run_begin(w);
    enum err e = run_once();
    size_t steps = loop_fake.steps;
    if (e != ERR_OK) {
        fail("cannot be started: %s", err_str(e));
    } else {
        check_expected(w);
    }
    report(w, "as expected");
    if (getenv("REPLAY_SHOW")) {
        for (size_t i = 0; i < w->n_sites; i++) {
            printf("# " STR_FMT "\n", STR_ARG(buf_str(&run.sites[i].record)));
        }
    }
    run_end();

    w->n_cancels = 0;
    size_t n = cancel_everywhere(w, false, steps, why);
    n += cancel_everywhere(w, true, steps, why);
    w->n_cancels = n_cancels;
    run_begin(w);
    str_copy(run.why, sizeof(run.why), why);
    snprintf(what, sizeof(what), "cancelled at %zu moments", n);
    report(w, what);
    run_end();
}

static const char *name_of(enum method m)
{
    const char *name = method_name(m);
    return name ? name : "";
}

/* ---- torture
 * -------------------------------------------------------------------- */

struct verdict_seen {
    enum xstate state;
    enum method method;
};

static void look(struct verdict_seen seen[REPLAY_SITES], const struct world *w)
{
    for (size_t i = 0; i < w->n_sites; i++) {
        seen[i].state = run.sites[i].outcome.state;
        seen[i].method = run.sites[i].outcome.method;
    }
}

static void compare(const struct verdict_seen want[REPLAY_SITES],
                    const struct world *w)
{
    for (size_t i = 0; i < w->n_sites; i++) {
        const struct site_run *s = &run.sites[i];
        /* who had too much to do may have less when others fail */
        if (s->cancelled || !s->written || s->outcome.state == X_INTERNAL ||
            want[i].state == X_INTERNAL) {
            continue;
        }
        if (s->outcome.state != want[i].state ||
            s->outcome.method != want[i].method) {
            fail("%s became %s by %s", w->sites[i],
                 xstate_name(s->outcome.state), name_of(s->outcome.method));
        }
    }
}

static void torture(struct world *w)
{
    struct verdict_seen want[REPLAY_SITES];
    char why[512] = "", what[128];
    size_t all = 0, tried = 0;

    run_begin(w);
    alloc_fail_at(0);
    enum err e = run_once();
    all = alloc_count();
    look(want, w);
    if (e != ERR_OK || run.why[0]) {
        snprintf(why, sizeof(why), "does not run without faults");
    }
    run_end();
    for (size_t n = 1; n <= all && !why[0]; n += stride, tried++) {
        run_begin(w);
        alloc_fail_at(n);
        e = run_once();
        alloc_fail_at(0);
        if (e == ERR_OK) {
            compare(want, w);
        }
        if (run.why[0]) {
            snprintf(why, sizeof(why), "allocation %zu: %.400s", n, run.why);
        }
        run_end();
    }
    run_begin(w);
    str_copy(run.why, sizeof(run.why), why);
    snprintf(what, sizeof(what), "%zu of %zu allocations failed in turn", tried,
             all);
    report(w, what);
    run_end();
}

/* ---- print
 * -------------------------------------------------------------------- */

static void print_site(const struct site_run *s, const char *url)
{
    const struct site_result *o = &s->outcome;

    printf("site %s\n"
           "delivered %zu at %lld us, slot free at %lld us\n",
           url, s->done, (long long)s->done_at, (long long)s->slot_at);
    if (!s->written) {
        printf("nothing written\n");
        return;
    }
    printf("%s \"%s\" %s: %s\n", xstate_name(o->state), name_of(o->method),
           o->rule, o->note);
    printf("again %d, of \"%s\", with and without its name at \"%s\", if "
           "faster %g\n",
           o->want_again, o->want_url, o->want_compare, o->want_if_faster);
    printf(STR_FMT "\n", STR_ARG(buf_str(&s->record)));
}

/* Everything that a replay may expect something of, and the whole records. */
static void print(struct world *w)
{
    run_begin(w);
    enum err e = run_once();
    printf("replay %s\n", w->name);
    if (e != ERR_OK) {
        printf("cannot be started: %s\n", err_str(e));
    }
    if (run.why[0]) {
        printf("failed: %s\n", run.why);
    }
    printf("connections %zu, sockets %zu, pulses %zu\n", w->connections,
           w->open_max, w->pulses_max);
    for (size_t i = 0; i < w->n_sites; i++) {
        print_site(&run.sites[i], w->sites[i]);
    }
    run_end();
}

static void one(struct world *w)
{
    if (printing) {
        print(w);
    } else if (stride) {
        torture(w);
    } else {
        replay(w);
    }
    fflush(stdout);
}

static char *slurp(const char *file)
{
    FILE *f = fopen(file, "r");
    char *text = f ? calloc(1, 1 << 18) : NULL;

    if (text) {
        text[fread(text, 1, (1 << 18) - 1, f)] = '\0';
    }
    if (f) {
        fclose(f);
    }
    return text;
}

int main(int argc, char **argv)
{
    int first = 1;

    if (argc > 2 && strcmp(argv[1], "--torture") == 0) {
        stride = strtoul(argv[2], NULL, 10);
        first = stride ? 3 : 2;
        stride = stride ? stride : 1;
    }
    if (argc > 1 && strcmp(argv[1], "--print") == 0) {
        printing = true;
        random_fix();
        first = 2;
    }
    log_setup("replay", LOG_ERROR);
    if (crypto_setup() != ERR_OK || fingerprints_builtin(&run.fps) != ERR_OK) {
        return 1;
    }
    for (int i = first; i < argc; i++) {
        char *text = slurp(argv[i]);
        int line = text ? scenario_read(argv[i], text, one) : 1;
        if (line) {
            printf("not ok %d - %s:%d makes no sense\n", ++tests, argv[i],
                   line);
            failures++;
        }
        free(text);
    }
    if (!printing) {
        printf("1..%d\n", tests);
    }
    fingerprints_free(run.fps);
    return failures ? 1 : 0;
}
