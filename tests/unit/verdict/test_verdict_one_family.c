// SPDX-License-Identifier: Apache-2.0
/* Answers that are false for one family of addresses, and what looks like them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"

#define SIX     "2001:500:2::c"
#define KNOWN   "8.7.198.45"
#define PRIVATE "10.1.2.3"
#define ONLY    "dns_answer_false_in_one_family_only"
#define TIMEOUT "generic_timeout_error"
#define REFUSED "connection_refused"
/* The system's resolver has a public IPv4 address: IPv4 leads out of here. */
#define LINE                                                                   \
    "\"x_system_queries\":[{\"engine\":\"udp\",\"hostname\":\"" HOST           \
    "\",\"query_type\":\"A\",\"failure\":null,\"transaction_id\":10001,"       \
    "\"resolver_address\":\"198.41.0.5:53\",\"t0\":0.1,\"t\":0.2}],"

static void again(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
}

static bool says(const struct verdict *v, const char *rule)
{
    for (size_t i = 0; i < v->n_reasons; i++) {
        if (strcmp(rule_of(v->reasons[i]), rule) == 0) {
            return true;
        }
    }
    return false;
}

/* The page comes by IPv6; the resolver's IPv4 address is `four`, where a
 * connect ends with `tcp`. */
static void page_by_ipv6(const char *four, const char *tcp)
{
    extra = LINE;
    char *both = region_printf(region, "%s," SIX, four);
    assert_non_null(both);
    system_dns(both);
    https_page(50002, SIX, 200);
    https_flow(50001, four, tcp, "ssl_invalid_hostname");
    good_control();
}

static void a_false_ipv4_address_is_told_though_ipv6_works(void **state)
{
    page_by_ipv6(PRIVATE, TIMEOUT);
    expect(X_BLOCKED, "dns", "dns_bogon_answer");
    struct verdict v = verdict_now();
    assert_true(says(&v, ONLY));
    assert_true(v.n_alternatives > 0);
    again(state);
    country = "CN";
    page_by_ipv6(KNOWN, TIMEOUT);
    expect(X_BLOCKED, "dns", "dns_known_forged_address");
}

static void a_false_ipv6_address_is_told_though_ipv4_works(void **state)
{
    (void)state;
    system_dns(RIGHT ",2001::1");
    https_page(50001, RIGHT, 200);
    good_control();
    expect(X_BLOCKED, "dns", "dns_bogon_answer");
    struct verdict v = verdict_now();
    assert_true(says(&v, ONLY));
}

/* Nothing, this device, the house, benchmarks (proxies), and a private address
 * where somebody answers. */
static void what_people_choose_themselves_is_undecided(void **state)
{
    static const char *const four[] = {"0.0.0.0", "127.0.0.1", "192.168.1.20",
                                       "198.18.0.7"};
    static const char *const six[] = {"::", "::1", "fd00::1", "fe80::1"};

    for (size_t i = 0; i < 4; i++) {
        page_by_ipv6(four[i], REFUSED);
        expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
        again(state);
        char *both = region_printf(region, RIGHT ",%s", six[i]);
        assert_non_null(both);
        system_dns(both);
        https_page(50001, RIGHT, 200);
        good_control();
        expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
        again(state);
    }
    page_by_ipv6(PRIVATE, NULL);
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
}

static void an_address_for_every_name_accuses_nobody(void **state)
{
    (void)state;
    page_by_ipv6(PRIVATE, TIMEOUT);
    extra = "\"x_run\":{\"others_same_address\":3,\"others_elsewhere\":0},";
    expect(X_OK, "-", "page_over_verified_tls");
}

static void a_private_address_of_the_sites_own_is_ok(void **state)
{
    (void)state;
    system_dns(PRIVATE "," SIX);
    https_page(50002, SIX, 200);
    control_dns(PRIVATE);
    control_endpoint(RIGHT ":443", NULL, NULL);
    control_page(NULL);
    expect(X_OK, "-", "page_over_verified_tls");
}

/* It is suspected, and measured again, but another host for each family, or a
 * dead one, is no interference. */
static void an_address_that_fails_is_ok_until_more_is_known(void **state)
{
    static const char *const ways[] = {REFUSED, TIMEOUT, NULL};

    for (size_t i = 0; i < 3; i++) {
        page_by_ipv6(WRONG, ways[i]);
        expect(X_OK, "-", "page_over_verified_tls");
        struct verdict v = verdict_now();
        assert_true(v.notice.suspect && v.notice.family == 4 && v.want_again);
        again(state);
    }
    page_by_ipv6(WRONG, TIMEOUT);
    extra = ""; /* as if IPv4 led nowhere from here */
    struct verdict v = verdict_now();
    assert_true(v.state == X_OK && !v.want_again);
    again(state);
    page_by_ipv6(WRONG, REFUSED);
    doh_dns(WRONG); /* asked in secret, another resolver says the same */
    expect(X_OK, "-", "page_over_verified_tls");
    v = verdict_now();
    assert_false(v.notice.suspect || v.want_again);
}

static void an_address_that_shows_the_site_is_suspected_of_nothing(void **state)
{
    (void)state;
    system_dns(WRONG "," SIX);
    https_page(50002, SIX, 200);
    https_flow(50001, WRONG, NULL, NULL);
    good_control();
    expect(X_OK, "-", "page_over_verified_tls");
    struct verdict v = verdict_now();
    assert_false(v.notice.suspect || v.want_again);
}

/* DNS64 makes an IPv6 address of each IPv4 one: what it makes is no family of
 * its own. */
static void a_translated_address_is_no_second_answer(void **state)
{
    (void)state;
    system_dns(RIGHT ",2001:db8:64::c629:4");
    https_page(50001, RIGHT, 200);
    https_flow(50002, "2001:db8:64::c629:4", "network_unreachable", NULL);
    good_control();
    expect(X_OK, "-", "page_over_verified_tls");
}

#define NOTICED                                                                \
    "\"x_run\":{\"others_same_address\":1,\"others_elsewhere\":1,"             \
    "\"addresses\":[{\"ip\":\"" WRONG                                          \
    "\",\"names\":1,\"other_networks\":1,\"notices\":1}]},"

static void a_notice_server_for_one_family_is_told(void **state)
{
    page_by_ipv6(WRONG, REFUSED);
    udp_dns(RIGHT);
    extra = NOTICED;
    expect(X_BLOCKED, "dns", "dns_notice_server");
    struct verdict v = verdict_now();
    assert_true(says(&v, ONLY));
    again(state);
    page_by_ipv6(WRONG, REFUSED);
    lookup(QUERIES, 20001, "udp", "AAAA", HOST, 0, SIX);
    extra = NOTICED; /* nobody has contradicted what it says of IPv4 */
    expect(X_OK, "-", "page_over_verified_tls");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_false_ipv4_address_is_told_though_ipv6_works),
        T(a_false_ipv6_address_is_told_though_ipv4_works),
        T(what_people_choose_themselves_is_undecided),
        T(an_address_for_every_name_accuses_nobody),
        T(a_private_address_of_the_sites_own_is_ok),
        T(an_address_that_fails_is_ok_until_more_is_known),
        T(an_address_that_shows_the_site_is_suspected_of_nothing),
        T(a_translated_address_is_no_second_answer),
        T(a_notice_server_for_one_family_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
