// SPDX-License-Identifier: Apache-2.0
#include "base/fs.h"
#include "probe/deliver/mailing.h"
#include "tests/unit/tmp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define NOW INT64_C(1800000000)

static void records_go_some_time_after_the_run(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 16; i++) {
        struct mailing m = {.at = 0};
        mailing_after(&m, NOW, i << 28 | i);
        assert_true(m.at >= NOW + MAILING_AFTER_S);
        assert_true(m.at <= NOW + MAILING_AFTER_S + MAILING_SPREAD_S);
        assert_int_equal((m.at - NOW - MAILING_AFTER_S) / 675, i);
        assert_false(mailing_due(&m, NOW));
        assert_true(mailing_due(&m, m.at));
    }
}

static void several_runs_go_together_but_none_right_after_one(void **state)
{
    (void)state;
    struct mailing m = {.at = 0};
    mailing_after(&m, NOW, UINT32_MAX);
    int64_t first = m.at;
    mailing_after(&m, NOW + 3600, 0);
    assert_true(m.at == first);
    mailing_after(&m, first - 60, 0); /* a run has just been */
    assert_true(m.at == first - 60 + MAILING_AFTER_S);
}

static void what_fails_is_tried_later_each_time(void **state)
{
    (void)state;
    struct mailing m = {.at = NOW};
    int64_t last = 0;
    for (int i = 0; i < 1100; i++) {
        mailing_done(&m, NOW, false, UINT32_C(1) << 31);
        assert_true(m.at - NOW >= last && m.at - NOW <= 43200);
        last = m.at - NOW;
    }
    assert_true(last > 43000);
    mailing_done(&m, NOW, true, 0);
    assert_false(mailing_due(&m, INT64_MAX));
    assert_int_equal(m.fails, 0);
}

static void a_clock_that_was_put_back_does_not_hold_it_up(void **state)
{
    (void)state;
    struct mailing m = {.at = NOW};
    assert_true(mailing_due(&m, 10));
    mailing_after(&m, 10, 0);
    assert_true(m.at == 10 + MAILING_AFTER_S);
}

static void put(const char *path, const char *text)
{
    struct diag d = {""};
    enum err e = fs_write_atomic(path, str_c(text), 0600, &d);
    assert_int_equal(e, ERR_OK);
}

static void it_is_kept_and_what_is_damaged_is_nothing(void **state)
{
    char home[128], path[256];
    struct mailing m = {.at = NOW, .fails = 3}, back;
    struct diag d = {""};
    (void)state;
    tmp_path(home, sizeof(home), "parallax-mailing-XXXXXX");
    assert_non_null(mkdtemp(home));
    setenv("XDG_STATE_HOME", home, 1);
    snprintf(path, sizeof(path), "%s/parallax", home);
    assert_int_equal(mkdir(path, 0700), 0);
    mailing_load(&back);
    assert_true(back.at == 0);
    enum err e = mailing_store(&m, &d);
    assert_int_equal(e, ERR_OK);
    mailing_load(&back);
    assert_true(back.at == NOW);
    assert_int_equal(back.fails, 3);
    static const char *const bad[] = {
        "",
        "parallax mailing 2\n5\n0\n",
        "parallax mailing 1\n-5\n0\n",
        "parallax mailing 1\n5\n",
        "parallax mailing 1\n5\n0\nmore",
        "parallax mailing 1\n99999999999999999999\n0\n"};
    snprintf(path, sizeof(path), "%s/parallax/" MAILING_FILE, home);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        put(path, bad[i]);
        mailing_load(&back);
        if (back.at || back.fails) {
            fail_msg("row %zu", i);
        }
    }
    e = fs_remove_tree(home, &d);
    assert_int_equal(e, ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_go_some_time_after_the_run),
        cmocka_unit_test(several_runs_go_together_but_none_right_after_one),
        cmocka_unit_test(what_fails_is_tried_later_each_time),
        cmocka_unit_test(a_clock_that_was_put_back_does_not_hold_it_up),
        cmocka_unit_test(it_is_kept_and_what_is_damaged_is_nothing),
    };
    return cmocka_run_group_tests_name("probe/deliver/test_mailing", tests,
                                       NULL, NULL);
}
