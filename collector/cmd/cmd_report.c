// SPDX-License-Identifier: Apache-2.0
/* `parallax-collector report`: reads the rows of one country and period through
 * the gate, counts them, and writes what they amount to.
 */
#include "collector/cmd/cmd_report.h"

#include "base/ascii.h"
#include "base/calendar.h"
#include "base/clock.h"
#include "collector/analysis/settled.h"
#include "collector/cmd/cmds.h"
#include "collector/report/report_csv.h"
#include "collector/report/report_html.h"
#include "collector/report/report_json.h"
#include "collector/report/report_model.h"
#include "collector/store/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PERIOD_S (INT64_C(36600) * DAY_S)
#define REPORT_BYTES ((size_t)1 << 30) /* tables and the model at most */
#define COUNTS_BYTES ((size_t)1 << 30) /* of one day */
#define MIN_TIME_S   INT64_C(0)
#define MAX_TIME_S   INT64_C(253370764800) /* year 9999 */

static const struct opt options[] = {
    {.name = "country",
     .kind = OPT_STR,
     .arg = "CC",
     .help = "country to report on, two letters of ISO 3166"},
    {.name = "since",
     .kind = OPT_STR,
     .arg = "DATE",
     .help = "first day, YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ (UTC)"},
    {.name = "until",
     .kind = OPT_STR,
     .arg = "DATE",
     .help = "end of the period, itself not part of it"},
    {.name = "out",
     .kind = OPT_STR,
     .arg = "DIR",
     .help = "where to write: missing, empty, or an earlier report"},
    {.name = "lang",
     .kind = OPT_STR,
     .def = "en",
     .arg = "LANG",
     .help = "language of the report (en)"},
    CMD_OPT_DATA,
};

static const struct opt_table table = {
    .command = "report",
    .synopsis = "parallax-collector report --country CC --since DATE "
                "--until DATE --out DIR [options]",
    .summary = "write a report on interference in one country",
    .text = "Writes report.html, report.json, the annex tables and "
            "manifest.json.\nThe report is marked INTERNAL. With "
            "SOURCE_DATE_EPOCH set, the same data and\noptions give the same "
            "bytes.",
    .opts = options,
    .n_opts = sizeof(options) / sizeof(options[0]),
};

/* Everything of one run; freed by run_fini. */
struct run {
    struct region *r;
    struct report_args args;
    const char *out_dir, *data_dir;
    struct coalition coalition;
    struct store *store;
    struct aggregate *agg;
    struct report_out *out;
    struct report_out_file rows; /* measurements.csv */
    enum err row_err;
    int64_t day; /* of the last row, if there was any */
    bool any_day;
    struct diag *d;
};

static enum err parse_date(const struct opt_set *set, const char *name,
                           int64_t *out, struct diag *d)
{
    const char *text = opt_str(set, name);
    if (!text) {
        return diag_set(d, ERR_INVAL, "--%s is missing", name);
    }
    if (clock_parse(text, out) != ERR_OK || *out < MIN_TIME_S ||
        *out > MAX_TIME_S) {
        return diag_set(d, ERR_INVAL,
                        "--%s: \"%.60s\" is not a date "
                        "(YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ, from 1970)",
                        name, text);
    }
    return ERR_OK;
}

static enum err parse_country(struct run *run, const char *text)
{
    char cc[3] = "";
    if (!text) {
        return diag_set(run->d, ERR_INVAL, "--country is missing");
    }
    if (strlen(text) == 2) {
        cc[0] = ascii_upper(text[0]);
        cc[1] = ascii_upper(text[1]);
    }
    if (!coalition_country(&run->coalition, cc)) {
        return diag_set(run->d, ERR_INVAL,
                        "--country: \"%.60s\" is not a country code (two "
                        "letters, such as KE)",
                        text);
    }
    run->args.cc = region_strdup(run->r, cc);
    return run->args.cc ? ERR_OK : ERR_NOMEM;
}

/* The time of writing: given for reproducible bytes, else the clock's. */
static enum err set_generated(struct run *run)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    if (!epoch || epoch[0] == '\0') {
        run->args.generated_s = clock_wall_us() / US_PER_S;
        return ERR_OK;
    }
    if (str_to_i64(str_c(epoch), MIN_TIME_S, MAX_TIME_S,
                   &run->args.generated_s) != ERR_OK) {
        return diag_set(run->d, ERR_INVAL,
                        "SOURCE_DATE_EPOCH: \"%.40s\" is not a number of "
                        "seconds since 1970",
                        epoch);
    }
    run->args.generated_fixed = true;
    return ERR_OK;
}

static enum err read_options(struct run *run, const struct opt_set *set)
{
    struct report_args *a = &run->args;
    run->out_dir = opt_str(set, "out");
    run->data_dir = opt_str(set, "data");
    enum err e = parse_country(run, opt_str(set, "country"));
    if (e == ERR_OK) {
        e = parse_date(set, "since", &a->since_s, run->d);
    }
    if (e == ERR_OK) {
        e = parse_date(set, "until", &a->until_s, run->d);
    }
    if (e != ERR_OK) {
        return e;
    }
    if (a->since_s >= a->until_s) {
        return diag_set(run->d, ERR_INVAL, "--since must be before --until");
    }
    if (a->until_s - a->since_s > MAX_PERIOD_S) {
        return diag_set(run->d, ERR_INVAL,
                        "the period is longer than 100 years");
    }
    if (!run->out_dir || run->out_dir[0] == '\0') {
        return diag_set(run->d, ERR_INVAL, "--out is missing");
    }
    if (strcmp(opt_str(set, "lang"), "en") != 0) {
        return diag_set(run->d, ERR_INVAL,
                        "--lang: the report is written in en only");
    }
    return set_generated(run);
}

/* What was counted of the day of `row` before its tags expired, if they have.
 */
static enum err settle_day(struct run *run, const struct store_row *row)
{
    int64_t day = calendar_day(row->start_s);
    if (run->any_day && day == run->day) {
        return ERR_OK;
    }
    run->any_day = true;
    run->day = day;
    struct buf text;
    buf_init(&text, COUNTS_BYTES);
    enum err e = view_settled(run->store, VIEW_INTERNAL, day, &text);
    struct settled *counts = NULL;
    if (e == ERR_OK) {
        counts = settled_read(buf_str(&text), run->args.cc);
        e = counts ? ERR_OK : ERR_NOMEM;
    }
    if (e == ERR_OK) {
        aggregate_settle(run->agg, day, counts);
    }
    buf_fini(&text);
    return e == ERR_NOTFOUND ? ERR_OK : e;
}

/* Counts one measurement and writes its line of the annex. */
static bool on_row(void *arg, const struct store_row *row)
{
    struct run *run = arg;
    const struct aggregate_finding *finding = NULL;
    if (row->state == STORE_NOT_JUDGED) {
        return true; /* it could not be, and says nothing */
    }
    run->row_err = settle_day(run, row);
    if (run->row_err != ERR_OK) {
        run->row_err = diag_set(run->d, run->row_err,
                                "reading what was counted before: %s",
                                err_str(run->row_err));
        return false;
    }
    run->row_err = aggregate_add(run->agg, row, &finding);
    if (run->row_err != ERR_OK) {
        run->row_err =
            diag_set(run->d, run->row_err,
                     run->row_err == ERR_LIMIT || run->row_err == ERR_NOMEM
                         ? "too much data for one report: choose a shorter "
                           "period"
                         : "the index is not in order at measurement %.64s",
                     row->uid);
        return false;
    }
    report_csv_row(&run->rows, row, finding);
    run->row_err = report_out_flush(&run->rows, run->d);
    return run->row_err == ERR_OK;
}

static enum err read_rows(struct run *run)
{
    struct store_filter filter = {.since_s = run->args.since_s,
                                  .until_s = run->args.until_s,
                                  .cc = run->args.cc,
                                  .test_name = STORE_JUDGED_TEST};
    run->agg = aggregate_new(NULL);
    if (!run->agg) {
        return diag_set(run->d, ERR_NOMEM, "out of memory");
    }
    enum err e =
        report_out_open(run->out, "measurements.csv", &run->rows, run->d);
    if (e != ERR_OK) {
        return e;
    }
    report_csv_rows_begin(&run->rows);
    e = view_scan(run->store, VIEW_INTERNAL, run->args.generated_s, &filter,
                  on_row, run);
    if (run->row_err != ERR_OK) {
        return run->row_err;
    }
    if (e != ERR_OK) {
        return diag_set(run->d, e, "reading measurements: %s", err_str(e));
    }
    aggregate_finish(run->agg);
    return report_out_close(run->out, &run->rows, run->d);
}

static enum err write_html(struct run *run, const struct report *rep)
{
    struct report_out_file f;
    enum err e = report_out_open(run->out, "report.html", &f, run->d);
    if (e == ERR_OK) {
        report_html(&f.buf, rep);
        e = report_out_close(run->out, &f, run->d);
    } else {
        report_out_drop(&f);
    }
    return e;
}

static enum err write_report(struct run *run, struct report **rep)
{
    char generated[24];
    enum err e =
        report_model_build(run->r, run->agg, &run->coalition, &run->args, rep);
    if (e != ERR_OK) {
        return diag_set(run->d, e, "%s", err_str(e));
    }
    e = write_html(run, *rep);
    if (e == ERR_OK) {
        e = report_json_write(run->out, *rep, run->d);
    }
    if (e == ERR_OK) {
        e = report_csv_tables(run->out, *rep, run->d);
    }
    if (e != ERR_OK) {
        return e;
    }
    calendar_iso(generated, run->args.generated_s);
    e = report_out_commit(run->out, REPORT_SCHEMA, generated, run->d);
    run->out = NULL; /* gone either way */
    return e;
}

static void print_result(const struct run *run, const struct report *rep)
{
    printf("%s: %zu of %zu sites interfered with, on %llu of %llu networks, in "
           "%llu measurements\n",
           run->args.cc, rep->n_sites, run->agg->n_sites,
           (unsigned long long)rep->affected, (unsigned long long)rep->standing,
           (unsigned long long)aggregate_total(&run->agg->count));
    printf("%s/report.html (INTERNAL)\n", run->out_dir);
    uint64_t lost = store_lost(run->store);
    if (lost > 0) {
        fprintf(stderr,
                "parallax-collector report: it is without %llu record%s lost: "
                "verify-store names them\n",
                (unsigned long long)lost,
                lost == 1 ? " that is" : "s that are");
    }
}

static void run_fini(struct run *run)
{
    report_out_drop(&run->rows);
    report_out_abort(run->out);
    aggregate_free(run->agg);
    store_close(run->store);
}

static int report(struct run *run, const struct opt_set *set)
{
    struct report *rep = NULL;
    int code = EXIT_FAILED;
    enum err e = coalition_load(run->r, &run->coalition, run->d);
    if (e == ERR_OK && (e = read_options(run, set)) == ERR_INVAL) {
        code = EXIT_USAGE;
    }
    if (e == ERR_OK) {
        e = store_open(run->data_dir, STORE_READ, &run->store, run->d);
    }
    if (e == ERR_OK) {
        e = report_out_begin(run->out_dir, &run->out, run->d);
    }
    if (e == ERR_OK) {
        e = read_rows(run);
    }
    if (e == ERR_OK) {
        e = write_report(run, &rep);
    }
    if (e != ERR_OK) {
        fprintf(stderr, "parallax-collector report: %s\n",
                run->d->text[0] != '\0' ? run->d->text : err_str(e));
        return code;
    }
    print_result(run, rep);
    return EXIT_DONE;
}

static int command(struct region *r, const struct opt_set *opts)
{
    struct diag d = {{0}};
    struct run run = {.r = r, .d = &d};
    run.rows.fd = -1;
    buf_init(&run.rows.buf, 1);
    int code = report(&run, opts);
    run_fini(&run);
    return code;
}

const struct shell_command cmd_report = {
    .table = &table,
    .memory = REPORT_BYTES,
    .run = command,
};
