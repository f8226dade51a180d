// SPDX-License-Identifier: Apache-2.0
/* Records whose control is asked later, when they come in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"

#define DEFERRED "\"x_control_deferred\":true,"

/* Only who measured can look again, and before the answer is there. */
static void what_failed_is_measured_again_by_the_probe(void **state)
{
    (void)state;
    extra = DEFERRED;
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, "connection_reset");
    struct verdict v = verdict_now();
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_true(v.want_again && v.uncompared);
    extra = "";
    assert_false(verdict_now().want_again);
}

static void what_works_is_not(void **state)
{
    (void)state;
    extra = DEFERRED;
    system_dns(RIGHT);
    https_page(50001, RIGHT, 200);
    struct verdict v = verdict_now();
    assert_int_equal(v.state, X_OK);
    assert_false(v.want_again);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_failed_is_measured_again_by_the_probe),
        T(what_works_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
