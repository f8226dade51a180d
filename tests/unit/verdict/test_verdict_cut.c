// SPDX-License-Identifier: Apache-2.0
/* Handshakes and pages that somebody ended, and who may have done so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"

#define ALERT_40 "unknown_failure: remote error: tls: handshake failure"
#define ALERT_49 "unknown_failure: remote error: tls: access denied"
#define TIMEOUT  "generic_timeout_error"

static void again(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
}

/* ---- pages in cleartext -------------------------------------------------- */

static void http_page(const char *failure, int status, const char *body)
{
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, failure, status, HEADERS, body);
}

static void a_page_that_is_cut_off_after_its_head_is_blocked(void **state)
{
    static const char *const ways[] = {"connection_reset", "eof_error"};

    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
        http_page(ways[i], 200, "<html><title>News");
        good_control();
        expect(X_BLOCKED, "http", "page_cut_off_control_succeeds");
        struct verdict v = verdict_now();
        assert_true(v.want_again && v.n_alternatives > 0);
        again(state);
    }
}

/* Who forges an ending does so at once; a server that gives up waits first. */
static void a_page_that_is_reset_later_accuses_nobody(void **state)
{
    static const struct {
        const char *failure, *first, *said;
        enum xstate state;
    } cases[] = {
        {"connection_reset", "0.995", "page_cut_off_control_succeeds",
         X_BLOCKED},
        {"connection_reset", "0.7", "page_incomplete_or_slow", X_INCONCLUSIVE},
        {"eof_error", "0.7", "page_incomplete_or_slow", X_INCONCLUSIVE},
        {"eof_error", "0.9", "page_cut_off_control_succeeds", X_BLOCKED},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        system_dns(RIGHT);
        http_flows(RIGHT);
        put(REQUESTS,
            "{\"transaction_id\":40001,\"failure\":\"%s\",\"t0\":0.4,\"t\":1,"
            "\"x_first\":%s,\"request\":{\"url\":\"%s\"},\"response\":{\"code\":200,"
            "\"headers\":{},\"body\":\"<html>\",\"body_is_truncated\":false}}",
            cases[i].failure, cases[i].first, input);
        good_control();
        expect(cases[i].state, cases[i].state == X_BLOCKED ? "http" : "-",
               cases[i].said);
        again(state);
    }
}

static void a_page_that_stops_coming_accuses_nobody(void **state)
{
    (void)state;
    http_page(TIMEOUT, 200, "<html><title>News");
    good_control();
    expect(X_INCONCLUSIVE, "-", "page_incomplete_or_slow");
}

/* Whoever stops it is not known, but after how many bytes is. */
static void a_page_that_falls_silent_says_after_how_many_bytes(void **state)
{
    static const struct {
        const char *failure, *last, *rule;
    } cases[] = {
        {TIMEOUT, "0.9", "page_falls_silent"},
        /* it came on till the time was over; nobody said; it was ended */
        {TIMEOUT, "9.5", "page_incomplete_or_slow"},
        {TIMEOUT, "0", "page_incomplete_or_slow"},
        {"eof_error", "0.9", "page_incomplete_or_slow"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        system_dns(RIGHT);
        http_flows(RIGHT);
        put(REQUESTS,
            "{\"transaction_id\":40001,\"failure\":\"%s\",\"t0\":0.4,\"t\":10,"
            "\"x_first\":0.5,\"x_last\":%s,\"x_received\":16086,"
            "\"request\":{\"url\":\"%s\"},\"response\":{\"code\":200,"
            "\"headers\":{},\"body\":\"<html>\",\"body_is_truncated\":false}}",
            cases[i].failure, cases[i].last, input);
        good_control();
        expect(X_INCONCLUSIVE, "-", cases[i].rule);
        struct verdict v = verdict_now();
        if (i < 2) {
            assert_int_equal(v.reasons[0].bytes, 16086);
            assert_true(v.n_alternatives > 0);
        }
        again(state);
    }
}

static void a_server_that_closes_early_on_everybody_is_down(void **state)
{
    (void)state;
    http_page("eof_error", 200, "<html><title>News");
    control_dns(RIGHT);
    control_endpoint(RIGHT ":80", NULL, NULL);
    control_endpoint(RIGHT ":443", NULL, NULL);
    control_page("unknown_error");
    expect(X_DOWN, "-", "page_fails_for_control_too");
}

/* The twin: a redirect that leads nowhere that can be read. */
static void a_page_that_cannot_be_read_is_no_redirect(void **state)
{
    static const struct {
        const char *failure;
        int status;
        const char *rule;
    } answers[] = {
        {"unknown_failure: http2: stream error", 200,
         "page_incomplete_or_slow"},
        {"unknown_failure: response headers too large", 200,
         "page_incomplete_or_slow"},
        {"unknown_failure: cannot parse the redirect", 302,
         "server_redirect_unusable"},
    };

    for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
        again(state);
        system_dns(RIGHT);
        https_flow(50001, RIGHT, NULL, NULL);
        request(50001, input, answers[i].failure, answers[i].status, HEADERS,
                "<html>");
        good_control();
        expect(X_INCONCLUSIVE, "-", answers[i].rule);
    }
}

/* ---- alerts -------------------------------------------------------------- */

/* A handshake with what stands in the record for the certificates. */
static void shaken(const char *failure, const char *certs)
{
    system_dns(RIGHT);
    connect_to(50001, RIGHT, 443, 0, true, NULL);
    put(HANDSHAKES,
        "{\"transaction_id\":50001,\"server_name\":\"" HOST
        "\",\"failure\":\"%s\",\"no_tls_verify\":false,"
        "\"peer_certificates\":%s,\"tags\":[]}",
        failure, certs);
}

static void an_alert_is_compared_with_and_without_the_name(void **state)
{
    static const char *const alerts[] = {
        ALERT_40, ALERT_49, "ssl_invalid_hostname",
        "unknown_failure: tls: first record does not look like a TLS "
        "handshake"};

    for (size_t i = 0; i < sizeof(alerts) / sizeof(*alerts); i++) {
        shaken(alerts[i], "null");
        good_control();
        expect(X_INCONCLUSIVE, "-", "handshake_refused_by_alert");
        struct verdict v = verdict_now();
        assert_non_null(v.want_compare);
        assert_string_equal(v.want_compare, RIGHT);
        again(state);
    }
}

static void an_alert_for_the_control_too_accuses_nobody(void **state)
{
    (void)state;
    shaken(ALERT_40, "null");
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, ALERT_40);
    control_page("unknown_error");
    struct verdict v = verdict_now();
    assert_int_not_equal(v.state, X_BLOCKED);
    assert_null(v.want_compare);
}

/* ---- certificates -------------------------------------------------------- */

#define DER  "{\"format\":\"base64\",\"data\":\"AAEC\"}"
#define HASH "ae4b3280e56e2faf83f414a6e3dabe9d5fbe18976544c05fed121accb85b53fc"

static void a_certificate_for_another_name_is_no_alert(void **state)
{
    (void)state;
    shaken("ssl_invalid_hostname", "[" DER "]");
    good_control();
    expect(X_INCONCLUSIVE, "-", "certificate_not_trusted_here");
}

static char *with_leaf_of_control(const char *hash)
{
    char *text = record_text();
    assert_non_null(text);
    char *at = strstr(text, "\"ip_info\":{}");
    assert_non_null(at);
    text = region_printf(region,
                         "%.*s\"x_parallax\":{\"certificates\":{\"" RIGHT
                         ":443\":\"%s\"}},%s",
                         (int)(at - text), text, hash, at);
    assert_non_null(text);
    return text;
}

static void
the_certificate_that_the_control_saw_is_no_interception(void **state)
{
    struct verdict v;
    struct diag d = {""};

    (void)state;
    shaken("ssl_unknown_authority", "[" DER "]");
    good_control();
    assert_int_equal(compute(with_leaf_of_control(HASH), &v, &d), ERR_OK);
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_string_equal(rule_of(v.reasons[0]),
                        "authority_unknown_to_this_device");
    assert_null(v.want_compare);
    /* another one may be an interceptor's */
    assert_int_equal(compute(with_leaf_of_control("00" HASH), &v, &d), ERR_OK);
    assert_string_equal(rule_of(v.reasons[0]), "certificate_not_trusted_here");
    assert_non_null(v.want_compare);
}

/* ---- firewalls at home --------------------------------------------------- */

/* A connect that took `seconds`; `more` are further members of its entry. */
static void connected(const char *failure, double seconds, const char *more)
{
    system_dns(RIGHT);
    put(CONNECTS,
        "{\"transaction_id\":50001,\"ip\":\"" RIGHT
        "\",\"port\":443,\"t0\":0.2,\"t\":%.6f,%s\"status\":{\"failure\":\"%s\"},"
        "\"tags\":[\"depth=0\",\"fetch_body=true\"]}",
        0.2 + seconds, more, failure);
    good_control();
}

static void what_never_left_this_device_is_no_blocking(void **state)
{
    static const char *const ways[] = {"connection_refused", TIMEOUT,
                                       "host_unreachable", "connection_reset"};

    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
        connected(ways[i], 0.02, "\"x_sent\":false,");
        expect(X_INCONCLUSIVE, "-", "refused_by_this_device");
        again(state);
        connected(ways[i], 0.02, "\"x_sent\":true,");
        struct verdict v = verdict_now();
        assert_int_equal(v.state, X_BLOCKED);
        again(state);
    }
}

/* The answer came, says the capture, and was not taken. */
static void an_answer_that_this_device_drops_is_no_blocking(void **state)
{
    connected(TIMEOUT, 10, "\"x_sent\":true,\"x_held\":\"answer\",");
    expect(X_INCONCLUSIVE, "-", "refused_by_this_device");
    again(state);
    connected(TIMEOUT, 10, "\"x_sent\":true,");
    expect(X_BLOCKED, "ip", "tcp_timeout_control_connects");
}

/* A connection that stood, and what came of the handshake or the request over
 * it; `more` are further members of its entry. */
static void stood(int port, const char *tls, const char *http, const char *more)
{
    input = port == 443 ? "https://" HOST "/" : "http://" HOST "/";
    system_dns(RIGHT);
    put(CONNECTS,
        "{\"transaction_id\":50001,\"ip\":\"" RIGHT
        "\",\"port\":%d,\"t0\":0.2,\"t\":0.3,%s\"status\":{\"failure\":null},"
        "\"tags\":[\"depth=0\",\"fetch_body=true\"]}",
        port, more);
    if (tls) {
        handshake(50001, HOST, tls);
    } else {
        request(50001, input, http, 0, "", "");
    }
    good_control();
}

static void what_this_device_does_not_let_be_said_is_no_blocking(void **state)
{
    static const char *const ways[] = {TIMEOUT, "connection_reset",
                                       "eof_error"};
    static const char held[] = "\"x_held\":\"data\",";

    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
        stood(443, ways[i], NULL, held);
        expect(X_INCONCLUSIVE, "-", "refused_by_this_device");
        again(state);
        stood(80, NULL, ways[i], held);
        expect(X_INCONCLUSIVE, "-", "refused_by_this_device");
        again(state);
        stood(443, ways[i], NULL, "");
        assert_int_equal(verdict_now().state, X_BLOCKED);
        again(state);
        stood(80, NULL, ways[i], "");
        assert_int_equal(verdict_now().state, X_BLOCKED);
        again(state);
    }
}

static void a_refusal_within_a_millisecond_comes_from_the_house(void **state)
{
    connected("connection_refused", 0.0004, "");
    expect(X_INCONCLUSIVE, "-", "refused_by_this_device");
    again(state);
    connected("connection_refused", 0.003, "");
    expect(X_BLOCKED, "ip", "tcp_refused_control_connects");
    struct verdict v = verdict_now();
    bool said = false;
    for (size_t i = 0; i < v.n_alternatives; i++) {
        said = said || strcmp(rule_of(v.alternatives[i]),
                              "refused_by_this_device") == 0;
    }
    assert_true(said);
}

/* A site over http whose page comes, while port 443 is refused in `seconds`. */
static void closed_443(double seconds, const char *more)
{
    input = "http://" HOST "/";
    system_dns(RIGHT);
    connect_to(40001, RIGHT, 80, 0, true, NULL);
    request(40001, input, NULL, 200, HEADERS, PAGE);
    put(CONNECTS,
        "{\"transaction_id\":50001,\"ip\":\"" RIGHT
        "\",\"port\":443,\"t0\":0.2,\"t\":%.6f,%s\"status\":{\"failure\":"
        "\"connection_refused\"},\"tags\":[\"depth=0\",\"fetch_body=false\"]}",
        0.2 + seconds, more);
    good_control();
}

static void a_port_that_this_device_closes_is_no_blocking(void **state)
{
    closed_443(0.0004, "");
    expect(X_OK, "-", "page_same_as_control");
    again(state);
    closed_443(0.02, "\"x_sent\":false,");
    expect(X_OK, "-", "page_same_as_control");
    again(state);
    closed_443(0.02, "");
    expect(X_BLOCKED, "ip", "tcp_failure_on_https_port_only");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_page_that_cannot_be_read_is_no_redirect, setup, teardown),
        T(a_page_that_is_cut_off_after_its_head_is_blocked),
        T(a_page_that_is_reset_later_accuses_nobody),
        T(a_page_that_stops_coming_accuses_nobody),
        T(a_page_that_falls_silent_says_after_how_many_bytes),
        T(a_server_that_closes_early_on_everybody_is_down),
        T(an_alert_is_compared_with_and_without_the_name),
        T(an_alert_for_the_control_too_accuses_nobody),
        T(a_certificate_for_another_name_is_no_alert),
        T(the_certificate_that_the_control_saw_is_no_interception),
        T(what_never_left_this_device_is_no_blocking),
        T(an_answer_that_this_device_drops_is_no_blocking),
        T(what_this_device_does_not_let_be_said_is_no_blocking),
        T(a_refusal_within_a_millisecond_comes_from_the_house),
        T(a_port_that_this_device_closes_is_no_blocking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
