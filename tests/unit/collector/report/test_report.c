// SPDX-License-Identifier: Apache-2.0
/* The report from rows in a real store: what it finds, what it must not find,
 * and how it is written. */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/csv.h"
#include "base/fs.h"
#include "base/hex.h"
#include "base/json.h"
#include "collector/cmd/cmd_report.h"
#include "collector/store/view.h"
#include "tests/unit/tmp.h"
#include "verdict/rules.h"
#include "verdict/verdict.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#define DAY INT64_C(86400)
#define T0  INT64_C(1793491200) /* 2026-11-01 */

static char base_dir[256], data_dir[300], out_dir[300];

/* ---- making rows --------------------------------------------------------- */

static struct store_row row_of(const char *input, const char *domain,
                               const char *category, uint32_t asn,
                               int64_t start_s, int state, const char *method,
                               int observer)
{
    static unsigned serial;
    struct store_row r = {.start_s = start_s,
                          .receipt_s = start_s + 30,
                          .cc = "IR",
                          .asn = asn,
                          .network_name = asn == 137 ? "GARR" : "Vodafone",
                          .input = input,
                          .domain = domain,
                          .category = category,
                          .report_id = "secretreport",
                          .foreign_uid = "",
                          .software = "parallax/0.1.0",
                          .blocking = state == X_BLOCKED ? method : "false",
                          .state = state,
                          .method = state == X_BLOCKED ? method : "",
                          .confidence = 0.9,
                          .reasons = strcmp(method ? method : "", "tls") == 0
                                         ? "tls_reset_control_succeeds"
                                         : "block_page_known",
                          .control_verified = true,
                          .test_name = "web_connectivity"};
    char t[20];
    assert_int_equal(clock_format(start_s, t), ERR_OK);
    snprintf(r.uid, sizeof(r.uid),
             "%.4s%.2s%.2s%.2s%.2s%.2s.%06u_IR_webconnectivity_%016x", t, t + 5,
             t + 8, t + 11, t + 14, t + 17, serial % 1000000, serial);
    memset(r.hash, 0, sizeof(r.hash));
    memcpy(r.hash, &serial, sizeof(serial));
    serial++;
    if (observer >= 0) {
        snprintf(r.x_probe, sizeof(r.x_probe), "%032x", 0xabc000 + observer);
        snprintf(r.source_tag, sizeof(r.source_tag), "%032x",
                 0xdef000 + observer);
    }
    return r;
}

static struct store *open_store(void)
{
    struct store *s = NULL;
    struct diag d;
    assert_int_equal(store_open(data_dir, STORE_WRITE, &s, &d), ERR_OK);
    return s;
}

/* Rows wait here: one fsync for all of them. */
static struct store_put *batch;
static size_t n_batch, cap_batch;

static void put(struct store *s, struct store_row r)
{
    (void)s;
    if (n_batch == cap_batch) {
        cap_batch = cap_batch * 2 + 64;
        batch = realloc(batch, cap_batch * sizeof(*batch));
        assert_non_null(batch);
    }
    batch[n_batch++] =
        (struct store_put){.row = r, .record = STR("{\"test_keys\":{}}")};
}

static void put_end(struct store *s)
{
    struct diag d = {{0}};
    if (n_batch > 0 && store_put(s, batch, n_batch, &d) != ERR_OK) {
        fail_msg("store_put: %s", d.text);
    }
    n_batch = 0;
    store_close(s);
}

static const struct {
    const char *input, *domain, *category, *method; /* method NULL: ok */
    int other;                                      /* state if not blocked */
} sites[] = {
    {"https://news.example.org/", "news.example.org", "NEWS", "dns", 0},
    {"https://rights.example.net/", "rights.example.net", "HUMR", "tls", 0},
    {"http://blog.example.com/post", "blog.example.com", "HOST", "http", 0},
    {"https://chat.example.com/", "chat.example.com", "COMT", "ip", 0},
    {"https://vpn.example.io/", "vpn.example.io", "ANON", "dns", 0},
    {"https://bets.example.com/", "bets.example.com", "GMB", "http", 0},
    {"https://faith.example.org/", "faith.example.org", "REL", "tls", 0},
    {"https://weather.example.org/", "weather.example.org", "ENV", NULL, X_OK},
    {"https://shop.example.com/", "shop.example.com", "COMM", NULL, X_OK},
    {"https://search.example.com/", "search.example.com", "SRCH", NULL, X_OK},
    {"https://un.example.int/", "un.example.int", "IGO", NULL, X_OK},
    {"https://gone.example.com/", "gone.example.com", "NEWS", NULL, X_DOWN},
    {"https://captcha.example.com/", "captcha.example.com", "HOST", NULL,
     X_INCONCLUSIVE},
    {"https://odd.example.com/", "odd.example.com", "", NULL, X_INTERNAL},
};

#define N_SITES (sizeof(sites) / sizeof(sites[0]))

/* Twelve observers in two networks on three days of November. */
static void fill_demo(struct store *s)
{
    static const int days[] = {2, 3, 9};
    for (size_t d = 0; d < 3; d++) {
        for (int o = 0; o < 12; o++) {
            for (size_t i = 0; i < N_SITES; i++) {
                uint32_t asn = o < 6 ? 137 : 30722;
                int64_t t =
                    T0 + days[d] * DAY + 3600 * (8 + o / 2) + (int64_t)i * 7;
                const char *m = sites[i].method;
                bool blocked = m && !(i == 6 && asn == 137);
                int state = blocked ? X_BLOCKED : (m ? X_OK : sites[i].other);
                if (i == 3 && (d == 0 || o == 2)) {
                    state = X_OK;
                }
                put(s, row_of(sites[i].input, sites[i].domain,
                              sites[i].category, asn, t, state, m, o));
            }
        }
    }
}

/* ---- running the command ------------------------------------------------- */

static int run(const char *const *args)
{
    static const struct shell_command *const commands[] = {&cmd_report, NULL};
    static const struct shell shell = {
        .program = "test", .about = "", .end = "", .commands = commands};
    char *argv[24] = {"test", "report"};
    int argc = 2;
    while (args[argc - 2]) {
        argv[argc] = (char *)(uintptr_t)args[argc - 2];
        argc++;
    }
    return shell_main(&shell, argc, argv);
}

static int run_report(void)
{
    return run((const char *[]){"--country", "IR", "--since", "2026-11-01",
                                "--until", "2026-12-01", "--out", out_dir,
                                "--data", data_dir, NULL});
}

static void read_out(const char *name, struct buf *b)
{
    char path[400];
    struct diag d = {{0}};
    buf_init(b, (size_t)512 << 20);
    snprintf(path, sizeof(path), "%s/%s", out_dir, name);
    if (fs_read(path, (size_t)512 << 20, b, &d) != ERR_OK) {
        fail_msg("%s", d.text);
    }
}

static bool holds(const struct buf *b, const char *s)
{
    return str_find(buf_str(b), str_c(s)) != SIZE_MAX;
}

static int setup(void **state)
{
    (void)state;
    const char *keep = getenv("REPORT_TEST_DIR");
    if (keep) {
        snprintf(base_dir, sizeof(base_dir), "%s/parallax-report-XXXXXX", keep);
    } else {
        tmp_path(base_dir, sizeof(base_dir), "parallax-report-XXXXXX");
    }
    if (!mkdtemp(base_dir)) {
        return -1;
    }
    snprintf(data_dir, sizeof(data_dir), "%s/data", base_dir);
    snprintf(out_dir, sizeof(out_dir), "%s/out", base_dir);
    setenv("SOURCE_DATE_EPOCH", "1796083200", 1); /* 2026-12-01 */
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    struct diag d;
    if (getenv("REPORT_TEST_DIR")) {
        return 0;
    }
    return fs_remove_tree(base_dir, &d) == ERR_OK ? 0 : -1;
}

/* ---- reading what was written -------------------------------------------- */

struct doc {
    struct buf text;
    struct json_doc *doc;
};

static const struct json *read_json(struct doc *d)
{
    struct diag why = {{0}};
    read_out("report.json", &d->text);
    if (json_parse(buf_str(&d->text), &json_default_limits, &d->doc, &why) !=
        ERR_OK) {
        fail_msg("report.json: %s", why.text);
    }
    return json_root(d->doc);
}

static void drop_json(struct doc *d)
{
    json_doc_free(d->doc);
    buf_fini(&d->text);
}

static int64_t num(const struct json *n, const char *path)
{
    int64_t v = -1;
    if (!json_i64(json_path(n, path), &v)) {
        fail_msg("%s is not a number", path);
    }
    return v;
}

static const struct json *find(const struct json *root, const char *domain,
                               int64_t asn)
{
    const struct json *list = json_get(root, "findings");
    for (const struct json *f = json_first(list); f; f = json_next(f)) {
        if (str_eq_c(json_str(json_get(f, "domain")), domain) &&
            num(f, "asn") == asn) {
            return f;
        }
    }
    return NULL;
}

static bool is(const struct json *n, const char *path, const char *want)
{
    return str_eq_c(json_str(json_path(n, path)), want);
}

/* Rows of a table, and how many of them have `want` in column `col`. */
static size_t rows_with(const char *file, size_t col, const char *want,
                        size_t *all)
{
    struct buf b;
    struct csv c;
    struct csv_row row;
    struct diag d;
    size_t n = 0;
    read_out(file, &b);
    csv_init(&c, buf_str(&b));
    struct region *r = region_new((size_t)256 << 20);
    *all = 0;
    assert_int_equal(csv_next(&c, r, &row, &d), ERR_OK);
    while (csv_next(&c, r, &row, &d) == ERR_OK) {
        (*all)++;
        n += col < row.n && str_eq_c(row.field[col], want) ? 1 : 0;
    }
    region_free(r);
    buf_fini(&b);
    return n;
}

static void write_demo(void)
{
    struct store *s = open_store();
    fill_demo(s);
    put_end(s);
    assert_int_equal(run_report(), EXIT_DONE);
}

/* ---- tests --------------------------------------------------------------- */

static void every_blocked_site_and_no_other_is_a_finding(void **state)
{
    (void)state;
    struct doc d;
    write_demo();
    const struct json *root = read_json(&d);
    assert_true(is(root, "schema", "parallax-report/1"));
    for (size_t i = 0; i < N_SITES; i++) {
        const struct json *f = find(root, sites[i].domain, 30722);
        assert_int_equal(!f, !sites[i].method);
        if (f) {
            assert_true(is(f, "method", sites[i].method));
            assert_true(json_len(json_get(f, "uids")) > 0);
            assert_true(is(f, "label", "interference"));
            assert_true(is(f, "three_part_test.legality", "not_assessed"));
        }
    }
    /* reached on one network, blocked on the other */
    assert_null(find(root, "faith.example.org", 137));
    drop_json(&d);
}

static void counts_of_json_and_tables_agree(void **state)
{
    (void)state;
    struct doc d;
    size_t all;
    write_demo();
    const struct json *root = read_json(&d);
    assert_int_equal(num(root, "coverage.measurements"), 504);
    assert_int_equal(num(root, "coverage.blocked"),
                     rows_with("measurements.csv", 8, "blocked", &all));
    assert_int_equal(all, 504);
    rows_with("findings.csv", 0, "", &all);
    assert_int_equal(all, json_len(json_get(root, "findings")));
    assert_int_equal(rows_with("targets.csv", 4, "blocked", &all),
                     num(root, "tested.counts.blocked"));
    assert_int_equal(rows_with("targets.csv", 4, "down", &all), 1);
    rows_with("networks.csv", 0, "", &all);
    assert_int_equal(all, 2);
    rows_with("coverage.csv", 0, "", &all);
    assert_int_equal(all, 6);
    const struct json *list = json_get(root, "findings");
    for (const struct json *f = json_first(list); f; f = json_next(f)) {
        const char *id = json_cstr(json_get(f, "id"));
        assert_int_equal(rows_with("measurements.csv", 22, id, &all),
                         num(f, "uids_total"));
    }
    drop_json(&d);
}

static void observers_and_strength_follow_the_rule(void **state)
{
    (void)state;
    struct doc d;
    write_demo();
    const struct json *root = read_json(&d);
    const struct json *f = find(root, "news.example.org", 137);
    assert_int_equal(num(f, "observers"), 6);
    assert_int_equal(num(f, "rounds"), 18);
    assert_true(is(f, "strength", "corroborated_networks"));
    assert_true(is(f, "strength_label", "corroborated in 2 networks"));
    f = find(root, "faith.example.org", 30722);
    assert_true(is(f, "strength_label", "corroborated by 6 observers"));
    f = find(root, "chat.example.com", 137);
    /* one who reaches it does not outweigh five who do not */
    bool at_times = true, contested = true;
    assert_true(json_bool(json_get(f, "intermittent"), &at_times));
    assert_true(json_bool(json_get(f, "contested"), &contested));
    assert_false(at_times || contested);
    assert_int_equal(num(f, "ok_observers"), 1);
    assert_int_equal(num(f, "ok_since"), 2);
    assert_true(is(f, "last_ok_before", "2026-11-03T10:00:21Z"));
    drop_json(&d);
}

/* One address behind many pseudonyms, many addresses behind one pseudonym, and
 * uploads that cannot be checked: none of them makes a crowd. */
static void observers_cannot_be_multiplied(void **state)
{
    (void)state;
    struct doc d;
    struct store *s = open_store();
    for (int i = 0; i < 9; i++) {
        struct store_row r = row_of("https://a.example/", "a.example", "NEWS",
                                    1, T0 + i, X_BLOCKED, "dns", i);
        snprintf(r.source_tag, sizeof(r.source_tag), "%032x", 7);
        put(s, r);
        r = row_of("https://b.example/", "b.example", "NEWS", 1, T0 + i,
                   X_BLOCKED, "dns", i);
        snprintf(r.x_probe, sizeof(r.x_probe), "%032x", 7);
        put(s, r);
        put(s, row_of("https://c.example/", "c.example", "NEWS", 1, T0 + i,
                      X_BLOCKED, "dns", -1));
        put(s, row_of("https://d.example/", "d.example", "NEWS", 1, T0 + i,
                      X_BLOCKED, "dns", i < 2 ? i : -1));
    }
    /* carried by hand from two networks: may still be one person */
    for (uint32_t asn = 1; asn < 3; asn++) {
        put(s, row_of("https://e.example/", "e.example", "NEWS", asn, T0 + 20,
                      X_BLOCKED, "dns", -1));
    }
    put_end(s);
    assert_int_equal(run_report(), EXIT_DONE);
    const struct json *root = read_json(&d);
    assert_true(is(find(root, "e.example", 2), "strength", "one_observer"));
    assert_int_equal(num(find(root, "a.example", 1), "observers"), 1);
    assert_int_equal(num(find(root, "b.example", 1), "observers"), 1);
    assert_int_equal(num(find(root, "c.example", 1), "observers"), 1);
    assert_true(is(find(root, "c.example", 1), "strength", "one_observer"));
    assert_int_equal(num(find(root, "d.example", 1), "observers"), 3);
    drop_json(&d);
}

static void nobody_who_measured_can_be_told_from_the_files(void **state)
{
    (void)state;
    static const char *const files[] = {
        "report.html", "report.json",  "findings.csv", "measurements.csv",
        "targets.csv", "networks.csv", "coverage.csv", "manifest.json"};
    write_demo();
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct buf b;
        read_out(files[i], &b);
        assert_true(b.len > 0);
        assert_false(holds(&b, "abc00"));
        assert_false(holds(&b, "def00"));
        assert_false(holds(&b, "secretreport"));
        buf_fini(&b);
    }
}

static void html_says_interference_and_never_violation(void **state)
{
    (void)state;
    struct buf b;
    write_demo();
    read_out("report.html", &b);
    assert_true(holds(&b, "INTERNAL"));
    assert_true(holds(&b, "interfered with"));
    assert_true(holds(&b, "not assessed"));
    assert_true(holds(&b, "No finding is not"));
    assert_false(holds(&b, "violat"));
    assert_false(holds(&b, "Violat"));
    assert_false(holds(&b, "<script"));
    assert_false(holds(&b, " src="));
    assert_false(holds(&b, "href=\"http"));
    assert_false(holds(&b, "@import"));
    buf_fini(&b);
}

static void same_data_gives_the_same_bytes(void **state)
{
    (void)state;
    struct buf one, two;
    write_demo();
    read_out("manifest.json", &one);
    assert_int_equal(run_report(), EXIT_DONE);
    read_out("manifest.json", &two);
    assert_true(str_eq(buf_str(&one), buf_str(&two)));
    buf_fini(&one);
    buf_fini(&two);
}

static void manifest_has_the_hash_of_every_file(void **state)
{
    (void)state;
    struct buf m, b;
    struct json_doc *doc = NULL;
    struct diag d;
    size_t n = 0;
    write_demo();
    read_out("manifest.json", &m);
    assert_int_equal(json_parse(buf_str(&m), &json_default_limits, &doc, &d),
                     ERR_OK);
    const struct json *list = json_get(json_root(doc), "files");
    for (const struct json *f = json_first(list); f; f = json_next(f), n++) {
        uint8_t digest[SHA256_LEN];
        char hex[2 * SHA256_LEN + 1];
        read_out(json_cstr(json_get(f, "name")), &b);
        crypto_sha256(buf_str(&b), digest);
        hex_encode(digest, sizeof(digest), hex);
        assert_true(is(f, "sha256", hex));
        assert_int_equal(num(f, "bytes"), b.len);
        buf_fini(&b);
    }
    assert_int_equal(n, 7);
    json_doc_free(doc);
    buf_fini(&m);
}

/* Whoever sends last does not rename a network. */
static void a_network_has_the_name_that_most_give_it(void **state)
{
    (void)state;
    static const char *const names[] = {"",     "False", "GARR", "GARR",
                                        "GARR", "False", ""};
    struct buf html;
    struct store *s = open_store();
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct store_row r =
            row_of("https://x.example/", "x.example", "NEWS", 137,
                   T0 + (int64_t)i, X_BLOCKED, "tls", (int)i);
        r.network_name = names[i];
        put(s, r);
    }
    put_end(s);
    assert_int_equal(run_report(), EXIT_DONE);
    read_out("report.html", &html);
    assert_true(holds(&html, "GARR"));
    assert_false(holds(&html, "False"));
    buf_fini(&html);
}

static void hostile_text_stays_text(void **state)
{
    (void)state;
    struct buf html, csv;
    struct doc d;
    char *url = malloc(30001);
    assert_non_null(url);
    memset(url, 'a', 30000);
    memcpy(url, "https://long.example/", 21);
    url[30000] = '\0';
    struct store *s = open_store();
    struct store_row r =
        row_of("https://x.example/\"><script>alert(1)</script>", "x.example",
               "NEWS", 5, T0, X_BLOCKED, "dns", 1);
    r.network_name = "</bdi><b>\xe2\x80\xaegnp.exe & \x01 Sons";
    const char *name = r.network_name;
    put(s, r);
    r = row_of("=cmd|'/c calc'!A1", "=cmd", "<i>", 5, T0, X_BLOCKED, "<odd>",
               1);
    r.network_name = name;
    put(s, r);
    r = row_of(url, "long.example", "NEWS", 5, T0, X_BLOCKED, "tls", 1);
    r.network_name = name;
    put(s, r);
    put_end(s);
    assert_int_equal(run_report(), EXIT_DONE);
    read_out("report.html", &html);
    assert_false(holds(&html, "<script"));
    assert_false(holds(&html, "<odd>"));
    assert_true(holds(&html, "<td data-l=\"How\">Method not determined</td>"));
    assert_false(holds(&html, "<i>"));
    assert_false(holds(&html, "\xe2\x80\xae"));
    assert_true(holds(&html, "[U+202E]gnp.exe &amp; \xef\xbf\xbd Sons"));
    assert_true(html.len < 200000);
    read_out("findings.csv", &csv);
    assert_true(holds(&csv, "'=cmd"));
    assert_false(holds(&csv, ",=cmd"));
    assert_true(holds(&csv, url));
    (void)read_json(&d); /* that it can be read is asked */
    drop_json(&d);
    buf_fini(&csv);
    buf_fini(&html);
    free(url);
}

static void empty_data_gives_a_report_of_zero_coverage(void **state)
{
    (void)state;
    struct buf html;
    struct doc d;
    store_close(open_store());
    assert_int_equal(run_report(), EXIT_DONE);
    read_out("report.html", &html);
    assert_true(holds(&html, "Coverage is zero"));
    const struct json *root = read_json(&d);
    assert_int_equal(num(root, "coverage.measurements"), 0);
    assert_int_equal(num(root, "coverage.days"), 30);
    assert_int_equal(json_len(json_get(root, "findings")), 0);
    assert_int_equal(
        json_len(json_path(root, "not_tested.days_without_measurement")), 1);
    drop_json(&d);
    buf_fini(&html);
}

static void wrong_usage_exits_two_and_writes_nothing(void **state)
{
    (void)state;
    static const char *const bad[][4] = {
        {"XX", "2026-11-01", "2026-12-01", "en"},
        {"IRN", "2026-11-01", "2026-12-01", "en"},
        {"", "2026-11-01", "2026-12-01", "en"},
        {"IR", "2026-13-01", "2026-12-01", "en"},
        {"IR", "2026-11-01", "yesterday", "en"},
        {"IR", "2026-12-01", "2026-12-01", "en"},
        {"IR", "1970-01-01", "9000-01-01", "en"},
        {"IR", "2026-11-01", "2026-12-01", "fr"},
    };
    store_close(open_store());
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(
            run((const char *[]){"--country", bad[i][0], "--since", bad[i][1],
                                 "--until", bad[i][2], "--lang", bad[i][3],
                                 "--out", out_dir, "--data", data_dir, NULL}),
            EXIT_USAGE);
    }
    assert_int_equal(run((const char *[]){"--country", "IR", NULL}),
                     EXIT_USAGE);
    assert_int_equal(access(out_dir, F_OK), -1);
}

static void a_directory_of_others_is_left_alone(void **state)
{
    (void)state;
    char path[400];
    struct diag d;
    struct buf b;
    store_close(open_store());
    assert_int_equal(fs_mkdirs(out_dir, 0700, &d), ERR_OK);
    snprintf(path, sizeof(path), "%s/letter.txt", out_dir);
    assert_int_equal(fs_write_atomic(path, STR("dear"), 0600, &d), ERR_OK);
    assert_int_equal(run_report(), EXIT_FAILED);
    read_out("letter.txt", &b);
    assert_true(str_eq_c(buf_str(&b), "dear"));
    buf_fini(&b);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(run_report(), EXIT_DONE); /* empty now */
    assert_int_equal(run_report(), EXIT_DONE); /* our own */
    assert_int_equal(fs_write_atomic(path, STR("dear"), 0600, &d), ERR_OK);
    assert_int_equal(run_report(), EXIT_FAILED);
    read_out("letter.txt", &b);
    buf_fini(&b);
}

/* A file that cannot grow stands in for a full disk. */
static void a_full_disk_leaves_the_earlier_report(void **state)
{
    (void)state;
    struct buf before, after;
    struct rlimit old, small;
    write_demo();
    read_out("manifest.json", &before);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 50000;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int code = run_report();
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(code, EXIT_FAILED);
    read_out("manifest.json", &after);
    assert_true(str_eq(buf_str(&before), buf_str(&after)));
    size_t entries = 0;
    DIR *dp = opendir(base_dir);
    assert_non_null(dp);
    for (struct dirent *e = readdir(dp); e; e = readdir(dp)) {
        entries += e->d_name[0] != '.' ? 1 : 0;
    }
    closedir(dp);
    assert_int_equal(entries, 2); /* data and out: nothing half written */
    buf_fini(&before);
    buf_fini(&after);
}

static void a_missing_data_directory_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(run_report(), EXIT_FAILED);
    assert_int_equal(access(out_dir, F_OK), -1);
}

static void the_country_may_be_in_small_letters(void **state)
{
    (void)state;
    struct doc d;
    store_close(open_store());
    assert_int_equal(
        run((const char *[]){"--country", "us", "--since", "2026-02-01",
                             "--until", "2026-03-01", "--out", out_dir,
                             "--data", data_dir, NULL}),
        EXIT_DONE);
    const struct json *root = read_json(&d);
    assert_true(is(root, "country", "US"));
    assert_true(is(root, "coalition.membership_first_seen", "member"));
    assert_true(is(root, "coalition.membership_last_seen", "former member"));
    drop_json(&d);
}

/* The same measurements told of a member and of a country that is not one
 * differ in the labels of membership only. */
static void members_are_judged_like_all_others(void **state)
{
    (void)state;
    struct doc d[2];
    static const char *const cc[] = {"IR", "EE"};
    const struct json *f[2];
    struct store *s = open_store();
    for (size_t c = 0; c < 2; c++) {
        for (int o = 0; o < 4; o++) {
            struct store_row r =
                row_of("https://news.example.org/", "news.example.org", "NEWS",
                       137, T0 + o * 4000, X_BLOCKED, "dns", o);
            str_copy(r.cc, sizeof(r.cc), cc[c]);
            put(s, r);
        }
    }
    put_end(s);
    for (size_t c = 0; c < 2; c++) {
        assert_int_equal(
            run((const char *[]){"--country", cc[c], "--since", "2026-11-01",
                                 "--until", "2026-12-01", "--out", out_dir,
                                 "--data", data_dir, NULL}),
            EXIT_DONE);
        f[c] = find(read_json(&d[c]), "news.example.org", 137);
        assert_non_null(f[c]);
        struct buf html;
        read_out("report.html", &html);
        assert_false(holds(&html, "violat"));
        buf_fini(&html);
    }
    static const char *const same[] = {"confidence_interference", "strength",
                                       "confidence_basis", "presumption"};
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        assert_true(str_eq(json_str(json_get(f[0], same[i])),
                           json_str(json_get(f[1], same[i]))));
    }
    assert_true(is(f[0], "membership", "not a member"));
    assert_true(is(f[1], "membership", "member"));
    drop_json(&d[0]);
    drop_json(&d[1]);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(every_blocked_site_and_no_other_is_a_finding),
        T(counts_of_json_and_tables_agree),
        T(observers_and_strength_follow_the_rule),
        T(observers_cannot_be_multiplied),
        T(nobody_who_measured_can_be_told_from_the_files),
        T(html_says_interference_and_never_violation),
        T(same_data_gives_the_same_bytes),
        T(manifest_has_the_hash_of_every_file),
        T(a_network_has_the_name_that_most_give_it),
        T(hostile_text_stays_text),
        T(empty_data_gives_a_report_of_zero_coverage),
        T(wrong_usage_exits_two_and_writes_nothing),
        T(a_directory_of_others_is_left_alone),
        T(a_full_disk_leaves_the_earlier_report),
        T(a_missing_data_directory_is_an_error),
        T(the_country_may_be_in_small_letters),
        T(members_are_judged_like_all_others),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(batch);
    return failed;
}
