// SPDX-License-Identifier: Apache-2.0
/* The gate between what is stored and what is shown. */
#include "base/fs.h"
#include "collector/store/view.h"
#include "tests/unit/tmp.h"
#include "verdict/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define T0 INT64_C(1793527200) /* 2026-11-01 10:00 */

static char dir[256];
static struct store *store;

static int setup(void **state)
{
    (void)state;
    struct diag d;
    char data[300];
    tmp_path(dir, sizeof(dir), "parallax-view-XXXXXX");
    if (!mkdtemp(dir)) {
        return -1;
    }
    snprintf(data, sizeof(data), "%s/data", dir);
    if (store_open(data, STORE_WRITE, &store, &d) != ERR_OK) {
        return -1;
    }
    for (int i = 0; i < 3; i++) {
        struct store_put p = {.row = {.start_s = T0 + i * 86400 + 754,
                                      .receipt_s = T0 + i * 86400 + 800,
                                      .claimed_s = T0 + i * 86400 + 754,
                                      .cc = "KE",
                                      .asn = 64510,
                                      .network_name = "Net",
                                      .input = "https://a.example/",
                                      .domain = "a.example",
                                      .category = "NEWS",
                                      .report_id = "a-report",
                                      .foreign_uid = "",
                                      .software = "parallax/0.1.0",
                                      .blocking = "dns",
                                      .state = X_BLOCKED,
                                      .method = "dns",
                                      .reasons = "dns_bogon_answer"},
                              .record = STR("{\"secret\":1}")};
        memset(p.row.hash, i + 1, sizeof(p.row.hash));
        snprintf(p.row.x_probe, sizeof(p.row.x_probe), "%032x", i + 1);
        snprintf(p.row.source_tag, sizeof(p.row.source_tag), "%032x", i + 1);
        if (store_put(store, &p, 1, &d) != ERR_OK) {
            return -1;
        }
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    struct diag d;
    store_close(store);
    return fs_remove_tree(dir, &d) == ERR_OK ? 0 : -1;
}

struct seen {
    size_t n, with_person;
    bool whole_hours;
    char uid[UID_MAX];
};

static bool on_row(void *arg, const struct store_row *row)
{
    struct seen *s = arg;
    if (s->n++ == 0) {
        s->whole_hours = true;
        str_copy(s->uid, sizeof(s->uid), row->uid);
    }
    s->with_person += row->x_probe[0] != '\0' || row->source_tag[0] != '\0' ||
                              row->report_id[0] != '\0'
                          ? 1
                          : 0;
    s->whole_hours = s->whole_hours && row->start_s % 3600 == 0 &&
                     row->receipt_s % 3600 == 0 && row->claimed_s % 3600 == 0;
    return true;
}

static void internal_view_is_full_and_at_once(void **state)
{
    (void)state;
    struct store_filter f = {.cc = "KE"};
    struct seen s = {0};
    struct buf b;
    assert_int_equal(
        view_scan(store, VIEW_INTERNAL, T0 + 2 * 86400, &f, on_row, &s),
        ERR_OK);
    assert_int_equal(s.n, 3);
    assert_int_equal(s.with_person, 3);
    assert_false(s.whole_hours);
    buf_init(&b, 1000);
    assert_int_equal(view_get(store, VIEW_INTERNAL, T0, s.uid, &b), ERR_OK);
    assert_true(str_eq_c(buf_str(&b), "{\"secret\":1}"));
    buf_fini(&b);
}

static void public_view_is_late_coarse_and_without_persons(void **state)
{
    (void)state;
    struct store_filter f = {.cc = "KE"};
    struct seen s = {0};
    /* two days after the second: the first two are old enough */
    assert_int_equal(
        view_scan(store, VIEW_PUBLIC, T0 + 3 * 86400 + 3600, &f, on_row, &s),
        ERR_OK);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.with_person, 0);
    assert_true(s.whole_hours);
    assert_memory_equal(s.uid, "20261101100000.", 15);
}

static void raw_records_are_not_public(void **state)
{
    (void)state;
    struct buf b;
    struct store_stats stats = {0};
    buf_init(&b, 1000);
    assert_int_equal(view_get(store, VIEW_PUBLIC, T0 + 900 * 86400, "x", &b),
                     ERR_ACCESS);
    assert_int_equal(view_stats(store, VIEW_PUBLIC, &stats), ERR_ACCESS);
    assert_int_equal(b.len, 0);
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(internal_view_is_full_and_at_once,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            public_view_is_late_coarse_and_without_persons, setup, teardown),
        cmocka_unit_test_setup_teardown(raw_records_are_not_public, setup,
                                        teardown),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
