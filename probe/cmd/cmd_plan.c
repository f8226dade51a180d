// SPDX-License-Identifier: Apache-2.0
/* `parallax plan`: what this device will measure by itself today. */
#include "probe/cmd/cmd_plan.h"

#include "probe/cmd/cmds.h"
#include "probe/cmd/list_keys.h"
#include "probe/cmd/paused.h"
#include "probe/cmd/plan_show.h"
#include "probe/run/clock_good.h"

#include <stdio.h>

#define TARGETS_MAX (1024u << 20)

static const struct opt plan_opts[] = {
    CMD_OPT_LIST,
    CMD_OPT_COUNTRY,
    CMD_OPT_CATEGORY,
    {.name = "urls",
     .kind = OPT_FLAG,
     .help = "name the sites, too; whoever sees the screen reads them"},
    {.name = "agree",
     .kind = OPT_FLAG,
     .help = "agree to runs by schedule on the network where this machine is"},
    {.name = "json", .kind = OPT_FLAG, .help = "as one JSON object"},
    BY_SCHEDULE_OPTS,
};

static const struct opt_table table = {
    .command = "plan",
    .synopsis = "parallax plan [options]",
    .summary = "show what this device measures by itself today",
    .text =
        "The plan that `parallax run --scheduled` follows, which a timer calls: "
        "when its runs\nbegin, how many sites of which classes each visits, "
        "and what of the day is used up.\nNothing is contacted. Give the same "
        "--list, --country and --category as the timer\ndoes, or none.\n\n"
        "Exit status: 0 done, 1 failed, 2 wrong usage or no consent.",
    .opts = plan_opts,
    .n_opts = sizeof(plan_opts) / sizeof(plan_opts[0]),
};

static int failed(enum err e, const struct diag *d)
{
    fprintf(stderr, "parallax plan: %s\n", d->text[0] ? d->text : err_str(e));
    return e == ERR_INVAL ? EXIT_USAGE : EXIT_FAILED;
}

/* Where a run goes on just now, the plan is shown as the run left it. */
static enum err open_plan(struct keeper *k, const struct agenda_rules *rules,
                          const struct draw_site *sites, size_t n,
                          struct diag *d)
{
    int pid = 0;
    const struct agenda_now now = by_schedule_now();
    enum err e = keeper_open(k, true, rules, &now, sites, n, &pid, d);
    if (e == ERR_BUSY) {
        keeper_close(k);
        return keeper_open(k, false, rules, &now, sites, n, &pid, d);
    }
    bool changed = k->found != KEEPER_KNOWN || k->turned;
    if (e == ERR_OK && changed && !k->agenda.behind) {
        e = keeper_save(k, d);
    }
    if (e == ERR_OK && k->found == KEEPER_DAMAGED) {
        fprintf(stderr,
                "parallax plan: %s: the plan is begun anew, and nothing more "
                "is measured today\n",
                k->why);
    }
    return e;
}

static int show(struct region *r, const struct opt_set *opts,
                const struct targets *t)
{
    struct diag d = {""};
    struct agenda_rules rules;
    struct keeper k = {.lock = -1, .mark.fd = -1};
    struct plan_show s = {.keeper = &k,
                          .hours = opt_str(opts, "plan.hours"),
                          .urls = opt_flag(opts, "urls")};
    const struct draw_site *sites = by_schedule_sites(r, t);
    enum err e = sites ? by_schedule_rules(opts, &rules, &d) : ERR_NOMEM;
    if (e == ERR_PARSE) {
        return failed(ERR_INVAL, &d);
    }
    if (e == ERR_OK && opt_flag(opts, "agree")) {
        e = by_schedule_agree(&d);
    }
    if (e == ERR_OK) {
        e = by_schedule_where(opts, &s.network, &d);
    }
    if (e == ERR_OK) {
        e = open_plan(&k, &rules, sites, t->n_todo, &d);
    }
    if (e == ERR_OK) {
        e = opt_flag(opts, "json") ? plan_show_json(r, &s)
                                   : plan_show_text(r, &s);
    }
    keeper_close(&k);
    return e == ERR_OK ? EXIT_DONE : failed(e, &d);
}

static int run_with(struct region *r, const struct opt_set *opts)
{
    struct diag d = {""};
    struct consent consent = {.given = false};
    struct targets t;
    struct list_orders orders = {.everywhere = false};
    int status = EXIT_FAILED;
    const struct targets_ask ask = {.list = opt_str(opts, "list"),
                                    .country = opt_str(opts, "country"),
                                    .categories = opt_str(opts, "category"),
                                    .consent = &consent,
                                    .keys = list_keys(r, opts),
                                    .now_s = clock_good_now()};
    if (!consent_required(&consent, "plan")) {
        return EXIT_USAGE;
    }
    /* `run` tells which rows are no good */
    enum err e = targets_build(r, &ask, &t, NULL, NULL, &d);
    if (e != ERR_OK) {
        return failed(e, &d);
    }
    if (paused(r, opts, "plan", ask.country, &orders, &status)) {
        return status;
    }
    return show(r, opts, &t);
}

const struct shell_command cmd_plan = {
    .table = &table,
    .memory = TARGETS_MAX,
    .run = run_with,
};
