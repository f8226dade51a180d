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
#include <sys/stat.h>

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
    static const char *const bad[] = {"",
                                      "2026",
                                      "2026-13",
                                      "xxxx-xx",
                                      "2026-11-29 and more than that",
                                      "2026-11 yesterday",
                                      "0000-00"};
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

static void a_day_is_kept_that_follows_the_last_record(void **state)
{
    (void)state;
    clock_good_dated(at("1970-01-01 00:00:50")); /* no time at all */
    assert_true(kept(""));
    clock_good_dated(at("2026-11-29 13:45:12"));
    assert_true(kept("0000-00 2026-11-30"));
    clock_good_set(at("2026-11-29 13:45:13"));
    assert_true(kept("2026-11 2026-11-30"));
    clock_good_dated(at("2026-11-28 10:00:00")); /* an earlier one */
    clock_good_at_least(at("2026-11-29"));
    assert_true(kept("2026-11 2026-11-30"));
    clock_good_dated(at("2026-11-30 00:00:00"));
    assert_true(kept("2026-11 2026-12-01"));
    clock_good_dated(at("2036-11-30 00:00:00")); /* by a clock that jumped */
    assert_true(kept("2026-11 2026-12-01"));
    clock_good_dated(at("2027-03-01 00:00:00"));
    assert_true(kept("2026-11 2027-03-02"));
    clock_good_set(at("2026-12-05 08:00:00")); /* so that ran ahead */
    assert_true(kept("2026-12"));
}

static void what_is_kept_is_written_when_it_changes_only(void **state)
{
    struct stat first, second;
    (void)state;
    clock_good_set(at("2026-11-29 13:45:12"));
    clock_good_dated(at("2026-11-29 13:45:12"));
    assert_int_equal(stat(file, &first), 0);
    for (int i = 0; i < 50; i++) {
        clock_good_set(at("2026-11-29 13:45:12") + i);
        clock_good_dated(at("2026-11-29 13:45:12") + i);
    }
    assert_int_equal(stat(file, &second), 0);
    assert_true(first.st_ino == second.st_ino); /* else it was replaced */
}

/* The day that is kept lies ahead of the clock of whoever runs this. */
static void a_clock_that_was_lost_goes_on_after_the_last_record(void **state)
{
    int64_t now = clock_machine_us() / US_PER_S;
    char day[20], text[32];
    (void)state;
    assert_int_equal(clock_format(now + 100 * DAY_S, day), ERR_OK);
    snprintf(text, sizeof(text), "0000-00 %.10s", day);
    assert_int_equal(fs_write_atomic(file, str_c(text), 0600, &d), ERR_OK);
    day[10] = '\0';
    clock_good_hold();
    if (clock_is_kept()) {
        assert_true(clock_wall_us() < at(day) * US_PER_S);
    } else {
        assert_true(clock_wall_us() >= at(day) * US_PER_S);
        assert_string_equal(clock_good_look(0).age, "unknown");
    }
    assert_true(clock_machine_us() < at(day) * US_PER_S);
    clock_hold(0);
    assert_true(clock_wall_us() < at(day) * US_PER_S);
}

/* However often it is started so. */
static void days_do_not_add_up_from_start_to_start(void **state)
{
    int64_t now = clock_machine_us() / US_PER_S;
    int64_t day = now - now % DAY_S + 100 * DAY_S;
    char from[20], text[40];
    (void)state;
    if (clock_is_kept()) {
        return; /* never held */
    }
    assert_int_equal(clock_format(day, from), ERR_OK);
    snprintf(text, sizeof(text), "0000-00 %.10s", from);
    assert_int_equal(fs_write_atomic(file, str_c(text), 0600, &d), ERR_OK);
    for (int64_t i = 0; i < 20; i++) {
        clock_good_hold();
        assert_true(clock_wall_us() >= (day + i * 600) * US_PER_S);
        clock_good_dated(day + i * 600 + 5);
        assert_int_equal(clock_format(day + (i + 1) * 600, from), ERR_OK);
        snprintf(text, sizeof(text), "0000-00 %s", from);
        assert_true(kept(text));
    }
    clock_hold(0);
}

/* One that is right, and the day of the last record itself, are not held. */
static void a_clock_that_is_right_is_left_alone(void **state)
{
    int64_t now = clock_machine_us() / US_PER_S;
    (void)state;
    clock_good_hold();
    assert_true(clock_wall_us() < (now + DAY_S) * US_PER_S);
    clock_good_dated(now);
    clock_good_hold();
    assert_true(clock_wall_us() < (now + DAY_S) * US_PER_S);
    clock_hold(0);
}

static void records_say_how_the_clock_was_last_known_right(void **state)
{
    int64_t now = clock_machine_us() / US_PER_S;
    (void)state;
    struct clock_good c = clock_good_look(0);
    if (clock_is_kept()) {
        assert_true(c.right);
        assert_string_equal(c.source, "ntp");
        return;
    }
    assert_false(c.right);
    assert_string_equal(c.trust, "none");
    assert_string_equal(c.source, "none");
    assert_string_equal(c.age, "unknown");
    clock_good_set(now);
    c = clock_good_look(now + 3600);
    assert_string_equal(c.source, "file");
    assert_string_equal(c.age, "month");
    clock_good_set(now - 70 * DAY_S);
    assert_string_equal(clock_good_look(0).age, "longer");
    c = clock_good_look(now + 5);
    assert_true(c.right);
    assert_string_equal(c.trust, "https");
    assert_string_equal(c.source, "collector");
    assert_string_equal(c.age, "now");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(clock_good_keeps_the_month_and_no_more,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            clock_good_is_never_behind_what_was_signed, setup, teardown),
        cmocka_unit_test_setup_teardown(
            clock_good_knows_nothing_of_a_damaged_file, setup, teardown),
        T(a_day_is_kept_that_follows_the_last_record),
        T(what_is_kept_is_written_when_it_changes_only),
        T(a_clock_that_was_lost_goes_on_after_the_last_record),
        T(days_do_not_add_up_from_start_to_start),
        T(a_clock_that_is_right_is_left_alone),
        T(records_say_how_the_clock_was_last_known_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
