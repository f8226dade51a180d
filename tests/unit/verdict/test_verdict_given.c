// SPDX-License-Identifier: Apache-2.0
/* Sites that work by addresses of other resolvers alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"

#define OTHER_RIGHT "198.41.0.9"
#define RESET       "connection_reset"
#define TIMEOUT     "generic_timeout_error"

/* The resolver gave RIGHT, where it ends so, for us and for the control; the
 * page comes from an address that the control knows. */
static void works_elsewhere(const char *tcp, const char *tls,
                            const char *ctl_tcp, const char *ctl_tls)
{
    system_dns(RIGHT);
    https_flow(50001, RIGHT, tcp, tls);
    https_page(50002, OTHER_RIGHT, 200);
    put(CTL_DNS,
        "\"failure\":null,\"addrs\":[\"" RIGHT "\",\"" OTHER_RIGHT "\"]");
    control_endpoint(RIGHT ":443", ctl_tcp, ctl_tls);
    control_endpoint(OTHER_RIGHT ":443", NULL, NULL);
    control_page(NULL);
}

static void again(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
}

static void what_fails_for_the_control_too_is_undecided(void **state)
{
    works_elsewhere(NULL, RESET, NULL, RESET);
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
    again(state);
    works_elsewhere(TIMEOUT, NULL, TIMEOUT, NULL);
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
}

static void what_fails_here_alone_is_blocked(void **state)
{
    works_elsewhere(NULL, RESET, NULL, NULL);
    expect(X_BLOCKED, "tls", "tls_reset_control_succeeds");
    struct verdict v = verdict_now();
    assert_true(v.want_again && v.n_alternatives > 0);
    again(state);
    works_elsewhere(TIMEOUT, NULL, NULL, NULL);
    expect(X_BLOCKED, "ip", "tcp_timeout_control_connects");
    again(state);
    works_elsewhere("host_unreachable", NULL, NULL, NULL);
    expect(X_BLOCKED, "ip", "tcp_rejected_control_connects");
    again(state);
    works_elsewhere("network_unreachable", NULL, NULL, NULL);
    expect(X_INCONCLUSIVE, "-", "no_route_from_here"); /* this line's matter */
}

/* Browsers try the next address. */
static void one_of_the_given_addresses_is_enough(void **state)
{
    system_dns(RIGHT "," OTHER_RIGHT);
    https_flow(50001, RIGHT, TIMEOUT, NULL);
    https_page(50002, OTHER_RIGHT, 200);
    good_control();
    expect(X_OK, "-", "page_over_verified_tls");
    again(state);
    works_elsewhere(NULL, NULL, NULL, NULL);
    expect(X_OK, "-", "page_over_verified_tls");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(what_fails_for_the_control_too_is_undecided),
        T(what_fails_here_alone_is_blocked),
        T(one_of_the_given_addresses_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
