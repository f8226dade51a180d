// SPDX-License-Identifier: Apache-2.0
/* Budgets, what this machine says about its network, captured packets. */
#include "net/budget.h"
#include "net/capture.h"
#include "net/netinfo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* ---- budget ---- */

static int woken[4], n_woken;

static void wake(void *arg)
{
    woken[n_woken++] = *(int *)arg;
}

static void those_who_wait_are_served_in_order(void **state)
{
    struct loop *l;
    struct budget b;
    struct budget_wait w[3];
    int one = 1, two = 2, three = 3;

    (void)state;
    n_woken = 0;
    assert_int_equal(loop_new(&l), ERR_OK);
    assert_int_equal(budget_init(&b, l, 10), ERR_OK);
    assert_true(budget_take(&b, &w[0], 10, wake, &one));
    assert_false(budget_take(&b, &w[0], 6, wake, &one));
    assert_false(budget_take(&b, &w[1], 2, wake, &two));
    assert_false(budget_take(&b, &w[2], 2, wake, &three));
    budget_give(&b, 4); /* enough for the second, whose turn it is not */
    budget_leave(&b, &w[1]);
    budget_give(&b, 6);
    assert_int_equal(n_woken, 0); /* never from within the call */
    assert_int_equal(loop_run(l), ERR_OK);
    assert_int_equal(n_woken, 2);
    assert_int_equal(woken[0], 1);
    assert_int_equal(woken[1], 3);
    assert_int_equal(b.free, 2);
    budget_give(&b, 100);
    assert_int_equal(b.free, 10);
    budget_fini(&b);
    loop_free(l);
}

static void a_wish_above_the_total_is_cut_to_it(void **state)
{
    struct loop *l;
    struct budget b;
    struct budget_wait w;
    int one = 1;

    (void)state;
    assert_int_equal(loop_new(&l), ERR_OK);
    assert_int_equal(budget_init(&b, l, 10), ERR_OK);
    assert_true(budget_take(&b, &w, 1000, wake, &one));
    assert_int_equal(b.free, 0);
    budget_fini(&b);
    loop_free(l);
}

/* ---- network ---- */

static bool ip_is(const struct ip *ip, const char *text)
{
    struct ip other;
    return ip_parse(str_c(text), &other) && ip_eq(ip, &other);
}

static void name_servers_are_read_from_resolv_conf(void **state)
{
    struct netinfo_server server[NETINFO_SERVERS_MAX];
    struct netinfo_file f;
    size_t n = 0;
    (void)state;
    assert_int_equal(
        netinfo_parse_servers(STR("# a\nsearch lan\nnameserver 9.9.9.9\n"
                                  "nameserver\tfe80::1%lo\n"
                                  " nameserver 2001:db8::1 # x\n"
                                  "nameserver 1.1.1.1\n"),
                              server, &n),
        ERR_OK);
    assert_int_equal(n, 3);
    assert_true(ip_is(&server[0].ip, "9.9.9.9"));
    assert_int_equal(server[0].scope, 0);
    assert_true(ip_is(&server[1].ip, "fe80::1"));
    assert_int_equal(server[1].scope, 1);
    assert_true(ip_is(&server[2].ip, "2001:db8::1"));
    assert_int_equal(netinfo_parse_servers(STR(""), server, &n), ERR_OK);
    assert_int_equal(n, 0);
    netinfo_file_init(&f, "/nonexistent");
    assert_int_equal(netinfo_servers(&f, server, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_true(ip_is(&server[0].ip, "127.0.0.1"));
    netinfo_file_fini(&f);
}

static void servers_not_understood_are_no_reason_to_ask_another(void **state)
{
    struct netinfo_server server[NETINFO_SERVERS_MAX];
    size_t n = 7;
    (void)state;
    assert_int_equal(
        netinfo_parse_servers(STR("nameserver fe80::1%no-such-interface0\n"),
                              server, &n),
        ERR_PARSE);
    assert_int_equal(n, 7);
}

static void hosts_are_found_by_any_of_their_names(void **state)
{
    static const char text[] = "127.0.0.1 localhost\n"
                               "10.1.2.3 a.example  Www.Example # b.example\n"
                               "::5 www.example\nbad www.example\n";
    struct ip ip[NETINFO_HOSTS_MAX];
    (void)state;
    assert_int_equal(netinfo_parse_hosts(str_c(text), "www.example", ip), 2);
    assert_true(ip_is(&ip[0], "10.1.2.3"));
    assert_true(ip_is(&ip[1], "::5"));
    assert_int_equal(netinfo_parse_hosts(str_c(text), "b.example", ip), 0);
}

static void only_the_default_route_leads_to_forged_addresses(void **state)
{
    static const char text[] =
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\n"
        "eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
        "eth0\t0002A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
        "tun0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n";
    struct ip ip;
    (void)state;
    assert_true(ip_parse(STR("172.16.3.4"), &ip));
    assert_true(netinfo_parse_route(str_c(text), &ip));
    assert_true(ip_parse(STR("192.168.2.9"), &ip));
    assert_false(netinfo_parse_route(str_c(text), &ip));
    assert_true(ip_parse(STR("10.10.34.35"), &ip));
    assert_false(netinfo_parse_route(str_c(text), &ip));
    assert_false(netinfo_parse_route(STR("nonsense\n\n"), &ip));
}

static void the_same_for_ipv6(void **state)
{
    static const char text[] =
        "fd000000000000000000000000000000 08 00000000000000000000000000000000 "
        "00 00000000000000000000000000000000 00000400 1 0 00000001 tun0\n"
        "00000000000000000000000000000000 00 00000000000000000000000000000000 "
        "00 fe800000000000000000000000000001 00000400 1 0 00000003 eth0\n"
        "00000000000000000000000000000000 00 00000000000000000000000000000000 "
        "00 00000000000000000000000000000000 ffffffff 1 0 00200200 lo\n";
    struct ip ip;
    (void)state;
    assert_true(ip_parse(STR("2001:db8::1"), &ip));
    assert_true(netinfo_parse_route6(str_c(text), &ip));
    assert_true(ip_parse(STR("fd00::1"), &ip));
    assert_false(netinfo_parse_route6(str_c(text), &ip));
}

/* ---- capture ---- */

static void a_reset_is_read_from_an_ipv4_packet(void **state)
{
    static const uint8_t packet[] = {
        0x45, 0,  0,  40, 0x42, 0x42, 0, 0,   61,   6,    0, 0, 93, 184,
        216,  34, 10, 0,  0,    1,    1, 187, 0x90, 0x01, 1, 2, 3,  4,
        5,    6,  7,  8,  0x50, 0x14, 0, 99,  0,    0,    0, 0};
    struct capture_packet p;
    (void)state;
    struct str s = {(const char *)packet, sizeof(packet)};
    assert_true(capture_parse(s, &p));
    assert_int_equal(p.ttl, 61);
    assert_int_equal(p.ip_id, 0x4242);
    assert_int_equal(p.sport, 443);
    assert_int_equal(p.dport, 0x9001);
    assert_int_equal(p.seq, 0x01020304);
    assert_int_equal(p.flags, 0x14);
    assert_int_equal(p.window, 99);
    assert_int_equal(p.payload, 0);
    assert_true(ip_is(&p.src, "93.184.216.34"));
    for (size_t n = 0; n < 36; n++) {
        struct str cut = {(const char *)packet, n};
        assert_false(capture_parse(cut, &p));
    }
}

static void what_is_no_packet_of_ours_is_refused(void **state)
{
    uint8_t packet[60] = {0x45, 0, 0, 60};
    struct capture_packet p;
    struct str s = {(const char *)packet, sizeof(packet)};
    (void)state;
    packet[9] = 1; /* ICMP */
    assert_false(capture_parse(s, &p));
    packet[9] = 6;
    packet[7] = 5; /* a later fragment has no ports */
    assert_false(capture_parse(s, &p));
    packet[7] = 0;
    packet[0] = 0x42; /* header shorter than it can be */
    assert_false(capture_parse(s, &p));
    packet[0] = 0x95;
    assert_false(capture_parse(s, &p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_who_wait_are_served_in_order),
        cmocka_unit_test(a_wish_above_the_total_is_cut_to_it),
        cmocka_unit_test(name_servers_are_read_from_resolv_conf),
        cmocka_unit_test(servers_not_understood_are_no_reason_to_ask_another),
        cmocka_unit_test(hosts_are_found_by_any_of_their_names),
        cmocka_unit_test(only_the_default_route_leads_to_forged_addresses),
        cmocka_unit_test(the_same_for_ipv6),
        cmocka_unit_test(a_reset_is_read_from_an_ipv4_packet),
        cmocka_unit_test(what_is_no_packet_of_ours_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
