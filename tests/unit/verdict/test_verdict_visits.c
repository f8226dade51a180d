// SPDX-License-Identifier: Apache-2.0
/* Servers that count their visitors' connections, and censors beside them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"

/* The run had `n` pages of this host from that endpoint before. */
static void pages_before(const char *endpoint, int n)
{
    extra = region_printf(
        region, "\"x_run\":{\"pages\":[{\"address\":\"%s\",\"pages\":%d}]},",
        endpoint, n);
    assert_non_null(extra);
}

/* The same of other hosts. */
static const char *others_at(const char *endpoint, int n)
{
    const char *run = region_printf(
        region,
        "\"x_run\":{\"pages\":[{\"address\":\"%s\",\"pages\":0,\"others\":%d}]}",
        endpoint, n);
    assert_non_null(run);
    return run;
}

static void others_before(const char *endpoint, int n)
{
    extra = region_printf(region, "%s,", others_at(endpoint, n));
    assert_non_null(extra);
}

static void again(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
}

static void refused_at(const char *failure)
{
    system_dns(RIGHT);
    connect_to(50001, RIGHT, 443, 0, true, failure);
    good_control();
}

static void who_let_this_run_in_may_have_had_enough_of_it(void **state)
{
    static const char *const failures[] = {"connection_refused",
                                           "generic_timeout_error"};
    for (size_t i = 0; i < 2; i++) {
        again(state);
        refused_at(failures[i]);
        pages_before(RIGHT ":443", 3);
        expect(X_INCONCLUSIVE, "-", "pages_came_from_there");
    }
    again(state);
    system_dns(RIGHT);
    connect_to(50001, RIGHT, 443, 0, true, NULL);
    handshake(50001, HOST, "connection_reset");
    good_control();
    pages_before(RIGHT ":443", 1);
    expect(X_INCONCLUSIVE, "-", "pages_came_from_there");
    /* or a censor began since, who looks for the name */
    struct verdict v = verdict_now();
    assert_non_null(v.want_compare);
    assert_string_equal(v.want_compare, RIGHT);
}

/* The twins: nothing came before, or from elsewhere. */
static void pages_from_elsewhere_excuse_nobody(void **state)
{
    static const char *const ends[] = {RIGHT ":80", "192.0.2.77:443"};
    refused_at("connection_refused");
    expect(X_BLOCKED, "ip", "tcp_refused_control_connects");
    for (size_t i = 0; i < 2; i++) {
        again(state);
        refused_at("connection_refused");
        pages_before(ends[i], 8);
        expect(X_BLOCKED, "ip", "tcp_refused_control_connects");
    }
}

/* Of http, port 443 is tried beside it. */
static void plain_refused(const char *port_443)
{
    input = "http://" HOST "/";
    system_dns(RIGHT);
    connect_to(40001, RIGHT, 80, 0, true, "connection_refused");
    connect_to(50001, RIGHT, 443, 0, false, port_443);
    if (!port_443) {
        handshake(50001, HOST, NULL);
    }
    good_control();
    pages_before(RIGHT ":443", 3);
}

/* Twin: the port that gave them still answers, and another does not. */
static void who_has_had_enough_shuts_all_ports(void **state)
{
    plain_refused("connection_refused");
    expect(X_INCONCLUSIVE, "-", "pages_came_from_there");
    again(state);
    plain_refused(NULL);
    expect(X_BLOCKED, "ip", "tcp_refused_control_connects");
}

/* A first packet names no host: whose pages came does not matter. The twins:
 * from another port or address, and a handshake, which names one. */
static void pages_of_others_clear_an_address_and_no_handshake(void **state)
{
    static const char *const ends[] = {RIGHT ":80", "192.0.2.77:443"};
    refused_at("connection_refused");
    others_before(RIGHT ":443", 1);
    expect(X_INCONCLUSIVE, "-", "pages_came_from_there");
    assert_false(verdict_now().want_again);
    for (size_t i = 0; i < 2; i++) {
        again(state);
        refused_at("generic_timeout_error");
        others_before(ends[i], 8);
        expect(X_BLOCKED, "ip", "tcp_timeout_control_connects");
    }
    again(state);
    https_flow(50001, RIGHT, NULL, "connection_reset");
    system_dns(RIGHT);
    good_control();
    assert_null(verdict_now().want_compare);
    others_before(RIGHT ":443", 1);
    assert_null(verdict_now().want_compare);
    others_before(RIGHT ":443", 2);
    expect(X_BLOCKED, "tls", "tls_reset_control_succeeds");
    struct verdict v = verdict_now();
    assert_non_null(v.want_compare);
    assert_string_equal(v.want_compare, RIGHT);
}

/* ---- what the run learns while it goes on -------------------------------- */

/* The keys of the record as those of a further measurement. */
static const char *again_with(const char *run)
{
    const char *text = region_printf(
        region,
        "{\"kind\":\"again\",\"test_keys\":{%s\"queries\":[" STR_FMT
        "],\"tcp_connect\":[" STR_FMT "],\"tls_handshakes\":[" STR_FMT
        "],\"requests\":[],\"control\":{\"tcp_connect\":{" STR_FMT
        "},\"tls_handshake\":{" STR_FMT "},\"dns\":{" STR_FMT
        "},\"http_request\":{" STR_FMT "},\"ip_info\":{}},"
        "\"x_control_request\":{\"http_request\":\"%s\"},"
        "\"control_failure\":null}}",
        run, STR_ARG(text_of(QUERIES)), STR_ARG(text_of(CONNECTS)),
        STR_ARG(text_of(HANDSHAKES)), STR_ARG(text_of(CTL_TCP)),
        STR_ARG(text_of(CTL_TLS)), STR_ARG(text_of(CTL_DNS)),
        STR_ARG(text_of(CTL_HTTP)), input);
    assert_non_null(text);
    return text;
}

static void retested(const char *entries)
{
    extra = region_printf(region, "\"x_retest\":[%s],", entries);
    assert_non_null(extra);
}

/* Whoever was first had no pages beside it yet. */
static void pages_that_came_later_count_as_well(void **state)
{
    refused_at("connection_refused");
    retested(
        again_with(region_printf(region, "%s,", others_at(RIGHT ":443", 3))));
    expect(X_INCONCLUSIVE, "-", "pages_came_from_there");
    assert_false(verdict_now().want_again);
    /* the twin: none came meanwhile either */
    retested(again_with(""));
    expect(X_BLOCKED, "ip", "tcp_refused_control_connects");
    /* a handshake is compared then */
    again(state);
    https_flow(50001, RIGHT, NULL, "connection_reset");
    system_dns(RIGHT);
    good_control();
    retested(
        again_with(region_printf(region, "%s,", others_at(RIGHT ":443", 3))));
    expect(X_BLOCKED, "tls", "tls_reset_control_succeeds");
    assert_non_null(verdict_now().want_compare);
    retested(again_with(""));
    assert_null(verdict_now().want_compare);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            who_let_this_run_in_may_have_had_enough_of_it, setup, teardown),
        cmocka_unit_test_setup_teardown(pages_from_elsewhere_excuse_nobody,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(who_has_had_enough_shuts_all_ports,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            pages_of_others_clear_an_address_and_no_handshake, setup, teardown),
        cmocka_unit_test_setup_teardown(pages_that_came_later_count_as_well,
                                        setup, teardown),
    };
    return cmocka_run_group_tests_name("visits", tests, NULL, NULL);
}
