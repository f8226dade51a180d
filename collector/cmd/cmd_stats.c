// SPDX-License-Identifier: Apache-2.0
/* `stats`: what is stored, as text or JSON. */
#include "collector/cmd/cmd_stats.h"

#include "base/calendar.h"
#include "base/fs.h"
#include "base/json_out.h"
#include "collector/cmd/cmds.h"
#include "collector/store/store_claim.h"
#include "collector/store/view.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct opt options[] = {
    CMD_OPT_DATA,
    {.name = "json", .kind = OPT_FLAG, .help = "print JSON"},
};

static const struct opt_table table = {
    .command = "stats",
    .synopsis = "parallax-collector stats [options]",
    .summary = "what is stored here",
    .opts = options,
    .n_opts = sizeof(options) / sizeof(options[0]),
};

/* null: nothing is filed */
static void json_time(struct jw *w, const char *key, int64_t when_s)
{
    char text[24];
    calendar_iso(text, when_s);
    jw_kc(w, key, when_s != 0 ? text : NULL);
}

/* Verdicts are of web_connectivity alone: of other tests it is said that nobody
 * judged them. */
static void write_tests(struct jw *w, const struct store_stats *s)
{
    jw_ki(w, "not_judged", (int64_t)s->not_judged);
    jw_key(w, "by_test");
    jw_arr(w);
    for (size_t i = 0; i < s->n_tests; i++) {
        jw_obj(w);
        jw_kc(w, "test_name", s->by_test[i].name);
        jw_ki(w, "measurements", (int64_t)s->by_test[i].measurements);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

/* How far what records claim of time and place can be believed. */
static void write_claims(struct jw *w, const struct store_stats *s)
{
    jw_key(w, "times");
    jw_obj(w);
    for (int i = 0; i < STORE_TIMINGS; i++) {
        jw_ki(w, store_claim_timing(i), (int64_t)s->by_timing[i]);
    }
    jw_obj_end(w);
    jw_ki(w, "vouched", (int64_t)s->vouched);
    jw_key(w, "places");
    jw_obj(w);
    for (int i = 0; i < STORE_PLACES; i++) {
        jw_ki(w, store_claim_place(i), (int64_t)s->by_place[i]);
    }
    jw_obj_end(w);
}

static void write_json(struct jw *w, const struct store_stats *s)
{
    jw_obj(w);
    jw_ki(w, "measurements", (int64_t)s->measurements);
    jw_ki(w, "duplicates", (int64_t)s->duplicates);
    jw_key(w, "rejected");
    jw_obj(w);
    for (size_t i = 0; i < s->n_rejected; i++) {
        jw_ki(w, s->rejected[i].reason, (int64_t)s->rejected[i].n);
    }
    jw_obj_end(w);
    jw_ki(w, "countries", (int64_t)s->countries);
    jw_ki(w, "networks", (int64_t)s->networks);
    jw_ki(w, "domains", (int64_t)s->domains);
    json_time(w, "first", s->first_s);
    json_time(w, "last", s->last_s);
    jw_ki(w, "raw_bytes", (int64_t)s->raw_bytes);
    jw_ki(w, "stored_bytes", (int64_t)s->stored_bytes);
    jw_ki(w, "lost", (int64_t)s->lost);
    jw_key(w, "verdicts");
    jw_obj(w);
    for (int i = 0; i < STORE_STATES; i++) {
        jw_ki(w, xstate_name((enum xstate)i), (int64_t)s->by_state[i]);
    }
    jw_obj_end(w);
    write_tests(w, s);
    write_claims(w, s);
    jw_key(w, "by_country");
    jw_arr(w);
    for (size_t i = 0; i < s->n_countries; i++) {
        const struct store_country *c = &s->by_country[i];
        jw_obj(w);
        jw_kc(w, "cc", c->cc);
        jw_ki(w, "networks", (int64_t)c->networks);
        jw_ki(w, "domains", (int64_t)c->domains);
        jw_ki(w, "measurements", (int64_t)c->measurements);
        jw_ki(w, "days", (int64_t)c->days);
        jw_obj_end(w);
    }
    jw_arr_end(w);
    jw_obj_end(w);
}

static void text_claims(struct buf *b, const struct store_stats *s)
{
    buf_add_c(b, "Times        ");
    for (int i = 0; i < STORE_TIMINGS; i++) {
        static const char *const words[STORE_TIMINGS] = {
            "in time", "of the future", "old when they came"};
        buf_printf(b, "%s %llu %s", i ? "," : "",
                   (unsigned long long)s->by_timing[i], words[i]);
    }
    buf_printf(b, "; vouched for %llu\nPlaces       ",
               (unsigned long long)s->vouched);
    for (int i = 0; i < STORE_PLACES; i++) {
        static const char *const words[STORE_PLACES] = {
            "not checkable", "agree with the address they came from",
            "disagree"};
        buf_printf(b, "%s %llu %s", i ? "," : "",
                   (unsigned long long)s->by_place[i], words[i]);
    }
    buf_add_byte(b, '\n');
}

static void write_text(struct buf *b, const struct store_stats *s)
{
    char first[24], last[24];
    calendar_iso(first, s->first_s);
    calendar_iso(last, s->last_s);
    buf_printf(b, "Measurements  %llu", (unsigned long long)s->measurements);
    if (s->first_s != 0) {
        buf_printf(b, ", from %s to %s", first, last);
    }
    if (s->lost > 0) {
        buf_printf(b,
                   "\nLost          %llu that were acknowledged: verify-store "
                   "names them",
                   (unsigned long long)s->lost);
    }
    buf_printf(b,
               "\nOf            %llu countries, %llu networks, %llu domains\n",
               (unsigned long long)s->countries,
               (unsigned long long)s->networks, (unsigned long long)s->domains);
    buf_add_c(b, "Verdicts     ");
    for (int i = 0; i < STORE_STATES; i++) {
        buf_printf(b, "%s %llu %s", i ? "," : "",
                   (unsigned long long)s->by_state[i],
                   xstate_name((enum xstate)i));
    }
    if (s->not_judged > 0) {
        buf_printf(b, ", %llu not judged", (unsigned long long)s->not_judged);
    }
    buf_add_c(b, "\nTests        ");
    for (size_t i = 0; i < s->n_tests; i++) {
        buf_printf(b, "%s %llu %s", i ? "," : "",
                   (unsigned long long)s->by_test[i].measurements,
                   s->by_test[i].name);
    }
    buf_add_c(b, s->n_tests ? "\n" : " 0\n");
    text_claims(b, s);
    buf_printf(b, "Duplicates    %llu\nRejected     ",
               (unsigned long long)s->duplicates);
    for (size_t i = 0; i < s->n_rejected; i++) {
        buf_printf(b, "%s %llu %s", i ? "," : "",
                   (unsigned long long)s->rejected[i].n, s->rejected[i].reason);
    }
    buf_printf(b, "%s\nBytes         %llu as received, %llu as stored\n",
               s->n_rejected ? "" : " 0", (unsigned long long)s->raw_bytes,
               (unsigned long long)s->stored_bytes);
    if (s->n_countries > 0) {
        buf_printf(b, "\n%-8s %9s %9s %13s %6s\n", "Country", "networks",
                   "domains", "measurements", "days");
    }
    for (size_t i = 0; i < s->n_countries; i++) {
        const struct store_country *c = &s->by_country[i];
        buf_printf(
            b, "%-8s %9llu %9llu %13llu %6llu\n", c->cc,
            (unsigned long long)c->networks, (unsigned long long)c->domains,
            (unsigned long long)c->measurements, (unsigned long long)c->days);
    }
}

static enum err print(const struct store_stats *s, bool json)
{
    struct buf b;
    buf_init(&b, (size_t)16 << 20);
    if (json) {
        struct jw w;
        jw_init(&w, &b);
        write_json(&w, s);
        buf_add_byte(&b, '\n');
    } else {
        write_text(&b, s);
    }
    enum err e = b.failed ? b.failed : fs_write_all(STDOUT_FILENO, b.p, b.len);
    buf_fini(&b);
    return e;
}

static int command(struct region *r, const struct opt_set *opts)
{
    struct store *store = NULL;
    struct store_stats stats = {0};
    struct diag d = {{0}};
    (void)r;
    enum err e = store_open(opt_str(opts, "data"), STORE_READ, &store, &d);
    if (e == ERR_OK) {
        e = view_stats(store, VIEW_INTERNAL, &stats);
    }
    if (e == ERR_OK) {
        e = print(&stats, opt_flag(opts, "json"));
    }
    if (e != ERR_OK) {
        fprintf(stderr, "parallax-collector stats: %s\n",
                d.text[0] ? d.text : err_str(e));
    }
    store_stats_fini(&stats);
    store_close(store);
    return e == ERR_OK ? EXIT_DONE : EXIT_FAILED;
}

const struct shell_command cmd_stats = {
    .table = &table,
    .memory = (size_t)1 << 20,
    .run = command,
};
