// SPDX-License-Identifier: Apache-2.0
/* Servers that fail by chance, sites that are ill, and censors that hide behind
 * both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"

#define ALERT_40 "unknown_failure: remote error: tls: handshake failure"
#define EXPIRED  "ssl_invalid_certificate"
#define RESET    "connection_reset"

static void again(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
}

static void cut_off(const char *failure)
{
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, failure);
}

static void ill_control(const char *tls, const char *page)
{
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, tls);
    control_page(page);
}

/* ---- two different failures ---------------------------------------------- */

static void a_reset_is_no_bad_certificate(void **state)
{
    static const char *const ways[] = {RESET, "eof_error",
                                       "generic_timeout_error"};
    static const char *const certs[] = {EXPIRED, "ssl_unknown_authority",
                                        "ssl_invalid_hostname"};
    for (size_t i = 0; i < 3; i++) {
        again(state);
        cut_off(ways[i]);
        ill_control(certs[i], certs[i]);
        struct verdict v = verdict_now();
        assert_int_equal(v.state, X_BLOCKED);
        assert_string_equal(method_name(v.method), "tls");
        assert_true(v.want_again && v.n_alternatives > 1);
    }
    /* the twins: the same for everybody; a server that resets the control, too
     */
    again(state);
    cut_off(EXPIRED);
    ill_control(EXPIRED, EXPIRED);
    expect(X_DOWN, "-", "tls_fails_for_control_too");
    again(state);
    cut_off(RESET);
    ill_control(RESET, RESET);
    expect(X_DOWN, "-", "tls_fails_for_control_too");
}

/* ---- an ill site --------------------------------------------------------- */

static void behind_an_ill_site_the_name_is_left_out_to_tell(void **state)
{
    cut_off(RESET);
    ill_control(NULL, "generic_timeout_error");
    expect(X_INCONCLUSIVE, "-", "control_got_no_page");
    struct verdict v = verdict_now();
    assert_non_null(v.want_compare);
    assert_string_equal(v.want_compare, RIGHT);
    assert_true(v.want_again);
    /* the twin: the control's handshake fails as well */
    again(state);
    cut_off(RESET);
    ill_control(RESET, RESET);
    assert_null(verdict_now().want_compare);
}

/* ---- where a redirect leads ---------------------------------------------- */

static void led_to_an_alert(const char *page)
{
    https_flow(50001, RIGHT, NULL, NULL);
    request(50001, "https://" HOST "/", NULL, 302,
            "\"Location\":\"https://www." HOST "/\"", "");
    system_dns(RIGHT);
    lookup(QUERIES, 10002, "getaddrinfo", "ANY", "www." HOST, 1, WRONG);
    connect_to(50002, WRONG, 443, 1, true, NULL);
    handshake(50002, "www." HOST, ALERT_40);
    ill_control(NULL, page);
}

static void an_alert_where_a_redirect_leads_is_compared(void **state)
{
    led_to_an_alert(NULL);
    expect(X_INCONCLUSIVE, "-", "handshake_refused_by_alert");
    struct verdict v = verdict_now();
    assert_non_null(v.want_compare);
    assert_string_equal(v.want_compare, WRONG);
    assert_string_equal(v.want_url, "https://www." HOST "/");
    /* the twin: it leads nowhere for the control */
    again(state);
    led_to_an_alert(ALERT_40);
    assert_null(verdict_now().want_compare);
}

/* ---- a server that fails every second time ------------------------------- */

#define CONTROL                                                                \
    "\"x_control_request\":{\"http_request\":\"http://" HOST "/\"},"           \
    "\"control\":{\"tcp_connect\":{\"" RIGHT ":80\":{\"status\":true,"         \
    "\"failure\":null},\"" RIGHT ":443\":{\"status\":true,\"failure\":null}}," \
    "\"tls_handshake\":{\"" RIGHT ":443\":{\"server_name\":\"" HOST            \
    "\",\"status\":true,\"failure\":null}},\"dns\":{\"failure\":null,"         \
    "\"addrs\":[\"" RIGHT "\"]},\"http_request\":{\"failure\":null,"           \
    "\"status_code\":200,\"body_length\":1,\"title\":\"\",\"headers\":{}}}"
#define FLOWS(page, tls)                                                       \
    "\"queries\":[{\"transaction_id\":10001,\"engine\":\"getaddrinfo\","       \
    "\"query_type\":\"ANY\",\"hostname\":\"" HOST "\",\"failure\":null,"       \
    "\"answers\":[{\"answer_type\":\"A\",\"ipv4\":\"" RIGHT                    \
    "\"}],\"tags\":[\"depth=0\"]}],"                                           \
    "\"tcp_connect\":[{\"transaction_id\":40001,\"ip\":\"" RIGHT               \
    "\",\"port\":80,\"status\":{\"failure\":null},\"tags\":[\"depth=0\","      \
    "\"fetch_body=true\"]},{\"transaction_id\":50001,\"ip\":\"" RIGHT          \
    "\",\"port\":443,\"status\":{\"failure\":null},\"tags\":[\"depth=0\","     \
    "\"fetch_body=false\"]}],"                                                 \
    "\"tls_handshakes\":[{\"transaction_id\":50001,\"server_name\":\"" HOST    \
    "\",\"failure\":" tls ",\"no_tls_verify\":false}],"                        \
    "\"requests\":[{\"transaction_id\":40001,\"failure\":" page                \
    ",\"request\":{\"url\":\"http://" HOST "/\"},\"response\":{\"code\":0,"    \
    "\"headers\":{},\"body\":\"\"}}]"
#define CUT "\"connection_reset\""

static struct verdict twice(const char *first, const char *second)
{
    struct verdict v;
    struct diag d = {""};
    char *text = region_printf(
        region,
        "{\"input\":\"http://" HOST "/\",\"test_name\":\"web_connectivity\","
        "\"test_keys\":{%s," CONTROL
        ",\"x_retest\":[{\"kind\":\"again\",\"after\":15,"
        "\"test_keys\":{%s," CONTROL "}}]}}",
        first, second);
    assert_non_null(text);
    assert_int_equal(compute(text, &v, &d), ERR_OK);
    return v;
}

static char *page_came(const char *keys)
{
    const char *head = "\"code\":0,\"headers\":{},\"body\":\"\"";
    const char *at = strstr(keys, head);
    assert_non_null(at);
    char *text = region_printf(
        region, "%.*s\"code\":200,\"headers\":{},\"body\":\"x\"%s",
        (int)(at - keys), keys, at + strlen(head));
    assert_non_null(text);
    return text;
}

static void what_fails_now_here_and_now_there_is_chance(void **state)
{
    (void)state;
    /* the request was reset, then it came and the handshake was reset */
    struct verdict v = twice(FLOWS(CUT, "null"), page_came(FLOWS("null", CUT)));
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_string_equal(rule_of(v.reasons[0]), "second_measurement_differs");
    /* the twins: the same both times; more than the first time */
    v = twice(FLOWS(CUT, "null"), FLOWS(CUT, "null"));
    assert_int_equal(v.state, X_BLOCKED);
    assert_string_equal(method_name(v.method), "http");
    v = twice(FLOWS(CUT, "null"), FLOWS(CUT, CUT));
    assert_int_equal(v.state, X_BLOCKED);
}

/* A server that answers some visitors with silence does so to the control, too,
 * sooner or later: it is asked to try more often. */
static void silence_that_the_control_met_as_well_is_no_blocking(void **state)
{
    (void)state;
    static const char *const tries[] = {
        "", ",\"x_parallax\":{\"first_failures\":{\"" RIGHT
            ":80\":\"generic_timeout_error\"}}"};
    for (size_t i = 0; i < 2; i++) {
        for (size_t later = 0; later < 2; later++) {
            const char *keys = FLOWS("\"generic_timeout_error\"", "null");
            struct verdict v;
            struct diag d = {""};
            char *text = region_printf(
                region,
                "{\"input\":\"http://" HOST "/\",\"test_name\":"
                "\"web_connectivity\",\"test_keys\":{%s,%.*s%s},"
                "\"x_retest\":[{\"kind\":\"again\",\"after\":15,"
                "\"test_keys\":{%s,%.*s%s}}}]}}",
                keys, (int)sizeof(CONTROL) - 2, CONTROL, later ? "" : tries[i],
                keys, (int)sizeof(CONTROL) - 2, CONTROL, later ? tries[i] : "");
            assert_non_null(text);
            assert_int_equal(compute(text, &v, &d), ERR_OK);
            assert_int_equal(v.state, i ? X_INCONCLUSIVE : X_BLOCKED);
        }
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_reset_is_no_bad_certificate),
        TEST(behind_an_ill_site_the_name_is_left_out_to_tell),
        TEST(an_alert_where_a_redirect_leads_is_compared),
        TEST(what_fails_now_here_and_now_there_is_chance),
        TEST(silence_that_the_control_met_as_well_is_no_blocking),
    };
    return cmocka_run_group_tests_name("chance", tests, NULL, NULL);
}
