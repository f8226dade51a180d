// SPDX-License-Identifier: Apache-2.0
/* Sites with several servers, of which one was asked for the page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"

#define SECOND "198.41.0.9"
#define RESET  "connection_reset"

/* A site that has only http: the first address cuts the page off, for the
 * control as well. `second` is what came of a connect to another one, for us
 * and for the control; NULL: it stood. */
static void cut_everywhere(const char *second, const char *ctl_second)
{
    input = "http://" HOST "/";
    system_dns(RIGHT "," SECOND);
    connect_to(40001, RIGHT, 80, 0, true, NULL);
    request(40001, input, RESET, 0, "", "");
    connect_to(40002, SECOND, 80, 0, true, second);
    put(CTL_DNS, "\"failure\":null,\"addrs\":[\"" RIGHT "\",\"" SECOND "\"]");
    control_endpoint(RIGHT ":80", NULL, NULL);
    control_endpoint(SECOND ":80", ctl_second, NULL);
    control_page(RESET);
}

static void again(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
}

static void a_server_that_nobody_asked_may_be_well(void **state)
{
    (void)state;
    cut_everywhere(NULL, NULL);
    expect(X_INCONCLUSIVE, "-", "limit_of_our_own");
}

static void a_server_that_nobody_reaches_changes_nothing(void **state)
{
    cut_everywhere(RESET, RESET);
    expect(X_DOWN, "-", "page_fails_for_control_too");
    again(state);
    cut_everywhere(NULL, RESET);
    expect(X_DOWN, "-", "page_fails_for_control_too");
}

static void the_only_server_was_asked(void **state)
{
    (void)state;
    input = "http://" HOST "/";
    system_dns(RIGHT);
    connect_to(40001, RIGHT, 80, 0, true, NULL);
    request(40001, input, RESET, 0, "", "");
    control_dns(RIGHT);
    control_endpoint(RIGHT ":80", NULL, NULL);
    control_page(RESET);
    expect(X_DOWN, "-", "page_fails_for_control_too");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_server_that_nobody_asked_may_be_well),
        T(a_server_that_nobody_reaches_changes_nothing),
        T(the_only_server_was_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
