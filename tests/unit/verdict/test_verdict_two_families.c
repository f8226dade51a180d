// SPDX-License-Identifier: Apache-2.0
/* Forged answers for both families of addresses, each with something else, and
 * for one of them while the other is true; and what looks like them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"

#define SIX     "2001:500:2::c"
#define FAR_SIX "2a03:2880:f10e:83:face:b00c:0:25de"
#define TEREDO  "2001::1f0d:5e25"
#define SOME    "31.13.94.37"
#define ONLY    "dns_answer_false_in_one_family_only"
#define TIMEOUT "generic_timeout_error"
#define REFUSED "connection_refused"
#define NO_WAY  "network_unreachable"
#define LINE                                                                   \
    "\"x_system_queries\":[{\"engine\":\"udp\",\"hostname\":\"" HOST           \
    "\",\"query_type\":\"A\",\"failure\":null,\"transaction_id\":10001,"       \
    "\"resolver_address\":\"198.41.0.5:53\",\"t0\":0.1,\"t\":0.2}],"

static void again(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
}

/* A second answer to the question for addresses of that type. */
static void late(const char *type, const char *result)
{
    lookup(DUPLICATES, 10001, "udp", type, HOST, 0, result);
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

/* ---- both are forged ----------------------------------------------------- */

/* The answer is `addrs`, with `four` in it, where a connect ends with `tcp`;
 * the true one follows. */
static void both(const char *addrs, const char *four, const char *tcp,
                 bool https)
{
    extra = LINE;
    input = https ? "https://" HOST "/" : "http://" HOST "/";
    system_dns(addrs);
    udp_dns(RIGHT);
    connect_to(50001, four, https ? 443 : 80, 0, true, tcp);
    if (https && !tcp) {
        handshake(50001, HOST, "ssl_invalid_hostname");
    }
    if (https) {
        https_page(50002, RIGHT, 200);
    } else {
        connect_to(50002, RIGHT, 80, 0, true, NULL);
        request(50002, input, NULL, 200, HEADERS, PAGE);
    }
    control_dns(RIGHT);
    control_endpoint(RIGHT ":80", NULL, NULL);
    if (https) {
        control_endpoint(RIGHT ":443", NULL, NULL);
    }
    control_page(NULL);
}

static void forged_answers_of_both_families_are_told(void **state)
{
    static const char *const six[] = {TEREDO, "2001::1", "2001:0:1::2"};
    for (size_t i = 0; i < 3; i++) {
        for (int https = 0; https < 2; https++) {
            again(state);
            char *addrs = region_printf(region, SOME ",%s", six[i]);
            assert_non_null(addrs);
            both(addrs, SOME, TIMEOUT, https);
            late("A", RIGHT);
            expect(X_BLOCKED, "dns", "dns_bogon_answer");
            again(state);
            addrs = region_printf(region, SOME ",%s", six[i]);
            assert_non_null(addrs);
            both(addrs, SOME, TIMEOUT, https); /* the true answer was dropped */
            expect(X_BLOCKED, "dns", "dns_bogon_answer");
        }
    }
}

/* The address of somebody else who answers there. */
static void who_answers_at_one_does_not_excuse_the_other(void **state)
{
    (void)state;
    both(SOME "," TEREDO, SOME, NULL, true);
    late("A", RIGHT);
    expect(X_BLOCKED, "dns", "dns_bogon_answer");
}

/* Both families lead to a public host of somebody else's; this line has no
 * IPv6, so nobody tries one of them. */
static void
a_contradicted_answer_is_told_beside_one_that_is_untried(void **state)
{
    (void)state;
    both(SOME "," FAR_SIX, SOME, REFUSED, true);
    late("A", RIGHT);
    expect(X_BLOCKED, "dns", "dns_two_answers_contradict");
}

/* Nothing is contradicted, no address is one of forgers: as the first alone. */
static void what_nobody_contradicts_stays_undecided(void **state)
{
    (void)state;
    both(SOME "," FAR_SIX, SOME, REFUSED, true);
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
    again(state);
    both(SOME ",::", SOME, REFUSED,
         true); /* a filter at home, and an old one */
    assert_int_equal(verdict_now().state, X_INCONCLUSIVE);
}

static void an_address_for_all_names_accuses_nobody(void **state)
{
    (void)state;
    both(SOME "," TEREDO, SOME, REFUSED, true);
    extra = "\"x_run\":{\"others_same_address\":3,\"others_elsewhere\":0},";
    assert_int_not_equal(verdict_now().state, X_BLOCKED);
}

/* ---- one is true --------------------------------------------------------- */

static void page_by_ipv6(const char *four, const char *tcp, const char *tls)
{
    extra = LINE;
    char *addrs = region_printf(region, "%s," SIX, four);
    assert_non_null(addrs);
    system_dns(addrs);
    https_page(50002, SIX, 200);
    https_flow(50001, four, tcp, tls);
    good_control();
}

/* The other family's addresses are the site's, and no answer to this one. */
static void a_contradicted_answer_is_told_though_ipv6_is_true(void **state)
{
    static const char *const ways[] = {REFUSED, TIMEOUT, NULL};
    for (size_t i = 0; i < 3; i++) {
        again(state);
        page_by_ipv6(SOME, ways[i], "ssl_invalid_hostname");
        late("A", RIGHT);
        expect(X_BLOCKED, "dns", "dns_two_answers_contradict");
        struct verdict v = verdict_now();
        assert_true(says(&v, ONLY) && v.n_alternatives > 0);
    }
}

/* A farm of resolvers: each answer works. A lookup that was lost in one half
 * gets its answer late. An answer to the other question is none to this one. */
static void two_true_answers_are_ok(void **state)
{
    (void)state;
    page_by_ipv6(SOME, NULL, NULL);
    late("A", RIGHT);
    expect(X_OK, "-", "page_over_verified_tls");
    again(state);
    system_dns(SIX);
    https_page(50002, SIX, 200);
    late("A", RIGHT);
    good_control();
    expect(X_OK, "-", "page_over_verified_tls");
    again(state);
    page_by_ipv6(SOME, REFUSED, NULL);
    late("AAAA", SIX);
    expect(X_OK, "-", "page_over_verified_tls");
}

/* What DNS64 makes of the site's address is no forged one, and where it has a
 * prefix of the network's own nobody needs IPv4. */
static void a_translated_answer_contradicts_nothing(void **state)
{
    (void)state;
    system_dns(RIGHT ",2001:db8:64::c629:4");
    https_page(50001, RIGHT, 200);
    https_flow(50002, "2001:db8:64::c629:4", NO_WAY, NULL);
    late("AAAA", "64:ff9b::c629:4");
    good_control();
    expect(X_OK, "-", "page_over_verified_tls");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(forged_answers_of_both_families_are_told),
        T(who_answers_at_one_does_not_excuse_the_other),
        T(a_contradicted_answer_is_told_beside_one_that_is_untried),
        T(what_nobody_contradicts_stays_undecided),
        T(an_address_for_all_names_accuses_nobody),
        T(a_contradicted_answer_is_told_though_ipv6_is_true),
        T(two_true_answers_are_ok),
        T(a_translated_answer_contradicts_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
