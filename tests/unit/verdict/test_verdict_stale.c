// SPDX-License-Identifier: Apache-2.0
/* Addresses that nobody else knows: an outdated cache, a filter that somebody
 * chose, two answers that contradict. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"

static void again(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
}

static bool tells(const struct verdict *v, const char *rule)
{
    for (size_t i = 0; i < v->n_alternatives; i++) {
        if (strcmp(rule_of(v->alternatives[i]), rule) == 0) {
            return true;
        }
    }
    return false;
}

/* The system's resolver gives WRONG, of network `asn`; the site is in 64500. */
static void nobody_elses_answer(int asn)
{
    put(QUERIES,
        "{\"transaction_id\":10001,\"engine\":\"getaddrinfo\","
        "\"query_type\":\"ANY\",\"hostname\":\"" HOST "\",\"failure\":null,"
        "\"answers\":[{\"answer_type\":\"A\",\"ipv4\":\"" WRONG
        "\",\"asn\":%d}],\"tags\":[\"depth=0\"],\"t0\":0.1,\"t\":0.2}",
        asn);
}

/* The resolver's address, in network `asn`, shows somebody else's certificate;
 * the site is in network 64500. */
static void somebody_elses(int asn)
{
    nobody_elses_answer(asn);
    doh_dns(RIGHT);
    https_flow(50001, WRONG, NULL, "ssl_invalid_hostname");
    https_page(50002, RIGHT, 200);
    good_control();
    control_endpoint(WRONG ":443", NULL, "ssl_invalid_hostname");
}

static void another_customer_of_the_same_hoster_is_no_censor(void **state)
{
    (void)state;
    somebody_elses(64500);
    expect(X_INCONCLUSIVE, "-", "resolver_outdated");
    again(state);
    somebody_elses(64999);
    expect(X_BLOCKED, "dns", "dns_address_fails_certificate");
    struct verdict v = verdict_now();
    assert_true(tells(&v, "resolver_outdated"));
    assert_true(tells(&v, "dns_differs_unconfirmed")); /* a filter */
}

/* A cache of a network for delivery, in the network of the provider, that lost
 * its customers' certificates. The twins: it was given for names hosted apart,
 * a notice was met there, it was given for nobody else, what it shows is of no
 * authority, and another answer contradicts. */
static void a_cache_that_is_ill_is_no_censor(void **state)
{
    static const struct {
        int names, networks, notices;
        enum xstate state;
    } runs[] = {{2, 0, 0, X_INCONCLUSIVE},
                {1, 0, 0, X_INCONCLUSIVE},
                {2, 1, 0, X_BLOCKED},
                {2, 0, 1, X_BLOCKED},
                {0, 0, 0, X_BLOCKED}};

    for (size_t i = 0; i < sizeof(runs) / sizeof(*runs); i++) {
        again(state);
        somebody_elses(64999);
        extra = region_printf(
            region,
            "\"x_run\":{\"addresses\":[{\"ip\":\"" WRONG
            "\",\"names\":%d,\"other_networks\":%d,\"notices\":%d}]},",
            runs[i].names, runs[i].networks, runs[i].notices);
        assert_non_null(extra);
        assert_string_equal(xstate_name(verdict_now().state),
                            xstate_name(runs[i].state));
    }
    const char *run = "\"x_run\":{\"addresses\":[{\"ip\":\"" WRONG
                      "\",\"names\":2,\"other_networks\":0,\"notices\":0}]},";
    again(state);
    nobody_elses_answer(64999);
    doh_dns(RIGHT);
    https_flow(50001, WRONG, NULL, "ssl_unknown_authority");
    https_page(50002, RIGHT, 200);
    good_control();
    extra = run;
    expect(X_BLOCKED, "dns", "dns_address_fails_certificate");
    again(state);
    somebody_elses(64999);
    lookup(DUPLICATES, 10001, "udp", "A", HOST, 0, RIGHT);
    extra = run;
    assert_int_equal(verdict_now().state, X_BLOCKED);
}

/* Its port 80 cuts requests off; the control's handshake there went as told. */
static void cut_at_a_cache(const char *ctl_tls, bool ctl_page)
{
    input = "http://" HOST "/";
    nobody_elses_answer(64500);
    doh_dns(RIGHT);
    connect_to(40001, WRONG, 80, 0, true, NULL);
    request(40001, "http://" HOST "/", "connection_reset", 0, "", "");
    connect_to(50001, WRONG, 443, 0, false, NULL);
    handshake(50001, HOST, ctl_tls);
    connect_to(50002, RIGHT, 443, 0, false, NULL);
    handshake(50002, HOST, NULL);
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, NULL);
    control_endpoint(WRONG ":443", NULL, ctl_tls);
    control_page(ctl_page ? NULL : "connection_reset");
}

static void an_ill_server_among_several_is_no_censor(void **state)
{
    (void)state;
    cut_at_a_cache("connection_reset", true);
    expect(X_INCONCLUSIVE, "-", "server_refuses_visitor");
    again(state);
    cut_at_a_cache("connection_reset", false); /* nor is the site down */
    expect(X_INCONCLUSIVE, "-", "server_refuses_visitor");
    again(state); /* the twin: the server is well for others */
    cut_at_a_cache(NULL, true);
    expect(X_BLOCKED, "http", "http_reset_control_succeeds");
}

static void a_filter_that_somebody_chose_stands_beside_a_bogon(void **state)
{
    (void)state;
    system_dns("0.0.0.0,::");
    doh_dns(RIGHT);
    https_page(50002, RIGHT, 200);
    good_control();
    expect(X_BLOCKED, "dns", "dns_bogon_answer");
    struct verdict v = verdict_now();
    assert_true(tells(&v, "dns_differs_unconfirmed"));
}

/* A forger points names at real sites; the true answer comes later. */
static void led_to_a_real_site(bool forged, int status, const char *headers)
{
    input = "http://" HOST "/";
    system_dns(WRONG);
    doh_dns(RIGHT);
    if (forged) {
        lookup(DUPLICATES, 10001, "udp", "A", HOST, 0, RIGHT);
    }
    connect_to(40001, WRONG, 80, 0, true, NULL);
    request(40001, input, NULL, status, headers, "<title>404</title>");
    control_dns(RIGHT);
    control_endpoint(RIGHT ":80", NULL, NULL);
    control_endpoint(WRONG ":80", NULL, NULL);
    control_page(NULL);
}

static void nothing_is_cleared_where_two_answers_contradict(void **state)
{
    static const char moved[] = "\"Location\":\"https://www.other.test/\"";

    (void)state;
    led_to_a_real_site(true, 301, moved);
    lookup(QUERIES, 10002, "getaddrinfo", "ANY", "www.other.test", 1, WRONG);
    connect_to(50002, WRONG, 443, 1, true, NULL);
    handshake(50002, "www.other.test", NULL);
    request(50002, "https://www.other.test/", NULL, 200, "", OTHER);
    expect(X_BLOCKED, "dns", "dns_two_answers_contradict");
    again(state);
    led_to_a_real_site(true, 404, "\"Server\":\"nginx\"");
    expect(X_BLOCKED, "dns", "dns_two_answers_contradict");
    again(state);
    led_to_a_real_site(false, 404, "\"Server\":\"nginx\"");
    struct verdict v = verdict_now();
    assert_int_not_equal(v.state, X_BLOCKED);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(another_customer_of_the_same_hoster_is_no_censor),
        T(a_cache_that_is_ill_is_no_censor),
        T(an_ill_server_among_several_is_no_censor),
        T(a_filter_that_somebody_chose_stands_beside_a_bogon),
        T(nothing_is_cleared_where_two_answers_contradict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
