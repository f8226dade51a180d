// SPDX-License-Identifier: Apache-2.0
#include "engine/web/selector.h"
#include "record/measurement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int a, b, c;

static void the_first_ready_flow_of_the_best_origin_fetches(void **state)
{
    (void)state;
    struct selector s;
    selector_init(&s, ORIGIN_SYSTEM | ORIGIN_UDP);
    selector_started(&s, ORIGIN_SYSTEM);
    selector_started(&s, ORIGIN_SYSTEM | ORIGIN_UDP);
    assert_int_equal(selector_ready(&s, ORIGIN_SYSTEM, &a), SELECT_GRANT);
    assert_int_equal(selector_ready(&s, ORIGIN_SYSTEM | ORIGIN_UDP, &b),
                     SELECT_DENY);
    assert_null(selector_timeout(&s));
}

static void a_lesser_flow_waits_and_is_connected_again(void **state)
{
    (void)state;
    struct selector s;
    selector_init(&s, ORIGIN_SYSTEM | ORIGIN_UDP);
    selector_started(&s, ORIGIN_SYSTEM);
    selector_started(&s, ORIGIN_UDP);
    assert_int_equal(selector_ready(&s, ORIGIN_UDP, &b), SELECT_WAIT);
    assert_int_equal(selector_ready(&s, ORIGIN_UDP, &c), SELECT_DENY);
    assert_ptr_equal(selector_timeout(&s), &b);
    assert_null(selector_timeout(&s));
    assert_int_equal(selector_ready(&s, ORIGIN_SYSTEM, &a), SELECT_DENY);
}

static void a_better_flow_within_the_wait_wins(void **state)
{
    (void)state;
    struct selector s;
    selector_init(&s, ORIGIN_SYSTEM | ORIGIN_DOH);
    selector_started(&s, ORIGIN_SYSTEM);
    selector_started(&s, ORIGIN_DOH);
    assert_int_equal(selector_ready(&s, ORIGIN_DOH, &b), SELECT_WAIT);
    assert_int_equal(selector_ready(&s, ORIGIN_SYSTEM, &a), SELECT_GRANT);
    assert_null(selector_timeout(&s));
}

static void failure_of_all_the_best_ends_the_wait(void **state)
{
    (void)state;
    struct selector s;
    selector_init(&s, ORIGIN_SYSTEM | ORIGIN_UDP);
    selector_started(&s, ORIGIN_SYSTEM);
    selector_started(&s, ORIGIN_SYSTEM);
    selector_started(&s, ORIGIN_UDP);
    assert_int_equal(selector_ready(&s, ORIGIN_UDP, &c), SELECT_WAIT);
    assert_null(selector_failed(&s, ORIGIN_SYSTEM));
    assert_ptr_equal(selector_failed(&s, ORIGIN_SYSTEM), &c);
    assert_null(selector_failed(&s, ORIGIN_SYSTEM));
}

static void with_the_best_gone_the_next_ready_is_granted_at_once(void **state)
{
    (void)state;
    struct selector s;
    selector_init(&s, ORIGIN_SYSTEM | ORIGIN_UDP);
    selector_started(&s, ORIGIN_SYSTEM);
    selector_started(&s, ORIGIN_UDP);
    assert_null(selector_failed(&s, ORIGIN_SYSTEM));
    assert_int_equal(selector_ready(&s, ORIGIN_UDP, &b), SELECT_GRANT);
}

static void an_address_never_connected_to_delays_nobody(void **state)
{
    (void)state;
    struct selector s;
    /* the system's resolver said 127.0.0.1, for which no flow is opened */
    selector_init(&s, ORIGIN_SYSTEM | ORIGIN_DOH);
    selector_started(&s, ORIGIN_DOH);
    assert_int_equal(selector_ready(&s, ORIGIN_DOH, &b), SELECT_GRANT);
}

static void without_addresses_of_its_own_any_flow_is_best(void **state)
{
    (void)state;
    struct selector s;
    selector_init(&s, 0);
    selector_started(&s, ORIGIN_CONTROL);
    selector_started(&s, ORIGIN_CONTROL);
    assert_int_equal(selector_ready(&s, ORIGIN_CONTROL, &a), SELECT_GRANT);
    assert_int_equal(selector_ready(&s, ORIGIN_CONTROL, &b), SELECT_DENY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_ready_flow_of_the_best_origin_fetches),
        cmocka_unit_test(a_lesser_flow_waits_and_is_connected_again),
        cmocka_unit_test(a_better_flow_within_the_wait_wins),
        cmocka_unit_test(failure_of_all_the_best_ends_the_wait),
        cmocka_unit_test(with_the_best_gone_the_next_ready_is_granted_at_once),
        cmocka_unit_test(an_address_never_connected_to_delays_nobody),
        cmocka_unit_test(without_addresses_of_its_own_any_flow_is_best),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
