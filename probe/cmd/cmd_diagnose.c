// SPDX-License-Identifier: Apache-2.0
/* `parallax diagnose`: one site, now, in plain words. Measures as `run` does,
 * sends nothing and keeps nothing unless asked.
 */
#include "probe/cmd/cmd_diagnose.h"

#include "base/clock.h"
#include "cli/terminal.h"
#include "probe/cmd/cmds.h"
#include "probe/cmd/paused.h"
#include "probe/cmd/ways_of.h"
#include "probe/deliver/backend.h"
#include "probe/explain/explain.h"
#include "probe/explain/explain_json.h"
#include "probe/explain/explain_text.h"
#include "probe/run/session.h"

#include <stdio.h>
#include <string.h>

#define REGION_MAX ((size_t)96 << 20)
#define TEXT_MAX   ((size_t)4 << 20)

static const struct opt diagnose_opts[] = {
    {.name = "out",
     .kind = OPT_STR,
     .arg = "FILE",
     .help = "append the record to FILE; else nothing is kept"},
    {.name = "collector",
     .key = "collector",
     .kind = OPT_STR,
     .arg = "URL",
     .help = "where to ask for a control to compare with"},
    {.name = "json",
     .kind = OPT_FLAG,
     .help = "one JSON object, with transaction ids"},
    CMD_OPT_ASN_DB,
    CMD_OPT_RETEST_PAUSE,
};

static const struct opt_table table = {
    .command = "diagnose",
    .synopsis = "parallax diagnose [options] URL",
    .summary = "test one site now, and explain in plain words what happens",
    .text =
        "Tells what happened at each step, and what a test server elsewhere "
        "(the control)\nsaw there, why we think so, what else it could be, "
        "and what to try. Nothing is\nuploaded. Others on the network can "
        "see that the site is tested.\n\nExit status: 0 done (a blocked "
        "site is a result), 1 failed, 2 wrong usage or no\nconsent, 3 "
        "partly done (interrupted before it was sure), 130 second Ctrl-C.",
    .opts = diagnose_opts,
    .n_opts = sizeof(diagnose_opts) / sizeof(diagnose_opts[0]),
    .max_args = 1,
};

static int usage(const char *text)
{
    char safe[1024];
    terminal_safe(text, safe, sizeof(safe));
    fprintf(stderr, "parallax diagnose: %s\nTry `parallax diagnose --help`.\n",
            safe);
    return EXIT_USAGE;
}

static int failed(const char *what)
{
    char safe[1024];
    terminal_safe(what, safe, sizeof(safe));
    fprintf(stderr, "parallax diagnose: %s\n", safe);
    return EXIT_FAILED;
}

/* ---- what it says -------------------------------------------------------- */

static enum err write_words(struct region *r, const struct json *record,
                            bool json, enum xstate *state, struct buf *out,
                            struct diag *d)
{
    struct fingerprints *fps = NULL;
    struct verdict v;
    struct explanation x;
    enum err e = fingerprints_builtin(&fps);
    if (e != ERR_OK) {
        return e;
    }
    e = verdict_compute(r, record, fps, &v, d);
    if (e == ERR_OK) {
        e = explain(r, record, &v, fps, &x, d);
    }
    if (e == ERR_OK) {
        e = json ? explain_json(&x, &v, out) : explain_text(&x, out);
    }
    if (e == ERR_OK) {
        *state = v.state;
    }
    fingerprints_free(fps);
    return e;
}

static int say(struct region *r, struct str record, bool json)
{
    struct diag d = {""};
    struct json_doc *doc = NULL;
    enum xstate state = X_INTERNAL;
    struct buf out;
    buf_init(&out, TEXT_MAX);
    enum err e = json_parse(record, &json_default_limits, &doc, &d);
    if (e == ERR_OK) {
        e = write_words(r, json_root(doc), json, &state, &out, &d);
    }
    if (e == ERR_OK) {
        printf(STR_FMT "%s", STR_ARG(buf_str(&out)), json ? "\n" : "");
    }
    buf_fini(&out);
    json_doc_free(doc);
    if (e != ERR_OK) {
        return failed(d.text[0] ? d.text : err_str(e));
    }
    return state == X_INTERNAL ? EXIT_FAILED : EXIT_DONE;
}

/* ---- measuring ----------------------------------------------------------- */

static void keep_record(void *arg, struct str record)
{
    struct buf *kept = arg;
    buf_clear(kept);
    buf_add_str(kept, record);
}

static int status_of(const struct session_result *result, int said)
{
    if (result->killed) {
        return EXIT_KILLED;
    }
    if (result->failed != ERR_OK || result->out_failed || said != EXIT_DONE) {
        return EXIT_FAILED;
    }
    return result->interrupted ? EXIT_PARTLY : EXIT_DONE;
}

/* Not a byte came from anybody: that says nothing of the site. */
static int no_line(void)
{
    return failed("nothing can be reached on this line: it is down, or wants "
                  "you to log in first (open any page in a browser)");
}

static int measure(struct region *r, const struct opt_set *opts,
                   const struct targets *t, const char *collector,
                   const struct list_orders *orders,
                   const struct ways_config *ways)
{
    struct progress p;
    struct session_result result;
    struct buf record;
    struct session_config cfg = {
        .targets = t,
        .collector = collector,
        .ways = *ways,
        .orders = orders,
        .asn_db = opt_str(opts, "asn_db"),
        .parallel = 1,
        .out = opt_str(opts, "out"),
        .retest_pause_us = opt_int(opts, "retest.pause") * US_PER_S,
        .on_record = keep_record,
        .on_record_arg = &record,
    };
    int said = EXIT_FAILED;
    buf_init(&record, SUBMISSION_MAX_RECORD);
    progress_init_words(&p, "diagnose");
    p.counts.total = t->n_todo;
    session_run(&cfg, &p, &result);
    if (record.failed != ERR_OK) {
        said = failed(err_str(record.failed));
    } else if (record.len > 0 && !result.killed) {
        said = say(r, buf_str(&record), opt_flag(opts, "json"));
        said = said == EXIT_DONE && p.counts.down == 0 ? no_line() : said;
    } else if (result.interrupted) {
        said = failed("it was interrupted before anything could be said");
    } else if (result.why_stopped) {
        said = failed(result.why_stopped);
    }
    buf_fini(&record);
    return status_of(&result, said);
}

/* ---- the command --------------------------------------------------------- */

/* What people type is often a name without a scheme. */
static int bad_url(const char *url, const struct diag *d)
{
    char text[640];
    if (strstr(url, "://")) {
        return usage(d->text);
    }
    snprintf(text, sizeof(text), "%.300s (did you mean https://%.120s ?)",
             d->text, url);
    return usage(text);
}

static int diagnose(struct region *r, const struct opt_set *opts)
{
    struct diag d = {""};
    struct consent consent = {.given = false};
    struct targets t;
    struct list_orders orders = {.everywhere = false};
    struct ways_config ways;
    int status = EXIT_FAILED;
    const char *const *args = NULL;
    const char *collector = opt_str(opts, "collector");
    const char *out = opt_str(opts, "out");
    struct targets_ask ask = {.consent = &consent};
    ask.n_urls = opt_args(opts, &args);
    ask.urls = args;
    if (ask.n_urls != 1) {
        return usage("name one site, such as https://www.example.com/");
    }
    if (out && !strcmp(out, "-")) {
        return usage("--out takes a file: standard output has the explanation");
    }
    if (collector && !collector[0]) {
        collector = NULL;
    }
    if (collector && ways_check_url(collector, &d) != ERR_OK) {
        return usage(d.text);
    }
    if (!consent_required(&consent, "diagnose")) {
        return EXIT_USAGE;
    }
    enum err e = targets_build(r, &ask, &t, NULL, NULL, &d);
    if (e == ERR_INVAL) {
        return bad_url(args[0], &d);
    }
    if (e != ERR_OK) {
        return failed(d.text[0] ? d.text : err_str(e));
    }
    if (paused(r, opts, "diagnose", NULL, &orders, &status)) {
        return EXIT_FAILED; /* nothing can be said of the site */
    }
    e = ways_of(r, opts, collector, &orders, &ways, &d);
    if (e != ERR_OK) {
        return usage(d.text[0] ? d.text : err_str(e));
    }
    return measure(r, opts, &t, collector, &orders, &ways);
}

const struct shell_command cmd_diagnose = {
    .table = &table,
    .memory = REGION_MAX,
    .run = diagnose,
};
