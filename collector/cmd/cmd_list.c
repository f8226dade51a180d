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
#include "collector/store/store_state.h"
#include "collector/store/view.h"

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
     .help = "of the site with this host name"},
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
            "line, in order of\nthe time it began.",
    .opts = options,
    .n_opts = sizeof(options) / sizeof(options[0]),
};

struct list {
    struct store_filter filter;
    char cc[3];
    uint32_t asn;
    bool by_asn;
    const char *state; /* NULL: all */
    bool json;
    struct buf out;
    enum err e;
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

static enum err parse_state(struct list *l, const struct opt_set *set,
                            struct diag *d)
{
    l->state = opt_str(set, "state");
    for (int i = 0; l->state && i <= STORE_NOT_JUDGED; i++) {
        if (strcmp(store_state_name(i), l->state) == 0) {
            return ERR_OK;
        }
    }
    return l->state ? diag_set(d, ERR_INVAL,
                               "--state: there is no state \"%.60s\"", l->state)
                    : ERR_OK;
}

static enum err parse(struct list *l, const struct opt_set *set, struct diag *d)
{
    l->json = opt_flag(set, "json");
    l->filter.domain = opt_str(set, "domain");
    l->filter.test_name = opt_str(set, "test");
    enum err e = parse_date(set, "since", &l->filter.since_s, d);
    if (e == ERR_OK) {
        e = parse_date(set, "until", &l->filter.until_s, d);
    }
    if (e == ERR_OK) {
        e = parse_place(l, set, d);
    }
    return e == ERR_OK ? parse_state(l, set, d) : e;
}

/* ---- lines ------------------------------------------------------------------
 */

static void write_text(struct jw *w, const char *key, const char *text)
{
    jw_kc(w, key, text[0] ? text : NULL);
}

static void write_row(struct buf *out, const struct store_row *row)
{
    char start[24], asn[16];
    struct jw w;
    calendar_iso(start, row->start_s);
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

static bool on_row(void *arg, const struct store_row *row)
{
    struct list *l = arg;
    if ((l->by_asn && row->asn != l->asn) ||
        (l->state && strcmp(store_state_name(row->state), l->state) != 0)) {
        return true;
    }
    if (l->json) {
        write_row(&l->out, row);
    } else {
        buf_add_c(&l->out, row->uid);
    }
    buf_add_byte(&l->out, '\n');
    if (l->out.len > OUT_BYTES || l->out.failed) {
        l->e = write_out(l);
    }
    return l->e == ERR_OK;
}

static int command(struct region *r, const struct opt_set *opts)
{
    struct list l = {.e = ERR_OK};
    struct store *store = NULL;
    struct diag d = {{0}};
    (void)r;
    enum err e = parse(&l, opts, &d);
    if (e != ERR_OK) {
        fprintf(stderr, "parallax-collector list: %s\n", d.text);
        return EXIT_USAGE;
    }
    buf_init(&l.out, OUT_BYTES + ROW_BYTES);
    e = store_open(opt_str(opts, "data"), STORE_READ, &store, &d);
    if (e == ERR_OK) {
        d.text[0] = '\0'; /* what opening looked for in vain */
        e = view_scan(store, VIEW_INTERNAL, clock_wall_us() / US_PER_S,
                      &l.filter, on_row, &l);
    }
    e = e == ERR_OK ? l.e : e;
    e = e == ERR_OK ? write_out(&l) : e;
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
