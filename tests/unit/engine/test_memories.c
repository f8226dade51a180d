// SPDX-License-Identifier: Apache-2.0
/* The small memories of an engine: addresses and names of one site, and what
 * one measurement leaves behind for the next. */
#include "base/clock.h"
#include "base/crypto.h"
#include "engine/addr_list.h"
#include "engine/line_rate.h"
#include "engine/other_names.h"
#include "engine/public_dns.h"
#include "engine/web/known_names.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct region *region;

static int setup(void **state)
{
    (void)state;
    region = region_new(1 << 20);
    return region && crypto_setup() == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    region_free(region);
    return 0;
}

static struct ip ip_of(const char *text)
{
    struct ip ip;

    assert_true(ip_parse(str_c(text), &ip));
    return ip;
}

static void an_address_is_kept_once_with_all_its_origins(void **state)
{
    struct addr_list l = {0};
    struct ip a = ip_of("192.0.2.1"), b = ip_of("2001:db8::1");
    (void)state;

    assert_null(addr_list_find(&l, &a));
    assert_int_equal(addr_list_add(region, &l, &a, ORIGIN_UDP), ERR_OK);
    assert_int_equal(addr_list_add(region, &l, &b, ORIGIN_UDP), ERR_OK);
    assert_int_equal(addr_list_add(region, &l, &a, ORIGIN_SYSTEM), ERR_OK);
    assert_int_equal(l.n, 2);
    assert_int_equal(addr_list_find(&l, &a)->origin,
                     ORIGIN_UDP | ORIGIN_SYSTEM);
    assert_int_equal(addr_list_find(&l, &b)->origin, ORIGIN_UDP);
}

static void a_list_of_addresses_has_an_end(void **state)
{
    struct addr_list l = {0};
    struct ip ip = {.family = 4, .b = {192, 0, 2, 0}};
    (void)state;

    for (int i = 0; i < 2 * ADDR_LIST_MAX; i++) {
        ip.b[2] = (uint8_t)(i / 256);
        ip.b[3] = (uint8_t)i;
        assert_int_equal(addr_list_add(region, &l, &ip, ORIGIN_UDP), ERR_OK);
    }
    assert_int_equal(l.n, ADDR_LIST_MAX);
    assert_null(addr_list_find(&l, &ip));
    /* one that is in it can still get another origin */
    assert_int_equal(addr_list_add(region, &l, &l.items[7].ip, ORIGIN_CONTROL),
                     ERR_OK);
    assert_int_equal(l.items[7].origin, ORIGIN_UDP | ORIGIN_CONTROL);
}

static void a_name_is_known_also_when_it_has_no_address(void **state)
{
    struct known_names k = {0};
    struct addr_list none = {0}, some = {0};
    struct ip a = ip_of("192.0.2.1");
    (void)state;

    assert_int_equal(addr_list_add(region, &some, &a, ORIGIN_UDP), ERR_OK);
    assert_null(known_names_find(&k, "a.example"));
    assert_int_equal(known_names_add(&k, region, "a.example", &none), ERR_OK);
    assert_int_equal(known_names_add(&k, region, "b.example", &some), ERR_OK);
    assert_int_equal(known_names_find(&k, "a.example")->n, 0);
    assert_int_equal(known_names_find(&k, "b.example")->n, 1);
    assert_null(known_names_find(&k, "c.example"));
}

static void doh_is_asked_now_and_then_or_at_once(void **state)
{
    static const char *const doh[] = {"https://dns.example/dns-query"};
    static const char *const udp[] = {"192.0.2.53:53"};
    struct public_dns d;
    (void)state;

    public_dns_init(&d, doh, 1, udp, 1);
    assert_ptr_equal(public_dns_udp(&d), udp[0]);
    assert_ptr_equal(public_dns_doh(&d, false), doh[0]);
    assert_true(d.doh_due > clock_mono_us());
    d.doh_due = INT64_MAX;
    assert_null(public_dns_doh(&d, false));
    assert_ptr_equal(public_dns_doh(&d, true), doh[0]);
    assert_true(d.doh_due < INT64_MAX); /* counted from the last time */
}

static void the_resolver_that_answered_last_is_asked_again(void **state)
{
    static const char *const udp[] = {"192.0.2.53:53", "192.0.2.54:53"};
    struct public_dns d;
    (void)state;

    public_dns_init(&d, NULL, 0, udp, 2);
    assert_non_null(public_dns_udp_heard(&d));
    for (size_t i = 0; i < 8; i++) {
        char text[32]; /* of a measurement that ends before the next one */
        (void)snprintf(text, sizeof(text), "%s", udp[i % 2]);
        public_dns_answered(&d, text);
        memset(text, 'x', sizeof(text));
        assert_ptr_equal(public_dns_udp_heard(&d), udp[i % 2]);
    }
    public_dns_answered(&d, "198.51.100.1:53"); /* none of these */
    assert_ptr_equal(public_dns_udp_heard(&d), udp[1]);
    char text[] = "192.0.2.53:53"; /* which need not last */
    public_dns_answered(&d, text);
    assert_ptr_equal(public_dns_udp_heard(&d), udp[0]);
    public_dns_init(&d, NULL, 0, udp, 0);
    assert_null(public_dns_udp_heard(&d));
}

static void no_public_resolver_is_asked_where_none_is_given(void **state)
{
    static const char *const none[] = {NULL};
    struct public_dns d;
    (void)state;

    public_dns_init(&d, none, 0, none, 0);
    assert_null(public_dns_udp(&d));
    assert_null(public_dns_doh(&d, true));
    public_dns_init(&d, NULL, 0, NULL, 0); /* those built in */
    assert_non_null(public_dns_udp(&d));
    assert_non_null(public_dns_doh(&d, false));
}

static void put(struct other_names *o, const char *host, const char *address)
{
    struct ip a = ip_of(address);
    struct lookup_result res = {.addrs = &a, .n_addrs = 1};

    other_names_put(o, host, OTHER_SITE, &res);
}

/* A record whose site the system's resolver gave this address. */
static void look_up(struct measurement *m, const char *host,
                    const char *address)
{
    static struct dns_answer answer;
    struct obs_query *q = measurement_add_query(m);

    assert_non_null(q);
    answer = (struct dns_answer){.type = "A", .ip = ip_of(address)};
    *q = (struct obs_query){.list = QUERY_MAIN,
                            .engine = "getaddrinfo",
                            .hostname = host,
                            .answers = &answer,
                            .n_answers = 1};
}

static void other_names_are_counted_by_their_address(void **state)
{
    static struct other_names o;
    struct region *r = region_new(1 << 16);
    int64_t since = clock_mono_us();
    (void)state;

    assert_non_null(r);
    struct measurement m = {.region = r};
    put(&o, "own.test", "198.51.100.7");
    put(&o, "a.test", "198.51.100.7");
    put(&o, "b.test", "198.51.100.8");
    put(&o, "b.test", "198.51.100.9"); /* once for each name */
    look_up(&m, "own.test", "198.51.100.7");
    other_names_tell(&o, &m, since);
    assert_int_equal(m.others_alike, 1);
    assert_int_equal(m.others_elsewhere, 1);
    m.others_alike = m.others_elsewhere = 0;
    other_names_tell(&o, &m, clock_mono_us() + 1); /* all too long ago */
    assert_int_equal(m.others_alike + m.others_elsewhere, 0);
    region_free(r);
}

static void counts_of_other_names_end_at_eight(void **state)
{
    static struct other_names o;
    struct measurement m = {.region = NULL};
    char name[] = "a.test";
    (void)state;

    for (; name[0] <= 'z'; name[0]++) {
        put(&o, name, "198.51.100.7");
    }
    other_names_tell(&o, &m, 0);
    assert_int_equal(m.others_elsewhere, OTHER_NAMES_MANY);
}

static void what_a_hosts_file_says_is_no_resolvers_answer(void **state)
{
    static struct other_names o;
    struct ip a = ip_of("198.51.100.7");
    struct lookup_result res = {.addrs = &a, .n_addrs = 1, .hosts_file = true};
    struct measurement m = {.region = NULL};
    (void)state;

    other_names_put(&o, "a.test", OTHER_SITE, &res);
    other_names_put(&o, "b.test", OTHER_SITE,
                    &(struct lookup_result){.n_addrs = 0});
    other_names_tell(&o, &m, 0);
    assert_int_equal(m.others_elsewhere, 0);
    assert_null(other_names_draw(&o, NULL, true));
}

static void names_are_drawn_in_turn(void **state)
{
    static struct other_names o;
    struct ip a = ip_of("198.51.100.7");
    (void)state;

    put(&o, "a.test", "198.51.100.7");
    assert_null(other_names_draw(&o, "a.test", true));
    other_names_put(&o, "peer.test", OTHER_PEER,
                    &(struct lookup_result){.addrs = &a, .n_addrs = 1});
    assert_null(other_names_draw(&o, "a.test", true));
    assert_string_equal(other_names_draw(&o, "a.test", false), "peer.test");
    put(&o, "b.test", "198.51.100.7");
    assert_string_equal(other_names_draw(&o, "a.test", true), "b.test");
    assert_string_equal(other_names_draw(&o, NULL, true), "a.test");
    for (size_t i = 0; i < OTHER_NAMES_KEPT; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%zu.test", i);
        put(&o, name, "198.51.100.7"); /* the oldest make way */
    }
    for (size_t i = 0; i < OTHER_NAMES_KEPT; i++) {
        assert_string_not_equal(other_names_draw(&o, NULL, true), "a.test");
    }
}

static void a_sensitive_name_is_not_asked_about_for_anothers_sake(void **state)
{
    static struct other_names o;
    struct ip a = ip_of("198.51.100.7");
    struct lookup_result res = {.addrs = &a, .n_addrs = 1};
    (void)state;

    other_names_put(&o, "quiet.test", OTHER_SENSITIVE, &res);
    assert_null(other_names_draw(&o, "a.test", false));
    other_names_put(&o, "quiet.test", OTHER_SITE, &res); /* it stays so */
    assert_null(other_names_draw(&o, "a.test", false));
    assert_string_equal(other_names_draw(&o, NULL, true), "quiet.test");
}

static void a_rate_needs_three_pages_of_some_size(void **state)
{
    struct line_rate r = {0};
    struct fetch_result page = {.received = 1000000};
    (void)state;

    page.http.t = US_PER_S;
    line_rate_note(&r, &page);
    line_rate_note(&r, &page);
    assert_true(line_rate_get(&r) == 0);
    page.received = 1000; /* over before it gets fast */
    line_rate_note(&r, &page);
    page.received = 9000000;
    page.http.failure = "connection_reset";
    line_rate_note(&r, &page);
    assert_true(line_rate_get(&r) == 0);
    page.http.failure = NULL;
    page.received = 500000;
    line_rate_note(&r, &page);
    assert_true(line_rate_get(&r) == 1000000); /* the fastest */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_address_is_kept_once_with_all_its_origins),
        TEST(a_list_of_addresses_has_an_end),
        TEST(a_name_is_known_also_when_it_has_no_address),
        TEST(doh_is_asked_now_and_then_or_at_once),
        TEST(the_resolver_that_answered_last_is_asked_again),
        TEST(no_public_resolver_is_asked_where_none_is_given),
        TEST(other_names_are_counted_by_their_address),
        TEST(counts_of_other_names_end_at_eight),
        TEST(what_a_hosts_file_says_is_no_resolvers_answer),
        TEST(names_are_drawn_in_turn),
        TEST(a_sensitive_name_is_not_asked_about_for_anothers_sake),
        TEST(a_rate_needs_three_pages_of_some_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
