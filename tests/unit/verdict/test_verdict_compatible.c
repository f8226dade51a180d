// SPDX-License-Identifier: Apache-2.0
/* OONI's keys of records that none of OONI's own covers, each worked out by
 * hand from the description of Web Connectivity 0.5's analysis.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"
#include <stdio.h>

#define RIGHT_V6 "2001:503:ba3e::2:30" /* of the control's network */
#define OTHER_V6 "2001:500:2f::f"

/* ---- helpers ------------------------------------------------------------- */

static void answered(int id, const char *engine, const char *type,
                     const char *ip, int asn)
{
    bool v6 = strchr(ip, ':');
    put(QUERIES,
        "{\"transaction_id\":%d,\"engine\":\"%s\",\"query_type\":\"%s\","
        "\"hostname\":\"" HOST "\",\"failure\":null,\"answers\":["
        "{\"answer_type\":\"%s\",\"%s\":\"%s\",\"asn\":%d}],"
        "\"tags\":[\"depth=0\"]}",
        id, engine, type, v6 ? "AAAA" : "A", v6 ? "ipv6" : "ipv4", ip, asn);
}

static void expect_flags(int64_t dns, int64_t blocking, int64_t null_null)
{
    struct verdict v = verdict_now();
    assert_int_equal(v.x_dns_flags, dns);
    assert_int_equal(v.x_blocking_flags, blocking);
    assert_int_equal(v.x_null_null_flags, null_null);
}

/* NULL: null */
static void expect_keys(const char *blocking, enum opt_bool accessible,
                        const char *consistency, const char *http_failure)
{
    struct verdict v = verdict_now();
    const char *const want[] = {blocking, consistency, http_failure};
    const char *const got[] = {v.blocking, v.dns_consistency,
                               v.http_experiment_failure};
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(got[i] ? got[i] : "null",
                            want[i] ? want[i] : "null");
    }
    assert_int_equal(v.accessible, accessible);
}

static void again(void)
{
    teardown(NULL);
    assert_int_equal(setup(NULL), 0);
}

/* ---- transactions -------------------------------------------------------- */

static void a_page_beside(int a_id, const char *a_ip, int aaaa_id,
                          const char *aaaa_ip, const char *engine)
{
    again();
    answered(10001, "getaddrinfo", "ANY", RIGHT, 64500);
    answered(a_id, engine, "A", a_ip, 64999);
    answered(aaaa_id, engine, "AAAA", aaaa_ip,
             strcmp(aaaa_ip, RIGHT_V6) == 0 ? 64500 : 64998);
    https_page(50001, RIGHT, 200);
    good_control();
}

static void the_questions_of_a_transaction_are_judged_together(void **state)
{
    (void)state;
    /* one address of the control's network is enough for both questions */
    a_page_beside(20001, WRONG, 20001, RIGHT_V6, "udp");
    expect_flags(0, 32, 0);
    a_page_beside(20001, RIGHT, 20001, OTHER_V6, "udp");
    expect_flags(0, 32, 0);
    a_page_beside(30001, WRONG, 30001, RIGHT_V6, "doh");
    expect_flags(0, 32, 0);
    /* neither */
    a_page_beside(20001, WRONG, 20001, OTHER_V6, "udp");
    expect_flags(4, 33, 0);
    /* two transactions */
    a_page_beside(20001, WRONG, 20002, RIGHT_V6, "udp");
    expect_flags(4, 33, 0);
    a_page_beside(30001, WRONG, 30002, RIGHT_V6, "doh");
    expect_flags(4, 33, 0);
}

static void queries_without_an_id_stand_alone(void **state)
{
    (void)state;
    a_page_beside(0, WRONG, 0, RIGHT_V6, "udp");
    expect_flags(4, 33, 0);
    /* an id below 0 is one like any other */
    a_page_beside(-2, WRONG, 0, RIGHT_V6, "udp");
    expect_flags(4, 33, 0);
    a_page_beside(-2, WRONG, -2, RIGHT_V6, "udp");
    expect_flags(0, 32, 0);
}

static void the_classic_verdict_takes_transactions_whole(void **state)
{
    static const char *const engine = "golang_net_resolver";
    (void)state;
    answered(10001, engine, "A", WRONG, 64999);
    answered(10001, engine, "AAAA", RIGHT_V6, 64500);
    answered(30001, "doh", "A", RIGHT, 64500); /* names the network */
    https_page(50001, RIGHT_V6, 200);
    good_control();
    expect_keys("false", OPT_TRUE, "consistent", NULL);
    again();
    answered(10001, engine, "A", WRONG, 64999);
    answered(10002, engine, "AAAA", RIGHT_V6, 64500);
    answered(30001, "doh", "A", RIGHT, 64500); /* names the network */
    https_page(50001, RIGHT_V6, 200);
    good_control();
    expect_keys("false", OPT_TRUE, "inconsistent", NULL);
    /* half of a transaction at loopback is not "only loopback" */
    again();
    answered(10001, engine, "A", "127.0.0.1", 0);
    answered(10001, engine, "AAAA", OTHER_V6, 64998);
    good_control();
    expect_keys(NULL, OPT_NULL, "inconsistent", NULL);
    again();
    answered(10001, engine, "A", "127.0.0.1", 0);
    answered(10001, engine, "AAAA", "::1", 0);
    good_control();
    expect_keys("dns", OPT_FALSE, "inconsistent", NULL);
}

static void a_handshake_vouches_for_the_whole_transaction(void **state)
{
    (void)state;
    answered(10001, "getaddrinfo", "ANY", RIGHT, 64500);
    answered(20001, "udp", "A", WRONG, 64999);
    answered(20001, "udp", "AAAA", OTHER_V6, 64998);
    https_page(50001, RIGHT, 200);
    https_flow(50002, OTHER_V6, NULL, NULL);
    good_control();
    expect_flags(0, 32, 0);
}

/* ---- lookups ------------------------------------------------------------- */

static void what_counts_as_a_failed_lookup(void **state)
{
    static const struct {
        const char *engine, *type, *failure;
        int dns, blocking;
    } cases[] = {
        {"udp", "A", "dns_nxdomain_error", 2, 33},
        {"udp", "A", "dns_no_answer", 2, 33},
        {"udp", "AAAA", "dns_no_answer", 0, 32},
        {"udp", "AAAA", "generic_timeout_error", 2, 33},
        {"doh", "A", "connection_reset", 0, 32},
        {"doh", "AAAA", "dns_nxdomain_error", 0, 32},
        {"tcp", "A", "dns_refused_error", 2, 33},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        again();
        system_dns(RIGHT);
        lookup(QUERIES, 20001, cases[i].engine, cases[i].type, HOST, 0,
               cases[i].failure);
        https_page(50001, RIGHT, 200);
        good_control();
        expect_flags(cases[i].dns, cases[i].blocking, 0);
        assert_string_equal(verdict_now().dns_consistency, "consistent");
    }
}

static void an_answer_where_the_control_got_none(void **state)
{
    (void)state;
    /* failed for the control: no addresses to compare with */
    system_dns(WRONG);
    https_flow(50001, WRONG, "connection_refused", NULL);
    control_dns("dns_name_error");
    control_page("dns_lookup_error");
    expect_keys("dns", OPT_FALSE, "inconsistent", "connection_refused");
    expect_flags(0, 0, 16);
    /* resolved to nothing: none of ours can be among its */
    again();
    system_dns(WRONG);
    https_flow(50001, WRONG, "connection_refused", NULL);
    control_dns("");
    control_page("dns_lookup_error");
    expect_keys("dns", OPT_FALSE, "inconsistent", "connection_refused");
    expect_flags(4, 1, 16);
}

static void a_failed_lookup_after_a_redirect(void **state)
{
    (void)state;
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, NULL);
    request(50001, "https://" HOST "/", NULL, 302, "", "");
    lookup(QUERIES, 10002, "getaddrinfo", "ANY", "next.test", 1,
           "dns_nxdomain_error");
    good_control();
    expect_keys("dns", OPT_FALSE, "consistent", "dns_nxdomain_error");
    expect_flags(0, 1, 0);
    assert_null(verdict_now().dns_experiment_failure);
}

/* ---- endpoints ----------------------------------------------------------- */

static void failures_of_endpoints_by_what_the_control_says(void **state)
{
    static const struct {
        const char *control; /* "" succeeded, "-" not tried */
        const char *blocking;
        int flags, null_null;
    } cases[] = {
        {"", "tcp_ip", 2, 0},
        {"connect_error", "false", 0, 2},
        {"-", "http-failure", 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *c = cases[i].control;
        again();
        system_dns(RIGHT);
        https_flow(50001, RIGHT, "generic_timeout_error", NULL);
        control_dns(RIGHT);
        if (c[0] != '-') {
            control_endpoint(RIGHT ":443", c[0] ? c : NULL, NULL);
        }
        control_page(NULL);
        expect_keys(cases[i].blocking, OPT_FALSE, "consistent",
                    "generic_timeout_error");
        expect_flags(0, cases[i].flags, cases[i].null_null);
    }
    /* a handshake that the control did not try, and whose page it did not get
     * either, is still "http-failure" */
    again();
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, "connection_reset");
    control_dns(RIGHT);
    control_page("unknown_error");
    expect_keys("http-failure", OPT_FALSE, "consistent", "connection_reset");
    expect_flags(0, 0, 0);
}

static void dead_ipv6_accuses_nobody(void **state)
{
    static const struct {
        const char *failure;
        int flags;
    } cases[] = {
        {"network_unreachable", 0},
        {"host_unreachable", 0},
        {"generic_timeout_error", 2},
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        again();
        system_dns(RIGHT_V6);
        https_flow(50001, RIGHT_V6, cases[i].failure, NULL);
        control_dns(RIGHT_V6);
        control_endpoint("[" RIGHT_V6 "]:443", NULL, NULL);
        control_page(NULL);
        expect_flags(0, cases[i].flags, 0);
    }
    again();
    system_dns(RIGHT);
    https_flow(50001, RIGHT, "network_unreachable", NULL);
    good_control();
    expect_flags(0, 2, 0);
}

/* The control looks at another endpoint, exactly as OONI compares them. */
static void a_translated_address_is_not_the_controls(void **state)
{
    (void)state;
    system_dns("64:ff9b::c629:4");
    https_flow(50001, "64:ff9b::c629:4", "generic_timeout_error", NULL);
    good_control();
    expect_keys("dns", OPT_FALSE, "inconsistent", "generic_timeout_error");
    expect_flags(4, 1, 0);
}

static void the_failure_of_the_control_decides_not_its_status(void **state)
{
    (void)state;
    system_dns(RIGHT);
    https_flow(50001, RIGHT, "generic_timeout_error", NULL);
    control_dns(RIGHT);
    put(CTL_TCP, "\"" RIGHT ":443\":{\"status\":false,\"failure\":null}");
    control_page(NULL);
    expect_keys("tcp_ip", OPT_FALSE, "consistent", "generic_timeout_error");
    assert_int_not_equal(verdict_now().state, X_BLOCKED);
}

static void a_control_that_leaves_its_failure_out_says_nothing(void **state)
{
    (void)state;
    system_dns(RIGHT);
    https_flow(50001, RIGHT, "generic_timeout_error", NULL);
    put(CTL_DNS, "\"addrs\":[]");
    put(CTL_TCP, "\"" RIGHT ":443\":{}");
    put(CTL_HTTP, "\"status_code\":200");
    expect_keys(NULL, OPT_NULL, NULL, "generic_timeout_error");
    expect_flags(0, 0, 0);
}

/* Nobody resolved it: its origin is unknown, not the control. */
static void a_site_named_by_its_address_is_classic(void **state)
{
    (void)state;
    input = "http://" RIGHT "/";
    connect_to(40001, RIGHT, 80, 0, true, NULL);
    request(40001, input, NULL, 200, HEADERS, PAGE);
    control_dns("");
    control_endpoint(RIGHT ":80", NULL, NULL);
    control_page(NULL);
    expect_keys("false", OPT_TRUE, NULL, NULL);
    expect_flags(0, 32, 0);
    again();
    input = "http://" RIGHT "/";
    connect_to(40001, RIGHT, 80, 0, true, "generic_timeout_error");
    control_dns("");
    control_endpoint(RIGHT ":80", NULL, NULL);
    control_page(NULL);
    expect_keys("tcp_ip", OPT_FALSE, NULL, "generic_timeout_error");
    assert_int_equal(verdict_now().state, X_BLOCKED);
    /* an address that the control alone knows is not */
    again();
    system_dns("dns_nxdomain_error");
    https_page(50001, RIGHT, 200);
    good_control();
    expect_keys("dns", OPT_FALSE, "inconsistent", "dns_nxdomain_error");
}

/* OONI's control was asked, whatever we think of the URL. */
static void the_host_is_read_from_urls_that_we_would_not_measure(void **state)
{
    static const struct {
        const char *url, *consistency;
    } cases[] = {
        {"https://" HOST ":99999/", "consistent"},
        {"https://user:pw@" HOST "/?a=b@c", "consistent"},
        {"https://" HOST ":pw@elsewhere.test/", NULL},
        {"HTTPS://SITE.test./x#y", "consistent"},
        {"https://" HOST ".:0?q", "consistent"},
        {"https://xn--" HOST "/", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        again();
        input = cases[i].url;
        system_dns(RIGHT);
        good_control();
        expect_keys(NULL, OPT_NULL, cases[i].consistency, NULL);
    }
    static const char *const bad[] = {"",
                                      "site.test",
                                      "ftp://site.test/",
                                      "https://",
                                      "https:///x",
                                      "https://:0/",
                                      "https://[::1",
                                      "https://a b:0/",
                                      "https://a\\b:0/",
                                      "https://site.test\\u0000:0/"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct verdict v;
        struct diag d = {""};
        again();
        input = bad[i];
        system_dns(RIGHT);
        good_control();
        assert_int_equal(compute(record_text(), &v, &d), ERR_PARSE);
        assert_non_null(strstr(d.text, "x_control_request.http_request"));
    }
}

static void a_final_dot_changes_no_name(void **state)
{
    (void)state;
    lookup(QUERIES, 10001, "getaddrinfo", "ANY", HOST ".", 0, RIGHT);
    connect_to(50001, RIGHT, 443, 0, true, NULL);
    handshake(50001, HOST ".", "connection_reset");
    good_control();
    expect_keys("http-failure", OPT_FALSE, "consistent", "connection_reset");
    expect_flags(0, 4, 0);
}

/* ---- pages --------------------------------------------------------------- */

static void pages(int status, const char *body, int control_status,
                  int control_length, const char *control_title)
{
    again();
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, NULL, status, "\"Content-Type\":\"text/html\"", body);
    control_dns(RIGHT);
    put(CTL_HTTP,
        "\"failure\":null,\"status_code\":%d,\"body_length\":%d,"
        "\"title\":\"%s\",\"headers\":{\"Content-Type\":\"text/html\"}",
        control_status, control_length, control_title);
}

static void lengths_and_status_at_their_limits(void **state)
{
    struct verdict v;
    (void)state;
    pages(200, "seven77", 200, 10, "something");
    v = verdict_now();
    assert_true(v.body_proportion == 0.7);
    assert_int_equal(v.body_length_match, OPT_FALSE);
    assert_int_equal(v.title_match, OPT_FALSE);
    assert_int_equal(v.headers_match, OPT_FALSE);
    expect_keys("http-diff", OPT_FALSE, "consistent", NULL);
    pages(200, "eight888", 200, 11, "something");
    assert_int_equal(verdict_now().body_length_match, OPT_TRUE);
    expect_keys("false", OPT_TRUE, "consistent", NULL);
    /* no body: not compared */
    pages(200, "", 200, 11, "");
    v = verdict_now();
    assert_int_equal(v.body_length_match, OPT_NULL);
    assert_true(v.body_proportion == 0);
    assert_int_equal(v.title_match, OPT_TRUE);
    /* another code is the control's own trouble unless its is 2xx */
    pages(200, "eight888", 503, 8, "");
    assert_int_equal(verdict_now().status_code_match, OPT_NULL);
    expect_keys("http-diff", OPT_FALSE, "consistent", NULL);
    pages(403, "eight888", 299, 8, "");
    assert_int_equal(verdict_now().status_code_match, OPT_FALSE);
    pages(404, "eight888", 404, 8, "");
    assert_int_equal(verdict_now().status_code_match, OPT_TRUE);
    /* no status, no title */
    pages(200, "eight888", 0, 8, "");
    v = verdict_now();
    assert_int_equal(v.status_code_match, OPT_NULL);
    assert_int_equal(v.title_match, OPT_NULL);
    assert_int_equal(v.body_length_match, OPT_TRUE);
    /* a 3xx is no final response */
    pages(303, "eight888", 200, 8, "");
    v = verdict_now();
    assert_int_equal(v.status_code_match, OPT_NULL);
    expect_keys(NULL, OPT_NULL, "consistent", NULL);
    expect_flags(0, 0, 0);
}

/* `members` beside the body in the response. */
static enum opt_bool headers_match(const char *members, const char *control)
{
    again();
    system_dns(RIGHT);
    http_flows(RIGHT);
    put(REQUESTS,
        "{\"transaction_id\":40001,\"failure\":null,\"request\":{},"
        "\"response\":{\"code\":200,\"body\":\"x\",%s}}",
        members);
    control_dns(RIGHT);
    put(CTL_HTTP,
        "\"failure\":null,\"status_code\":200,\"body_length\":9,"
        "\"title\":\"\",\"headers\":{%s}",
        control);
    return verdict_now().headers_match;
}

static void names_of_headers_that_both_send(void **state)
{
    struct buf many;
    (void)state;
    assert_int_equal(
        headers_match("\"headers\":{\"X-SITE\":\"1\"}", "\"x-site\":\"2\""),
        OPT_TRUE);
    assert_int_equal(headers_match("\"headers\":{\"VIA\":\"1\",\"ETag\":\"2\"}",
                                   "\"via\":\"1\",\"etag\":\"2\""),
                     OPT_FALSE);
    /* not on the list of common ones */
    assert_int_equal(headers_match("\"headers\":{\"Content-Length\":\"1\"}",
                                   "\"Content-Length\":\"9\""),
                     OPT_TRUE);
    assert_int_equal(headers_match("\"headers\":null", "\"X-Site\":\"2\""),
                     OPT_FALSE);
    assert_int_equal(headers_match("\"headers\":null,\"headers_list\":"
                                   "[[\"X-Site\",\"1\"]]",
                                   "\"X-Site\":\"2\""),
                     OPT_TRUE);
    /* the object counts */
    assert_int_equal(headers_match("\"headers\":{},\"headers_list\":"
                                   "[[\"X-Site\",\"1\"]]",
                                   "\"X-Site\":\"2\""),
                     OPT_FALSE);
    /* however many there are */
    again();
    buf_init(&many, 1 << 20);
    buf_add_c(&many, "\"headers\":{");
    for (int i = 0; i < 1000; i++) {
        buf_printf(&many, "\"X-%d\":\"1\",", i);
    }
    buf_add_c(&many, "\"X-Site\":\"1\"}");
    assert_int_equal(
        headers_match((const char *)many.p, "\"Y\":\"\",\"X-Site\":\"2\""),
        OPT_TRUE);
    buf_fini(&many);
}

/* Scrubbing changes lengths, but not by more than an address has. */
static void a_declared_length_stands_for_a_scrubbed_body(void **state)
{
    static const struct {
        const char *declared;
        int length;
    } cases[] = {
        {"100", 29}, {"66", 66}, {"67", 29}, {"21", 21}, {"20", 29},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        again();
        system_dns(RIGHT);
        http_flows(RIGHT);
        request(40001, input, NULL, 200,
                region_printf(region, "\"Content-Length\":\"%s\"",
                              cases[i].declared),
                "your address is: [scrubbed] .");
        control_dns(RIGHT);
        put(CTL_HTTP, "\"failure\":null,\"status_code\":200,\"body_length\":66,"
                      "\"title\":\"\",\"headers\":{}");
        assert_true(verdict_now().body_proportion == cases[i].length / 66.0);
    }
}

/* ---- older probes -------------------------------------------------------- */

static struct verdict of_text(const char *text)
{
    struct verdict v;
    struct diag d = {""};
    assert_int_equal(compute(text, &v, &d), ERR_OK);
    return v;
}

/* No depth, no ids, and nothing that says what the control was asked. */
static void records_of_old_probes_are_compared_with_their_control(void **state)
{
    struct verdict v = of_text(
        "{\"input\":\"http://" HOST "/\",\"test_keys\":{"
        "\"queries\":[{\"answers\":null,\"engine\":\"getaddrinfo\","
        "\"failure\":\"dns_nxdomain_error\",\"hostname\":\"" HOST
        "\",\"query_type\":\"ANY\"}],\"tcp_connect\":null,\"requests\":["
        "{\"failure\":\"dns_nxdomain_error\",\"request\":{\"url\":\"http://" HOST
        "/\"},\"response\":null}],\"tls_handshakes\":null,\"control\":{"
        "\"dns\":{\"failure\":null,\"addrs\":[\"" RIGHT "\"]},"
        "\"http_request\":{\"failure\":null,\"status_code\":200}},"
        "\"control_failure\":null}}");
    (void)state;
    assert_string_equal(v.blocking, "dns");
    assert_int_equal(v.accessible, OPT_FALSE);
    assert_string_equal(v.dns_experiment_failure, "dns_nxdomain_error");
    assert_string_equal(v.dns_consistency, "inconsistent");
}

/* ---- keys together ------------------------------------------------------- */

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

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_questions_of_a_transaction_are_judged_together),
        T(queries_without_an_id_stand_alone),
        T(the_classic_verdict_takes_transactions_whole),
        T(a_handshake_vouches_for_the_whole_transaction),
        T(what_counts_as_a_failed_lookup),
        T(an_answer_where_the_control_got_none),
        T(a_failed_lookup_after_a_redirect),
        T(failures_of_endpoints_by_what_the_control_says),
        T(dead_ipv6_accuses_nobody),
        T(a_translated_address_is_not_the_controls),
        T(the_failure_of_the_control_decides_not_its_status),
        T(a_control_that_leaves_its_failure_out_says_nothing),
        T(a_site_named_by_its_address_is_classic),
        T(the_host_is_read_from_urls_that_we_would_not_measure),
        T(a_final_dot_changes_no_name),
        T(lengths_and_status_at_their_limits),
        T(names_of_headers_that_both_send),
        T(a_declared_length_stands_for_a_scrubbed_body),
        T(records_of_old_probes_are_compared_with_their_control),
        T(website_without_addresses_is_down),
        T(inconsistent_dns_turns_other_failures_into_dns),
        T(dns_failure_without_any_control_reads_ok_as_upstream),
        T(titles_are_compared_without_case_in_any_script),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
