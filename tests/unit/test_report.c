// SPDX-License-Identifier: Apache-2.0
/* The report from rows in a real store: what it finds, what it must not find,
 * and how it is written. */
#include "base/clock.h"
#include "base/csv.h"
#include "base/fs.h"
#include "base/json.h"
#include "cmds.h"
#include "report_files.h"
#include "report_html.h"
#include "verdict/verdict.h"
#include "view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
                          .reasons =
                              strcmp(method != NULL ? method : "", "tls") == 0
                                  ? "tls_reset_control_succeeds"
                                  : "block_page_known",
                          .control_verified = true};
    char t[20];
    assert_int_equal(clock_format(start_s, t), ERR_OK);
    snprintf(r.uid, sizeof r.uid,
             "%.4s%.2s%.2s%.2s%.2s%.2s.%06u_IR_webconnectivity_%016x", t, t + 5,
             t + 8, t + 11, t + 14, t + 17, serial % 1000000, serial);
    memset(r.hash, 0, sizeof r.hash);
    memcpy(r.hash, &serial, sizeof serial);
    serial++;
    if (observer >= 0) {
        snprintf(r.x_probe, sizeof r.x_probe, "%032x", 0xabc000 + observer);
        snprintf(r.source_tag, sizeof r.source_tag, "%032x",
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
        batch = realloc(batch, cap_batch * sizeof *batch);
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

#define N_SITES (sizeof sites / sizeof sites[0])

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
                bool blocked = m != NULL && !(i == 6 && asn == 137);
                int state =
                    blocked ? X_BLOCKED : (m != NULL ? X_OK : sites[i].other);
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
    char *argv[24] = {"report"};
    int argc = 1;
    while (args[argc - 1] != NULL) {
        argv[argc] = (char *)(uintptr_t)args[argc - 1];
        argc++;
    }
    return cmd_report(argc, argv);
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
    snprintf(path, sizeof path, "%s/%s", out_dir, name);
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
    snprintf(base_dir, sizeof base_dir, "%s/parallax-report-XXXXXX",
             keep != NULL ? keep : "/tmp");
    if (mkdtemp(base_dir) == NULL) {
        return -1;
    }
    snprintf(data_dir, sizeof data_dir, "%s/data", base_dir);
    snprintf(out_dir, sizeof out_dir, "%s/out", base_dir);
    setenv("SOURCE_DATE_EPOCH", "1796083200", 1); /* 2026-12-01 */
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    struct diag d;
    if (getenv("REPORT_TEST_DIR") != NULL) {
        return 0;
    }
    return fs_remove_tree(base_dir, &d) == ERR_OK ? 0 : -1;
}

static void demo_report_is_written(void **state)
{
    (void)state;
    struct store *s = open_store();
    fill_demo(s);
    put_end(s);
    assert_int_equal(run_report(), EXIT_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(demo_report_is_written, setup,
                                        teardown),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
