// SPDX-License-Identifier: Apache-2.0
/* Days and times as files and tables have them. */
#include "base/calendar.h"
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOV_24 INT64_C(1795478400) /* 2026-11-24 00:00 UTC */

static void a_day_begins_at_midnight_also_before_1970(void **state)
{
    (void)state;
    assert_int_equal(calendar_day(0), 0);
    assert_int_equal(calendar_day(DAY_S - 1), 0);
    assert_int_equal(calendar_day(DAY_S), 1);
    assert_int_equal(calendar_day(-1), -1);
    assert_int_equal(calendar_day(-DAY_S), -1);
    assert_int_equal(calendar_day(-DAY_S - 1), -2);
}

static void days_and_times_are_written_as_iso_8601_has_them(void **state)
{
    (void)state;
    struct buf b;
    char t[24];
    buf_init(&b, 100);
    calendar_add_day(&b, calendar_day(NOV_24 + 8 * 3600));
    buf_add_c(&b, ", ");
    calendar_add_minute(&b, NOV_24 + 8 * 3600 + 15 * 60 + 59);
    assert_true(str_eq_c(buf_str(&b), "2026-11-24, 2026-11-24 08:15"));
    calendar_iso(t, NOV_24 + 8 * 3600 + 15 * 60 + 59);
    assert_string_equal(t, "2026-11-24T08:15:59Z");
    buf_fini(&b);
}

static void a_time_beyond_the_year_9999_is_written_as_nothing(void **state)
{
    (void)state;
    struct buf b;
    char t[24] = "x";
    buf_init(&b, 100);
    calendar_add_day(&b, INT64_C(3000000));
    calendar_add_minute(&b, INT64_C(3000000) * DAY_S);
    assert_int_equal(b.len, 0);
    calendar_iso(t, INT64_C(3000000) * DAY_S);
    assert_string_equal(t, "");
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_begins_at_midnight_also_before_1970),
        cmocka_unit_test(days_and_times_are_written_as_iso_8601_has_them),
        cmocka_unit_test(a_time_beyond_the_year_9999_is_written_as_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
