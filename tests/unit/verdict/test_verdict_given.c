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
    struct verdict v = verdict_now();
    assert_int_equal(v.n_alternatives, 2);
    assert_string_equal(rule_of(v.alternatives[0]),
                        "dns_address_serves_nothing");
    assert_string_equal(rule_of(v.alternatives[1]), "resolver_outdated");
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

#define SIX "2001:500:2::c"

/* By IPv4 it ends so, for us and for the control; the page comes by IPv6. */
static void works_by_ipv6(const char *tls, const char *ctl_tls)
{
    system_dns(RIGHT "," SIX);
    https_flow(50001, RIGHT, NULL, tls);
    https_page(50002, SIX, 200);
    put(CTL_DNS, "\"failure\":null,\"addrs\":[\"" RIGHT "\",\"" SIX "\"]");
    control_endpoint(RIGHT ":443", NULL, ctl_tls);
    control_endpoint("[" SIX "]:443", NULL, NULL);
    control_page(NULL);
}

static void handshakes_cut_off_by_ipv4_alone_are_told(void **state)
{
    static const char *const how[] = {RESET, "eof_error", TIMEOUT};
    for (size_t i = 0; i < 3; i++) {
        again(state);
        works_by_ipv6(how[i], NULL);
        struct verdict v = verdict_now();
        assert_int_equal(v.state, X_BLOCKED);
        assert_int_equal(v.method, METHOD_TLS);
        assert_true(v.want_again);
        assert_string_equal(rule_of(v.reasons[v.n_reasons - 1]),
                            "tls_failure_in_one_family_only");
    }
}

static void a_family_that_is_ill_for_all_accuses_nobody(void **state)
{
    works_by_ipv6(RESET, RESET); /* the control's, too */
    expect(X_OK, "-", "page_over_verified_tls");
    again(state);
    works_by_ipv6(NULL, NULL);
    expect(X_OK, "-", "page_over_verified_tls");
    again(state);
    system_dns(RIGHT "," OTHER_RIGHT "," SIX); /* one of two works */
    https_flow(50001, RIGHT, NULL, RESET);
    https_flow(50003, OTHER_RIGHT, NULL, NULL);
    https_page(50002, SIX, 200);
    put(CTL_DNS, "\"failure\":null,\"addrs\":[\"" RIGHT "\",\"" OTHER_RIGHT
                 "\",\"" SIX "\"]");
    control_endpoint(RIGHT ":443", NULL, NULL);
    control_endpoint(OTHER_RIGHT ":443", NULL, NULL);
    control_endpoint("[" SIX "]:443", NULL, NULL);
    control_page(NULL);
    expect(X_OK, "-", "page_over_verified_tls");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(what_fails_for_the_control_too_is_undecided),
        T(what_fails_here_alone_is_blocked),
        T(one_of_the_given_addresses_is_enough),
        T(handshakes_cut_off_by_ipv4_alone_are_told),
        T(a_family_that_is_ill_for_all_accuses_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
