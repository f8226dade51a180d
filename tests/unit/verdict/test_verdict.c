// SPDX-License-Identifier: Apache-2.0
/* One test per pattern of interference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"

static void nxdomain_while_others_resolve_is_dns_blocking(void **state)
{
    (void)state;
    system_dns("dns_nxdomain_error");
    udp_dns(RIGHT);
    https_page(50001, RIGHT, 200);
    good_control();
    expect(X_BLOCKED, "dns", "dns_negative_answer_contradicted");
}

static void bogon_while_others_resolve_is_dns_blocking(void **state)
{
    (void)state;
    system_dns("10.10.34.35");
    udp_dns(RIGHT);
    https_flow(50001, "10.10.34.35", "generic_timeout_error", NULL);
    https_page(50002, RIGHT, 200);
    good_control();
    expect(X_BLOCKED, "dns", "dns_bogon_answer");
}

static void forged_address_that_fails_its_certificate(void **state)
{
    (void)state;
    system_dns(WRONG);
    udp_dns(RIGHT);
    https_flow(50001, WRONG, NULL, "ssl_invalid_hostname");
    https_page(50002, RIGHT, 200);
    good_control();
    control_endpoint(WRONG ":443", NULL, "ssl_invalid_hostname");
    expect(X_BLOCKED, "dns", "dns_address_fails_certificate");
}

static void forged_address_where_nothing_answers(void **state)
{
    (void)state;
    system_dns(WRONG);
    udp_dns(RIGHT);
    https_flow(50001, WRONG, "generic_timeout_error", NULL);
    https_page(50002, RIGHT, 200);
    good_control();
    control_endpoint(WRONG ":443", "generic_timeout_error", NULL);
    /* a site may send a region to a dead server; not in two answers to one */
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
    lookup(DUPLICATES, 10001, "getaddrinfo", "A", HOST, 0, RIGHT);
    expect(X_BLOCKED, "dns", "dns_address_serves_nothing");
}

static void forged_address_with_a_block_page_over_http(void **state)
{
    (void)state;
    input = "http://" HOST "/";
    system_dns(WRONG);
    udp_dns(RIGHT);
    connect_to(40001, WRONG, 80, 0, true, NULL);
    connect_to(50001, WRONG, 443, 0, false, "connection_refused");
    connect_to(50002, RIGHT, 443, 0, false, NULL);
    handshake(50002, HOST, NULL);
    request(40001, input, NULL, 200, "", OTHER);
    good_control();
    control_endpoint(WRONG ":80", NULL, NULL);
    control_endpoint(WRONG ":443", "connection_refused_error", NULL);
    expect(X_BLOCKED, "dns", "dns_address_serves_other_page");
}

static void injected_answer_followed_by_the_true_one(void **state)
{
    (void)state;
    system_dns(WRONG);
    udp_dns(WRONG);
    lookup(DUPLICATES, 20001, "udp", "A", HOST, 0, RIGHT);
    https_flow(50001, WRONG, "connection_refused", NULL);
    https_page(50002, RIGHT, 200);
    good_control();
    control_endpoint(WRONG ":443", "connection_refused_error", NULL);
    struct verdict v = verdict_now();
    assert_int_equal(v.state, X_BLOCKED);
    assert_string_equal(method_name(v.method), "dns");
    assert_true(v.confidence > 0.95);
    assert_string_equal(rule_of(v.reasons[1]), "dns_two_answers_contradict");
    assert_int_equal(v.reasons[1].ids[0], 20001);
}

/* A neighbour's address in the same network, forged; the page of a stranger
 * whose server sends the same plain headers. */
static void a_neighbours_page_with_plain_headers_is_not_the_same(void **state)
{
    (void)state;
    static const char plain[] = "\"Content-Type\":\"text/html\",\"Server\":"
                                "\"nginx\",\"Content-Length\":\"9\",\"X-Site\":"
                                "\"1\"";
    input = "http://" HOST "/";
    system_dns(WRONG);
    udp_dns(RIGHT);
    connect_to(40001, WRONG, 80, 0, true, NULL);
    connect_to(50001, WRONG, 443, 0, false, "connection_refused");
    connect_to(50002, RIGHT, 443, 0, false, NULL);
    handshake(50002, HOST, NULL);
    request(40001, input, NULL, 200,
            region_strndup(region, plain, sizeof(plain) - 14), OTHER);
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, NULL);
    control_endpoint(WRONG ":80", NULL, NULL);
    control_endpoint(WRONG ":443", "connection_refused_error", NULL);
    put(CTL_HTTP,
        "\"failure\":null,\"status_code\":200,\"body_length\":5000,"
        "\"title\":\"Newspaper of record\",\"headers\":{%s}",
        plain);
    struct verdict v = verdict_now();
    assert_string_equal(v.blocking, "false"); /* content-length "matches" */
    assert_int_equal(v.headers_match, OPT_TRUE);
    assert_int_equal(v.state, X_BLOCKED);
    assert_string_equal(method_name(v.method), "dns");
}

static void different_page_of_the_same_server_is_not_blocking(void **state)
{
    (void)state;
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, NULL, 200, "\"Server\":\"nginx\"", OTHER);
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, NULL);
    put(CTL_HTTP,
        "\"failure\":null,\"status_code\":200,\"body_length\":5000,"
        "\"title\":\"Newspaper of record\",\"headers\":{\"Server\":\"nginx\"}");
    expect(X_INCONCLUSIVE, "-", "page_differs");
}

static void dns_blocking_is_seen_without_a_control_by_certificate(void **state)
{
    (void)state;
    system_dns("dns_nxdomain_error");
    udp_dns(RIGHT);
    https_page(50001, RIGHT, 200);
    expect(X_BLOCKED, "dns", "dns_negative_answer_contradicted");
}

static void connect_timeout_where_the_control_connects_is_ip(void **state)
{
    (void)state;
    system_dns(RIGHT);
    https_flow(50001, RIGHT, "generic_timeout_error", NULL);
    good_control();
    expect(X_BLOCKED, "ip", "tcp_timeout_control_connects");
}

static void refused_connect_where_the_control_connects_is_ip(void **state)
{
    (void)state;
    system_dns(RIGHT);
    https_flow(50001, RIGHT, "connection_refused", NULL);
    good_control();
    expect(X_BLOCKED, "ip", "tcp_refused_control_connects");
}

static void cut_handshakes_are_tls_blocking(void **state)
{
    static const char *const cuts[][2] = {
        {"connection_reset", "tls_reset_control_succeeds"},
        {"eof_error", "tls_closed_control_succeeds"},
        {"generic_timeout_error", "tls_timeout_control_succeeds"},
    };
    for (size_t i = 0; i < 3; i++) {
        system_dns(RIGHT);
        https_flow(50001, RIGHT, NULL, cuts[i][0]);
        good_control();
        expect(X_BLOCKED, "tls", cuts[i][1]);
        teardown(state);
        assert_int_equal(setup(state), 0);
    }
}

static void cut_requests_are_http_blocking(void **state)
{
    static const char *const cuts[][2] = {
        {"connection_reset", "http_reset_control_succeeds"},
        {"eof_error", "http_closed_control_succeeds"},
        {"generic_timeout_error", "http_timeout_control_succeeds"},
    };
    for (size_t i = 0; i < 3; i++) {
        system_dns(RIGHT);
        http_flows(RIGHT);
        request(40001, input, cuts[i][0], 0, "", "");
        good_control();
        expect(X_BLOCKED, "http", cuts[i][1]);
        teardown(state);
        assert_int_equal(setup(state), 0);
    }
}

static void forged_page_from_the_right_server_is_http_blocking(void **state)
{
    (void)state;
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, NULL, 200, "", OTHER);
    good_control();
    expect(X_BLOCKED, "http", "page_forged_in_transit");
}

static void known_block_page_is_http_blocking(void **state)
{
    (void)state;
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, NULL, 200, "\"Content-Type\":\"text/html\"",
            "<iframe src=\\\"http://10.10.34.35:80\\\">");
    good_control();
    expect(X_BLOCKED, "http", "block_page_known");
}

static void the_sites_own_page_may_quote_a_block_page(void **state)
{
    (void)state;
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, NULL, 200, HEADERS,
            PAGE "<iframe src=\\\"http://10.10.34.35:80\\\">");
    good_control();
    expect(X_OK, "-", "page_same_as_control");
}

static void redirect_to_a_known_block_page_is_http_blocking(void **state)
{
    (void)state;
    country = "RU";
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, NULL, 302,
            "\"Location\":\"http://warning.rt.ru/?id=1\"", "");
    lookup(QUERIES, 10002, "getaddrinfo", "ANY", "warning.rt.ru", 1, WRONG);
    connect_to(40002, WRONG, 80, 1, true, NULL);
    request(40002, "http://warning.rt.ru/?id=1", NULL, 200, "", OTHER);
    good_control();
    expect(X_BLOCKED, "http", "block_page_known");
}

/* Nobody went where it led, for want of consent: no failure of the site's, and
 * no measure of it either; a block page is known by where it leads. */
static void a_redirect_that_was_not_followed_is_no_failure(void **state)
{
    (void)state;
    extra = "\"x_not_followed\":\"consent\",";
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, NULL);
    request(50001, "https://" HOST "/", NULL, 302,
            "\"Location\":\"https://next.test/\"", "");
    good_control();
    expect(X_INCONCLUSIVE, "-", "redirect_not_followed");
    struct verdict v = verdict_now();
    assert_null(v.blocking);
    assert_int_equal(v.accessible, OPT_NULL);
    assert_null(v.http_experiment_failure);
    assert_int_equal(v.x_blocking_flags, 0);
    assert_false(v.want_again);
}

static void a_block_page_is_known_though_it_was_not_gone_to(void **state)
{
    (void)state;
    country = "RU";
    extra = "\"x_not_followed\":\"consent\",";
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, NULL, 302,
            "\"Location\":\"http://warning.rt.ru/?id=1\"", "");
    good_control();
    expect(X_BLOCKED, "http", "block_page_known");
}

static void the_failing_redirect_decides(void **state)
{
    (void)state;
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, NULL);
    request(50001, "https://" HOST "/", NULL, 302,
            "\"Location\":\"https://next.test/\"", "");
    lookup(QUERIES, 10002, "getaddrinfo", "ANY", "next.test", 1, WRONG);
    connect_to(50002, WRONG, 443, 1, true, NULL);
    handshake(50002, "next.test", "connection_reset");
    good_control();
    struct verdict v = verdict_now();
    assert_int_equal(v.state, X_INCONCLUSIVE); /* no control looked there */
    assert_string_equal(rule_of(v.alternatives[0]), "tls_failure_at_redirect");
    assert_true(v.want_again);
    assert_string_equal(v.want_url, "https://next.test/");
}

/* The second look would visit a target that holds the volunteer's address. */
static void a_target_that_was_scrubbed_is_never_asked_for_again(void **state)
{
    (void)state;
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, NULL);
    request(50001, "https://" HOST "/", NULL, 302,
            "\"Location\":\"https://next.test/?client=[scrubbed]\"", "");
    lookup(QUERIES, 10002, "getaddrinfo", "ANY", "next.test", 1, WRONG);
    connect_to(50002, WRONG, 443, 1, true, NULL);
    handshake(50002, "next.test", "connection_reset");
    good_control();
    struct verdict v = verdict_now();
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_string_equal(rule_of(v.alternatives[0]), "tls_failure_at_redirect");
    assert_true(v.stay_away);
    assert_null(v.want_url);
    assert_null(v.want_compare);
}

static void https_cut_off_while_http_works_is_tls_blocking(void **state)
{
    (void)state;
    input = "http://" HOST "/";
    system_dns(RIGHT);
    connect_to(40001, RIGHT, 80, 0, true, NULL);
    connect_to(50001, RIGHT, 443, 0, false, NULL);
    handshake(50001, HOST, "connection_reset");
    request(40001, input, NULL, 200, HEADERS, PAGE);
    good_control();
    expect(X_BLOCKED, "tls", "tls_reset_control_succeeds");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(nxdomain_while_others_resolve_is_dns_blocking),
        T(bogon_while_others_resolve_is_dns_blocking),
        T(forged_address_that_fails_its_certificate),
        T(forged_address_where_nothing_answers),
        T(forged_address_with_a_block_page_over_http),
        T(injected_answer_followed_by_the_true_one),
        T(a_neighbours_page_with_plain_headers_is_not_the_same),
        T(different_page_of_the_same_server_is_not_blocking),
        T(dns_blocking_is_seen_without_a_control_by_certificate),
        T(connect_timeout_where_the_control_connects_is_ip),
        T(refused_connect_where_the_control_connects_is_ip),
        T(cut_handshakes_are_tls_blocking),
        T(cut_requests_are_http_blocking),
        T(forged_page_from_the_right_server_is_http_blocking),
        T(known_block_page_is_http_blocking),
        T(the_sites_own_page_may_quote_a_block_page),
        T(redirect_to_a_known_block_page_is_http_blocking),
        T(a_redirect_that_was_not_followed_is_no_failure),
        T(a_block_page_is_known_though_it_was_not_gone_to),
        T(the_failing_redirect_decides),
        T(a_target_that_was_scrubbed_is_never_asked_for_again),
        T(https_cut_off_while_http_works_is_tls_blocking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
