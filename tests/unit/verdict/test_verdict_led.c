// SPDX-License-Identifier: Apache-2.0
/* What a suspected notice server leads on to; and the site's own address, where
 * the volunteer is cut off besides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"

#define NOTICE_URL "https://legal.isp.example/notice"
#define LEGAL      "193.0.14.130" /* in the network of WRONG */
#define FAR        "198.97.190.53"
#define SAYS_NAME  "<html><title>Benvenuti</title>Site: le notizie</html>"

static void anew(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
}

/* The same was measured a second time. */
static struct verdict twice(void)
{
    static const char begin[] = "\"test_keys\":";
    char *text = record_text();
    assert_non_null(text);
    const char *keys = strstr(text, begin);
    assert_non_null(keys);
    keys += sizeof(begin) - 1;
    extra = region_printf(
        region,
        "\"x_retest\":[{\"kind\":\"again\",\"after\":16,\"test_keys\":%.*s}],",
        (int)strlen(keys) - 1, keys);
    assert_non_null(extra);
    return verdict_now();
}

/* A site that has only http; the system's resolver alone leads to WRONG, which
 * answers so, and where port 443 is closed (or not). */
static void led_by(int status, const char *headers, bool closed)
{
    input = "http://" HOST "/";
    system_dns(WRONG);
    udp_dns(RIGHT);
    doh_dns(RIGHT);
    connect_to(40001, WRONG, 80, 0, true, NULL);
    connect_to(50001, WRONG, 443, 0, false,
               closed ? "connection_refused" : NULL);
    connect_to(40002, RIGHT, 80, 0, true, NULL);
    request(40001, input, NULL, status, headers, "");
    control_dns(RIGHT);
    control_endpoint(RIGHT ":80", NULL, NULL);
    control_page(NULL);
}

/* ---- to a page with its own certificate ---------------------------------- */

static void led_to_page(const char *at, bool closed, const char *body)
{
    led_by(302, "\"Location\":\"" NOTICE_URL "\"", closed);
    lookup(QUERIES, 10002, "getaddrinfo", "ANY", "legal.isp.example", 1, at);
    connect_to(50003, at, 443, 1, true, NULL);
    handshake(50003, "legal.isp.example", NULL);
    put(REQUESTS,
        "{\"transaction_id\":50003,\"failure\":null,\"request\":{\"url\":"
        "\"" NOTICE_URL "\"},\"response\":{\"code\":200,\"headers\":{},"
        "\"body\":\"%s\",\"body_is_truncated\":false},\"tags\":[\"depth=1\"]}",
        body);
}

static void a_notice_with_a_certificate_in_the_same_network_counts(void **state)
{
    (void)state;
    led_to_page(LEGAL, true, OTHER);
    struct verdict v = verdict_now();
    assert_true(v.notice.suspect && v.notice.foreign && v.want_again);
    v = twice();
    assert_string_equal(v.want_page, RIGHT);
}

/* A country's edge leads to a sister of the site's; it is looked at again,
 * since unrelated names of the run may be led there, too. */
static void what_a_countrys_edge_leads_to_is_no_notice(void **state)
{
    static const struct {
        const char *at;
        bool closed;
        const char *body;
    } edges[] = {
        {RIGHT, true, OTHER},     /* in the site's own network */
        {LEGAL, false, OTHER},    /* an edge that has https */
        {LEGAL, true, SAYS_NAME}, /* a page that says whose it is */
        {LEGAL, true, PAGE},      /* the site's page */
    };

    for (size_t i = 0; i < sizeof(edges) / sizeof(*edges); i++) {
        anew(state);
        led_to_page(edges[i].at, edges[i].closed, edges[i].body);
        struct verdict v = verdict_now();
        assert_false(v.notice.foreign);
        assert_true(v.state == X_INCONCLUSIVE || v.state == X_OK);
        assert_null(twice().want_page);
    }
}

/* ---- to where nothing is ------------------------------------------------- */

static void led_to_nothing(void)
{
    led_by(302, "\"Location\":\"http://" FAR "/deny\"", true);
    connect_to(40003, FAR, 80, 1, true, "generic_timeout_error");
}

static void a_notice_that_is_gone_is_the_resolvers_doing(void **state)
{
    (void)state;
    led_to_nothing();
    expect(X_INCONCLUSIVE, "-", "redirected_to_another_site");
    struct verdict v = verdict_now();
    assert_true(v.want_again && !v.want_url); /* the site, not the target */
    assert_string_equal(twice().want_page, RIGHT);
}

/* Sent from the site's own address: the target is measured by itself, and is
 * dead for the control as well. */
static void what_is_dead_for_all_is_told_so(void **state)
{
    (void)state;
    input = "http://" HOST "/";
    system_dns(RIGHT);
    connect_to(40001, RIGHT, 80, 0, true, NULL);
    connect_to(40003, FAR, 80, 1, true, "generic_timeout_error");
    request(40001, input, NULL, 302, "\"Location\":\"http://" FAR "/deny\"",
            "");
    good_control();
    expect(X_INCONCLUSIVE, "-", "measured_once");
    assert_string_equal(verdict_now().want_url, "http://" FAR "/deny");
    extra = "\"x_retest\":[{\"kind\":\"again\",\"after\":16,\"test_keys\":{"
            "\"tcp_connect\":[{\"transaction_id\":140001,\"ip\":\"" FAR "\","
            "\"port\":80,\"status\":{\"failure\":\"generic_timeout_error\"},"
            "\"tags\":[\"depth=0\",\"fetch_body=true\"]}],"
            "\"x_control_request\":{\"http_request\":\"http://" FAR "/deny\"},"
            "\"control\":{\"tcp_connect\":{\"" FAR ":80\":{\"status\":false,"
            "\"failure\":\"generic_timeout_error\"}},\"tls_handshake\":{},"
            "\"dns\":{\"failure\":null,\"addrs\":[\"" FAR "\"]},"
            "\"http_request\":{\"failure\":\"generic_timeout_error\","
            "\"status_code\":-1,\"body_length\":-1,\"title\":\"\","
            "\"headers\":{}}}}}],";
    expect(X_INCONCLUSIVE, "-", "redirected_to_another_site");
}

/* ---- and the site's own address is hindered ------------------------------ */

/* The resolver leads to a notice server with nothing but port 80; where the
 * control finds the site the volunteer is cut off. */
static void cut_off_beside(const char *tcp, const char *tls, bool control)
{
    system_dns(WRONG);
    udp_dns(RIGHT);
    doh_dns(RIGHT);
    https_flow(50001, WRONG, "connection_refused", NULL);
    https_flow(50002, RIGHT, tcp, tls);
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", control ? NULL : "generic_timeout_error",
                     NULL);
    control_page(NULL);
}

static void the_sites_address_is_judged_beside_the_notice_server(void **state)
{
    cut_off_beside("generic_timeout_error", NULL, true);
    expect(X_BLOCKED, "ip", "tcp_timeout_control_connects");
    assert_true(verdict_now().want_again);
    assert_int_equal(twice().state, X_BLOCKED);
    anew(state);
    cut_off_beside(NULL, "connection_reset", true);
    expect(X_BLOCKED, "tls", "tls_reset_control_succeeds");
    assert_int_equal(twice().state, X_BLOCKED);
    /* the twins: it is so for the control; a certificate may be the device's */
    anew(state);
    cut_off_beside("generic_timeout_error", NULL, false);
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
    anew(state);
    cut_off_beside(NULL, "ssl_unknown_authority", true);
    assert_int_equal(verdict_now().state, X_INCONCLUSIVE);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_notice_with_a_certificate_in_the_same_network_counts),
        T(what_a_countrys_edge_leads_to_is_no_notice),
        T(a_notice_that_is_gone_is_the_resolvers_doing),
        T(what_is_dead_for_all_is_told_so),
        T(the_sites_address_is_judged_beside_the_notice_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
