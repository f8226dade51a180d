// SPDX-License-Identifier: Apache-2.0
/* What is down, and what only looks so: limits of our own, and a control that
 * is hindered itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"

#define V6 "2001:500:2f::f"

static void again(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
    system_dns(RIGHT);
}

/* The control connects and shakes hands, and has no page. `page`: what it says
 * of that in its own words. */
static void control_without_page(const char *page)
{
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, NULL);
    control_endpoint(RIGHT ":80", NULL, NULL);
    control_page("unknown_error");
    if (page) {
        put(CTL_HTTP, "\"x\":1},\"x_parallax\":{%s", page);
    }
}

static void https_ends(const char *failure, int status, const char *headers,
                       const char *body)
{
    https_flow(50001, RIGHT, NULL, NULL);
    request(50001, input, failure, status, headers, body);
}

static const char *const limits[] = {
    "unknown_failure: stopped after too many redirects",
    "unknown_failure: cannot parse the redirect",
    "unknown_failure: redirect to a port that is not allowed",
    "unknown_failure: redirect to an address that is not public",
    "http_invalid_redirect_location_host",
    "unknown_failure: malformed HTTP response",
    "unknown_failure: response headers too large",
    "unknown_failure: body cannot be decoded",
    "unknown_failure: http2: stream refused",
    "unknown_failure: http2: stream error",
};

static void what_neither_side_can_read_is_no_evidence(void **state)
{
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        again(state);
        https_ends(limits[i], 302, HEADERS, "");
        control_without_page(NULL);
        expect(X_INCONCLUSIVE, "-", "limit_of_our_own");
    }
    /* the twin: a timeout for both is the site's */
    again(state);
    https_ends("generic_timeout_error", 0, "", "");
    control_without_page(NULL);
    expect(X_DOWN, "-", "page_fails_for_control_too");
}

static void a_site_that_leads_to_a_program_works(void **state)
{
    static const char scheme[] = "unknown_failure: unsupported protocol scheme";
    again(state);
    https_ends(scheme, 302, "\"Location\":\"mailto:a@b.example\"", "");
    control_without_page(NULL);
    expect(X_OK, "-", "page_over_verified_tls");
    /* in cleartext anybody may have written that */
    again(state);
    http_flows(RIGHT);
    request(40001, input, scheme, 302, "\"Location\":\"intent://x\"", "");
    control_without_page(NULL);
    expect(X_INCONCLUSIVE, "-", "limit_of_our_own");
    /* and so it may after a hop in cleartext */
    again(state);
    http_flows(RIGHT);
    request(40001, input, NULL, 302, "\"Location\":\"https://" HOST "/\"", "");
    connect_to(50002, RIGHT, 443, 1, true, NULL);
    handshake(50002, HOST, NULL);
    request(50002, "https://" HOST "/", scheme, 302, "", "");
    control_without_page(NULL);
    expect(X_INCONCLUSIVE, "-", "limit_of_our_own");
}

static void a_handshake_that_neither_side_speaks_is_no_evidence(void **state)
{
    static const char old[] =
        "unknown_failure: remote error: tls: protocol version not supported";
    again(state);
    https_flow(50001, RIGHT, NULL, old);
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, old);
    control_page("unknown_error");
    expect(X_INCONCLUSIVE, "-", "limit_of_our_own");
    /* the twins: a certificate that nobody accepts, a handshake cut for all */
    again(state);
    https_flow(50001, RIGHT, NULL, "ssl_invalid_certificate");
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, "ssl_invalid_certificate");
    control_page("unknown_error");
    expect(X_DOWN, "-", "tls_fails_for_control_too");
    again(state);
    https_flow(50001, RIGHT, NULL, "connection_reset");
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, "connection_reset");
    control_page("unknown_error");
    expect(X_DOWN, "-", "tls_fails_for_control_too");
}

#define SAYS_ALERT "unknown_failure: remote error: tls: "

/* The handshake ends for both by that alert; the control says which
 * certificates it was shown. */
static void both_are_alerted(const char *alert, const char *certificates)
{
    https_flow(50001, RIGHT, NULL, alert);
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, alert);
    control_page("unknown_error");
    put(CTL_HTTP, "\"x\":1},\"x_parallax\":{\"certificates\":{%s}",
        certificates);
}

static void a_refusal_of_everybody_is_down(void **state)
{
    static const char *const refusals[] = {
        SAYS_ALERT "handshake failure", SAYS_ALERT "access denied",
        SAYS_ALERT "internal error",
        "unknown_failure: tls: first record does not look like a TLS "
        "handshake"};
    for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
        again(state);
        both_are_alerted(refusals[i], "");
        expect(X_DOWN, "-", "tls_fails_for_control_too");
    }
    /* the twins: the server showed its certificate and wants the visitor's */
    again(state);
    both_are_alerted(refusals[0], "\"" RIGHT ":443\":\"aa\"");
    expect(X_INCONCLUSIVE, "-", "limit_of_our_own");
    /* or says so when the page is asked for */
    again(state);
    https_ends(SAYS_ALERT "certificate required", 0, "", "");
    control_without_page(NULL);
    expect(X_INCONCLUSIVE, "-", "limit_of_our_own");
}

static void only_v6(const char *result)
{
    system_dns(V6);
    connect_to(50001, V6, 443, 0, true, result);
    connect_to(40001, V6, 80, 0, false, NULL); /* IPv6 leads somewhere */
    control_dns(V6);
}

static void a_control_without_ipv6_has_tried_nothing(void **state)
{
    /* ours says why */
    only_v6("connection_refused");
    control_page("unknown_error");
    put(CTL_HTTP, "\"x\":1},\"x_parallax\":{\"page_failure\":"
                  "\"network_unreachable\"");
    expect(X_INCONCLUSIVE, "-", "limit_of_our_own");
    /* others' do not */
    teardown(state);
    assert_int_equal(setup(state), 0);
    only_v6("connection_refused");
    control_endpoint("[" V6 "]:443", "connect_error", NULL);
    control_page("unknown_error");
    expect(X_INCONCLUSIVE, "-", "limit_of_our_own");
    /* the twin: it was refused there, too */
    teardown(state);
    assert_int_equal(setup(state), 0);
    only_v6("connection_refused");
    control_endpoint("[" V6 "]:443", "connection_refused_error", NULL);
    control_page("connection_refused_error");
    expect(X_DOWN, "-", "unreachable_for_control_too");
}

#define ENDS(length)                                                           \
    "\"page_failure\":\"connection_reset\",\"page_status\":200,"               \
    "\"page_length\":" length

static void a_page_that_ends_oddly_for_both_is_the_page(void **state)
{
    again(state);
    https_ends("connection_reset", 200, HEADERS, "12345");
    control_without_page(ENDS("5"));
    expect(X_OK, "-", "page_over_verified_tls");
    again(state);
    http_flows(RIGHT);
    request(40001, input, "eof_error", 200, HEADERS, "12345");
    control_without_page(ENDS("5"));
    expect(X_OK, "-", "page_same_as_control");
    /* the twins: held open without an end */
    again(state);
    https_ends("generic_timeout_error", 200, HEADERS, "12345");
    control_without_page(ENDS("5"));
    expect(X_DOWN, "-", "page_fails_for_control_too");
    /* the twins: cut off elsewhere, or before the end that was promised */
    again(state);
    https_ends("connection_reset", 200, HEADERS, "12345");
    control_without_page(ENDS("9"));
    expect(X_DOWN, "-", "page_fails_for_control_too");
    again(state);
    https_ends("connection_reset", 200, HEADERS ",\"Content-Length\":\"99\"",
               "12345");
    control_without_page(ENDS("5"));
    expect(X_DOWN, "-", "page_fails_for_control_too");
}

/* On a bad line the end may come before all of the page. The twins: the control
 * got nothing of it either, or it was cut off here in its middle, as there. */
static void a_page_that_may_be_lost_is_not_down(void **state)
{
    static const char *const ways[] = {"connection_reset", "eof_error",
                                       "generic_timeout_error"};
    for (size_t i = 0; i < 3; i++) {
        again(state);
        http_flows(RIGHT);
        request(40001, input, ways[i], 0, "", "");
        control_without_page(ENDS("5"));
        expect(X_INCONCLUSIVE, "-", "page_incomplete_or_slow");
    }
    again(state);
    http_flows(RIGHT);
    request(40001, input, "connection_reset", 0, "", "");
    control_without_page("\"page_failure\":\"connection_reset\"");
    expect(X_DOWN, "-", "page_fails_for_control_too");
    again(state);
    http_flows(RIGHT);
    request(40001, input, "connection_reset", 200, HEADERS, "123");
    control_without_page(ENDS("5"));
    expect(X_DOWN, "-", "page_fails_for_control_too");
}

static void a_page_that_says_its_end_is_whole(void **state)
{
#define LONGER HEADERS ",\"Content-Length\":\"99\""
    again(state);
    https_ends("eof_error", 200, LONGER, "<p>1</HTML>\\n");
    control_without_page(ENDS("12"));
    expect(X_OK, "-", "page_over_verified_tls");
    again(state);
    https_ends("eof_error", 200, LONGER, "</p>");
    control_without_page(ENDS("4"));
    expect(X_DOWN, "-", "page_fails_for_control_too");
}

/* The server broke it off, for both; nobody's limit. */
static void a_page_broken_off_over_http2_is_down(void **state)
{
    static const char stream[] = "unknown_failure: http2: stream error";
    again(state);
    https_ends(stream, 200, HEADERS, "12345");
    control_without_page(
        "\"page_failure\":\"unknown_failure: http2: stream error\","
        "\"page_status\":200,\"page_length\":5");
    expect(X_DOWN, "-", "page_fails_for_control_too");
    /* the twin: no page began */
    again(state);
    https_ends(stream, 0, "", "");
    control_without_page(
        "\"page_failure\":\"unknown_failure: http2: stream error\"");
    expect(X_INCONCLUSIVE, "-", "limit_of_our_own");
}

/* A record in which another control was asked, which answered so. */
static void other_control(const char *answer, const char *failure_text)
{
    extra = region_printf(region,
                          "\"x_other_control\":{\"control\":%s,"
                          "\"control_failure\":%s},",
                          answer, failure(failure_text));
}

#define ANSWER_GOOD                                                            \
    "{\"tcp_connect\":{\"" RIGHT ":443\":{\"status\":true,\"failure\":null}}," \
    "\"tls_handshake\":{\"" RIGHT ":443\":{\"server_name\":\"" HOST            \
    "\",\"status\":true,\"failure\":null}},\"dns\":{\"failure\":null,"         \
    "\"addrs\":[\"" RIGHT "\"]},\"http_request\":{\"failure\":null,"           \
    "\"status_code\":200,\"body_length\":9,\"title\":\"\",\"headers\":{}},"    \
    "\"ip_info\":{}}"
#define ANSWER_BAD                                                             \
    "{\"tcp_connect\":{},\"dns\":{\"failure\":null,\"addrs\":[]},"             \
    "\"http_request\":{\"failure\":\"generic_timeout_error\","                 \
    "\"status_code\":-1,\"body_length\":-1,\"title\":\"\",\"headers\":{}}}"

#define ANSWER_FOUND                                                               \
    "{\"tcp_connect\":{\"" RIGHT ":443\":{\"status\":false,\"failure\":"           \
    "\"connection_refused_error\"}},\"dns\":{\"failure\":null,\"addrs\":[\"" RIGHT \
    "\"]},\"http_request\":{\"failure\":\"connection_refused_error\","             \
    "\"status_code\":-1,\"body_length\":-1,\"title\":\"\",\"headers\":{}}}"

static void cut_off_for_one_control(void)
{
    https_flow(50001, RIGHT, "connection_refused", NULL);
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", "generic_timeout_error", NULL);
    control_page("generic_timeout_error");
}

static void one_control_that_is_cut_off_does_not_make_a_site_down(void **state)
{
    again(state);
    cut_off_for_one_control();
    other_control(ANSWER_GOOD, NULL);
    expect(X_BLOCKED, "ip", "tcp_refused_control_connects");
    /* OONI's keys are those of the control that it knows */
    struct verdict v = verdict_now();
    assert_true(v.x_blocking_flags == 0);
    again(state);
    cut_off_for_one_control();
    other_control("null", "generic_timeout_error");
    expect(X_INCONCLUSIVE, "-", "down_for_one_control");
    again(state);
    cut_off_for_one_control();
    other_control(ANSWER_BAD, NULL);
    expect(X_DOWN, "-", "unreachable_for_control_too");
    double sure = verdict_now().confidence;
    again(state);
    cut_off_for_one_control();
    v = verdict_now();
    assert_true(v.state == X_DOWN && v.confidence < sure);
    assert_string_equal(rule_of(v.alternatives[0]), "down_for_one_control");
}

/* The first did not even find the name. */
static void another_control_that_finds_the_name_is_believed(void **state)
{
    again(state);
    https_flow(50001, RIGHT, "connection_refused", NULL);
    control_dns("");
    control_page("generic_timeout_error");
    other_control(ANSWER_FOUND, NULL);
    expect(X_DOWN, "-", "unreachable_for_control_too");
}

static void another_control_does_not_replace_one_with_a_page(void **state)
{
    again(state);
    https_flow(50001, RIGHT, NULL, "connection_reset");
    good_control();
    other_control(ANSWER_BAD, NULL);
    expect(X_BLOCKED, "tls", "tls_reset_control_succeeds");
}

/* The first request of https was cut off, and made again over 50002. */
static void asked_again(const char *why)
{
    https_flow(50001, RIGHT, NULL, NULL);
    https_page(50002, RIGHT, 200);
    extra = region_printf(region,
                          "\"x_retried\":[{\"transaction_id\":50001,"
                          "\"failure\":\"%s\"}],",
                          why);
}

static void control_cut_at_first(const char *port)
{
    put(CTL_HTTP,
        "\"x\":1},\"x_parallax\":{\"first_failures\":{\"" RIGHT
        ":%s\":\"connection_reset\"}",
        port);
}

static void a_request_that_is_made_again_hides_no_reset(void **state)
{
    again(state);
    asked_again("connection_reset");
    good_control();
    expect(X_INCONCLUSIVE, "-", "first_connection_cut_off");
    /* the server does that to everybody */
    again(state);
    asked_again("connection_reset");
    good_control();
    control_cut_at_first("443");
    expect(X_OK, "-", "page_over_verified_tls");
    /* it wants another version of HTTP, which nobody else can ask for */
    again(state);
    asked_again("unknown_failure: http2: stream refused");
    good_control();
    expect(X_OK, "-", "page_over_verified_tls");
}

#define AGAIN_OK                                                                \
    "{\"kind\":\"again\",\"test_keys\":{\"queries\":[{\"transaction_id\":1,"    \
    "\"engine\":\"getaddrinfo\",\"query_type\":\"ANY\",\"hostname\":\"" HOST    \
    "\",\"failure\":null,\"answers\":[{\"answer_type\":\"A\",\"ipv4\":\"" RIGHT \
    "\"}],\"tags\":[\"depth=0\"]}],\"tcp_connect\":[{\"transaction_id\":2,"     \
    "\"ip\":\"" RIGHT "\",\"port\":443,\"status\":{\"failure\":null},"          \
    "\"tags\":[\"depth=0\",\"fetch_body=true\"]}],\"tls_handshakes\":[{"        \
    "\"transaction_id\":2,\"server_name\":\"" HOST                              \
    "\",\"failure\":null}],\"requests\":[{\"transaction_id\":2,"                \
    "\"failure\":null,\"request\":{\"url\":\"https://" HOST                     \
    "/\"},\"response\":{\"code\":200,\"headers\":{},\"body\":\"x\"}}]}}"

/* The handshake is cut off here and, at first, for the control. */
static void handshake_cut_at_first(const char *retest, const char *port)
{
    https_flow(50001, RIGHT, NULL, "connection_reset");
    good_control();
    control_cut_at_first(port);
    extra = region_printf(region, "\"x_retest\":[%s],", retest);
}

static void who_cuts_off_every_visitor_at_first_accuses_nobody(void **state)
{
    again(state);
    handshake_cut_at_first(AGAIN_OK, "443");
    expect(X_OK, "-", "page_over_verified_tls");
    assert_string_equal(rule_of(verdict_now().alternatives[0]),
                        "first_connection_cut_off");
    again(state);
    handshake_cut_at_first("", "443");
    expect(X_INCONCLUSIVE, "-", "first_connection_cut_off");
    assert_true(verdict_now().want_again);
    /* the twin: at another port the control was cut off, which is nothing */
    again(state);
    handshake_cut_at_first(AGAIN_OK, "80");
    expect(X_INCONCLUSIVE, "-", "second_measurement_differs");
    again(state);
    https_flow(50001, RIGHT, NULL, "connection_reset");
    good_control();
    control_cut_at_first("80");
    expect(X_BLOCKED, "tls", "tls_reset_control_succeeds");
}

/* The site again: as it is now. */
static const char *site_again(void)
{
    extra = "";
    char *text = record_text();
    assert_non_null(text);
    char *keys = strstr(text, "\"test_keys\":");
    assert_non_null(keys);
    text[strlen(text) - 1] = '\0';
    const char *entry = region_printf(region, "{\"kind\":\"again\",%s}", keys);
    assert_non_null(entry);
    return entry;
}

/* A server that fails for two in three, whoever they are, let the first control
 * in at once. The second is asked to try more often. */
static void who_cuts_off_a_control_now_and_then_accuses_nobody(void **state)
{
    static const char *const cut[] = {"443", "80", NULL, "443"};
    for (size_t i = 0; i < 4; i++) {
        bool once = i == 3; /* while the connection was made */
        again(state);
        https_flow(50001, RIGHT, once ? "connection_reset" : NULL,
                   "connection_reset");
        good_control();
        size_t len = rec.part[CTL_HTTP].len;
        if (cut[i]) {
            control_cut_at_first(cut[i]);
        }
        const char *entry = site_again();
        rec.part[CTL_HTTP].len = len;
        extra = region_printf(region, "\"x_retest\":[%s],", entry);
        assert_non_null(extra);
        bool ill = i == 0 || once;
        expect(ill ? X_INCONCLUSIVE : X_BLOCKED, ill ? "-" : "tls",
               ill ? "first_connection_cut_off" : "tls_reset_control_succeeds");
        assert_false(verdict_now().want_again);
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* A control that the site answered, and which does not go where it leads, has
 * met nothing of what happens here. */
static void a_limit_of_the_controls_hides_no_reset(void **state)
{
    again(state);
    https_flow(50001, RIGHT, NULL, "connection_reset");
    control_without_page(
        "\"page_failure\":\"unknown_failure: unsupported protocol scheme\"");
    expect(X_BLOCKED, "tls", "tls_reset_control_succeeds");
    /* the twin: nobody got an answer */
    again(state);
    https_flow(50001, RIGHT, NULL, "connection_reset");
    control_without_page("\"page_failure\":\"eof_error\"");
    expect(X_INCONCLUSIVE, "-", "control_got_no_page");
}

/* Pages of the same host, and of others, came from RIGHT:443 before. */
static void ran_before(int pages, int others)
{
    extra = region_printf(region,
                          "\"x_run\":{\"pages\":[{\"address\":\"" RIGHT
                          ":443\",\"pages\":%d,\"others\":%d}]},",
                          pages, others);
    assert_non_null(extra);
}

/* A server that takes so many connections of one visitor takes so many of the
 * control's, too, which looks at all names of the run. */
static void who_counts_visitors_is_not_down(void **state)
{
    static const char *const cuts[] = {"connection_reset", "eof_error",
                                       "generic_timeout_error"};
    for (size_t i = 0; i < 6; i++) {
        again(state);
        https_flow(50001, RIGHT, NULL, cuts[i % 3]);
        control_dns(RIGHT);
        control_endpoint(RIGHT ":443", NULL, cuts[i % 3]);
        control_page(cuts[i % 3]);
        expect(X_DOWN, "-", "tls_fails_for_control_too");
        ran_before(i < 3 ? 0 : 1, i < 3 ? 2 : 0);
        expect(X_INCONCLUSIVE, "-", "pages_came_from_there");
        assert_string_equal(rule_of(verdict_now().alternatives[0]),
                            "tls_fails_for_control_too");
    }
    /* the twins: pages came from another port; an answer that is no cut */
    extra = "\"x_run\":{\"pages\":[{\"address\":\"" RIGHT
            ":80\",\"pages\":0,\"others\":8}]},";
    expect(X_DOWN, "-", "tls_fails_for_control_too");
    again(state);
    https_flow(50001, RIGHT, NULL, "ssl_invalid_certificate");
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, "ssl_invalid_certificate");
    control_page("ssl_invalid_certificate");
    ran_before(0, 8);
    expect(X_DOWN, "-", "tls_fails_for_control_too");
}

/* A page that nobody gets over a handshake that everybody gets: the other names
 * of a shared server say nothing of this one's. */
static void a_name_that_answers_nobody_is_down_beside_others(void **state)
{
    again(state);
    https_ends("generic_timeout_error", 0, "", "");
    control_without_page("\"page_failure\":\"generic_timeout_error\"");
    ran_before(0, 8);
    expect(X_DOWN, "-", "page_fails_for_control_too");
    ran_before(2, 0);
    expect(X_INCONCLUSIVE, "-", "pages_came_from_there");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_neither_side_can_read_is_no_evidence),
        T(a_site_that_leads_to_a_program_works),
        T(a_handshake_that_neither_side_speaks_is_no_evidence),
        T(a_refusal_of_everybody_is_down),
        T(a_page_that_may_be_lost_is_not_down),
        T(a_page_that_says_its_end_is_whole),
        T(a_page_broken_off_over_http2_is_down),
        T(a_control_without_ipv6_has_tried_nothing),
        T(a_page_that_ends_oddly_for_both_is_the_page),
        T(one_control_that_is_cut_off_does_not_make_a_site_down),
        T(another_control_that_finds_the_name_is_believed),
        T(another_control_does_not_replace_one_with_a_page),
        T(a_limit_of_the_controls_hides_no_reset),
        T(a_request_that_is_made_again_hides_no_reset),
        T(who_cuts_off_every_visitor_at_first_accuses_nobody),
        T(who_cuts_off_a_control_now_and_then_accuses_nobody),
        T(who_counts_visitors_is_not_down),
        T(a_name_that_answers_nobody_is_down_beside_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
