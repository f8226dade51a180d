// SPDX-License-Identifier: Apache-2.0
/* Certificates that are out of date by a clock that nobody vouches for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"
#include <string.h>

#define DATE  "ssl_invalid_certificate"
#define CLOCK "certificate_date_by_doubtful_clock"

static void again(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
}

/* The site is in order, and this device's clock is not. */
static void a_date_by_a_doubtful_clock_is_an_error_of_the_clock(void **state)
{
    static const char *const good[] = {"ntp", "https"};
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, DATE);
    good_control();
    clock_trust = "none";
    expect(X_INCONCLUSIVE, "-", CLOCK);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        clock_trust = good[i];
        expect(X_INCONCLUSIVE, "-", "certificate_date_or_local_clock");
    }
    clock_trust = NULL; /* of other probes */
    expect(X_INCONCLUSIVE, "-", "certificate_date_or_local_clock");
    again(state);
    system_dns(RIGHT); /* all of its addresses */
    https_flow(50001, RIGHT, NULL, DATE);
    https_flow(50002, RIGHT, NULL, DATE);
    good_control();
    clock_trust = "none";
    expect(X_INCONCLUSIVE, "-", CLOCK);
}

static void a_certificate_out_of_date_for_all_is_down_by_a_good_clock(void **s)
{
    (void)s;
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, DATE);
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, DATE);
    control_page("unknown_error");
    clock_trust = "none";
    expect(X_INCONCLUSIVE, "-", CLOCK);
    clock_trust = "https";
    expect(X_DOWN, "-", "tls_fails_for_control_too");
    clock_trust = NULL;
    expect(X_DOWN, "-", "tls_fails_for_control_too");
}

/* By a good clock an address that shows a certificate out of date is not the
 * site's, when others are and have one in order. */
static void an_address_is_not_false_for_a_date_by_a_doubtful_clock(void **state)
{
    struct verdict v;
    system_dns(WRONG);
    udp_dns(RIGHT);
    https_flow(50001, WRONG, NULL, DATE);
    https_page(50002, RIGHT, 200);
    good_control();
    control_endpoint(WRONG ":443", NULL, "ssl_invalid_hostname");
    clock_trust = "ntp";
    expect(X_BLOCKED, "dns", "dns_address_fails_certificate");
    clock_trust = "none";
    v = verdict_now();
    assert_int_not_equal(v.state, X_BLOCKED);
    assert_int_not_equal(v.state, X_DOWN);
    again(state);
    system_dns(WRONG);
    udp_dns(RIGHT);
    https_flow(50001, WRONG, NULL, DATE);
    https_flow(50002, RIGHT, NULL, DATE);
    good_control();
    control_endpoint(WRONG ":443", NULL, "ssl_invalid_hostname");
    clock_trust = "none";
    expect(X_INCONCLUSIVE, "-", CLOCK);
}

/* What shows a censor without any certificate shows him by any clock. */
static void a_doubtful_clock_hides_no_censor(void **state)
{
    clock_trust = "none";
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, "connection_reset");
    good_control();
    expect(X_BLOCKED, "tls", "tls_reset_control_succeeds");
    again(state);
    clock_trust = "none";
    system_dns("10.10.34.34");
    https_flow(50001, "10.10.34.34", "generic_timeout_error", NULL);
    https_flow(50002, RIGHT, NULL, DATE);
    doh_dns(RIGHT);
    good_control();
    struct verdict v = verdict_now();
    assert_int_equal(v.state, X_BLOCKED);
    assert_int_equal(v.method, METHOD_DNS);
    again(state); /* nor what it made no difference to */
    clock_trust = "none";
    system_dns(RIGHT "," WRONG);
    https_page(50001, RIGHT, 200);
    https_flow(50002, WRONG, NULL, DATE);
    good_control();
    control_endpoint(WRONG ":443", NULL, NULL);
    v = verdict_now();
    assert_int_equal(v.state, X_OK);
}

/* A site that nobody finds is down, whatever the clock shows. */
static void a_doubtful_clock_keeps_no_site_up(void **state)
{
    clock_trust = "none";
    system_dns("dns_nxdomain_error");
    control_dns("dns_name_error");
    control_page("dns_lookup_error");
    expect(X_DOWN, "-", "name_exists_nowhere");
    again(state);
    clock_trust = "none";
    system_dns(RIGHT);
    https_flow(50001, RIGHT, "generic_timeout_error", NULL);
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", "generic_timeout_error", NULL);
    control_page("generic_timeout_error");
    expect(X_DOWN, "-", "unreachable_for_control_too");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T(a_date_by_a_doubtful_clock_is_an_error_of_the_clock),
        T(a_certificate_out_of_date_for_all_is_down_by_a_good_clock),
        T(an_address_is_not_false_for_a_date_by_a_doubtful_clock),
        T(a_doubtful_clock_hides_no_censor),
        T(a_doubtful_clock_keeps_no_site_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
