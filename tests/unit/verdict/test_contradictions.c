// SPDX-License-Identifier: Apache-2.0
/* Records in which one fact is changed so that it contradicts another: nobody
 * is accused by them, and the honest one beside each is judged as before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"
#include <string.h>

#define REFUSED "connection_refused"
#define RESET   "connection_reset"
#define TIMEOUT "generic_timeout_error"

/* A handshake that is reset here alone; every entry has its times. */
static void reset(void)
{
    lookup(QUERIES, 10001, "getaddrinfo", "ANY", HOST, 0, RIGHT);
    connect_to(50001, RIGHT, 443, 0, true, NULL);
    put(HANDSHAKES,
        "{\"transaction_id\":50001,\"server_name\":\"" HOST
        "\",\"address\":\"" RIGHT
        ":443\",\"cipher_suite\":\"\",\"tls_version\":\"\",\"failure\":"
        "\"connection_reset\",\"no_tls_verify\":false,\"peer_certificates\":"
        "[],\"t0\":0.3,\"t\":0.4}");
    good_control();
}

/* A connection that is refused here alone. */
static void refused(void)
{
    lookup(QUERIES, 10001, "getaddrinfo", "ANY", HOST, 0, RIGHT);
    connect_to(50001, RIGHT, 443, 0, true, REFUSED);
    good_control();
}

/* A page in cleartext that is cut off here alone. */
static void cut_page(void)
{
    input = "http://" HOST "/";
    lookup(QUERIES, 10001, "getaddrinfo", "ANY", HOST, 0, RIGHT);
    connect_to(40001, RIGHT, 80, 0, true, NULL);
    put(REQUESTS, "{\"transaction_id\":40001,\"failure\":\"connection_reset\","
                  "\"request\":{\"url\":\"http://" HOST
                  "/\"},\"response\":{\"code\":0,\"headers\":{},\"body\":\"\","
                  "\"body_is_truncated\":false},\"t0\":0.3,\"t\":0.4}");
    good_control();
}

/* The record with the first `from` made `to`. */
static enum xstate changed(const char *from, const char *to)
{
    struct verdict v;
    struct diag d = {""};
    char *text = record_text();
    assert_non_null(text);
    char *at = strstr(text, from);
    assert_non_null(at);
    text = region_printf(region, "%.*s%s%s", (int)(at - text), text, to,
                         at + strlen(from));
    assert_non_null(text);
    assert_int_equal(compute(text, &v, &d), ERR_OK);
    if (v.state == X_INCONCLUSIVE &&
        strcmp(rule_of(v.reasons[0]), "record_contradicts_itself") != 0) {
        print_error("%s, made %s: %s\n", from, to, rule_of(v.reasons[0]));
        return X_OK;
    }
    return v.state;
}

struct change {
    void (*record)(void);
    const char *from, *to;
    enum xstate state;
};

#define HANDSHAKE "\"tls_handshakes\":["
#define OF_THIS   "\"transaction_id\":50001,\"server_name\":\"" HOST "\","
#define CONNECT   "\"tcp_connect\":["

static const struct change changes[] = {
    /* nothing that matters */
    {reset, "\"t\":0.4", "\"t\":0.5", X_BLOCKED},
    {refused, "\"t\":0.3", "\"t\":0.4", X_BLOCKED},
    {refused, "\"t0\":0.2,\"t\":0.3", "\"t0\":0,\"t\":0", X_BLOCKED},
    {refused, "\"port\":443", "\"port\":443,\"x_sent\":true", X_BLOCKED},
    {cut_page, "\"t\":0.4", "\"t\":0.5", X_BLOCKED},
    /* a handshake that failed and did not */
    {reset, HANDSHAKE, HANDSHAKE "{" OF_THIS "\"failure\":null},",
     X_INCONCLUSIVE},
    {reset, "\"t0\":0.3,\"t\":0.4}",
     "\"t0\":0.3,\"t\":0.4},{" OF_THIS "\"failure\":null}", X_INCONCLUSIVE},
    /* agreed on before it was cut off */
    {reset, "\"cipher_suite\":\"\"",
     "\"cipher_suite\":\"TLS_AES_128_GCM_SHA256\"", X_BLOCKED},
    {reset, "\"tls_version\":\"\"", "\"tls_version\":\"TLSv1.3\"", X_BLOCKED},
    {reset, "\"no_tls_verify\":false", "\"success\":true", X_INCONCLUSIVE},
    {reset, "\"failure\":\"connection_reset\",\"no",
     "\"success\":false,\"failure\":null,\"no", X_INCONCLUSIVE},
    /* one over a connection that did not stand, or of another one */
    {reset, "\"status\":{\"failure\":null}",
     "\"status\":{\"failure\":\"connection_refused\"}", X_INCONCLUSIVE},
    {reset, "\"address\":\"" RIGHT, "\"address\":\"" WRONG, X_INCONCLUSIVE},
    /* times that run backward */
    {reset, "\"t0\":0.3,\"t\":0.4", "\"t0\":0.3,\"t\":0.29", X_INCONCLUSIVE},
    {reset, "\"t0\":0.3,\"t\":0.4", "\"t0\":0.1,\"t\":0.11", X_INCONCLUSIVE},
    {refused, "\"t0\":0.2,\"t\":0.3", "\"t0\":0.2,\"t\":-0.3", X_INCONCLUSIVE},
    {refused, "\"t0\":0.1,\"t\":0.2", "\"t0\":0.1,\"t\":0.05", X_INCONCLUSIVE},
    {cut_page, "\"t0\":0.3,\"t\":0.4", "\"t0\":0.3,\"t\":0.2", X_INCONCLUSIVE},
    /* a transaction that is two */
    {refused, CONNECT,
     CONNECT "{\"transaction_id\":50001,\"ip\":\"" RIGHT
             "\",\"port\":443,\"status\":{\"failure\":null}},",
     X_INCONCLUSIVE},
    {refused, CONNECT,
     CONNECT "{\"transaction_id\":50001,\"ip\":\"" WRONG
             "\",\"port\":443,\"status\":{\"failure\":\"" REFUSED "\"}},",
     X_INCONCLUSIVE},
    {refused, "\"status\":{\"failure\":\"" REFUSED "\"}",
     "\"status\":{\"success\":true,\"failure\":\"" REFUSED "\"}",
     X_INCONCLUSIVE},
    /* packets that never left, of what went on */
    {reset, "\"port\":443", "\"port\":443,\"x_sent\":false", X_INCONCLUSIVE},
    {refused, "\"port\":443", "\"port\":443,\"x_held\":\"data\"",
     X_INCONCLUSIVE},
    {reset, "\"port\":443", "\"port\":443,\"x_held\":\"answer\"",
     X_INCONCLUSIVE},
    /* addresses of odd families */
    {refused, "\"answer_type\":\"A\",\"ipv4\"",
     "\"answer_type\":\"AAAA\",\"ipv6\"", X_INCONCLUSIVE},
    {refused, "\"answer_type\":\"A\"",
     "\"answer_type\":\"A\",\"ipv6\":\"2001:db9::1\"", X_INCONCLUSIVE},
    {refused, "\"ip\":\"" RIGHT, "\"ip\":\"::ffff:" RIGHT, X_INCONCLUSIVE},
    /* a control that says both */
    {refused, "\"control_failure\":null", "\"control_failure\":\"" RESET "\"",
     X_INCONCLUSIVE},
    {refused, "\"" RIGHT ":443\":{\"status\":true",
     "\"" RIGHT ":443\":{\"status\":false", X_INCONCLUSIVE},
    {refused, "\"" RIGHT ":80\":{\"status\":true,\"failure\":null",
     "\"" RIGHT ":80\":{\"status\":true,\"failure\":\"" TIMEOUT "\"",
     X_INCONCLUSIVE},
    {reset, "\"server_name\":\"" HOST "\",\"status\":true",
     "\"server_name\":\"" HOST "\",\"status\":false", X_INCONCLUSIVE},
    {refused, "\"dns\":{\"failure\":null",
     "\"dns\":{\"failure\":\"dns_nxdomain_error\"", X_INCONCLUSIVE},
    {refused, "\"http_request\":{\"failure\":null",
     "\"http_request\":{\"failure\":\"" RESET "\"", X_INCONCLUSIVE},
    {refused, "\"x_control_request\":{\"http_request\":\"https://" HOST,
     "\"x_control_request\":{\"http_request\":\"https://other.test",
     X_INCONCLUSIVE},
};

static void what_contradicts_itself_accuses_nobody(void **state)
{
    for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
        teardown(state);
        assert_int_equal(setup(state), 0);
        changes[i].record();
        enum xstate now = changed(changes[i].from, changes[i].to);
        if (now != changes[i].state) {
            print_error("%s, made %s\n", changes[i].from, changes[i].to);
        }
        assert_int_equal(now, changes[i].state);
    }
}

static void the_honest_ones_accuse(void **state)
{
    (void)state;
    reset();
    expect(X_BLOCKED, "tls", "tls_reset_control_succeeds");
    teardown(state);
    assert_int_equal(setup(state), 0);
    refused();
    expect(X_BLOCKED, "ip", "tcp_refused_control_connects");
    teardown(state);
    assert_int_equal(setup(state), 0);
    cut_page();
    expect(X_BLOCKED, "http", "http_reset_control_succeeds");
}

/* A request that was never made, for want of a handshake, is written down as
 * one that failed. */
static void a_request_that_was_never_made_contradicts_nothing(void **state)
{
    (void)state;
    reset();
    request(50001, "https://" HOST "/", TIMEOUT, 0, "", "");
    assert_string_equal(rule_of(verdict_now().reasons[0]),
                        "http_timeout_control_succeeds");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_contradicts_itself_accuses_nobody),
        TEST(the_honest_ones_accuse),
        TEST(a_request_that_was_never_made_contradicts_nothing),
    };
    return cmocka_run_group_tests_name("contradictions", tests, NULL, NULL);
}
