// SPDX-License-Identifier: Apache-2.0
/* The system's resolver says nothing, or denies: what others show all the
 * same, and what they show of the name's servers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"
#include <stdlib.h>

#define OTHERS "\"x_run\":{\"others_same_address\":0,\"others_elsewhere\":3},"

static void again(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
}

/* The last reason is of that rule. */
static void beside(const char *rule)
{
    struct verdict v = verdict_now();
    assert_true(v.n_reasons >= 2);
    assert_string_equal(rule_of(v.reasons[v.n_reasons - 1]), rule);
}

/* What a resolver says that is of no use, whatever it is asked. */
static const char *const useless[] = {"generic_timeout_error",
                                      "dns_servfail_error", "dns_refused_error",
                                      "dns_server_misbehaving"};

#define USELESS (sizeof(useless) / sizeof(*useless))

/* ---- a censor beside a dead resolver --------------------------------------
 */

static void what_is_cut_off_is_seen_without_the_resolver(void **state)
{
    (void)state;
    for (size_t i = 0; i < USELESS; i++) {
        again(state);
        system_dns(useless[i]);
        udp_dns(RIGHT);
        https_flow(50001, RIGHT, NULL, "connection_reset");
        good_control();
        expect(X_BLOCKED, "tls", "tls_reset_control_succeeds");
        assert_true(verdict_now().want_again);
        again(state);
        system_dns(useless[i]);
        udp_dns(RIGHT);
        https_flow(50001, RIGHT, "generic_timeout_error", NULL);
        good_control();
        expect(X_BLOCKED, "ip", "tcp_timeout_control_connects");
    }
}

static void a_dead_resolver_alone_is_no_censor(void **state)
{
    static const char *const rule[USELESS] = {
        "resolver_not_answering", "dns_servfail",
        "dns_failure_of_unknown_cause", "dns_failure_of_unknown_cause"};
    (void)state;
    for (size_t i = 0; i < USELESS; i++) {
        again(state);
        system_dns(useless[i]);
        udp_dns(RIGHT);
        https_page(50001, RIGHT, 200);
        good_control();
        expect(X_INCONCLUSIVE, "-", rule[i]);
        assert_int_equal(verdict_now().n_reasons, 1);
    }
}

static void what_is_wrong_besides_is_told_as_well(void **state)
{
    (void)state;
    input = "http://" HOST "/";
    system_dns("generic_timeout_error");
    udp_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, NULL, 200, HEADERS, OTHER);
    good_control();
    expect(X_INCONCLUSIVE, "-", "resolver_not_answering");
    struct verdict v = verdict_now();
    assert_int_equal(v.reasons[0].note, NOTE_RESOLVER_SILENT);
    beside("page_differs");
}

/* ---- answers forged on the way to others ----------------------------------
 */

static void an_answer_put_before_anothers_is_forged(void **state)
{
    (void)state;
    for (size_t i = 0; i < USELESS; i++) {
        again(state);
        system_dns(useless[i]);
        udp_dns("10.10.34.36");
        lookup(DUPLICATES, 20001, "udp", "A", HOST, 0, RIGHT);
        https_page(50001, RIGHT, 200);
        good_control();
        expect(X_BLOCKED, "dns", "dns_bogon_answer");
        beside("dns_two_answers_contradict");
        again(state);
        system_dns(useless[i]); /* the true one does not come through */
        udp_dns("10.10.34.36");
        doh_dns(RIGHT);
        https_page(50001, RIGHT, 200);
        good_control();
        expect(X_BLOCKED, "dns", "dns_bogon_answer");
    }
}

static void a_denial_put_before_anothers_answer_is_forged(void **state)
{
    static const char *const denials[] = {"dns_nxdomain_error",
                                          "dns_no_answer"};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        again(state);
        system_dns("generic_timeout_error");
        udp_dns(denials[i / 2]);
        if (i % 2 == 0) {
            lookup(DUPLICATES, 20001, "udp", "A", HOST, 0, RIGHT);
        }
        good_control();
        expect(i % 2 == 0 ? X_BLOCKED : X_INCONCLUSIVE,
               i % 2 == 0 ? "dns" : "-",
               i % 2 == 0 ? "dns_negative_answer_contradicted"
                          : "resolver_not_answering");
    }
}

static void what_others_answer_is_not_always_forged(void **state)
{
    (void)state;
    system_dns("generic_timeout_error");
    udp_dns(RIGHT); /* two machines of a farm */
    lookup(DUPLICATES, 20001, "udp", "A", HOST, 0, RIGHT);
    https_page(50001, RIGHT, 200);
    good_control();
    expect(X_INCONCLUSIVE, "-", "resolver_not_answering");
    again(state);
    system_dns("generic_timeout_error");
    udp_dns("10.10.34.36"); /* a login page, which all names lead to */
    control_dns("generic_timeout_error");
    assert_int_not_equal(verdict_now().state, X_BLOCKED);
    again(state);
    system_dns("generic_timeout_error");
    udp_dns("10.10.34.36"); /* nothing shows that the line leads out */
    good_control();
    assert_int_not_equal(verdict_now().state, X_BLOCKED);
    again(state);
    system_dns("generic_timeout_error");
    udp_dns("198.18.0.9"); /* a proxy on the device */
    https_page(50001, RIGHT, 200);
    good_control();
    assert_int_not_equal(verdict_now().state, X_BLOCKED);
}

/* ---- who denies AAAA ------------------------------------------------------
 */

static void newer(const char *engine, const char *result)
{
    lookup(QUERIES, engine[0] == 'u' ? 20001 : 30001, engine, "AAAA", HOST, 0,
           result);
}

static void denied(void)
{
    system_dns("dns_nxdomain_error");
    good_control();
    https_page(50001, RIGHT, 200);
    extra = OTHERS;
}

static void an_encrypted_answer_that_is_lost_contradicts_nothing(void **state)
{
    (void)state;
    denied();
    udp_dns(RIGHT);
    newer("udp", "dns_nxdomain_error");
    doh_dns(RIGHT);
    newer("doh", "generic_timeout_error");
    expect(X_INCONCLUSIVE, "-", "name_servers_ill");
    again(state);
    denied(); /* what it says of AAAA is enough: others know A */
    doh_dns("generic_timeout_error");
    newer("doh", "dns_nxdomain_error");
    expect(X_INCONCLUSIVE, "-", "name_servers_ill");
}

static void a_forger_of_AAAA_is_contradicted(void **state)
{
    (void)state;
    denied();
    udp_dns(RIGHT); /* by the true answer, which comes as well */
    newer("udp", "dns_nxdomain_error");
    lookup(DUPLICATES, 20001, "udp", "AAAA", HOST, 0, "dns_no_answer");
    expect(X_BLOCKED, "dns", "dns_negative_answer_contradicted");
    again(state);
    denied(); /* by an encrypted one */
    udp_dns(RIGHT);
    newer("udp", "dns_nxdomain_error");
    doh_dns("generic_timeout_error");
    newer("doh", "dns_no_answer");
    expect(X_BLOCKED, "dns", "dns_negative_answer_contradicted");
    again(state);
    denied(); /* who forges whatever is asked shows nothing of the zone */
    udp_dns("dns_nxdomain_error");
    newer("udp", "dns_nxdomain_error");
    expect(X_BLOCKED, "dns", "dns_negative_answer_contradicted");
}

static void what_would_tell_got_lost(void **state)
{
    (void)state;
    denied();
    udp_dns(RIGHT);
    newer("udp", "generic_timeout_error");
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
    assert_true(verdict_now().want_again);
    again(state);
    denied();
    udp_dns(RIGHT);
    newer("udp", "generic_timeout_error");
    doh_dns(RIGHT);
    newer("doh", "dns_no_answer");
    expect(X_BLOCKED, "dns", "dns_negative_answer_contradicted");
    again(state);
    denied(); /* nobody else can be asked here: the control has the say */
    udp_dns("generic_timeout_error");
    newer("udp", "generic_timeout_error");
    expect(X_BLOCKED, "dns", "dns_negative_answer_contradicted");
}

/* What was built becomes a further measurement of the next record. */
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
    const char *out =
        region_printf(region,
                      OTHERS "\"x_retest\":[{\"kind\":\"again\",\"silent\":"
                             "false,%s}],",
                      kept);
    free(kept);
    assert_non_null(out);
    return out;
}

static void the_fault_of_the_servers_shows_in_the_second(void **state)
{
    (void)state;
    denied();
    udp_dns(RIGHT);
    newer("udp", "dns_nxdomain_error");
    const char *second = further(state);
    denied();
    udp_dns("generic_timeout_error");
    newer("udp", "generic_timeout_error");
    extra = second;
    expect(X_INCONCLUSIVE, "-", "name_servers_ill");
    assert_false(verdict_now().want_again);
}

static void a_denial_after_what_was_lost_is_confirmed(void **state)
{
    (void)state;
    denied();
    doh_dns(RIGHT);
    newer("doh", "dns_no_answer");
    const char *second = further(state);
    denied();
    udp_dns(RIGHT);
    newer("udp", "generic_timeout_error");
    extra = second;
    expect(X_BLOCKED, "dns", "dns_negative_answer_contradicted");
    beside("second_measurement_agrees");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_is_cut_off_is_seen_without_the_resolver),
        T(a_dead_resolver_alone_is_no_censor),
        T(what_is_wrong_besides_is_told_as_well),
        T(an_answer_put_before_anothers_is_forged),
        T(a_denial_put_before_anothers_answer_is_forged),
        T(what_others_answer_is_not_always_forged),
        T(an_encrypted_answer_that_is_lost_contradicts_nothing),
        T(a_forger_of_AAAA_is_contradicted),
        T(what_would_tell_got_lost),
        T(the_fault_of_the_servers_shows_in_the_second),
        T(a_denial_after_what_was_lost_is_confirmed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
