// SPDX-License-Identifier: Apache-2.0
/* When a site's turn comes to be measured again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "probe/run/session_retest.h"

#define S     US_PER_S
#define PAUSE (15 * S)

static void what_was_over_soon_is_followed_by_the_whole_pause(void **state)
{
    (void)state;
    assert_int_equal(session_retest_due(100 * S, 101 * S, PAUSE), 116 * S);
    assert_int_equal(session_retest_due(100 * S, 104 * S, 3 * S), 107 * S);
}

static void what_waited_in_vain_has_watched_the_line_already(void **state)
{
    (void)state;
    assert_int_equal(session_retest_due(100 * S, 110 * S, PAUSE), 115 * S);
    assert_int_equal(session_retest_due(100 * S, 106 * S, PAUSE), 115 * S);
}

static void a_third_of_the_pause_is_left_at_least(void **state)
{
    (void)state;
    assert_int_equal(session_retest_due(100 * S, 130 * S, PAUSE), 135 * S);
    assert_int_equal(session_retest_due(100 * S, 110 * S, 3 * S), 111 * S);
}

static void without_a_pause_nothing_is_waited_for(void **state)
{
    (void)state;
    assert_int_equal(session_retest_due(100 * S, 101 * S, 0), 101 * S);
    assert_int_equal(session_retest_due(100 * S, 110 * S, 0), 110 * S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_over_soon_is_followed_by_the_whole_pause),
        cmocka_unit_test(what_waited_in_vain_has_watched_the_line_already),
        cmocka_unit_test(a_third_of_the_pause_is_left_at_least),
        cmocka_unit_test(without_a_pause_nothing_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
