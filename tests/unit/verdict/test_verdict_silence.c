// SPDX-License-Identifier: Apache-2.0
/* Names without an answer: what accuses, and what lies with the servers of the
 * name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"
#include <stdlib.h>

#define OTHERS "\"x_run\":{\"others_same_address\":0,\"others_elsewhere\":3}"

#define OTHERS_WITH(more)                                                      \
    "\"x_run\":{\"others_same_address\":0,\"others_elsewhere\":3," more "},"

static void again(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
}

/* A lookup by HTTPS that got stuck; then the same server was, or was not, found
 * to answer for another name. */
static void doh_silent(const char *answers_example)
{
    put(QUERIES,
        "{\"transaction_id\":30001,\"engine\":\"doh\",\"query_type\":\"A\","
        "\"hostname\":\"" HOST "\",\"failure\":\"generic_timeout_error\","
        "\"resolver_address\":\"https://doh.test/\",\"answers\":null,"
        "\"tags\":[\"depth=0\"],\"t0\":1,\"t\":5%s%s}",
        answers_example ? ",\"x_answers_example\":" : "",
        answers_example ? answers_example : "");
}

static void udp_silent(void)
{
    put(QUERIES,
        "{\"transaction_id\":20001,\"engine\":\"udp\",\"query_type\":\"A\","
        "\"hostname\":\"" HOST "\",\"failure\":\"generic_timeout_error\","
        "\"resolver_address\":\"199.7.83.42:53\",\"answers\":null,"
        "\"tags\":[\"depth=0\"],\"t0\":1,\"t\":5}");
}

static void both_silent(void)
{
    system_dns("generic_timeout_error");
    udp_silent();
    good_control();
    extra = OTHERS ",";
}

/* ---- silence ------------------------------------------------------------- */

static void who_is_answered_when_nobody_can_read_it_shows_a_censor(void **state)
{
    (void)state;
    both_silent();
    doh_dns(RIGHT);
    expect(X_BLOCKED, "dns", "dns_silence_for_this_name");
    struct verdict v = verdict_now();
    assert_true(v.n_alternatives >= 2);
    assert_true(v.want_again);
}

static void servers_that_answer_no_resolver_here_are_no_censor(void **state)
{
    (void)state;
    both_silent();
    doh_silent("true");
    expect(X_INCONCLUSIVE, "-", "name_servers_ill");
    again(state);
    both_silent();
    doh_dns("dns_server_misbehaving");
    expect(X_INCONCLUSIVE, "-", "resolver_not_answering");
    again(state);
    both_silent();
    doh_dns("dns_servfail_error");
    expect(X_INCONCLUSIVE, "-", "name_servers_ill");
    again(state);
    both_silent(); /* a server may hang up when it has waited in vain */
    put(QUERIES,
        "{\"transaction_id\":30001,\"engine\":\"doh\",\"query_type\":\"A\","
        "\"hostname\":\"" HOST "\",\"failure\":\"eof_error\","
        "\"resolver_address\":\"https://doh.test/\",\"answers\":null,"
        "\"tags\":[\"depth=0\"],\"t0\":1,\"t\":5}");
    extra = OTHERS_WITH(
        "\"resolvers\":[{\"resolver_address\":\"https://doh.test/\","
        "\"names\":1},{\"resolver_address\":\"199.7.83.42:53\","
        "\"names\":1}]");
    expect(X_INCONCLUSIVE, "-", "name_servers_ill");
    again(state);
    both_silent();
    doh_silent(NULL); /* is it shut off, or does it wait as well? */
    expect(X_INCONCLUSIVE, "-", "resolver_not_answering");
}

static void a_lookup_that_is_shut_off_for_all_clears_nobody(void **state)
{
    static const char *const shut[] = {"connection_reset",
                                       "ssl_invalid_hostname"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        again(state);
        both_silent();
        if (i < 2) {
            doh_dns(shut[i]);
        } else {
            doh_silent("false");
        }
        /* the public resolver may be shut off as well */
        expect(X_INCONCLUSIVE, "-", "resolver_not_answering");
        extra = OTHERS ",\"x_dns_fastest\":[{\"resolver_address\":"
                       "\"199.7.83.42:53\",\"t\":0.03,\"n\":4}],";
        expect(X_BLOCKED, "dns", "dns_silence_for_this_name");
    }
}

static void one_silent_resolver_accuses_nobody(void **state)
{
    (void)state;
    system_dns("generic_timeout_error");
    udp_dns(RIGHT);
    doh_dns(RIGHT);
    https_page(50001, RIGHT, 200);
    good_control();
    extra = OTHERS ",";
    expect(X_INCONCLUSIVE, "-", "resolver_not_answering");
}

static void a_late_answer_contradicts_no_silence(void **state)
{
    (void)state;
    both_silent();
    doh_dns(RIGHT);
    lookup(DUPLICATES, 10001, "udp", "A", HOST, 0, RIGHT);
    struct verdict v = verdict_now();
    for (size_t i = 0; i < v.n_reasons; i++) {
        assert_string_not_equal(rule_of(v.reasons[i]),
                                "dns_two_answers_contradict");
    }
}

/* ---- SERVFAIL ------------------------------------------------------------ */

static void system_fails(const char *unchecked, const char *took)
{
    put(QUERIES,
        "{\"transaction_id\":10001,\"engine\":\"getaddrinfo\","
        "\"query_type\":\"ANY\",\"hostname\":\"" HOST
        "\",\"failure\":\"dns_servfail_error\",\"answers\":null,"
        "\"tags\":[\"depth=0\"],\"t0\":1,\"t\":%s}",
        took);
    doh_dns(RIGHT);
    good_control();
    extra = region_printf(
        region,
        OTHERS ",\"x_system_queries\":[{\"engine\":\"udp\",\"hostname\":\"" HOST
               "\",\"query_type\":\"A\",\"resolver_address\":\"192.0.2.53:53\","
               "\"failure\":\"dns_servfail_error\",\"t0\":1,\"t\":%s,"
               "\"transaction_id\":10001}%s%s%s],",
        took,
        unchecked ? ",{\"engine\":\"udp\",\"hostname\":\"" HOST
                    "\",\"query_type\":\"A\",\"resolver_address\":\"192.0.2.53:"
                    "53\",\"x_unchecked\":true,\"t0\":2,\"t\":2.1,"
                    "\"transaction_id\":10001,\"failure\":"
                  : "",
        unchecked ? unchecked : "", unchecked ? "}" : "");
}

static void who_fails_at_one_name_alone_accuses(void **state)
{
    (void)state;
    system_fails("\"dns_servfail_error\"", "1.1");
    expect(X_BLOCKED, "dns", "dns_servfail_for_this_name");
    struct verdict v = verdict_now();
    assert_true(v.want_again);
    /* nothing shows that it answers others */
    extra = "";
    expect(X_INCONCLUSIVE, "-", "dns_servfail");
}

static void wrong_signatures_are_no_censor(void **state)
{
    (void)state;
    system_fails("null", "1.1");
    expect(X_INCONCLUSIVE, "-", "name_servers_ill");
    again(state);
    system_fails(NULL, "1.1"); /* it was not asked without */
    expect(X_INCONCLUSIVE, "-", "dns_servfail");
    again(state);
    system_fails("\"generic_timeout_error\"", "1.1");
    expect(X_INCONCLUSIVE, "-", "dns_servfail");
}

static void
name_servers_that_others_cannot_use_either_accuse_nobody(void **state)
{
    (void)state;
    system_fails("\"dns_servfail_error\"", "1.1");
    udp_dns("dns_servfail_error");
    expect(X_INCONCLUSIVE, "-", "name_servers_ill");
    again(state);
    system_fails("\"dns_servfail_error\"", "3.5"); /* it asked around */
    expect(X_INCONCLUSIVE, "-", "name_servers_ill");
}

/* ---- again --------------------------------------------------------------- */

/* The record that was built becomes a further measurement of the next one. */
static const char *further(void **state)
{
    char *text = record_text();
    assert_non_null(text);
    char *keys = strstr(text, "\"test_keys\":");
    assert_non_null(keys);
    keys[strlen(keys) - 1] = 0;
    char *kept = strdup(keys);
    assert_non_null(kept);
    again(state);
    const char *out = region_strdup(region, kept);
    free(kept);
    assert_non_null(out);
    return out;
}

static void after(const char *known, const char *keys)
{
    extra = region_printf(
        region, "%s\"x_retest\":[{\"kind\":\"again\",\"silent\":false,%s}],",
        known, keys);
    assert_non_null(extra);
}

static void silence_that_comes_again_is_confirmed(void **state)
{
    (void)state;
    both_silent();
    doh_dns(RIGHT);
    const char *keys = further(state);
    both_silent(); /* DoH was not due */
    after(OTHERS ",", keys);
    expect(X_BLOCKED, "dns", "dns_silence_for_this_name");
    struct verdict v = verdict_now();
    assert_false(v.want_again);
}

static void who_waited_first_and_failed_then_asked_silent_servers(void **state)
{
    (void)state;
    system_fails("\"dns_servfail_error\"", "1.1");
    const char *keys = further(state);
    both_silent();
    after(OTHERS ",", keys);
    expect(X_INCONCLUSIVE, "-", "name_servers_ill");
    again(state);
    system_fails("\"dns_servfail_error\"", "1.1");
    keys = further(state);
    system_fails(NULL, "1.1"); /* failed at once both times */
    after(extra, keys);
    expect(X_BLOCKED, "dns", "dns_servfail_for_this_name");
    again(state);
    system_fails("\"dns_servfail_error\"", "1.1");
    keys = further(state);
    system_fails(NULL, "6.1"); /* the first question was not answered */
    after(extra, keys);
    expect(X_INCONCLUSIVE, "-", "name_servers_ill");
}

/* One of two questions got lost, and was asked again after five seconds; the
 * other one was not answered at once, either. */
static void a_lost_question_is_not_slowness(void **state)
{
    static const char *const aaaa[] = {"1,\"t\":1.1", "1,\"t\":4.1",
                                       "6,\"t\":6.1"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        again(state);
        system_fails("\"dns_servfail_error\"", "6.1");
        extra = region_printf(
            region,
            OTHERS
            ",\"x_system_queries\":[{\"engine\":\"udp\",\"hostname\":\"" HOST
            "\",\"query_type\":\"AAAA\",\"resolver_address\":"
            "\"192.0.2.53:53\",\"failure\":\"dns_servfail_error\",\"t0\":%s,"
            "\"transaction_id\":10001},{\"engine\":\"udp\",\"hostname\":"
            "\"" HOST "\",\"query_type\":\"A\",\"resolver_address\":"
            "\"192.0.2.53:53\",\"x_unchecked\":true,\"t0\":2,\"t\":2.1,"
            "\"transaction_id\":10001,\"failure\":\"dns_servfail_error\"}],",
            aaaa[i]);
        assert_non_null(extra);
        expect(i == 0 ? X_BLOCKED : X_INCONCLUSIVE, i == 0 ? "dns" : "-",
               i == 0 ? "dns_servfail_for_this_name" : "name_servers_ill");
    }
}

static void who_ever_waited_asked_silent_servers(void **state)
{
    (void)state;
    system_fails(NULL, "1.1"); /* not yet asked without signatures */
    char *second = strdup(further(state));
    assert_non_null(second);
    system_fails("\"dns_servfail_error\"", "1.1");
    char *third = strdup(further(state));
    assert_non_null(third);
    both_silent();
    extra = region_printf(
        region,
        OTHERS ",\"x_retest\":[{\"kind\":\"again\",\"silent\":false,%s},"
               "{\"kind\":\"again\",\"silent\":false,%s}],",
        second, third);
    free(second);
    free(third);
    assert_non_null(extra);
    expect(X_INCONCLUSIVE, "-", "name_servers_ill");
}

/* ---- denials ------------------------------------------------------------- */

static void newer_address(const char *engine, int id, const char *result)
{
    lookup(QUERIES, id, engine, "AAAA", HOST, 0, result);
}

static void servers_that_deny_the_newer_kind_are_no_censor(void **state)
{
    (void)state;
    system_dns("dns_nxdomain_error");
    doh_dns(RIGHT);
    newer_address("doh", 30001, "dns_nxdomain_error");
    good_control();
    https_page(50001, RIGHT, 200);
    expect(X_INCONCLUSIVE, "-", "name_servers_ill");
    again(state);
    system_dns("dns_nxdomain_error");
    udp_dns(RIGHT);
    newer_address("udp", 20001, "dns_nxdomain_error");
    good_control();
    expect(X_INCONCLUSIVE, "-", "name_servers_ill");
}

static void
a_denial_in_the_clear_of_the_newer_kind_alone_clears_nobody(void **state)
{
    (void)state;
    system_dns("dns_nxdomain_error");
    udp_dns(RIGHT);
    newer_address("udp", 20001, "dns_nxdomain_error");
    doh_dns(RIGHT);
    newer_address("doh", 30001, "dns_no_answer");
    good_control();
    expect(X_BLOCKED, "dns", "dns_negative_answer_contradicted");
    again(state);
    system_dns("dns_no_answer"); /* not what RFC 8020 makes of it */
    doh_dns(RIGHT);
    newer_address("doh", 30001, "dns_nxdomain_error");
    good_control();
    expect(X_BLOCKED, "dns", "dns_negative_answer_contradicted");
}

static void routers_drop_answers_with_private_addresses(void **state)
{
    (void)state;
    system_dns("dns_no_answer");
    doh_dns(RIGHT);
    put(CTL_DNS, "\"failure\":null,\"addrs\":[\"" RIGHT "\",\"192.168.0.7\"]");
    control_endpoint(RIGHT ":443", NULL, NULL);
    control_page(NULL);
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
}

/* `alias` is what the system's resolver says, and `true_alias` what others do.
 */
static void only_an_alias(const char *alias, const char *true_alias)
{
    system_dns("dns_no_answer");
    put(QUERIES,
        "{\"transaction_id\":30001,\"engine\":\"doh\",\"query_type\":\"A\","
        "\"hostname\":\"" HOST "\",\"failure\":null,\"answers\":["
        "{\"answer_type\":\"A\",\"ipv4\":\"" RIGHT
        "\"},{\"answer_type\":\"CNAME\",\"hostname\":\"%s\"}],"
        "\"tags\":[\"depth=0\"],\"t0\":1,\"t\":2}",
        true_alias);
    good_control();
    extra = region_printf(
        region,
        OTHERS ",\"x_system_queries\":[{\"engine\":\"udp\",\"hostname\":\"" HOST
               "\",\"query_type\":\"A\",\"resolver_address\":\"192.0.2.53:53\","
               "\"failure\":\"dns_no_answer\",\"answers\":[{\"answer_type\":"
               "\"CNAME\",\"hostname\":\"%s\"}],\"t0\":1,\"t\":1.1,"
               "\"transaction_id\":10001}],",
        alias);
}

static void an_alias_that_leads_nowhere_here_is_no_denial(void **state)
{
    (void)state;
    only_an_alias("edge.cdn.test", "edge.cdn.test.");
    expect(X_INCONCLUSIVE, "-", "name_servers_ill");
    again(state);
    only_an_alias("blocked.isp.test", "edge.cdn.test");
    expect(X_BLOCKED, "dns", "dns_negative_answer_contradicted");
}

/* An ISP answers whatever does not exist with an address of its own. */
static void a_dead_name_is_not_blocked_whoever_answers(void **state)
{
    (void)state;
    system_dns("10.10.34.36");
    doh_dns("dns_nxdomain_error");
    control_dns("dns_name_error");
    control_page("dns_lookup_error");
    struct verdict v = verdict_now();
    assert_int_not_equal(v.state, X_BLOCKED);
}

static void a_translator_with_a_prefix_of_its_own_is_no_forger(void **state)
{
    /* 198.41.0.4 behind prefixes of 48 and 96 bits (RFC 6052) */
    static const char *const made[] = {"2001:67c:2b0:c629:0:400::",
                                       "2001:67c:2b0:db32::c629:4"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        again(state);
        input = "http://" HOST "/";
        system_dns(made[i]);
        udp_dns(RIGHT);
        connect_to(40001, made[i], 80, 0, true, NULL);
        request(40001, input, NULL, 403, "", "<title>no</title>");
        good_control();
        struct verdict v = verdict_now();
        assert_int_not_equal(v.state, X_BLOCKED);
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(who_is_answered_when_nobody_can_read_it_shows_a_censor),
        T(servers_that_answer_no_resolver_here_are_no_censor),
        T(a_lookup_that_is_shut_off_for_all_clears_nobody),
        T(one_silent_resolver_accuses_nobody),
        T(a_late_answer_contradicts_no_silence),
        T(who_fails_at_one_name_alone_accuses),
        T(wrong_signatures_are_no_censor),
        T(name_servers_that_others_cannot_use_either_accuse_nobody),
        T(silence_that_comes_again_is_confirmed),
        T(who_waited_first_and_failed_then_asked_silent_servers),
        T(a_lost_question_is_not_slowness),
        T(who_ever_waited_asked_silent_servers),
        T(servers_that_deny_the_newer_kind_are_no_censor),
        T(a_denial_in_the_clear_of_the_newer_kind_alone_clears_nobody),
        T(routers_drop_answers_with_private_addresses),
        T(an_alias_that_leads_nowhere_here_is_no_denial),
        T(a_dead_name_is_not_blocked_whoever_answers),
        T(a_translator_with_a_prefix_of_its_own_is_no_forger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
