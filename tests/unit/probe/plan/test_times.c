// SPDX-License-Identifier: Apache-2.0
/* Hours, days and the times of runs: hours.c, times.c, agenda.c. */
#include "base/clock.h"
#include "probe/plan/agenda.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define KEYS 2000

static struct hours hours_of(const char *text)
{
    struct hours h = {0, 0};
    struct diag d = {""};
    assert_int_equal(hours_parse(str_c(text), &h, &d), ERR_OK);
    return h;
}

static void key_of(unsigned i, uint8_t key[SHA256_LEN])
{
    char text[16];
    snprintf(text, sizeof(text), "key %u", i);
    crypto_sha256(str_c(text), key);
}

static void hours_are_read_and_nonsense_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",        "8",    "8-",     "-8",
                                      "8-25",    "a-b",  "8:60-9", "8:1:2-9",
                                      "24:30-1", "8--9", "8;9",    "08:00"};
    struct hours h = {0, 0};
    struct diag d;
    h = hours_of("8-23");
    assert_int_equal(h.from_s, 8 * HOUR_S);
    assert_int_equal(h.len_s, 15 * HOUR_S);
    h = hours_of("22:30 - 6");
    assert_int_equal(h.from_s, 22 * HOUR_S + 1800);
    assert_int_equal(h.len_s, 7 * HOUR_S + 1800);
    assert_int_equal(hours_of("0-24").len_s, DAY_S);
    assert_int_equal(hours_of("7-7").len_s, DAY_S);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        d.text[0] = '\0';
        assert_int_equal(hours_parse(str_c(bad[i]), &h, &d), ERR_PARSE);
        assert_true(d.text[0] != '\0');
    }
}

static void a_day_begins_with_its_hours_and_goes_over_midnight(void **state)
{
    (void)state;
    struct hours h = hours_of("22-6");
    int64_t evening = 20000 * DAY_S + 23 * HOUR_S;
    struct hours_moment late = hours_at(&h, evening, 0);
    struct hours_moment early = hours_at(&h, evening + 4 * HOUR_S, 0);
    struct hours_moment noon = hours_at(&h, evening - 11 * HOUR_S, 0);
    assert_int_equal(late.day, early.day);
    assert_int_equal(late.s, HOUR_S);
    assert_int_equal(early.s, 5 * HOUR_S);
    assert_int_equal(noon.day, late.day - 1);
    assert_true(noon.s > h.len_s);
    assert_int_equal(hours_unix(&h, late, 0), evening);
    /* the same hours elsewhere */
    struct hours_moment there = hours_at(&h, evening - 3 * HOUR_S, 3 * HOUR_S);
    assert_int_equal(there.day, late.day);
    assert_int_equal(there.s, late.s);
    assert_int_equal(hours_unix(&h, there, 3 * HOUR_S), evening - 3 * HOUR_S);
    assert_int_equal(hours_at(&h, -1, 0).day, -1);
}

static void runs_lie_inside_the_hours_and_are_six_at_most(void **state)
{
    (void)state;
    struct hours h = hours_of("8-23");
    unsigned runs = 0, how_often[TIMES_MAX + 1] = {0};
    for (unsigned i = 0; i < KEYS; i++) {
        uint8_t key[SHA256_LEN];
        struct times t;
        key_of(i, key);
        times_of(key, &h, &t);
        assert_in_range(t.n, 1, TIMES_MAX);
        for (unsigned k = 0; k < t.n; k++) {
            assert_true(t.at[k] < h.len_s);
            assert_true(k == 0 || t.at[k] >= t.at[k - 1]);
        }
        how_often[t.n]++;
        runs += t.n;
    }
    /* the mean of the numbers in times.c is 3.63 */
    assert_in_range(runs, KEYS * 35 / 10, KEYS * 38 / 10);
    for (unsigned n = 1; n <= TIMES_MAX; n++) {
        assert_true(how_often[n] > KEYS / 30);
    }
}

static void no_minute_and_no_hour_is_preferred(void **state)
{
    (void)state;
    struct hours h = hours_of("8-23");
    unsigned minute[60] = {0}, hour[15] = {0}, runs = 0;
    for (unsigned i = 0; i < KEYS; i++) {
        uint8_t key[SHA256_LEN];
        struct times t;
        key_of(i, key);
        times_of(key, &h, &t);
        for (unsigned k = 0; k < t.n; k++) {
            minute[t.at[k] / 60 % 60]++;
            hour[t.at[k] / 3600]++;
            runs++;
        }
    }
    double x_minute = 0, x_hour = 0;
    for (unsigned i = 0; i < 60; i++) {
        double off = minute[i] - runs / 60.0;
        x_minute += off * off / (runs / 60.0);
    }
    for (unsigned i = 0; i < 15; i++) {
        double off = hour[i] - runs / 15.0;
        x_hour += off * off / (runs / 15.0);
    }
    /* chi-squared at 0.001 with 59 and 14 degrees of freedom */
    assert_true(x_minute < 98.3);
    assert_true(x_hour < 36.1);
}

static void each_day_has_times_of_its_own(void **state)
{
    (void)state;
    uint8_t a[SHA256_LEN], b[SHA256_LEN], c[SHA256_LEN];
    key_of(1, a);
    times_next_key(a, 20001, b);
    times_next_key(a, 20002, c);
    assert_memory_not_equal(a, b, sizeof(a));
    assert_memory_not_equal(b, c, sizeof(b));
}

static void only_the_last_run_that_was_missed_is_due(void **state)
{
    (void)state;
    const struct times t = {.n = 4, .at = {100, 200, 300, 400}};
    assert_int_equal(times_due(&t, 0, 99), TIMES_MAX);
    assert_int_equal(times_due(&t, 0, 100), 0);
    assert_int_equal(times_due(&t, 0, 350), 2);
    assert_int_equal(times_due(&t, 3, 350), TIMES_MAX);
    assert_int_equal(times_due(&t, 3, 1000), 3);
    assert_int_equal(times_due(&t, 4, 1000), TIMES_MAX);
    assert_int_equal(times_due(&t, TIMES_MAX, 1000), TIMES_MAX);
}

/* ---- a day ----------------------------------------------------------------
 */

static const int64_t midnight = 20000 * DAY_S;

static struct agenda day_at(struct diary *d, int64_t unix_s)
{
    struct agenda a;
    const struct agenda_rules rules = {
        .hours = hours_of("8-23"), .day_bytes = 50000000, .day_sites = 300};
    const struct agenda_now now = {.unix_s = unix_s};
    agenda_make(&a, d, &rules, &now);
    return a;
}

/* With the times of a key that is always the same. */
static struct diary diary_of(int64_t day, bool spent)
{
    struct diary d;
    diary_begin(&d, day, spent);
    key_of(7, d.key);
    return d;
}

static void
a_day_in_small_steps_runs_each_time_once_and_within_its_shares(void **state)
{
    (void)state;
    struct diary d = diary_of(20000, false);
    unsigned runs = 0;
    uint64_t bytes = 0;
    size_t sites = 0;
    unsigned planned = day_at(&d, midnight + 8 * HOUR_S).times.n;
    for (int64_t s = 8 * HOUR_S; s < 24 * HOUR_S; s += 60) {
        struct agenda a = day_at(&d, midnight + s);
        unsigned run;
        enum agenda_state st = agenda_due(&a, 1000, &run);
        if (st != AGENDA_DUE) {
            assert_int_equal(st, AGENDA_WAIT);
            continue;
        }
        uint64_t may = agenda_bytes(&a);
        size_t n = agenda_sites(&a, 1000);
        assert_true(agenda_time(&a, run) <= midnight + s);
        agenda_begin(&a, st, run, n);
        agenda_end(&a, midnight + s, may, may, false);
        runs++;
        bytes += may;
        sites += n;
    }
    assert_int_equal(runs, planned);
    assert_true(bytes <= 50000000);
    assert_true(bytes > 49999000);
    assert_int_equal(sites, 300);
    assert_int_equal(d.bytes, bytes);
}

static void a_day_that_was_missed_is_not_made_up_for(void **state)
{
    (void)state;
    struct diary d = diary_of(20000, false);
    unsigned run;
    /* a week later, at the end of the hours: one run, of one share */
    int64_t late = midnight + 7 * DAY_S + 23 * HOUR_S - 1;
    struct agenda a = day_at(&d, late);
    assert_int_equal(agenda_due(&a, 1000, &run), AGENDA_DUE);
    assert_int_equal(run, a.times.n - 1);
    assert_int_equal(agenda_sites(&a, 1000), (300 + a.times.n - 1) / a.times.n);
    agenda_begin(&a, AGENDA_DUE, run, 100);
    agenda_end(&a, late, agenda_bytes(&a), 1000, false);
    a = day_at(&d, late);
    assert_int_equal(agenda_due(&a, 1000, &run), AGENDA_WAIT);
    assert_true(agenda_next(&a) > late);
}

static void nothing_is_due_outside_the_hours(void **state)
{
    (void)state;
    struct diary d = diary_of(20000, false);
    unsigned run;
    struct agenda a = day_at(&d, midnight + 23 * HOUR_S);
    assert_int_equal(agenda_due(&a, 1000, &run), AGENDA_WAIT);
    a = day_at(&d, midnight + DAY_S + 8 * HOUR_S - 1);
    assert_int_equal(agenda_due(&a, 1000, &run), AGENDA_WAIT);
}

static void what_a_run_used_is_counted_and_the_cap_holds(void **state)
{
    (void)state;
    struct diary d = diary_of(20000, false);
    unsigned run = 0;
    struct agenda a = day_at(&d, midnight + 23 * HOUR_S - 1);
    uint64_t may = agenda_bytes(&a);
    assert_true(may > 0 && may <= 50000000);
    agenda_begin(&a, AGENDA_DUE, run, 10);
    assert_int_equal(d.bytes, may); /* if the power is cut now */
    agenda_end(&a, midnight + 9 * HOUR_S, may, 49999999, false);
    assert_int_equal(d.bytes, 49999999);
    assert_int_equal(agenda_bytes(&a), 1);
    d.bytes = 49999000;
    d.gone = 0;
    /* so little is not worth asking what to do */
    assert_int_equal(agenda_bytes(&a), 1000);
    assert_int_equal(agenda_due(&a, 1000, &run), AGENDA_USED_UP);
    d.bytes = 60000000;
    assert_int_equal(agenda_bytes(&a), 0);
    assert_int_equal(agenda_due(&a, 1000, &run), AGENDA_USED_UP);
}

static void enough_is_kept_for_what_is_on_its_way(void **state)
{
    (void)state;
    const uint64_t pages = 4 * (512 << 10);
    for (uint64_t may = 1; may < 60000000; may += 9973) {
        uint64_t sites = agenda_bytes_sites(may);
        assert_true(sites < may);
        assert_true(agenda_bytes_line(sites) <= may);
        assert_true(may < 6000000 || agenda_bytes_line(sites + pages) <= may);
        assert_true(sites >= may / 5 * 2);
    }
    assert_int_equal(agenda_bytes_sites(0), 0);
}

static void a_run_that_was_cut_short_goes_on_once(void **state)
{
    (void)state;
    struct diary d = diary_of(20000, false);
    unsigned run;
    int64_t late = midnight + 23 * HOUR_S - 1;
    struct agenda a = day_at(&d, late);
    assert_int_equal(agenda_due(&a, 1000, &run), AGENDA_DUE);
    agenda_begin(&a, AGENDA_DUE, run, 40);
    d.left = 30; /* ten are done, and the power is cut */
    d.bytes = 0;
    a = day_at(&d, late);
    assert_int_equal(agenda_due(&a, 1000, &run), AGENDA_RESUME);
    agenda_begin(&a, AGENDA_RESUME, run, 30);
    assert_int_equal(d.left, 0);
    d.bytes = 0;
    a = day_at(&d, late);
    assert_int_equal(agenda_due(&a, 1000, &run), AGENDA_WAIT);
}

static void times_that_come_during_a_run_are_over_with_it(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        struct diary d = diary_of(20000, false);
        key_of(i, d.key);
        struct agenda a = day_at(&d, midnight + 8 * HOUR_S);
        unsigned run;
        int64_t end = midnight + 23 * HOUR_S - 1;
        a = day_at(&d, midnight + 8 * HOUR_S + a.times.at[0]);
        assert_int_equal(agenda_due(&a, 1000, &run), AGENDA_DUE);
        agenda_begin(&a, AGENDA_DUE, run, 40);
        agenda_end(&a, end, agenda_bytes(&a), 0, false);
        a = day_at(&d, end);
        assert_int_equal(agenda_due(&a, 1000, &run), AGENDA_WAIT);
    }
}

static void a_few_sites_are_measured_once_a_day_at_most(void **state)
{
    (void)state;
    struct diary d = diary_of(20000, false);
    size_t sites = 0;
    for (int64_t s = 8 * HOUR_S; s < 23 * HOUR_S; s += 30) {
        struct agenda a = day_at(&d, midnight + s);
        unsigned run;
        if (agenda_due(&a, 3, &run) == AGENDA_DUE) {
            size_t n = agenda_sites(&a, 3);
            agenda_begin(&a, AGENDA_DUE, run, n);
            agenda_end(&a, midnight + s, 0, 0, false);
            sites += n;
        }
    }
    assert_in_range(sites, 1, 3);
    unsigned run;
    struct agenda a = day_at(&d, midnight + 9 * HOUR_S);
    assert_int_equal(agenda_due(&a, 0, &run), AGENDA_EMPTY);
}

/* ---- clocks ---------------------------------------------------------------
 */

static void a_clock_that_goes_back_gives_no_second_day(void **state)
{
    (void)state;
    struct diary d = diary_of(20000, false);
    unsigned run;
    struct agenda a = day_at(&d, midnight + DAY_S + 12 * HOUR_S);
    assert_int_equal(d.day, 20001);
    a = day_at(&d, midnight + 12 * HOUR_S);
    assert_int_equal(agenda_due(&a, 1000, &run), AGENDA_BEHIND);
    assert_int_equal(d.day, 20001);
    a = day_at(&d, 10); /* 1970, as after each start without a battery */
    assert_int_equal(agenda_due(&a, 1000, &run), AGENDA_BEHIND);
    a = day_at(&d, midnight + DAY_S + 13 * HOUR_S);
    assert_int_not_equal(agenda_due(&a, 1000, &run), AGENDA_BEHIND);
}

static void a_clock_that_is_wrong_for_sure_changes_nothing(void **state)
{
    (void)state;
    struct diary d = diary_of(20000, false), before = d;
    struct agenda a;
    unsigned run;
    const struct agenda_rules rules = {
        .hours = hours_of("0-24"), .day_bytes = 50000000, .day_sites = 300};
    const struct agenda_now now = {.unix_s = midnight + 3 * DAY_S - 1,
                                   .wrong = true};
    agenda_make(&a, &d, &rules, &now);
    assert_int_equal(agenda_due(&a, 1000, &run), AGENDA_BEHIND);
    assert_memory_equal(&d, &before, sizeof(d));
}

static void who_comes_back_from_a_jump_ahead_is_not_locked_out(void **state)
{
    (void)state;
    struct diary d = diary_of(20000, false);
    assert_int_equal(diary_turn(&d, 46000, false), DIARY_NEW); /* 2095 */
    assert_int_equal(diary_turn(&d, 46001, false), DIARY_NEW);
    assert_int_equal(diary_turn(&d, 20000, false), DIARY_BEHIND);
    assert_int_equal(diary_turn(&d, 20001, false), DIARY_NEW);
    assert_int_equal(diary_turn(&d, 20001, false), DIARY_TODAY);
    /* but to and fro it gives no day twice */
    assert_int_equal(diary_turn(&d, 46002, false), DIARY_NEW);
    assert_int_equal(diary_turn(&d, 20001, false), DIARY_BEHIND);
    assert_int_equal(diary_turn(&d, 20002, false), DIARY_NEW);
}

static void a_clock_that_is_kept_is_believed(void **state)
{
    (void)state;
    struct diary d = diary_of(46000, false);
    assert_int_equal(diary_turn(&d, 20000, false), DIARY_BEHIND);
    assert_int_equal(diary_turn(&d, 20000, true), DIARY_NEW);
    assert_int_equal(diary_turn(&d, 20001, false), DIARY_NEW);
}

static void a_new_day_has_all_of_it_left_and_other_times(void **state)
{
    (void)state;
    struct diary d = diary_of(20000, true);
    uint8_t key[SHA256_LEN];
    memcpy(key, d.key, sizeof(key));
    d.bytes = 5;
    d.sites = 6;
    d.left = 7;
    unsigned cohort = d.cohort;
    assert_int_equal(diary_turn(&d, 20001, false), DIARY_NEW);
    assert_int_equal(d.bytes + d.sites + d.left + d.gone, 0);
    assert_int_equal(d.cohort, cohort);
    assert_memory_not_equal(d.key, key, sizeof(key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours_are_read_and_nonsense_is_refused),
        cmocka_unit_test(a_day_begins_with_its_hours_and_goes_over_midnight),
        cmocka_unit_test(runs_lie_inside_the_hours_and_are_six_at_most),
        cmocka_unit_test(no_minute_and_no_hour_is_preferred),
        cmocka_unit_test(each_day_has_times_of_its_own),
        cmocka_unit_test(only_the_last_run_that_was_missed_is_due),
        cmocka_unit_test(
            a_day_in_small_steps_runs_each_time_once_and_within_its_shares),
        cmocka_unit_test(a_day_that_was_missed_is_not_made_up_for),
        cmocka_unit_test(nothing_is_due_outside_the_hours),
        cmocka_unit_test(what_a_run_used_is_counted_and_the_cap_holds),
        cmocka_unit_test(enough_is_kept_for_what_is_on_its_way),
        cmocka_unit_test(a_run_that_was_cut_short_goes_on_once),
        cmocka_unit_test(times_that_come_during_a_run_are_over_with_it),
        cmocka_unit_test(a_few_sites_are_measured_once_a_day_at_most),
        cmocka_unit_test(a_clock_that_goes_back_gives_no_second_day),
        cmocka_unit_test(a_clock_that_is_wrong_for_sure_changes_nothing),
        cmocka_unit_test(who_comes_back_from_a_jump_ahead_is_not_locked_out),
        cmocka_unit_test(a_clock_that_is_kept_is_believed),
        cmocka_unit_test(a_new_day_has_all_of_it_left_and_other_times),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
