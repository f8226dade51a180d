// SPDX-License-Identifier: Apache-2.0
/* `parallax run`: measures. */
#include "probe/cmd/cmd_run.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "cli/terminal.h"
#include "probe/cmd/by_schedule.h"
#include "probe/cmd/cmds.h"
#include "probe/cmd/dry_run.h"
#include "probe/cmd/list_keys.h"
#include "probe/cmd/paused.h"
#include "probe/cmd/run_scheduled.h"
#include "probe/cmd/ways_of.h"
#include "probe/deliver/checkin.h"
#include "probe/run/clock_good.h"
#include "probe/run/session.h"
#include "probe/volunteer/collector_key.h"
#include "probe/volunteer/paths.h"

#include <stdio.h>
#include <string.h>

#define TARGETS_MAX (1024u << 20)
#define SET_MAX     (64u << 20)

static const struct opt run_opts[] = {
    {.name = "url",
     .kind = OPT_LIST,
     .arg = "URL",
     .help = "measure this site"},
    CMD_OPT_LIST,
    CMD_OPT_COUNTRY,
    CMD_OPT_CATEGORY,
    {.name = "parallel",
     .key = "run.parallel",
     .kind = OPT_INT,
     .min = 1,
     .max = 200,
     .def = "8",
     .arg = "N",
     .help = "sites measured at the same time"},
    {.name = "max-runtime",
     .key = "run.max_runtime",
     .kind = OPT_INT,
     .min = 0,
     .max = 31536000,
     .def = "0",
     .arg = "S",
     .help = "start no new site after S seconds (0: no limit)"},
    {.name = "budget",
     .key = "run.budget",
     .kind = OPT_BYTES,
     .min = 0,
     .max = INT64_MAX,
     .def = "0",
     .arg = "BYTES",
     .help = "start no new site once so much is used (0: no limit)"},
    {.name = "out",
     .kind = OPT_STR,
     .arg = "FILE",
     .help = "append the records to FILE as JSON Lines (-: standard output)"},
    {.name = "collector",
     .key = "collector",
     .kind = OPT_STR,
     .arg = "URL",
     .help = "where to check in and to send records"},
    {.name = "no-upload",
     .kind = OPT_FLAG,
     .help = "send no record, and keep none to be sent later"},
    {.name = "scheduled",
     .kind = OPT_FLAG,
     .help = "do what is due of the day's plan (`parallax plan`), if anything"},
    {.name = "dry-run",
     .kind = OPT_FLAG,
     .help = "print what would be contacted, and contact nothing"},
    {.name = "json",
     .kind = OPT_FLAG,
     .help = "progress as one JSON object a line"},
    CMD_OPT_ASN_DB,
    CMD_OPT_SEAL_KEY,
    {.key = "control.defer",
     .kind = OPT_FLAG,
     .help = "contact no collector and no control in a run: the collector asks "
             "one later (default: with --scheduled, where it offers that)"},
    WAYS_OF_OPTS,
    CMD_OPT_RETEST_PAUSE,
    {.key = "retest.residual",
     .kind = OPT_INT,
     .min = 0,
     .max = 3600,
     .def = "420",
     .arg = "S",
     .help = "do not trust an address for so long after another site was cut "
             "off there"},
    {.key = "spool.max_bytes",
     .kind = OPT_BYTES,
     .min = 1 << 20,
     .max = INT64_MAX,
     .def = "256m",
     .arg = "BYTES",
     .help = "keep no more than this of what waits to be sent"},
    {.key = "spool.max_days",
     .kind = OPT_INT,
     .min = 1,
     .max = 3650,
     .def = "90",
     .arg = "DAYS",
     .help = "remove records that waited longer"},
    {.key = "spool.burst",
     .kind = OPT_INT,
     .min = 0,
     .max = 3600,
     .def = "0",
     .arg = "S",
     .help = "write records no more often than this (0: at once)"},
    BY_SCHEDULE_OPTS,
};

static const struct opt_table table = {
    .command = "run",
    .synopsis = "parallax run [options]",
    .summary = "measure sites, and send what was seen",
    .text =
        "Without --url and --list the installed lists are measured. Rows "
        "outside the classes\nof sites you agreed to (`parallax consent`) "
        "are skipped and counted; --url needs\nonly consent as such. The "
        "first Ctrl-C lets what is in flight finish for 5 s and\nkeeps "
        "everything; the second stops at once.\n\nExit status: 0 done "
        "(blocked sites are results; also when --max-runtime or\n--budget "
        "ended it), 1 failed, 2 wrong usage or no consent, 3 partly done "
        "(bad rows,\ninterrupted, sites this machine failed to measure, records refused or "
        "still waiting),\n130 second Ctrl-C.",
    .opts = run_opts,
    .n_opts = sizeof(run_opts) / sizeof(run_opts[0]),
};

static void say_bad_row(void *arg, const char *file, unsigned line,
                        unsigned col, const char *reason)
{
    (void)arg;
    char name[512];
    char why[512];
    terminal_safe(file, name, sizeof(name));
    terminal_safe(reason, why, sizeof(why));
    fprintf(stderr, "%s:%u:%u: %s\n", name, line, col, why);
}

static int usage(const char *text)
{
    char safe[1024];
    terminal_safe(text, safe, sizeof(safe));
    fprintf(stderr, "parallax run: %s\nTry `parallax run --help`.\n", safe);
    return EXIT_USAGE;
}

static bool check_country(const char *cc)
{
    return !cc ||
           (strlen(cc) == 2 && ascii_isalnum(cc[0]) && ascii_isalnum(cc[1]) &&
            !ascii_isdigit(cc[0]) && !ascii_isdigit(cc[1]));
}

/* ---- the run ------------------------------------------------------------ */

static int status_of(const struct session_result *r, const struct progress *p)
{
    const struct progress_counts *c = &p->counts;
    if (r->killed) {
        return EXIT_KILLED;
    }
    if (r->failed != ERR_OK || r->out_failed || r->lost ||
        (r->outage != OUTAGE_NONE && !c->done)) {
        return EXIT_FAILED;
    }
    bool limits_only = !r->interrupted && r->outage == OUTAGE_NONE;
    if (!limits_only || c->bad || c->waiting || c->rejected ||
        c->state[X_INTERNAL]) {
        return EXIT_PARTLY;
    }
    return EXIT_DONE;
}

/* A run goes on where the last one ended that was asked for the same. */
static enum err name_set(const struct targets_ask *ask, struct buf *out)
{
    buf_printf(out, "list %s\ncountry %s\ncategory %s\n",
               ask->list ? ask->list : "", ask->country ? ask->country : "",
               ask->categories ? ask->categories : "");
    for (size_t i = 0; i < ask->n_urls; i++) {
        buf_printf(out, "url %s\n", ask->urls[i]);
    }
    return out->failed;
}

static struct session_config config_of(const struct opt_set *opts,
                                       const struct targets *t,
                                       const char *collector)
{
    return (struct session_config){
        .targets = t,
        .collector = collector,
        .asn_db = opt_str(opts, "asn_db"),
        .parallel = (unsigned)opt_int(opts, "parallel"),
        .max_runtime_us = opt_int(opts, "max-runtime") * US_PER_S,
        .budget_bytes = (uint64_t)opt_int(opts, "budget"),
        .out = opt_str(opts, "out"),
        .upload = !opt_flag(opts, "no-upload"),
        .spool_max_bytes = (uint64_t)opt_int(opts, "spool.max_bytes"),
        .spool_max_days = (unsigned)opt_int(opts, "spool.max_days"),
        .spool_burst_us = opt_int(opts, "spool.burst") * US_PER_S,
        .retest_pause_us = opt_int(opts, "retest.pause") * US_PER_S,
        .residual_us = opt_int(opts, "retest.residual") * US_PER_S,
    };
}

static int measure(const struct opt_set *opts, const struct session_config *cfg,
                   struct session_result *result, uint64_t *bytes)
{
    const struct targets *t = cfg->targets;
    bool to_stdout = !cfg->out || strcmp(cfg->out, "-") != 0;
    struct progress p;
    progress_init(&p, opt_flag(opts, "json"), opt_flag(opts, "scheduled"),
                  to_stdout);
    p.counts.total = t->n_todo;
    p.counts.bad = t->bad;
    p.counts.refused = t->refused;
    p.counts.skipped = t->skipped;
    session_run(cfg, &p, result);
    *bytes = p.counts.up + p.counts.down;
    bool told = result->failed != ERR_OK || result->outage != OUTAGE_NONE;
    if (!told || p.counts.done || p.mode == PROGRESS_JSON) {
        progress_end(&p, result->why_stopped);
    }
    if (result->lost) {
        fprintf(stderr, "%zu of the records could be kept nowhere.\n",
                result->lost);
    }
    if (p.counts.waiting && result->forgets) {
        fprintf(stderr, "Records that wait are lost: their key was in this "
                        "process only.\n");
    } else if (p.counts.waiting && !cfg->seal_key) {
        fprintf(stderr,
                "Records that wait go with the next run, or with `parallax "
                "upload`. They are lost when\nthis machine is switched off: "
                "no key of this collector is known to seal them for\n"
                "(collector.seal_key).\n");
    } else if (p.counts.waiting) {
        fprintf(stderr, "Records that wait go with %s`parallax upload`.\n",
                !cfg->defer     ? "the next run, or with "
                : cfg->schedule ? "a call some time later, or with "
                                : "");
    }
    return status_of(result, &p);
}

/* NULL, or what is wrong with what was asked for. */
static const char *check_asked(const struct targets_ask *ask,
                               const char *collector, bool alone,
                               bool scheduled, struct diag *d)
{
    if (scheduled && ask->n_urls) {
        return "--scheduled takes its sites from lists, not from --url";
    }
    if (!check_country(ask->country)) {
        return "--country takes two letters";
    }
    if (!collector && !alone) {
        return "no collector is set; use --collector URL, or `collector = "
               "URL` in the config file";
    }
    if (collector && ways_check_url(collector, d) != ERR_OK) {
        return d->text;
    }
    return NULL;
}

static int measure_set(struct region *r, const struct opt_set *opts,
                       struct session_config *cfg,
                       const struct targets_ask *ask)
{
    struct buf set;
    struct session_result result;
    uint64_t bytes;
    int status = EXIT_FAILED;
    buf_init(&set, SET_MAX);
    if (name_set(ask, &set) == ERR_OK) {
        cfg->set = buf_str(&set);
        status = opt_flag(opts, "scheduled")
                     ? run_scheduled(r, opts, cfg, false, NULL, measure)
                     : measure(opts, cfg, &result, &bytes);
    } else {
        fprintf(stderr, "parallax run: %s\n", err_str(set.failed));
    }
    buf_fini(&set);
    return status;
}

/* Why there is nothing to measure. */
static int no_targets(enum err e, const struct diag *d)
{
    if (e == ERR_INVAL) {
        return usage(d->text);
    }
    fprintf(stderr, "parallax run: %s\n", d->text[0] ? d->text : err_str(e));
    return EXIT_FAILED;
}

/* The key to seal for, if there is one: set, from a believed list, or from the
 * package. False: what was set is none. */
static bool take_key(const struct opt_set *opts, const char *collector,
                     struct session_config *cfg,
                     uint8_t key[CRYPTO_BOX_KEY_LEN], struct diag *d)
{
    const char *const *given = NULL;
    enum collector_key_from from;
    size_t n = opt_list(opts, "collector.seal_key", &given);
    enum err e =
        collector_key_find(collector, given, n, cfg->orders, key, &from, d);
    cfg->seal_key = from != COLLECTOR_KEY_NONE ? key : NULL;
    cfg->seal_may_fail = from == COLLECTOR_KEY_SET;
    return e == ERR_OK;
}

/* Is a control asked later, by the collector? */
static bool defers(const struct opt_set *opts, const char *collector,
                   int64_t now_s)
{
    if (opt_given(opts, "control.defer")) {
        return opt_flag(opts, "control.defer");
    }
    return opt_flag(opts, "scheduled") && !opt_flag(opts, "no-upload") &&
           collector && checkin_defers(collector, now_s);
}

/* Whether there is anything to measure; else says so, and *status is set. */
static bool any_site(const struct targets *t, int *status)
{
    if (!t->list.rows && !t->n_todo) {
        fprintf(stderr, "parallax run: there is no site in the list\n");
        *status = EXIT_FAILED;
    } else if (!t->n_todo) {
        fprintf(stderr,
                "parallax run: nothing to measure: %zu refused (no consent for "
                "their class), %zu bad, %zu skipped\n",
                t->refused, t->bad, t->skipped);
        *status = t->bad ? EXIT_PARTLY : EXIT_DONE;
    }
    return t->n_todo > 0;
}

static int dry_run(struct region *r, const struct opt_set *opts,
                   const struct session_config *cfg, bool agreed)
{
    struct diag d = {""};
    int status = EXIT_DONE;
    if (opt_flag(opts, "scheduled")) {
        status = run_scheduled(r, opts, cfg, true, dry_run_print, measure);
    } else {
        dry_run_print(cfg);
    }
    if (agreed && status == EXIT_DONE && dry_run_check(cfg, &d) != ERR_OK) {
        fprintf(stderr, "parallax run: %s\n", d.text);
        status = EXIT_FAILED;
    }
    if (!agreed) {
        return EXIT_USAGE;
    }
    return status == EXIT_DONE && cfg->targets->bad ? EXIT_PARTLY : status;
}

static int run_with(struct region *r, const struct opt_set *opts)
{
    struct diag d = {""};
    struct consent consent = {.given = false};
    struct targets t;
    struct list_orders orders = {.everywhere = false};
    char path[PATHS_MAX];
    uint8_t key[CRYPTO_BOX_KEY_LEN];
    int status = EXIT_FAILED;
    bool dry = opt_flag(opts, "dry-run");
    const char *collector = opt_str(opts, "collector");
    struct targets_ask ask = {.list = opt_str(opts, "list"),
                              .url_option = "--url ",
                              .country = opt_str(opts, "country"),
                              .categories = opt_str(opts, "category"),
                              .consent = &consent,
                              .keys = list_keys(r, opts),
                              .now_s = clock_good_now()};
    ask.n_urls = opt_list(opts, "url", &ask.urls);
    collector = collector && collector[0] ? collector : NULL;
    const char *wrong =
        check_asked(&ask, collector, opt_flag(opts, "no-upload"),
                    opt_flag(opts, "scheduled"), &d);
    if (wrong) {
        return usage(wrong);
    }
    bool agreed = consent_required(&consent, "run");
    if (!agreed && (!dry || paths_state(NULL, path, &d) != ERR_OK)) {
        return EXIT_USAGE;
    }
    if (!agreed) {
        /* so that it can be read before it is agreed to */
        memset(consent.accepted, true, sizeof(consent.accepted));
    }
    enum err e = targets_build(r, &ask, &t, say_bad_row, NULL, &d);
    if (e != ERR_OK) {
        return no_targets(e, &d);
    }
    if (!any_site(&t, &status) ||
        paused(r, opts, "run", ask.country, &orders, &status)) {
        return agreed ? status : EXIT_USAGE;
    }
    struct session_config cfg = config_of(opts, &t, collector);
    cfg.orders = &orders;
    cfg.defer = defers(opts, collector, ask.now_s);
    if (!take_key(opts, collector, &cfg, key, &d)) {
        return usage(d.text);
    }
    e = ways_of(r, opts, collector, &orders, &cfg.ways, &d);
    if (e != ERR_OK) {
        return usage(d.text[0] ? d.text : err_str(e));
    }
    if (!dry) {
        return measure_set(r, opts, &cfg, &ask);
    }
    return dry_run(r, opts, &cfg, agreed);
}

const struct shell_command cmd_run = {
    .table = &table,
    .memory = TARGETS_MAX,
    .run = run_with,
};
