// SPDX-License-Identifier: Apache-2.0
/* One test per pattern of interference or innocence, and hostile records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- interference -------------------------------------------------------- */

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
    assert_string_equal(v.method, "dns");
    assert_true(v.confidence > 0.95);
    assert_string_equal(v.reasons[1].rule, "dns_two_answers_contradict");
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
    assert_string_equal(v.method, "dns");
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
    assert_string_equal(v.alternatives[0].rule, "tls_failure_at_redirect");
    assert_true(v.want_again);
    assert_string_equal(v.want_url, "https://next.test/");
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

/* ---- innocence ----------------------------------------------------------- */

static void page_over_verified_tls_is_ok(void **state)
{
    (void)state;
    system_dns(RIGHT);
    https_page(50001, RIGHT, 200);
    good_control();
    expect(X_OK, "-", "page_over_verified_tls");
}

static void same_page_in_cleartext_is_ok(void **state)
{
    (void)state;
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, NULL, 200, HEADERS, PAGE);
    good_control();
    expect(X_OK, "-", "page_same_as_control");
}

static void regional_address_with_the_right_certificate_is_ok(void **state)
{
    (void)state;
    system_dns(WRONG); /* another network, unknown to the control */
    udp_dns(RIGHT);
    https_page(50001, WRONG, 200);
    good_control();
    expect(X_OK, "-", "page_over_verified_tls");
}

static void challenge_and_refusal_are_not_blocking(void **state)
{
    (void)state;
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, NULL);
    request(50001, "https://" HOST "/", NULL, 403,
            HEADERS ",\"Cf-Mitigated\":\"challenge\"", "x");
    good_control();
    expect(X_INCONCLUSIVE, "-", "bot_challenge");
    teardown(state);
    assert_int_equal(setup(state), 0);
    system_dns(RIGHT);
    https_page(50001, RIGHT, 451);
    good_control();
    expect(X_INCONCLUSIVE, "-", "server_refuses_visitor");
    teardown(state);
    assert_int_equal(setup(state), 0);
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, NULL, 403, "", "<title>403 Forbidden</title>");
    good_control();
    expect(X_INCONCLUSIVE, "-", "server_refuses_visitor");
}

static void other_language_of_the_same_site_is_not_blocking(void **state)
{
    (void)state;
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, NULL, 200, HEADERS,
            "<title>Zeitung erster Wahl</title>" PAGE PAGE PAGE);
    good_control();
    struct verdict v = verdict_now();
    assert_int_not_equal(v.state, X_BLOCKED);
}

static void what_fails_for_the_control_too_is_down(void **state)
{
    (void)state;
    system_dns("dns_nxdomain_error");
    control_dns("dns_name_error");
    control_page("dns_lookup_error");
    expect(X_DOWN, "-", "name_exists_nowhere");
    teardown(state);
    assert_int_equal(setup(state), 0);
    system_dns(RIGHT);
    https_flow(50001, RIGHT, "generic_timeout_error", NULL);
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", "generic_timeout_error", NULL);
    control_page("generic_timeout_error");
    expect(X_DOWN, "-", "unreachable_for_control_too");
    teardown(state);
    assert_int_equal(setup(state), 0);
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, "ssl_invalid_certificate");
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, "ssl_invalid_certificate");
    control_page("unknown_error");
    expect(X_DOWN, "-", "tls_fails_for_control_too");
}

static void a_failure_without_a_control_is_inconclusive(void **state)
{
    (void)state;
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, "connection_reset");
    expect(X_INCONCLUSIVE, "-", "no_control");
}

static void a_silent_resolver_is_not_blocking(void **state)
{
    (void)state;
    system_dns("generic_timeout_error");
    udp_dns(RIGHT);
    https_page(50001, RIGHT, 200);
    good_control();
    expect(X_INCONCLUSIVE, "-", "resolver_not_answering");
}

static void a_typo_that_an_isp_answers_is_not_blocking(void **state)
{
    (void)state;
    system_dns(WRONG);
    doh_dns("dns_nxdomain_error");
    http_flows(WRONG);
    request(40001, input, NULL, 200, "", OTHER);
    rec.part[HANDSHAKES].len = 0; /* nothing of the site is there */
    control_dns("dns_name_error");
    control_page("dns_lookup_error");
    expect(X_INCONCLUSIVE, "-", "name_exists_only_here");
}

static void dead_ipv6_beside_working_ipv4_is_ok(void **state)
{
    (void)state;
    system_dns(RIGHT ",2001:500:2::c");
    https_page(50001, RIGHT, 200);
    https_flow(50002, "2001:500:2::c", "network_unreachable", NULL);
    good_control();
    control_endpoint("[2001:500:2::c]:443", NULL, NULL);
    struct verdict v = verdict_now();
    assert_int_equal(v.state, X_OK);
    assert_int_equal(v.x_blocking_flags, 32);
}

static void one_dead_address_of_two_is_ok(void **state)
{
    (void)state;
    system_dns(RIGHT "," WRONG);
    https_page(50001, RIGHT, 200);
    https_flow(50002, WRONG, "generic_timeout_error", NULL);
    good_control();
    control_endpoint(WRONG ":443", NULL, NULL);
    struct verdict v = verdict_now();
    assert_int_equal(v.state, X_OK);
}

static void an_intercepted_certificate_is_not_called_blocking(void **state)
{
    (void)state;
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, "ssl_unknown_authority");
    good_control();
    expect(X_INCONCLUSIVE, "-", "certificate_not_trusted_here");
    teardown(state);
    assert_int_equal(setup(state), 0);
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, "ssl_invalid_certificate");
    good_control();
    expect(X_INCONCLUSIVE, "-", "certificate_date_or_local_clock");
}

static void no_route_is_no_blocking(void **state)
{
    (void)state;
    system_dns(RIGHT);
    https_flow(50001, RIGHT, "network_unreachable", NULL);
    good_control();
    expect(X_INCONCLUSIVE, "-", "no_route_from_here");
}

static void an_address_that_a_router_rejects_here_only_is_ip(void **state)
{
    (void)state;
    system_dns(RIGHT);
    https_flow(50001, RIGHT, "host_unreachable", NULL);
    good_control();
    expect(X_BLOCKED, "ip", "tcp_rejected_control_connects");
}

static void a_page_without_headers_and_title_is_forged(void **state)
{
    (void)state;
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, NULL, 200, "",
            "<html><title>Notice</title>Words words words words words words "
            "words words words words words words words words.</html>");
    good_control();
    struct verdict v = verdict_now();
    assert_int_equal(v.body_length_match, OPT_TRUE);
    expect(X_BLOCKED, "http", "page_without_headers");
}

static void a_redirect_to_a_name_that_exists_nowhere_is_down(void **state)
{
    (void)state;
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, NULL);
    request(50001, "https://" HOST "/", NULL, 302,
            "\"Location\":\"https://next.test/\"", "");
    lookup(QUERIES, 10002, "getaddrinfo", "ANY", "next.test", 1,
           "dns_nxdomain_error");
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, NULL);
    control_page("dns_lookup_error");
    expect(X_DOWN, "-", "name_exists_nowhere");
}

static void a_reset_from_another_distance_is_said(void **state)
{
    (void)state;
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, "connection_reset");
    good_control();
    assert_int_equal(verdict_now().n_reasons, 1);
    extra = "\"x_evidence\":{\"packets\":["
            "{\"transaction_id\":50001,\"src\":\"" RIGHT
            "\",\"sport\":443,\"ttl\":52,\"flags\":\"SYN,ACK\"},"
            "{\"transaction_id\":50001,\"src\":\"" RIGHT
            "\",\"sport\":443,\"ttl\":61,\"flags\":\"RST\"}]},";
    struct verdict v = verdict_now();
    assert_int_equal(v.n_reasons, 2);
    assert_string_equal(v.reasons[1].rule,
                        "forged_packet_from_another_distance");
    assert_true(v.confidence > 0.8);
}

static void a_silent_resolver_hides_no_cut_handshake(void **state)
{
    (void)state;
    system_dns("generic_timeout_error");
    udp_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, "connection_reset");
    good_control();
    expect(X_BLOCKED, "tls", "tls_reset_control_succeeds");
}

/* A proxy on the device; what is private otherwise is a lie. */
static void an_address_that_a_proxy_makes_up_accuses_nobody(void **state)
{
    (void)state;
    system_dns("198.18.0.77");
    good_control();
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
    assert_int_equal(teardown(NULL) + setup(NULL), 0);
    system_dns("198.20.0.77,10.0.0.1");
    good_control();
    assert_string_not_equal(verdict_now().reasons[0].rule,
                            "dns_differs_unconfirmed");
    assert_int_equal(teardown(NULL) + setup(NULL), 0);
    system_dns("10.0.0.1");
    good_control();
    expect(X_BLOCKED, "dns", "dns_bogon_answer");
}

/* Old probes asked for A and AAAA one by one. */
static void no_address_of_the_newer_kind_denies_nothing(void **state)
{
    (void)state;
    put(QUERIES, "{\"transaction_id\":10002,\"engine\":\"golang_net_resolver\","
                 "\"query_type\":\"AAAA\",\"hostname\":\"" HOST
                 "\",\"failure\":\"dns_no_answer\",\"answers\":null,"
                 "\"tags\":[\"depth=0\"]}");
    system_dns(RIGHT);
    https_page(50001, RIGHT, 200);
    good_control();
    expect(X_OK, "-", "page_over_verified_tls");
}

/* Both resolvers stay silent about the name, and answer for others. */
static void silence_about_one_name_is_blocking(void **state)
{
    static const char whoami[] =
        "\"x_dns_whoami\":{\"system_v4\":[{\"address\":\"203.0.113.9\"}]},";

    (void)state;
    system_dns("generic_timeout_error");
    udp_dns("generic_timeout_error");
    good_control();
    extra = whoami;
    expect(X_BLOCKED, "dns", "dns_silence_for_this_name");
    /* but who answers one question has not been silenced */
    extra = region_printf(region,
                          "%s\"x_system_queries\":[{\"engine\":\"udp\","
                          "\"hostname\":\"" HOST
                          "\",\"query_type\":\"AAAA\",\"resolver_address\":"
                          "\"192.0.2.53:53\",\"failure\":\"dns_no_answer\","
                          "\"t0\":0.1,\"t\":0.2,\"transaction_id\":10001}],",
                          whoami);
    expect(X_INCONCLUSIVE, "-", "resolver_not_answering");
}

static void a_page_that_does_not_end_is_not_called_blocking(void **state)
{
    (void)state;
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, "generic_timeout_error", 200, HEADERS, "half a");
    good_control();
    expect(X_INCONCLUSIVE, "-", "page_incomplete_or_slow");
}

static void nat64_addresses_stand_for_the_controls(void **state)
{
    (void)state;
    system_dns("64:ff9b::c629:4");
    input = "http://" HOST "/";
    connect_to(40001, "64:ff9b::c629:4", 80, 0, true, NULL);
    request(40001, input, NULL, 200, HEADERS, PAGE);
    good_control();
    expect(X_OK, "-", "page_same_as_control");
}

static void a_record_that_contradicts_itself_says_nothing(void **state)
{
    (void)state;
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, "connection_reset");
    request(50001, "https://" HOST "/", NULL, 200, HEADERS, PAGE);
    good_control();
    expect(X_INCONCLUSIVE, "-", "record_contradicts_itself");
    /* a control that was asked about another site accuses nobody of this one */
    teardown(NULL);
    setup(NULL);
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, "connection_reset");
    good_control();
    char *text = record_text();
    char *at = strstr(text, "https://" HOST "/");
    memcpy(at, "https://else.test/", strlen("https://else.test/"));
    struct verdict v;
    struct diag d = {""};
    assert_int_equal(compute(text, &v, &d), ERR_OK);
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_string_equal(v.reasons[0].rule, "record_contradicts_itself");
}

static void a_control_without_a_status_has_no_page(void **state)
{
    (void)state;
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, "connection_reset", 0, "", "");
    good_control();
    rec.part[CTL_HTTP].len = 0;
    put(CTL_HTTP, "\"failure\":null,\"status_code\":-1");
    struct verdict v = verdict_now();
    assert_int_not_equal(v.state, X_BLOCKED);
}

static void a_probe_that_failed_itself_is_internal(void **state)
{
    (void)state;
    extra = "\"x_internal_error\":{\"error\":\"out of memory\"},";
    system_dns("dns_nxdomain_error");
    good_control();
    expect(X_INTERNAL, "-", "probe_internal_error");
}

/* ---- compatible keys that no golden record covers -------------------------
 */

static void website_without_addresses_is_down(void **state)
{
    (void)state;
    system_dns("dns_no_answer");
    control_dns("");
    control_page("dns_lookup_error");
    struct verdict v = verdict_now();
    assert_string_equal(v.blocking, "false");
    assert_int_equal(v.accessible, OPT_FALSE);
    assert_null(v.http_experiment_failure);
    assert_string_equal(v.dns_experiment_failure, "dns_no_answer");
    assert_string_equal(v.dns_consistency, "consistent");
    assert_int_equal(v.x_null_null_flags, 1);
}

static void inconsistent_dns_turns_other_failures_into_dns(void **state)
{
    (void)state;
    system_dns(WRONG);
    udp_dns(WRONG);
    put(REQUESTS, "{\"failure\":null,\"transaction_id\":1,\"request\":{},"
                  "\"response\":null}");
    https_flow(50001, WRONG, "connection_refused", NULL);
    good_control();
    control_endpoint(WRONG ":443", NULL, NULL);
    /* tags say that the system's resolver gave the address */
    struct verdict v = verdict_now();
    assert_string_equal(v.blocking, "dns");
    assert_string_equal(v.dns_consistency, "inconsistent");
    assert_string_equal(v.http_experiment_failure, "connection_refused");
    assert_int_equal(v.x_dns_flags, 4);
    assert_int_equal(v.x_blocking_flags, 1 | 2);
}

static void dns_failure_without_any_control_reads_ok_as_upstream(void **state)
{
    (void)state;
    system_dns("dns_nxdomain_error");
    struct verdict v = verdict_now();
    assert_string_equal(v.blocking, "false");
    assert_int_equal(v.accessible, OPT_TRUE);
    assert_int_equal(v.state, X_INCONCLUSIVE);
}

static void titles_are_compared_without_case_in_any_script(void **state)
{
    (void)state;
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, NULL, 200, "",
            "<TITLE>\xd0\x9d\xd0\x9e\xd0\x92\xd0\x9e\xd0\xa1\xd0\xa2\xd0\x98 "
            "RECORD \xc3\x89T\xc3\x89S</TITLE>");
    control_dns(RIGHT);
    put(CTL_HTTP,
        "\"failure\":null,\"status_code\":200,\"body_length\":10,\"title\":"
        "\"\xc3\xa9t\xc3\xa9s record "
        "\xd0\xbd\xd0\xbe\xd0\xb2\xd0\xbe\xd1\x81\xd1\x82\xd0\xb8\","
        "\"headers\":{}");
    struct verdict v = verdict_now();
    assert_int_equal(v.title_match, OPT_TRUE);
    assert_int_equal(v.headers_match, OPT_FALSE);
    assert_int_equal(v.body_length_match, OPT_FALSE);
    assert_string_equal(v.blocking, "false");
}

/* ---- bad input ------------------------------------------------------------
 */

static void bad(const char *text, const char *says)
{
    struct verdict v = {.confidence = 42};
    struct diag d = {""};
    assert_int_equal(compute(text, &v, &d), ERR_PARSE);
    if (!strstr(d.text, says)) {
        print_error("%s: %s\n", text, d.text);
    }
    assert_non_null(strstr(d.text, says));
    assert_true(v.confidence == 42); /* untouched */
}

static void mistyped_keys_are_named(void **state)
{
    (void)state;
    bad("[]", "not an object");
    bad("{}", "test_keys");
    bad("{\"test_keys\":[]}", "test_keys");
    bad("{\"test_name\":\"ndt\",\"test_keys\":{}}", "test_name");
    bad("{\"input\":7,\"test_keys\":{}}", "input: want a string");
    bad("{\"test_keys\":{\"queries\":{}}}", "test_keys.queries: want an array");
    bad("{\"test_keys\":{\"queries\":[3]}}", "test_keys.queries[0]");
    bad("{\"test_keys\":{\"queries\":[{\"hostname\":\"a\",\"failure\":1}]}}",
        "test_keys.queries[0].failure: want a failure string or null, not a "
        "number");
    bad("{\"test_keys\":{\"queries\":[{\"hostname\":\"a\",\"answers\":[{"
        "\"answer_type\":\"A\",\"ipv4\":\"1.2.3.400\"}]}]}}",
        "test_keys.queries[0].answers: not an IP address");
    bad("{\"test_keys\":{\"queries\":[{\"engine\":\"udp\"}]}}",
        "test_keys.queries[0].hostname: missing");
    bad("{\"test_keys\":{\"tcp_connect\":[{\"ip\":\"1.1.1.1\",\"port\":99999,"
        "\"status\":{}}]}}",
        "test_keys.tcp_connect[0].port");
    bad("{\"test_keys\":{\"tcp_connect\":[{\"ip\":\"1.1.1.1\"}]}}",
        "test_keys.tcp_connect[0].status");
    bad("{\"test_keys\":{\"tls_handshakes\":[{\"failure\":{}}]}}",
        "test_keys.tls_handshakes[0].failure");
    bad("{\"test_keys\":{\"requests\":[{\"response\":{\"body\":3}}]}}",
        "test_keys.requests[0].response.body");
    bad("{\"test_keys\":{\"requests\":[{\"response\":{\"body\":{\"format\":"
        "\"base64\",\"data\":\"*\"}}}]}}",
        "test_keys.requests[0].response.body: bad base64");
    bad("{\"test_keys\":{\"x_control_request\":{\"http_request\":\"x\"},"
        "\"control\":{\"dns\":{}}}}",
        "test_keys.x_control_request.http_request");
    bad("{\"test_keys\":{\"x_control_request\":{\"http_request\":"
        "\"http://a.b/\"},\"control\":{\"tcp_connect\":{\"1.1.1.1:1\":3}}}}",
        "test_keys.control.tcp_connect[\"1.1.1.1:1\"]");
    bad("{\"test_keys\":{\"control_failure\":[]}}",
        "test_keys.control_failure");
}

static void too_many_entries_are_refused(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_add_c(&b, "{\"test_keys\":{\"tcp_connect\":[0");
    for (int i = 0; i < 2000; i++) {
        buf_add_c(&b, ",0");
    }
    buf_add_c(&b, "]}}");
    bad((const char *)b.p, "test_keys.tcp_connect: 2001 entries");
    buf_fini(&b);
}

/* What version 0.4 of the test wrote. */
static void old_records_are_read_and_left_undecided(void **state)
{
    (void)state;
    struct verdict v;
    struct diag d = {""};
    assert_int_equal(
        compute("{\"input\":\"http://" HOST "/\",\"test_keys\":{"
                "\"queries\":[{\"answers\":null,\"engine\":\"system\","
                "\"failure\":\"dns_nxdomain_error\",\"hostname\":\"" HOST
                "\",\"query_type\":\"A\"}],\"tcp_connect\":[{\"ip\":"
                "\"" RIGHT "\",\"port\":80,\"status\":{\"failure\":false,"
                "\"success\":true,\"blocked\":false}}],\"requests\":null,"
                "\"tls_handshakes\":null,\"control\":{},"
                "\"control_failure\":null}}",
                &v, &d),
        ERR_OK);
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_string_equal(v.reasons[0].rule, "record_without_transaction_ids");
    assert_int_equal(compute("{\"test_keys\":{}}", &v, &d), ERR_OK);
    assert_int_equal(v.state, X_INCONCLUSIVE);
}

static void derived_keys_in_a_record_are_ignored(void **state)
{
    (void)state;
    extra = "\"blocking\":\"dns\",\"accessible\":7,\"x_dns_flags\":\"x\","
            "\"x_verdict\":3,";
    system_dns(RIGHT);
    https_page(50001, RIGHT, 200);
    good_control();
    expect(X_OK, "-", "page_over_verified_tls");
}

/* Every cut of a record is damage for the JSON reader; every value replaced by
 * one of another type is an error or a verdict, never a crash. */
static void no_replaced_value_breaks_it(void **state)
{
    (void)state;
    static const char *const values[] = {"null", "true", "-1",    "\"\"",
                                         "[]",   "{}",   "[[[]]]"};
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, NULL, 200, HEADERS, PAGE);
    good_control();
    const char *text = record_text();
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        if (text[i] != ':' || (text[i + 1] != '"' && text[i + 1] != '{' &&
                               text[i + 1] != '[' && text[i + 1] != 'n')) {
            continue;
        }
        struct json_doc *doc = NULL;
        size_t cut = 0;
        struct diag d;
        if (json_value_len(str_c(text + i + 1), NULL, &cut, &d) != ERR_OK ||
            cut == 0) {
            continue;
        }
        for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
            struct region *r = region_new(16u << 20);
            struct verdict v;
            char *changed = region_printf(r, "%.*s%s%s", (int)(i + 1), text,
                                          values[k], text + i + 1 + cut);
            if (json_parse(str_c(changed), NULL, &doc, &d) == ERR_OK) {
                enum err e = verdict_compute(r, json_root(doc), fps, &v, &d);
                assert_true(e == ERR_OK || e == ERR_PARSE);
                json_doc_free(doc);
            }
            region_free(r);
        }
    }
}

static void an_internal_verdict_can_be_written(void **state)
{
    (void)state;
    struct verdict v;
    struct buf out;
    struct jw w;
    buf_init(&out, 65536);
    verdict_internal(&v, "too many files");
    jw_init(&w, &out);
    verdict_write_x(&w, &v);
    assert_non_null(strstr((const char *)out.p, "\"state\":\"internal\""));
    assert_non_null(strstr((const char *)out.p, "too many files"));
    buf_fini(&out);
}

/* A watchdog, ten times the mark. */
static void a_verdict_is_quick(void **state)
{
    (void)state;
    struct verdict v;
    struct diag d;
    struct json_doc *doc;
    struct timespec a, b;
    system_dns(RIGHT);
    https_page(50001, RIGHT, 200);
    good_control();
    assert_int_equal(json_parse(str_c(record_text()), NULL, &doc, &d), ERR_OK);
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(verdict_compute(region, json_root(doc), fps, &v, &d),
                         ERR_OK);
    }
    clock_gettime(CLOCK_MONOTONIC, &b);
    double ms = (double)(b.tv_sec - a.tv_sec) * 1e3 +
                (double)(b.tv_nsec - a.tv_nsec) / 1e6;
    assert_true(ms / 100 < 10);
    json_doc_free(doc);
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
        T(the_failing_redirect_decides),
        T(https_cut_off_while_http_works_is_tls_blocking),
        T(page_over_verified_tls_is_ok),
        T(same_page_in_cleartext_is_ok),
        T(regional_address_with_the_right_certificate_is_ok),
        T(challenge_and_refusal_are_not_blocking),
        T(other_language_of_the_same_site_is_not_blocking),
        T(what_fails_for_the_control_too_is_down),
        T(a_failure_without_a_control_is_inconclusive),
        T(a_silent_resolver_is_not_blocking),
        T(a_typo_that_an_isp_answers_is_not_blocking),
        T(dead_ipv6_beside_working_ipv4_is_ok),
        T(one_dead_address_of_two_is_ok),
        T(an_intercepted_certificate_is_not_called_blocking),
        T(no_route_is_no_blocking),
        T(an_address_that_a_router_rejects_here_only_is_ip),
        T(a_page_without_headers_and_title_is_forged),
        T(a_redirect_to_a_name_that_exists_nowhere_is_down),
        T(a_reset_from_another_distance_is_said),
        T(a_silent_resolver_hides_no_cut_handshake),
        T(silence_about_one_name_is_blocking),
        T(an_address_that_a_proxy_makes_up_accuses_nobody),
        T(no_address_of_the_newer_kind_denies_nothing),
        T(a_page_that_does_not_end_is_not_called_blocking),
        T(nat64_addresses_stand_for_the_controls),
        T(a_record_that_contradicts_itself_says_nothing),
        T(a_control_without_a_status_has_no_page),
        T(a_probe_that_failed_itself_is_internal),
        T(website_without_addresses_is_down),
        T(inconsistent_dns_turns_other_failures_into_dns),
        T(dns_failure_without_any_control_reads_ok_as_upstream),
        T(titles_are_compared_without_case_in_any_script),
        T(mistyped_keys_are_named),
        T(too_many_entries_are_refused),
        T(old_records_are_read_and_left_undecided),
        T(derived_keys_in_a_record_are_ignored),
        T(no_replaced_value_breaks_it),
        T(an_internal_verdict_can_be_written),
        T(a_verdict_is_quick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
