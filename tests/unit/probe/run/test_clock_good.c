// SPDX-License-Identifier: Apache-2.0
/* These hold on a machine whose clock is kept, and on one whose is not. */
#include "probe/run/clock_good.h"

#include "base/clock.h"
#include "base/fs.h"
#include "tests/unit/tmp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char dir[64], file[96];
static struct diag d;

static int setup(void **state)
{
    (void)state;
    tmp_path(dir, sizeof(dir), "clock_good_XXXXXX");
    if (!mkdtemp(dir)) {
        return -1;
    }
    setenv("XDG_STATE_HOME", dir, 1);
    snprintf(file, sizeof(file), "%s/parallax", dir);
    assert_int_equal(fs_mkdirs(file, 0700, &d), ERR_OK);
    snprintf(file, sizeof(file), "%s/parallax/clock", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return fs_remove_tree(dir, &d) == ERR_OK ? 0 : -1;
}

static int64_t at(const char *when)
{
    int64_t s = 0;
    assert_int_equal(clock_parse(when, &s), ERR_OK);
    return s;
}

/* What is kept, "" for nothing. */
static bool kept(const char *month)
{
    struct buf text;
    buf_init(&text, 64);
    enum err e = fs_read(file, 64, &text, &d);
    assert_true(e == ERR_OK || e == ERR_NOTFOUND);
    bool same = str_eq_c(buf_str(&text), month);
    buf_fini(&text);
    return same;
}

static void clock_good_keeps_the_month_and_no_more(void **state)
{
    (void)state;
    assert_true(kept(""));
    clock_good_set(at("2026-11-29 13:45:12"));
    assert_true(kept("2026-11"));
    clock_good_set(at("2026-12-01 00:00:00"));
    assert_true(kept("2026-12"));
    clock_good_set(at("2026-08-01")); /* it was wrong before */
    assert_true(kept("2026-08"));
}

static void clock_good_is_never_behind_what_was_signed(void **state)
{
    (void)state;
    clock_good_set(at("2026-11-29"));
    clock_good_at_least(at("2026-10-01"));
    assert_true(kept("2026-11"));
    clock_good_at_least(0);
    assert_true(kept("2026-11"));
    if (!clock_is_kept()) {
        clock_good_at_least(at("2097-01-31"));
        assert_true(kept("2097-01"));
        assert_int_equal(clock_good_now(), at("2097-01-01"));
    } else {
        clock_good_at_least(clock_wall_us() / US_PER_S + 40 * DAY_S);
        assert_true(kept("2026-11"));
    }
}

static void clock_good_knows_nothing_of_a_damaged_file(void **state)
{
    static const char *const bad[] = {"", "2026", "2026-13", "xxxx-xx",
                                      "2026-11-29 and more than that"};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(fs_write_atomic(file, str_c(bad[i]), 0600, &d),
                         ERR_OK);
        if (!clock_is_kept()) {
            assert_int_equal(clock_good_now(), 0);
        } else {
            assert_true(clock_good_now() > at("2020-01-01"));
        }
    }
    clock_good_at_least(at("2026-11-29"));
    assert_true(kept("2026-11"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(clock_good_keeps_the_month_and_no_more,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            clock_good_is_never_behind_what_was_signed, setup, teardown),
        cmocka_unit_test_setup_teardown(
            clock_good_knows_nothing_of_a_damaged_file, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
