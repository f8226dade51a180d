// SPDX-License-Identifier: Apache-2.0
/* Names that the volunteer's own hosts file answers: nobody is accused of that,
 * and what a network does to the site behind it is still found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"

static void again(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
}

/* The hosts file has `addr`, other resolvers what is right; nothing was sent to
 * the system's servers. */
static void hosts_file(const char *addr)
{
    extra = "\"x_system_queries\":[],";
    system_dns(addr);
    udp_dns(RIGHT);
    good_control();
}

static const char *const led_to[] = {"0.0.0.0", "127.0.0.1", "10.10.34.35",
                                     WRONG};
#define N_LED (sizeof(led_to) / sizeof(*led_to))

/* Nothing listens where it leads, or somebody else does. */
static void wrong_flow(size_t i)
{
    static const char *const ends[] = {
        "connection_refused", "generic_timeout_error", "connection_reset"};
    if (i < 3) {
        https_flow(50002, led_to[i], ends[i], NULL);
    } else {
        https_flow(50002, led_to[i], NULL, "ssl_invalid_hostname");
    }
}

static void a_hosts_file_accuses_nobody(void **state)
{
    for (size_t i = 0; i < N_LED; i++) {
        again(state);
        hosts_file(led_to[i]);
        wrong_flow(i);
        expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
        assert_int_equal(verdict_now().reasons[0].note, NOTE_HOSTS_FILE);

        again(state);
        hosts_file(led_to[i]);
        wrong_flow(i);
        https_page(50001, RIGHT, 200);
        assert_int_not_equal(verdict_now().state, X_BLOCKED);
    }
}

static void what_the_network_does_behind_it_is_found(void **state)
{
    for (size_t i = 0; i < N_LED; i++) {
        again(state);
        hosts_file(led_to[i]);
        wrong_flow(i);
        https_flow(50001, RIGHT, NULL, "connection_reset");
        expect(X_BLOCKED, "tls", "tls_reset_control_succeeds");
        assert_int_equal(verdict_now().reasons[0].n_ids, 1);

        again(state);
        hosts_file(led_to[i]);
        wrong_flow(i);
        https_flow(50001, RIGHT, "generic_timeout_error", NULL);
        expect(X_BLOCKED, "ip", "tcp_timeout_control_connects");
    }
}

/* A page of a filter at home, where the hosts file leads to. */
static void a_notice_where_it_leads_is_its_own(void **state)
{
    (void)state;
    hosts_file(WRONG);
    input = "http://" HOST "/";
    connect_to(40002, WRONG, 80, 0, true, NULL);
    request(40002, input, NULL, 200, "\"Server\":\"x\"",
            "<iframe src='http://10.10.34.34/?type=Invalid'>");
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
    assert_int_equal(verdict_now().reasons[0].note, NOTE_HOSTS_FILE);
}

/* The twin: a server was asked. */
static void a_server_that_says_the_same_is_accused(void **state)
{
    (void)state;
    hosts_file("10.10.34.35");
    extra = "\"x_system_queries\":[{\"transaction_id\":10001,\"engine\":"
            "\"udp\",\"hostname\":\"" HOST "\",\"query_type\":\"A\","
            "\"failure\":null}],";
    https_flow(50001, RIGHT, NULL, NULL);
    expect(X_BLOCKED, "dns", "dns_bogon_answer");
}

/* One that leads to the site is like any other lookup. */
static void one_that_leads_to_the_site_changes_nothing(void **state)
{
    (void)state;
    extra = "\"x_system_queries\":[],";
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, "connection_reset");
    good_control();
    expect(X_BLOCKED, "tls", "tls_reset_control_succeeds");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_hosts_file_accuses_nobody),
        TEST(what_the_network_does_behind_it_is_found),
        TEST(a_notice_where_it_leads_is_its_own),
        TEST(a_server_that_says_the_same_is_accused),
        TEST(one_that_leads_to_the_site_changes_nothing),
    };
    return cmocka_run_group_tests_name("hosts", tests, NULL, NULL);
}
