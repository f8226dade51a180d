// SPDX-License-Identifier: Apache-2.0
/* The sites of a run by schedule: in the order of the plan, one after the
 * other.
 */
#include "base/clock.h"
#include "probe/run/session_order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SITES   8
#define NAME_US (3600 * US_PER_S) /* long enough for any machine */
#define APART   (180 * US_PER_S)

static char urls[SITES][40], hosts[SITES][32];
static struct site sites[SITES];
static const struct site *todo[SITES];
static struct targets targets = {.todo = todo, .n_todo = SITES};
static size_t reached;

static void on_reached(void *arg, size_t n)
{
    (void)arg;
    reached = n;
}

static const struct session_schedule schedule = {
    .name_us = NAME_US, .apart_us = APART, .reached = on_reached};
static const struct session_config by_schedule = {
    .targets = &targets, .schedule = &schedule, .set = {"set", 3}};

/* The last two are of one host. */
static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < SITES; i++) {
        snprintf(hosts[i], sizeof(hosts[i]), "site-%zu.example",
                 i < SITES - 1 ? i : i - 1);
        snprintf(urls[i], sizeof(urls[i]), "https://%s/%zu", hosts[i], i);
        sites[i] = (struct site){
            .input = urls[i], .url.text = urls[i], .url.host = hosts[i]};
        todo[i] = &sites[i];
    }
    reached = 0;
    return 0;
}

static void the_order_is_that_of_the_plan(void **state)
{
    (void)state;
    struct session s = {.cfg = &by_schedule};
    assert_int_equal(session_order_make(&s), ERR_OK);
    assert_non_null(s.order.rows);
    for (size_t i = 0; i < SITES; i++) {
        size_t row;
        s.name_at = 0;
        assert_true(session_order_next(&s, &row));
        assert_ptr_equal(s.order.rows[row].site, todo[i]);
        session_order_begin(&s, row);
    }
    session_order_end(&s);
}

static void one_begins_after_the_other_and_chance_is_in_it(void **state)
{
    (void)state;
    struct session s = {.cfg = &by_schedule};
    int64_t least = INT64_MAX, most = 0;
    size_t row = 0;
    assert_int_equal(session_order_make(&s), ERR_OK);
    assert_non_null(s.order.rows);
    for (unsigned i = 0; i < 200; i++) {
        int64_t before = clock_mono_us();
        session_order_begin(&s, row);
        int64_t gap = s.name_at - before;
        s.next = 0;
        least = gap < least ? gap : least;
        most = gap > most ? gap : most;
        assert_false(session_order_next(&s, &row));
        assert_int_equal(s.spaced, s.name_at);
    }
    assert_true(least >= NAME_US);
    assert_true(most > NAME_US + NAME_US / 2);
    session_order_end(&s);
}

static void a_host_at_which_something_failed_is_left_alone(void **state)
{
    (void)state;
    struct session s = {.cfg = &by_schedule};
    const struct measurement none = {.n_tcp = 0};
    size_t row;
    assert_int_equal(session_order_make(&s), ERR_OK);
    assert_non_null(s.order.rows);
    s.next = SITES - 1;
    assert_true(session_order_next(&s, &row));
    int64_t before = clock_mono_us();
    session_order_ended(&s, todo[SITES - 2], &none, true);
    assert_false(session_order_next(&s, &row));
    assert_true(s.spaced >= before + APART);
    session_order_end(&s);
}

static void what_is_done_from_the_beginning_is_told(void **state)
{
    (void)state;
    struct session s = {.cfg = &by_schedule};
    assert_int_equal(session_order_make(&s), ERR_OK);
    assert_non_null(s.order.rows);
    session_order_done(&s, todo[1]);
    assert_int_equal(reached, 0);
    session_order_done(&s, todo[0]);
    assert_int_equal(reached, 2);
    session_order_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_order_is_that_of_the_plan, setup),
        cmocka_unit_test_setup(one_begins_after_the_other_and_chance_is_in_it,
                               setup),
        cmocka_unit_test_setup(a_host_at_which_something_failed_is_left_alone,
                               setup),
        cmocka_unit_test_setup(what_is_done_from_the_beginning_is_told, setup),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
