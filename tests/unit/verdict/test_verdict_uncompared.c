// SPDX-License-Identifier: Apache-2.0
/* What can be said, and what cannot, where no control could be asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"

#define OTHERS "\"x_run\":{\"others_same_address\":0,\"others_elsewhere\":3},"

static void again(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
}

/* The system's resolver says `said`, others know the site, which has http. */
static void lied_to(const char *said)
{
    input = "http://" HOST "/";
    extra = OTHERS;
    system_dns(said);
    udp_dns(RIGHT);
    connect_to(40001, RIGHT, 80, 0, true, NULL);
}

static void one_that_waits(const char *rule)
{
    expect(X_INCONCLUSIVE, "-", rule);
    assert_true(verdict_now().want_again);
}

static void what_only_plain_lookups_contradict_is_asked_encrypted(void **state)
{
    (void)state;
    lied_to("dns_nxdomain_error");
    one_that_waits("no_control");
    again(state);
    lied_to("dns_no_answer");
    one_that_waits("no_control");
    again(state);
    lied_to("10.10.34.36");
    one_that_waits("no_control");
}

static void an_encrypted_lookup_contradicts_without_a_control(void **state)
{
    (void)state;
    lied_to("dns_nxdomain_error");
    doh_dns(RIGHT);
    expect(X_BLOCKED, "dns", "dns_negative_answer_contradicted");
    struct verdict v = verdict_now();
    assert_true(v.confidence < 0.8);
    bool told = false;
    for (size_t i = 0; i < v.n_alternatives; i++) {
        told = told || strcmp(rule_of(v.alternatives[i]), "no_control") == 0;
    }
    assert_true(told);
    again(state);
    lied_to("10.10.34.36");
    doh_dns(RIGHT);
    expect(X_BLOCKED, "dns", "dns_bogon_answer");
}

static void where_the_name_leads_something_has_to_answer(void **state)
{
    (void)state;
    input = "http://" HOST "/";
    extra = OTHERS;
    system_dns("dns_nxdomain_error");
    doh_dns(RIGHT);
    connect_to(40001, RIGHT, 80, 0, true, "connection_refused");
    one_that_waits("no_control");
}

static void private_addresses_besides_are_why_a_router_drops_it(void **state)
{
    (void)state;
    lied_to("dns_no_answer");
    doh_dns(RIGHT ",192.168.7.7");
    one_that_waits("no_control");
}

static void servers_that_deny_the_newer_kind_are_known_without_it(void **state)
{
    (void)state;
    lied_to("dns_nxdomain_error");
    doh_dns(RIGHT);
    lookup(QUERIES, 30001, "doh", "AAAA", HOST, 0, "dns_nxdomain_error");
    expect(X_INCONCLUSIVE, "-", "name_servers_ill");
}

static void a_name_that_is_encrypted_denied_too_accuses_nobody(void **state)
{
    (void)state;
    lied_to("dns_nxdomain_error");
    doh_dns("dns_nxdomain_error");
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
}

/* A control that answered has the say. */
static void a_control_that_finds_no_such_name_is_believed(void **state)
{
    (void)state;
    lied_to("dns_nxdomain_error");
    doh_dns(RIGHT);
    control_dns("");
    control_page("dns_nxdomain_error");
    expect(X_DOWN, "-", "name_exists_nowhere");
}

/* With the second measurement the lookup is encrypted, and denied again here.
 */
static void denied_twice_and_contradicted_once_is_confirmed(void **state)
{
    (void)state;
    lied_to("dns_nxdomain_error");
    extra = region_printf(
        region,
        OTHERS "\"x_retest\":[{\"kind\":\"again\",\"silent\":false,"
               "\"test_keys\":{" OTHERS "\"queries\":[" STR_FMT
               ",{\"transaction_id\":130001,\"engine\":\"doh\",\"query_type\":"
               "\"A\",\"hostname\":\"" HOST "\",\"failure\":null,\"answers\":["
               "{\"answer_type\":\"A\",\"ipv4\":\"" RIGHT
               "\",\"ttl\":null}],\"tags\":[\"depth=0\"],\"t0\":1,\"t\":2}],"
               "\"tcp_connect\":[" STR_FMT "],\"x_control_request\":null,"
               "\"control\":null,\"control_failure\":\"connection_reset\"}}],",
        STR_ARG(text_of(QUERIES)), STR_ARG(text_of(CONNECTS)));
    assert_non_null(extra);
    expect(X_BLOCKED, "dns", "dns_negative_answer_contradicted");
    struct verdict v = verdict_now();
    assert_false(v.want_again);
    assert_string_equal(rule_of(v.reasons[v.n_reasons - 1]),
                        "second_measurement_agrees");
}

/* Behind a name that leads astray a backend may be dead for everybody. */
static void what_is_cut_off_here_is_not_known_to_work_elsewhere(void **state)
{
    (void)state;
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, "connection_reset");
    expect(X_INCONCLUSIVE, "-", "no_control");
    again(state);
    system_dns(RIGHT);
    https_flow(50001, RIGHT, "generic_timeout_error", NULL);
    expect(X_INCONCLUSIVE, "-", "no_control");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_only_plain_lookups_contradict_is_asked_encrypted),
        T(an_encrypted_lookup_contradicts_without_a_control),
        T(where_the_name_leads_something_has_to_answer),
        T(private_addresses_besides_are_why_a_router_drops_it),
        T(servers_that_deny_the_newer_kind_are_known_without_it),
        T(a_name_that_is_encrypted_denied_too_accuses_nobody),
        T(a_control_that_finds_no_such_name_is_believed),
        T(denied_twice_and_contradicted_once_is_confirmed),
        T(what_is_cut_off_here_is_not_known_to_work_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
