// SPDX-License-Identifier: Apache-2.0
/* One test per pattern of innocence, and what looks like it and is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"
#include <stdio.h>
#include <string.h>

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

/* Who has a list against adverts gets 0.0.0.0, and no server was asked. */
static void a_hosts_file_is_no_blocking(void **state)
{
    static const char asked[] =
        "\"x_system_queries\":[{\"engine\":\"udp\",\"hostname\":\"%s\","
        "\"query_type\":\"A\",\"failure\":null,\"transaction_id\":10001}],";

    (void)state;
    system_dns("0.0.0.0");
    udp_dns(RIGHT);
    https_page(50001, RIGHT, 200);
    good_control();
    extra = "\"x_system_queries\":[],";
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
    extra = region_printf(region, asked, "another.example");
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
    /* a question for the record of browsers is none for addresses */
    extra = "\"x_system_queries\":[{\"engine\":\"udp\",\"hostname\":\"" HOST
            "\",\"query_type\":\"HTTPS\",\"failure\":\"dns_no_answer\","
            "\"transaction_id\":10001}],";
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
    extra = region_printf(region, asked, HOST);
    expect(X_BLOCKED, "dns", "dns_bogon_answer");
}

/* `ip route add blackhole` makes connect fail with invalid_argument. */
static void no_route_is_no_blocking(void **state)
{
    static const char *const failures[] = {"network_unreachable",
                                           "network_down",
                                           "address_not_available",
                                           "permission_denied",
                                           "invalid_argument",
                                           "operation_would_block",
                                           "address_family_not_supported",
                                           "no_protocol_option",
                                           "unknown_failure: network error"};
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        teardown(state);
        assert_int_equal(setup(state), 0);
        system_dns(RIGHT);
        https_flow(50001, RIGHT, failures[i], NULL);
        good_control();
        expect(X_INCONCLUSIVE, "-", "no_route_from_here");
    }
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
    assert_string_equal(rule_of(v.reasons[1]),
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
    assert_string_not_equal(rule_of(verdict_now().reasons[0]),
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
    expect(X_INCONCLUSIVE, "-", "resolver_not_answering");
    extra = whoami;
    /* nobody knows whether the name's servers answer at all */
    expect(X_INCONCLUSIVE, "-", "resolver_not_answering");
    doh_dns(RIGHT);
    expect(X_BLOCKED, "dns", "dns_silence_for_this_name");
    extra = "\"x_run\":{\"others_same_address\":0,\"others_elsewhere\":1},";
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
    /* one for no address may pass a censor that knows only two types */
    extra = region_printf(region,
                          "%s\"x_system_queries\":[{\"engine\":\"udp\","
                          "\"hostname\":\"" HOST
                          "\",\"query_type\":\"HTTPS\",\"resolver_address\":"
                          "\"192.0.2.53:53\",\"failure\":\"dns_no_answer\","
                          "\"t0\":0.1,\"t\":0.2,\"transaction_id\":10001}],",
                          whoami);
    expect(X_BLOCKED, "dns", "dns_silence_for_this_name");
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
    assert_string_equal(rule_of(v.reasons[0]), "record_contradicts_itself");
}

static void again(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
}

static void
a_resolver_that_gives_one_address_for_all_accuses_nobody(void **state)
{
    static const char garden[] =
        "\"x_dns_whoami\":{\"system_v4\":[{\"address\":\"192.168.1.1\"}]},";

    extra = garden;
    system_dns("192.168.1.1");
    udp_dns(RIGHT);
    https_page(50001, RIGHT, 200);
    good_control();
    expect(X_INCONCLUSIVE, "-", "dns_address_for_every_name");
    extra = "\"x_run\":{\"others_same_address\":2,\"others_elsewhere\":0},";
    expect(X_INCONCLUSIVE, "-", "dns_address_for_every_name");
    /* one address for many blocked names is what censors do */
    extra = "\"x_run\":{\"others_same_address\":8,\"others_elsewhere\":1},";
    expect(X_BLOCKED, "dns", "dns_bogon_answer");
    /* one that knows others' addresses lies about this name */
    again(state);
    extra = "\"x_dns_whoami\":{\"system_v4\":[{\"address\":\"[scrubbed]\"}]},";
    system_dns("192.168.1.1");
    udp_dns(RIGHT);
    https_page(50001, RIGHT, 200);
    good_control();
    expect(X_BLOCKED, "dns", "dns_bogon_answer");
}

static void a_translators_own_prefix_is_no_forgery(void **state)
{
    static const char *const addrs[] = {"64:ff9b:1::c629:4", "fd00:64::c629:4",
                                        "2001:db8:64::c629:4"};
    for (size_t i = 0; i < sizeof(addrs) / sizeof(*addrs); i++) {
        again(state);
        input = "http://" HOST "/";
        system_dns(addrs[i]);
        connect_to(40001, addrs[i], 80, 0, true, NULL);
        request(40001, input, NULL, 403, HEADERS, "no");
        good_control();
        expect(X_INCONCLUSIVE, "-", "server_refuses_visitor");
    }
    again(state);
    system_dns("10.10.34.35,64:ff9b::a0a:2223"); /* made of a forged one */
    good_control();
    expect(X_BLOCKED, "dns", "dns_bogon_answer");
    again(state);
    system_dns("fd00:64::c629:5"); /* nobody's */
    good_control();
    expect(X_BLOCKED, "dns", "dns_bogon_answer");
}

static void a_site_with_ipv6_alone_needs_ipv6(void **state)
{
    (void)state;
    system_dns("2001:500:9f::42");
    https_flow(50001, "2001:500:9f::42", "generic_timeout_error", NULL);
    control_dns("2001:500:9f::42");
    control_endpoint("[2001:500:9f::42]:443", NULL, NULL);
    control_page(NULL);
    expect(X_INCONCLUSIVE, "-", "no_route_from_here");
    /* of a line on which IPv6 was seen to work it is another matter */
    extra = "\"x_system_queries\":[{\"engine\":\"udp\",\"hostname\":\"" HOST
            "\",\"query_type\":\"AAAA\",\"resolver_address\":"
            "\"[2001:500:9f::53]:53\",\"failure\":null,\"t0\":0.1,\"t\":0.2,"
            "\"transaction_id\":10001}],";
    expect(X_BLOCKED, "ip", "tcp_timeout_control_connects");
}

static void a_site_that_gives_the_control_no_page_is_not_well(void **state)
{
    system_dns(RIGHT);
    https_flow(50001, RIGHT, "generic_timeout_error", NULL);
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, NULL);
    control_page("generic_timeout_error");
    expect(X_INCONCLUSIVE, "-", "control_got_no_page");
    again(state);
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, "generic_timeout_error");
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, NULL);
    control_page("generic_timeout_error");
    expect(X_INCONCLUSIVE, "-", "control_got_no_page");
    again(state);
    system_dns("dns_nxdomain_error");
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", "generic_timeout_error", NULL);
    control_page("generic_timeout_error");
    expect(X_INCONCLUSIVE, "-", "control_got_no_page");
}

static void an_answer_of_a_wrong_id_is_no_contradiction(void **state)
{
    (void)state;
    system_dns(RIGHT);
    put(DUPLICATES,
        "{\"transaction_id\":10001,\"engine\":\"udp\",\"query_type\":\"A\","
        "\"hostname\":\"" HOST
        "\",\"failure\":\"dns_reply_with_wrong_query_id\",\"answers\":[{"
        "\"answer_type\":\"A\",\"ipv4\":\"" WRONG
        "\"}],\"tags\":[\"depth=0\"]}");
    https_page(50001, RIGHT, 200);
    good_control();
    expect(X_OK, "-", "page_over_verified_tls");
}

static void a_record_about_another_host_accuses_nobody(void **state)
{
    system_dns(RIGHT);
    connect_to(50001, RIGHT, 443, 0, true, NULL);
    handshake(50001, "else.test", "connection_reset");
    good_control();
    expect(X_INCONCLUSIVE, "-", "record_contradicts_itself");
    again(state);
    http_flows(RIGHT);
    system_dns(RIGHT);
    request(40001, "http://else.test/", "connection_reset", 0, "", "");
    good_control();
    expect(X_INCONCLUSIVE, "-", "record_contradicts_itself");
}

static void two_answers_prove_nothing_of_an_address_in_order(void **state)
{
    (void)state;
    input = "http://" HOST "/";
    system_dns(WRONG);
    udp_dns(WRONG);
    lookup(DUPLICATES, 20001, "udp", "A", HOST, 0, RIGHT);
    connect_to(40001, WRONG, 80, 0, true, NULL); /* a branch of its network */
    request(40001, input, NULL, 403, HEADERS, "no");
    good_control();
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
}

/* Networks keep copies of sites that nobody else can reach. */
static void a_copy_for_one_network_only_accuses_nobody(void **state)
{
    static const struct {
        int status;
        const char *headers, *body;
    } pages[] = {{200, "\"Server\":\"edge\"", OTHER},
                 {302, "\"Location\":\"http://" HOST "/fa\"", ""}};

    for (size_t i = 0; i < 2; i++) {
        again(state);
        input = "http://" HOST "/";
        system_dns(WRONG);
        udp_dns(RIGHT);
        connect_to(40001, WRONG, 80, 0, true, NULL);
        request(40001, input, NULL, pages[i].status, pages[i].headers,
                pages[i].body);
        good_control();
        control_endpoint(WRONG ":80", "generic_timeout_error", NULL);
        control_endpoint(WRONG ":443", "generic_timeout_error", NULL);
        struct verdict v = verdict_now();
        assert_int_not_equal(v.state, X_BLOCKED);
    }
}

/* The control was let in, whatever it was then told: it is said that the site
 * may not be well. */
static void an_error_for_the_control_hides_no_block(void **state)
{
    system_dns(RIGHT);
    https_flow(50001, RIGHT, "generic_timeout_error", NULL);
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, NULL);
    put(CTL_HTTP, "\"failure\":null,\"status_code\":503,\"body_length\":9,"
                  "\"title\":\"\",\"headers\":{" HEADERS "}");
    expect(X_BLOCKED, "ip", "tcp_timeout_control_connects");
    struct verdict v = verdict_now();
    assert_true(v.n_alternatives > 1 && v.confidence < 0.7);
    again(state);
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, "connection_reset");
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, NULL);
    put(CTL_HTTP, "\"failure\":null,\"status_code\":503,\"body_length\":9,"
                  "\"title\":\"\",\"headers\":{" HEADERS "}");
    expect(X_BLOCKED, "tls", "tls_reset_control_succeeds");
    /* the twin: the control itself is not let in */
    again(state);
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, "connection_reset");
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, "connection_reset");
    put(CTL_HTTP, "\"failure\":null,\"status_code\":503,\"body_length\":9,"
                  "\"title\":\"\",\"headers\":{" HEADERS "}");
    v = verdict_now();
    assert_int_not_equal(v.state, X_BLOCKED);
}

static void a_refusal_needs_somebody_who_answers(void **state)
{
    static const char whoami[] =
        "\"x_dns_whoami\":{\"system_v4\":[{\"address\":\"[scrubbed]\"}]},";
    (void)state;
    extra = whoami;
    system_dns("dns_refused_error");
    good_control();
    expect(X_INCONCLUSIVE, "-", "dns_failure_of_unknown_cause");
    udp_dns(RIGHT);
    expect(X_BLOCKED, "dns", "dns_refused_for_this_name");
    extra = "\"x_run\":{\"others_same_address\":1,\"others_elsewhere\":0},";
    expect(X_BLOCKED, "dns", "dns_refused_for_this_name");
    extra = "\"x_run\":{\"others_same_address\":0},";
    expect(X_INCONCLUSIVE, "-", "dns_failure_of_unknown_cause");
}

/* An office may serve a site from within. */
static void a_private_address_with_the_sites_page_is_the_site(void **state)
{
    input = "http://" HOST "/";
    system_dns("10.1.2.3");
    connect_to(40001, "10.1.2.3", 80, 0, true, NULL);
    request(40001, input, NULL, 200, HEADERS, PAGE);
    good_control();
    expect(X_OK, "-", "page_same_as_control");
    /* a redirect is nobody's page */
    again(state);
    input = "http://" HOST "/";
    system_dns("10.1.2.3");
    connect_to(40001, "10.1.2.3", 80, 0, true, NULL);
    request(40001, input, NULL, 302, "\"Location\":\"http://10.1.2.3/\"", "");
    good_control();
    expect(X_BLOCKED, "dns", "dns_bogon_answer");
}

static void a_router_may_reject_what_a_translator_made(void **state)
{
    (void)state;
    system_dns("64:ff9b::c629:4");
    https_flow(50001, "64:ff9b::c629:4", "host_unreachable", NULL);
    good_control();
    control_endpoint("[64:ff9b::c629:4]:443", NULL, NULL);
    expect(X_BLOCKED, "ip", "tcp_rejected_control_connects");
}

static void a_step_nobody_led_to_contradicts_the_record(void **state)
{
    (void)state;
    https_page(50001, RIGHT, 200);
    system_dns(RIGHT);
    lookup(QUERIES, 10002, "getaddrinfo", "ANY", "else.test", 1, RIGHT);
    connect_to(50002, RIGHT, 443, 1, true, NULL);
    handshake(50002, "else.test", "connection_reset");
    good_control();
    expect(X_INCONCLUSIVE, "-", "record_contradicts_itself");
}

static void steps_that_end_before_they_begin_contradict(void **state)
{
    (void)state;
    system_dns(RIGHT);
    put(CONNECTS, "{\"transaction_id\":50001,\"ip\":\"" RIGHT
                  "\",\"port\":443,\"t0\":5,\"t\":0.3,\"status\":{\"failure\":"
                  "\"generic_timeout_error\"},\"tags\":[\"depth=0\","
                  "\"fetch_body=true\"]}");
    good_control();
    expect(X_INCONCLUSIVE, "-", "record_contradicts_itself");
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

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
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
        T(a_hosts_file_is_no_blocking),
        T(an_address_that_a_router_rejects_here_only_is_ip),
        T(a_page_without_headers_and_title_is_forged),
        T(a_redirect_to_a_name_that_exists_nowhere_is_down),
        T(a_reset_from_another_distance_is_said),
        T(a_silent_resolver_hides_no_cut_handshake),
        T(an_address_that_a_proxy_makes_up_accuses_nobody),
        T(no_address_of_the_newer_kind_denies_nothing),
        T(silence_about_one_name_is_blocking),
        T(a_page_that_does_not_end_is_not_called_blocking),
        T(nat64_addresses_stand_for_the_controls),
        T(a_record_that_contradicts_itself_says_nothing),
        T(a_resolver_that_gives_one_address_for_all_accuses_nobody),
        T(a_translators_own_prefix_is_no_forgery),
        T(a_site_with_ipv6_alone_needs_ipv6),
        T(a_site_that_gives_the_control_no_page_is_not_well),
        T(an_answer_of_a_wrong_id_is_no_contradiction),
        T(a_record_about_another_host_accuses_nobody),
        T(two_answers_prove_nothing_of_an_address_in_order),
        T(a_copy_for_one_network_only_accuses_nobody),
        T(an_error_for_the_control_hides_no_block),
        T(a_refusal_needs_somebody_who_answers),
        T(a_private_address_with_the_sites_page_is_the_site),
        T(a_router_may_reject_what_a_translator_made),
        T(a_step_nobody_led_to_contradicts_the_record),
        T(steps_that_end_before_they_begin_contradict),
        T(a_control_without_a_status_has_no_page),
        T(a_probe_that_failed_itself_is_internal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
