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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            who_let_this_run_in_may_have_had_enough_of_it, setup, teardown),
        cmocka_unit_test_setup_teardown(pages_from_elsewhere_excuse_nobody,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(who_has_had_enough_shuts_all_ports,
                                        setup, teardown),
    };
    return cmocka_run_group_tests_name("visits", tests, NULL, NULL);
}
