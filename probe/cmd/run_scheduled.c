// SPDX-License-Identifier: Apache-2.0
#include "probe/cmd/run_scheduled.h"

#include "base/calendar.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "cli/shell.h"
#include "probe/cmd/by_schedule.h"
#include "probe/cmd/cmd_upload.h"
#include "probe/deliver/mailing.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* No more than one new name a second leaves the machine: a little more than
 * that apart, since a lookup begins a moment after its site. */
#define NAME_US (1200 * US_PER_MS)
/* Records are written in bursts, so far apart at least. */
#define BURST_US (600 * US_PER_S)

/* Nothing is sent when a run is so near. */
#define BEFORE_RUN_S 900

struct work {
    struct keeper keeper;
    const struct opt_set *opts;
    struct session_config cfg;
    struct targets targets; /* of this run */
    struct session_schedule schedule;
    struct agenda_rules rules;
    bool lost; /* the diary could not be written */
};

static void say(const char *text)
{
    fprintf(stderr, "parallax run: %s\n", text);
}

static void say_next(const struct work *w, const char *first)
{
    char when[32];
    int64_t next = agenda_next(&w->keeper.agenda);
    const char *out = w->cfg.out;
    FILE *to = out && strcmp(out, "-") == 0 ? stderr : stdout;
    by_schedule_when(next, when);
    if (opt_flag(w->opts, "json")) {
        char iso[24];
        calendar_iso(iso, next);
        fprintf(to, "{\"event\":\"next\",\"at\":\"%s\"}\n", iso);
    }
    fprintf(stderr, "%s%sthe next run is planned for %s.\n", first,
            first[0] ? "; " : "", when);
}

/* ---- may it begin? ------------------------------------------------------- */

static bool ask(void)
{
    char answer[16] = "";
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        return false;
    }
    fprintf(stderr, "This network is new. Measure by schedule here from now "
                    "on? [y/N] ");
    return fgets(answer, sizeof(answer), stdin) &&
           (answer[0] == 'y' || answer[0] == 'Y');
}

/* Sets *status where it may not. */
static bool may_measure_here(const struct work *w, int *status)
{
    struct diag d = {""};
    enum by_schedule_network where = BY_SCHEDULE_NEW;
    enum err e = by_schedule_where(w->opts, &where, &d);
    bool agree = false;
    if (e == ERR_OK) {
        agree =
            where == BY_SCHEDULE_FIRST || (where == BY_SCHEDULE_NEW && ask());
        e = agree ? by_schedule_agree(&d) : ERR_OK;
    }
    if (e != ERR_OK) {
        say(d.text[0] ? d.text : err_str(e));
        *status = EXIT_FAILED;
        return false;
    }
    if (where == BY_SCHEDULE_OFFLINE) {
        say("a run is due, and waits: this machine is in no network now");
    } else if (where == BY_SCHEDULE_NEW && !agree) {
        say("a run is due, and waits: this network is new; `parallax plan "
            "--agree` agrees to measuring here by schedule");
    }
    *status = EXIT_DONE;
    return agree || where == BY_SCHEDULE_AGREED;
}

/* ---- the run ------------------------------------------------------------- */

static void on_reached(void *arg, size_t n)
{
    struct work *w = arg;
    struct diag d = {""};
    if (keeper_reached(&w->keeper, n, &d) != ERR_OK && !w->lost) {
        w->lost = true;
        log_warn("plan", "%s", d.text);
    }
}

/* The sites of the run, from where the pass stands. */
static enum err pick(struct region *r, struct work *w, size_t *n)
{
    struct draw_pass pass = w->keeper.diary.pass;
    const struct draw_row **rows = region_calloc(r, *n + 1, sizeof(*rows));
    const struct site **todo = region_calloc(r, *n + 1, sizeof(*todo));
    if (!rows || !todo) {
        return ERR_NOMEM;
    }
    *n = keeper_pick(&w->keeper, &pass, *n, rows);
    for (size_t i = 0; i < *n; i++) {
        todo[i] = rows[i]->site;
    }
    w->targets = *w->cfg.targets;
    w->targets.todo = todo;
    w->targets.n_todo = *n;
    w->cfg.targets = &w->targets;
    return ERR_OK;
}

static int64_t sooner(int64_t a, int64_t b)
{
    return !a || b < a ? b : a;
}

/* Within the share of this run, the hours, and what the command line says. */
static void set_limits(struct work *w)
{
    const struct agenda *a = &w->keeper.agenda;
    uint64_t may = agenda_bytes_sites(agenda_bytes(a));
    int64_t left = (int64_t)w->rules.hours.len_s - a->at.s;
    w->cfg.max_runtime_us =
        sooner(w->cfg.max_runtime_us,
               sooner(opt_int(w->opts, "plan.max_runtime"), left) * US_PER_S);
    w->cfg.budget_bytes =
        (uint64_t)sooner((int64_t)w->cfg.budget_bytes, (int64_t)may);
    w->schedule = (struct session_schedule){
        .name_us = NAME_US,
        .apart_us = opt_int(w->opts, "plan.apart") * US_PER_S,
        .reached = on_reached,
        .arg = w};
    w->cfg.schedule = &w->schedule;
    if (w->cfg.spool_burst_us < BURST_US) {
        w->cfg.spool_burst_us = BURST_US;
    }
}

/* ---- sending ------------------------------------------------------------- */

/* May what waits go now: on a network that was agreed to, within the hours,
 * with bytes of the day left, and not right before a run? */
static bool may_send(const struct work *w, int64_t now)
{
    struct diag d = {""};
    enum by_schedule_network where = BY_SCHEDULE_NEW;
    const struct agenda *a = &w->keeper.agenda;
    return by_schedule_where(w->opts, &where, &d) == ERR_OK &&
           where == BY_SCHEDULE_AGREED &&
           a->at.s < (int64_t)w->rules.hours.len_s &&
           w->keeper.diary.bytes < w->rules.day_bytes &&
           agenda_next(a) > now + BEFORE_RUN_S;
}

/* What it costs counts as used of the day. */
static enum err send_now(struct region *r, struct work *w, bool *all,
                         struct diag *d)
{
    uint64_t left = w->rules.day_bytes - w->keeper.diary.bytes, used = 0;
    *all = cmd_upload_all(r, w->opts, w->cfg.orders, agenda_bytes_sites(left),
                          &used) == EXIT_DONE;
    w->keeper.diary.bytes += agenda_bytes_line(used);
    return keeper_save(&w->keeper, d);
}

/* Sends what waits, if it is time. */
static enum err send_due(struct region *r, struct work *w, struct diag *d)
{
    struct mailing m;
    int64_t now = clock_wall_us() / US_PER_S;
    uint32_t chance;
    bool all = false;
    mailing_load(&m);
    if (!w->cfg.collector || !w->cfg.upload || !mailing_due(&m, now)) {
        return ERR_OK;
    }
    crypto_random(&chance, sizeof(chance));
    if (!may_send(w, now)) {
        mailing_after(&m, now, chance);
        return mailing_store(&m, d);
    }
    enum err e = send_now(r, w, &all, d);
    mailing_done(&m, clock_wall_us() / US_PER_S, all, chance);
    return e ? e : mailing_store(&m, d);
}

/* What a run that sent nothing itself left goes some time later. */
static enum err send_later(const struct work *w, struct diag *d)
{
    struct mailing m, before;
    uint32_t chance;
    if (!w->cfg.defer || !w->cfg.upload) {
        return ERR_OK;
    }
    mailing_load(&m);
    before = m;
    crypto_random(&chance, sizeof(chance));
    mailing_after(&m, clock_wall_us() / US_PER_S, chance);
    return m.at == before.at ? ERR_OK : mailing_store(&m, d);
}

static int run_due(struct region *r, struct work *w, enum agenda_state st,
                   unsigned run, size_t n, run_scheduled_fn measure)
{
    struct diag d = {""};
    struct session_result result = {.failed = ERR_OK};
    uint64_t bytes = 0;
    enum err e = pick(r, w, &n);
    set_limits(w);
    if (e == ERR_OK) {
        e = keeper_begin(&w->keeper, st, run, n, &d);
    }
    if (e != ERR_OK) {
        fprintf(stderr, "parallax run: nothing was contacted: %s\n",
                d.text[0] ? d.text : err_str(e));
        return EXIT_FAILED;
    }
    int status = measure(w->opts, &w->cfg, &result, &bytes);
    e = keeper_end(&w->keeper, clock_machine_us() / US_PER_S,
                   agenda_bytes_line(bytes), result.interrupted, &d);
    if (e == ERR_OK) {
        e = send_later(w, &d);
    }
    if (e != ERR_OK) {
        say(d.text[0] ? d.text : err_str(e));
        return EXIT_FAILED;
    }
    say_next(w, "");
    return status;
}

static int do_due(struct region *r, struct work *w, run_scheduled_fn measure)
{
    unsigned run = 0;
    size_t n = 0;
    int status = EXIT_DONE;
    struct diag d = {""};
    enum agenda_state st = keeper_due(&w->keeper, &run, &n);
    if (n && !may_measure_here(w, &status)) {
        return status;
    }
    if (n) {
        return run_due(r, w, st, run, n, measure);
    }
    if (st == AGENDA_BEHIND) {
        say(by_schedule_words(st));
        return EXIT_FAILED;
    }
    bool changed = w->keeper.found != KEEPER_KNOWN || w->keeper.turned;
    enum err e = changed ? keeper_save(&w->keeper, &d) : ERR_OK;
    if (e == ERR_OK) {
        e = send_due(r, w, &d);
    }
    if (e != ERR_OK) {
        say(d.text[0] ? d.text : err_str(e));
        return EXIT_FAILED;
    }
    say_next(w, by_schedule_words(st));
    return w->keeper.found == KEEPER_DAMAGED ? EXIT_FAILED : EXIT_DONE;
}

/* What the due run would contact, else the next one. */
static int show(struct region *r, struct work *w,
                void (*print)(const struct session_config *cfg))
{
    unsigned run = 0;
    size_t n = 0;
    enum agenda_state st = keeper_due(&w->keeper, &run, &n);
    if (!n) {
        n = agenda_next_sites(&w->keeper.agenda, w->keeper.draw.n);
        say_next(w, by_schedule_words(st));
    }
    if (pick(r, w, &n) != ERR_OK) {
        say(err_str(ERR_NOMEM));
        return EXIT_FAILED;
    }
    set_limits(w);
    print(&w->cfg);
    return EXIT_DONE;
}

int run_scheduled(struct region *r, const struct opt_set *opts,
                  const struct session_config *cfg, bool dry,
                  void (*print)(const struct session_config *cfg),
                  run_scheduled_fn measure)
{
    struct work w = {
        .keeper = {.lock = -1, .mark.fd = -1}, .opts = opts, .cfg = *cfg};
    struct diag d = {""};
    int pid = 0, status = EXIT_FAILED;
    const struct agenda_now now = by_schedule_now();
    const struct draw_site *sites = by_schedule_sites(r, cfg->targets);
    enum err e = sites ? by_schedule_rules(opts, &w.rules, &d) : ERR_NOMEM;
    if (e == ERR_PARSE) {
        say(d.text);
        return EXIT_USAGE;
    }
    if (e == ERR_OK) {
        e = keeper_open(&w.keeper, !dry, &w.rules, &now, sites,
                        cfg->targets->n_todo, &pid, &d);
    }
    if (e == ERR_OK && w.keeper.found == KEEPER_DAMAGED) {
        fprintf(stderr,
                "parallax run: %s: the plan is begun anew, and nothing more is "
                "measured today\n",
                w.keeper.why);
    }
    if (e == ERR_OK) {
        status = dry ? show(r, &w, print) : do_due(r, &w, measure);
    } else if (e == ERR_BUSY) {
        fprintf(stderr,
                "parallax run: process %d is measuring by schedule already\n",
                pid);
        status = EXIT_DONE;
    } else {
        say(d.text[0] ? d.text : err_str(e));
    }
    keeper_close(&w.keeper);
    return status;
}
