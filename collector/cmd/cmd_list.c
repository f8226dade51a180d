// SPDX-License-Identifier: Apache-2.0
/* `list`: the uids of stored records, by filter. */
#include "collector/cmd/cmd_list.h"

#include "base/ascii.h"
#include "base/calendar.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json_out.h"
#include "collector/cmd/cmds.h"
#include "collector/ingest/location.h"
#include "collector/store/store_claim.h"
#include "collector/store/store_state.h"
#include "collector/store/view.h"
#include "wire/url.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define OUT_BYTES ((size_t)64 << 10) /* written out when there are more */
#define ROW_BYTES ((size_t)128 << 10)

static const struct opt options[] = {
    {.name = "country",
     .kind = OPT_STR,
     .arg = "CC",
     .help = "of this country, two letters of ISO 3166; ZZ is unknown"},
    {.name = "network",
     .kind = OPT_STR,
     .arg = "ASN",
     .help = "of this network: AS137 or 137"},
    {.name = "domain",
     .kind = OPT_STR,
     .arg = "NAME",
     .help = "about this host, however it is spelt"},
    {.name = "test",
     .kind = OPT_STR,
     .arg = "NAME",
     .help = "of this test, such as web_connectivity"},
    {.name = "state",
     .kind = OPT_STR,
     .arg = "STATE",
     .help = "ok, blocked, down, inconclusive, internal or not_judged"},
    {.name = "since",
     .kind = OPT_STR,
     .arg = "DATE",
     .help = "begun then or later, YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ (UTC)"},
    {.name = "until", .kind = OPT_STR, .arg = "DATE", .help = "begun before"},
    {.name = "timing",
     .kind = OPT_STR,
     .arg = "WORD",
     .help = "in_time, future or old: how its start fits when it came"},
    {.name = "nowhere",
     .kind = OPT_FLAG,
     .help = "filed nowhere, for a start that cannot be true"},
    {.name = "place",
     .kind = OPT_STR,
     .arg = "WORD",
     .help = "agrees, disagrees or unchecked: its place and its sender's"},
    {.name = "vouched",
     .kind = OPT_STR,
     .arg = "NAME",
     .help = "vouched for under this name; '' for nobody"},
    CMD_OPT_DATA,
    {.name = "json",
     .kind = OPT_FLAG,
     .help = "print what is known of each, one JSON object a line"},
};

static const struct opt_table table = {
    .command = "list",
    .synopsis = "parallax-collector list [options]",
    .summary = "list stored measurements",
    .text = "Prints the UID of each measurement that fits all filters, one a "
            "line, in order of\nthe time it began. What is filed nowhere comes "
            "first, and never with --since or --until.",
    .opts = options,
    .n_opts = sizeof(options) / sizeof(options[0]),
};

struct list {
    struct store_filter filter;
    char cc[3];
    uint32_t asn;
    bool by_asn, nowhere;
    const char *state; /* NULL: all; the same of these */
    const char *timing, *place, *vouched;
    bool json;
    struct buf out;
    char last[UID_MAX]; /* of what was read so far */
    bool more;          /* the buffer is full */
};

/* ---- filters ----------------------------------------------------------------
 */

static enum err parse_date(const struct opt_set *set, const char *name,
                           int64_t *out, struct diag *d)
{
    const char *text = opt_str(set, name);
    if (text && clock_parse(text, out) != ERR_OK) {
        return diag_set(d, ERR_INVAL,
                        "--%s: \"%.60s\" is not a date "
                        "(YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ)",
                        name, text);
    }
    return ERR_OK;
}

static enum err parse_place(struct list *l, const struct opt_set *set,
                            struct diag *d)
{
    const char *cc = opt_str(set, "country");
    const char *asn = opt_str(set, "network");
    for (size_t i = 0; cc && cc[i] && i < 2; i++) {
        l->cc[i] = ascii_upper(cc[i]);
    }
    if (cc && (strlen(cc) != 2 || !location_cc_ok(str_c(l->cc)))) {
        return diag_set(d, ERR_INVAL,
                        "--country: \"%.60s\" is not a country code", cc);
    }
    l->filter.cc = cc ? l->cc : NULL;
    if (!asn) {
        return ERR_OK;
    }
    int64_t n = 0;
    bool prefixed = ascii_upper(asn[0]) == 'A' && ascii_upper(asn[1]) == 'S';
    if (str_to_i64(str_c(asn + (prefixed ? 2 : 0)), 0, UINT32_MAX, &n) !=
        ERR_OK) {
        return diag_set(d, ERR_INVAL,
                        "--network: \"%.60s\" is not a network number", asn);
    }
    l->asn = (uint32_t)n;
    l->by_asn = true;
    return ERR_OK;
}

/* One of the words that `name_of` gives for 0 to n - 1. */
static enum err parse_word(const struct opt_set *set, const char *option,
                           const char *(*name_of)(int), int n, const char **out,
                           struct diag *d)
{
    const char *word = opt_str(set, option);
    for (int i = 0; word && i < n; i++) {
        if (strcmp(name_of(i), word) == 0) {
            *out = word;
            return ERR_OK;
        }
    }
    return word ? diag_set(d, ERR_INVAL, "--%s: there is no \"%.60s\"", option,
                           word)
                : ERR_OK;
}

/* A host in the one spelling that rows have. */
static enum err parse_domain(struct list *l, struct region *r,
                             const struct opt_set *set, struct diag *d)
{
    const char *name = opt_str(set, "domain");
    struct ip ip;
    struct url url;
    if (!name) {
        return ERR_OK;
    }
    bool v6 = ip_parse(str_c(name), &ip) && ip.family == 6;
    const char *text =
        region_printf(r, v6 ? "https://[%s]/" : "https://%s/", name);
    enum err e = !text ? ERR_NOMEM : ERR_PARSE;
    if (text && name[0] && !strpbrk(name, v6 ? "" : "/:?#@\\%")) {
        e = url_parse(r, str_c(text), &url, NULL);
    }
    if (e != ERR_OK) {
        return diag_set(d, e == ERR_NOMEM ? e : ERR_INVAL,
                        "--domain: \"%.100s\" is not a host name", name);
    }
    l->filter.domain = url.host;
    return ERR_OK;
}

static enum err parse_period(struct list *l, const struct opt_set *set,
                             struct diag *d)
{
    enum err e = parse_date(set, "since", &l->filter.since_s, d);
    if (e == ERR_OK) {
        e = parse_date(set, "until", &l->filter.until_s, d);
    }
    if (e == ERR_OK && opt_str(set, "since") && opt_str(set, "until") &&
        l->filter.since_s >= l->filter.until_s) {
        e = diag_set(d, ERR_INVAL, "--since must be before --until");
    }
    return e;
}

static enum err parse(struct list *l, struct region *r,
                      const struct opt_set *set, struct diag *d)
{
    l->json = opt_flag(set, "json");
    l->nowhere = opt_flag(set, "nowhere");
    l->vouched = opt_str(set, "vouched");
    l->filter.test_name = opt_str(set, "test");
    enum err e = parse_period(l, set, d);
    if (e == ERR_OK) {
        e = parse_place(l, set, d);
    }
    if (e == ERR_OK) {
        e = parse_domain(l, r, set, d);
    }
    if (e == ERR_OK) {
        e = parse_word(set, "timing", store_claim_timing, STORE_TIMINGS,
                       &l->timing, d);
    }
    if (e == ERR_OK) {
        e = parse_word(set, "place", store_claim_place, STORE_PLACES, &l->place,
                       d);
    }
    return e == ERR_OK ? parse_word(set, "state", store_state_name,
                                    STORE_NOT_JUDGED + 1, &l->state, d)
                       : e;
}

/* ---- lines ------------------------------------------------------------------
 */

static void write_text(struct jw *w, const char *key, const char *text)
{
    jw_kc(w, key, text[0] ? text : NULL);
}

/* null: it is filed nowhere */
static void write_time(struct jw *w, const char *key, int64_t when_s)
{
    char text[24];
    calendar_iso(text, when_s);
    jw_kc(w, key, when_s == STORE_CLAIM_NOWHERE ? NULL : text);
}

/* How far it can be believed, and why. */
static void write_claims(struct jw *w, const struct store_row *row)
{
    write_time(w, "filed_under", row->start_s);
    write_time(w, "received", row->receipt_s);
    jw_kc(w, "timing", store_claim_timing(row->timing));
    jw_kc(w, "place", store_claim_place(row->place));
    jw_kb(w, "inferred_location", row->inferred_location);
    jw_kb(w, "control_verified", row->control_verified);
    jw_key(w, "control_late");
    if (row->late_s) { /* seconds after the measurement */
        jw_i64(w, row->late_s - row->claimed_s);
    } else {
        jw_null(w);
    }
    write_text(w, "vouched", row->vouched);
}

static void write_row(struct buf *out, const struct store_row *row)
{
    char start[24], asn[16];
    struct jw w;
    calendar_iso(start, row->claimed_s);
    snprintf(asn, sizeof(asn), "AS%u", row->asn);
    jw_init(&w, out);
    jw_obj(&w);
    jw_kc(&w, "measurement_uid", row->uid);
    jw_kc(&w, "test_name", row->test_name);
    jw_kc(&w, "measurement_start_time", start);
    jw_kc(&w, "probe_cc", row->cc);
    jw_kc(&w, "probe_asn", asn);
    write_text(&w, "input", row->input);
    write_text(&w, "domain", row->domain);
    write_text(&w, "report_id", row->report_id);
    write_text(&w, "software", row->software);
    jw_kc(&w, "state", store_state_name(row->state));
    write_text(&w, "method", row->method);
    write_text(&w, "blocking", row->blocking);
    write_text(&w, "recorded_blocking", row->recorded_blocking);
    write_text(&w, "imported_uid", row->foreign_uid);
    write_claims(&w, row);
    jw_obj_end(&w);
}

static enum err write_out(struct list *l)
{
    enum err e = l->out.failed;
    if (e == ERR_OK) {
        e = fs_write_all(STDOUT_FILENO, l->out.p, l->out.len);
    }
    buf_clear(&l->out);
    return e;
}

/* Does the row have the word that was asked for? */
static bool has(const char *asked, const char *word)
{
    return !asked || strcmp(asked, word) == 0;
}

static bool fits(const struct list *l, const struct store_row *row)
{
    return (!l->by_asn || row->asn == l->asn) &&
           (!l->nowhere || row->start_s == STORE_CLAIM_NOWHERE) &&
           has(l->state, store_state_name(row->state)) &&
           has(l->timing, store_claim_timing(row->timing)) &&
           has(l->place, store_claim_place(row->place)) &&
           has(l->vouched, row->vouched);
}

static bool on_row(void *arg, const struct store_row *row)
{
    struct list *l = arg;
    if (!fits(l, row)) {
        return true;
    }
    if (l->json) {
        write_row(&l->out, row);
    } else {
        buf_add_c(&l->out, row->uid);
    }
    buf_add_byte(&l->out, '\n');
    if (l->out.len > OUT_BYTES || l->out.failed) {
        l->more = true;
        l->filter.after_s = row->start_s;
        str_copy(l->last, sizeof(l->last), row->uid);
    }
    return !l->more;
}

/* Written out between scans: whoever reads as slowly as he likes keeps no scan
 * open, behind which the index's log would grow. */
static enum err scan_all(struct list *l, struct store *store)
{
    enum err e = ERR_OK;
    do {
        l->more = false;
        e = view_scan(store, VIEW_INTERNAL, clock_wall_us() / US_PER_S,
                      &l->filter, on_row, l);
        l->filter.after_uid = l->last;
        e = e == ERR_OK ? write_out(l) : e;
    } while (e == ERR_OK && l->more);
    return e;
}

static int command(struct region *r, const struct opt_set *opts)
{
    struct list l = {.more = false};
    struct store *store = NULL;
    struct diag d = {{0}};
    enum err e = parse(&l, r, opts, &d);
    if (e != ERR_OK) {
        fprintf(stderr, "parallax-collector list: %s\n", d.text);
        return e == ERR_NOMEM ? EXIT_FAILED : EXIT_USAGE;
    }
    buf_init(&l.out, OUT_BYTES + ROW_BYTES);
    e = store_open(opt_str(opts, "data"), STORE_READ, &store, &d);
    if (e == ERR_OK) {
        d.text[0] = '\0'; /* what opening looked for in vain */
        e = scan_all(&l, store);
    }
    if (e != ERR_OK) {
        fprintf(stderr, "parallax-collector list: %s\n",
                d.text[0] ? d.text : err_str(e));
    }
    buf_fini(&l.out);
    store_close(store);
    return e == ERR_OK ? EXIT_DONE : EXIT_FAILED;
}

const struct shell_command cmd_list = {
    .table = &table,
    .memory = (size_t)1 << 20,
    .run = command,
};
