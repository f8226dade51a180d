// SPDX-License-Identifier: Apache-2.0
/* Sites with IPv4 and IPv6 addresses, on lines that have both, or one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"

#define SIX     "2001:500:2::c"
#define MAPPED  "64:ff9b::c629:4"
#define TIMEOUT "generic_timeout_error"

/* The system's resolver answered; where it is shows what leads out of here. */
static void resolver_is(const char *address)
{
    extra = region_printf(
        region,
        "\"x_system_queries\":[{\"engine\":\"udp\",\"hostname\":\"" HOST
        "\",\"query_type\":\"A\",\"failure\":null,\"transaction_id\":10001,"
        "\"resolver_address\":\"%s\",\"t0\":0.1,\"t\":0.2}],",
        address);
    assert_non_null(extra);
}

/* A connect that ended so many seconds after its start. */
static void connect_to_in(int id, const char *ip, int port, double took,
                          const char *result)
{
    put(CONNECTS,
        "{\"transaction_id\":%d,\"ip\":\"%s\",\"port\":%d,\"t0\":0.2,"
        "\"t\":%.4f,\"status\":{\"failure\":%s},\"tags\":[\"depth=0\","
        "\"fetch_body=true\"]}",
        id, ip, port, 0.2 + took, failure(result));
}

static void again(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
}

/* Port 80 of both addresses, with a handshake beside it on port 443. */
static void http_ends(const char *four, const char *six, const char *four_443,
                      const char *six_443)
{
    input = "http://" HOST "/";
    system_dns(RIGHT "," SIX);
    connect_to(40001, RIGHT, 80, 0, true, four);
    connect_to(40002, SIX, 80, 0, true, six);
    connect_to(50001, RIGHT, 443, 0, false, four_443);
    connect_to(50002, SIX, 443, 0, false, six_443);
    if (!four_443) {
        handshake(50001, HOST, NULL);
    }
    if (!six_443) {
        handshake(50002, HOST, NULL);
    }
}

static void a_port_that_works_by_ipv6_excuses_no_other_port(void **state)
{
    (void)state;
    http_ends(TIMEOUT, TIMEOUT, NULL, NULL);
    good_control();
    expect(X_BLOCKED, "ip", "tcp_timeout_control_connects");
    again(state);
    http_ends("connection_refused", "connection_refused", NULL, NULL);
    good_control();
    expect(X_BLOCKED, "ip", "tcp_refused_control_connects");
}

static void ipv6_counts_on_a_line_without_ipv4(void **state)
{
    (void)state;
    http_ends("network_unreachable", TIMEOUT, "network_unreachable", NULL);
    good_control();
    control_endpoint("[" SIX "]:80", NULL, NULL);
    expect(X_BLOCKED, "ip", "tcp_timeout_control_connects");
}

/* The router at home has IPv6 and gives out private IPv4 addresses that lead
 * nowhere; the site's IPv6 has no port 80. */
static void ipv4_that_leads_nowhere_accuses_nobody(void **state)
{
    (void)state;
    http_ends(TIMEOUT, TIMEOUT, TIMEOUT, NULL);
    resolver_is("192.168.1.1:53");
    good_control();
    control_endpoint("[" SIX "]:80", TIMEOUT, NULL);
    struct verdict v = verdict_now();
    assert_int_not_equal(v.state, X_BLOCKED);
    resolver_is("198.41.0.5:53"); /* IPv4 leads out of the house */
    expect(X_BLOCKED, "ip", "tcp_timeout_control_connects");
}

static void dead_ipv6_excuses_no_block_of_ipv4(void **state)
{
    (void)state;
    http_ends(TIMEOUT, TIMEOUT, TIMEOUT, TIMEOUT);
    good_control();
    expect(X_BLOCKED, "ip", "tcp_timeout_control_connects");
}

/* The page comes by IPv6; `tcp` is what came of IPv4. */
static void page_by_ipv6(const char *tcp)
{
    system_dns(RIGHT "," SIX);
    https_page(50002, SIX, 200);
    https_flow(50001, RIGHT, tcp, NULL);
    resolver_is("198.41.0.5:53");
}

static void ipv4_cut_off_while_ipv6_works_is_blocked(void **state)
{
    static const char *const ways[] = {TIMEOUT, "connection_refused",
                                       "connection_reset", "host_unreachable"};

    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
        page_by_ipv6(ways[i]);
        good_control();
        expect(X_BLOCKED, "ip", "tcp_failure_in_one_family_only");
        struct verdict v = verdict_now();
        assert_true(v.want_again && v.n_alternatives > 0);
        again(state);
    }
}

static void ipv4_that_this_line_has_no_way_to_is_ok(void **state)
{
    page_by_ipv6("network_unreachable");
    good_control();
    expect(X_OK, "-", "page_over_verified_tls");
    again(state);
    system_dns(RIGHT "," SIX); /* the device says so itself, at once */
    https_page(50002, SIX, 200);
    connect_to_in(50001, RIGHT, 443, 0.001, "host_unreachable");
    resolver_is("198.41.0.5:53");
    good_control();
    expect(X_OK, "-", "page_over_verified_tls");
}

/* A translator says "no route" for what a router says of an IPv4 host. */
static void no_route_behind_a_translator_is_a_rejection(void **state)
{
    (void)state;
    system_dns(MAPPED);
    connect_to_in(50001, MAPPED, 443, 0.02, "network_unreachable");
    good_control();
    control_endpoint("[" MAPPED "]:443", NULL, NULL);
    expect(X_BLOCKED, "ip", "tcp_rejected_control_connects");
    again(state);
    system_dns(MAPPED); /* this device knows of no way itself */
    connect_to_in(50001, MAPPED, 443, 0.001, "network_unreachable");
    good_control();
    control_endpoint("[" MAPPED "]:443", NULL, NULL);
    expect(X_INCONCLUSIVE, "-", "no_route_from_here");
}

/* On a line where resolvers answer within 6 ms a router two hops away is within
 * 2 ms as well. The twins: on a line where they take longer, and this device.
 */
static void on_a_near_line_a_rejection_is_near(void **state)
{
    static const struct {
        double took;
        const char *fastest;
        bool blocked;
    } cases[] = {
        {0.0016, "0.006", true},  {0.0016, "0.03", false},
        {0.0009, "0.006", false}, {0.0009, "0.001", false},
        {0.0016, "0.001", true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        again(state);
        system_dns(RIGHT);
        connect_to_in(50001, RIGHT, 443, cases[i].took, "host_unreachable");
        good_control();
        extra = region_printf(region,
                              "\"x_dns_fastest\":[{\"resolver_address\":"
                              "\"8.8.8.8:53\",\"t\":%s,\"n\":3}],",
                              cases[i].fastest);
        assert_non_null(extra);
        assert_int_equal(verdict_now().state,
                         cases[i].blocked ? X_BLOCKED : X_INCONCLUSIVE);
    }
}

static void ipv4_that_is_dead_for_everybody_is_ok(void **state)
{
    (void)state;
    page_by_ipv6(TIMEOUT);
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", TIMEOUT, NULL);
    control_page(NULL);
    expect(X_OK, "-", "page_over_verified_tls");
}

static void one_of_two_ipv4_addresses_dead_is_ok(void **state)
{
    (void)state;
    page_by_ipv6(TIMEOUT);
    https_flow(50003, WRONG, NULL, NULL);
    good_control();
    control_endpoint(WRONG ":443", NULL, NULL);
    expect(X_OK, "-", "page_over_verified_tls");
}

static void a_page_by_ipv6_on_a_line_without_ipv4_is_ok(void **state)
{
    (void)state;
    page_by_ipv6("network_unreachable");
    good_control();
    expect(X_OK, "-", "page_over_verified_tls");
    again(state);
    page_by_ipv6(TIMEOUT);
    resolver_is("192.168.1.1:53");
    good_control();
    expect(X_OK, "-", "page_over_verified_tls");
    extra = "";
    expect(X_OK, "-", "page_over_verified_tls");
}

/* A line with IPv6 only, whose translator has a prefix of its own: the control
 * looks at the IPv4 address. */
static void a_translators_own_prefix_hides_no_block(void **state)
{
    static const char *const addrs[] = {"2a00:1098:2c:c629:0:400::", /* /48 */
                                        "2a00:1098:2c:5::c629:4"};   /* /96 */

    for (size_t i = 0; i < sizeof(addrs) / sizeof(*addrs); i++) {
        system_dns(addrs[i]);
        https_flow(50001, addrs[i], NULL, "connection_reset");
        https_flow(50002, RIGHT, "network_unreachable", NULL);
        good_control();
        expect(X_BLOCKED, "tls", "tls_reset_control_succeeds");
        again(state);
        system_dns(addrs[i]);
        https_flow(50001, addrs[i], TIMEOUT, NULL);
        https_flow(50002, RIGHT, "network_unreachable", NULL);
        good_control();
        expect(X_BLOCKED, "ip", "tcp_timeout_control_connects");
        /* the twin: it is dead for the control, too */
        again(state);
        system_dns(addrs[i]);
        https_flow(50001, addrs[i], TIMEOUT, NULL);
        https_flow(50002, RIGHT, "network_unreachable", NULL);
        control_dns(RIGHT);
        control_endpoint(RIGHT ":443", TIMEOUT, NULL);
        control_page(TIMEOUT);
        struct verdict v = verdict_now();
        assert_int_not_equal(v.state, X_BLOCKED);
        again(state);
    }
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_port_that_works_by_ipv6_excuses_no_other_port),
        T(ipv6_counts_on_a_line_without_ipv4),
        T(ipv4_that_leads_nowhere_accuses_nobody),
        T(dead_ipv6_excuses_no_block_of_ipv4),
        T(ipv4_cut_off_while_ipv6_works_is_blocked),
        T(ipv4_that_this_line_has_no_way_to_is_ok),
        T(no_route_behind_a_translator_is_a_rejection),
        T(on_a_near_line_a_rejection_is_near),
        T(ipv4_that_is_dead_for_everybody_is_ok),
        T(one_of_two_ipv4_addresses_dead_is_ok),
        T(a_page_by_ipv6_on_a_line_without_ipv4_is_ok),
        T(a_translators_own_prefix_hides_no_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
