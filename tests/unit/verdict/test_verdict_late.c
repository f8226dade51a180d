// SPDX-License-Identifier: Apache-2.0
/* Records whose control was asked later, when they came in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict/verdict_late.h"
#include "verdict_record.h"

#define DEFERRED "\"x_control_deferred\":true,"
#define HOUR     INT64_C(3600)

/* The record without its control, and the same with it. */
static struct verdict late(int64_t age_s)
{
    struct json_doc *with = NULL, *alone = NULL;
    struct verdict v = {.state = X_INTERNAL};
    struct diag d = {""};
    char *text = record_text();
    assert_non_null(text);
    assert_int_equal(json_parse(str_c(text), NULL, &with, &d), ERR_OK);
    rec.part[CTL_HTTP].len = 0;
    text = record_text();
    assert_non_null(text);
    assert_int_equal(json_parse(str_c(text), NULL, &alone, &d), ERR_OK);
    enum err e = verdict_late(region, json_root(alone), json_root(with), age_s,
                              fps, &v, &d);
    json_doc_free(with);
    json_doc_free(alone);
    assert_int_equal(e, ERR_OK);
    assert_true(v.n_reasons > 0);
    return v;
}

/* A handshake that was cut off, or a connection that never came. */
static void cut(const char *tcp, const char *tls)
{
    extra = DEFERRED;
    system_dns(RIGHT);
    https_flow(50001, RIGHT, tcp, tls);
    good_control();
}

static void expect_late(int64_t age_s, enum xstate state, const char *rule)
{
    struct verdict v = late(age_s);
    assert_string_equal(xstate_name(v.state), xstate_name(state));
    assert_string_equal(rule_of(v.reasons[0]), rule);
}

static void a_near_answer_is_one_like_any_other(void **state)
{
    (void)state;
    cut(NULL, "connection_reset");
    expect_late(60, X_BLOCKED, "tls_reset_control_succeeds");
}

static void an_old_answer_alone_accuses_nobody(void **state)
{
    (void)state;
    cut(NULL, "connection_reset");
    struct verdict v = late(6 * HOUR + 1);
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_string_equal(rule_of(v.reasons[0]), "control_asked_too_late");
    bool told = false;
    for (size_t i = 0; i < v.n_alternatives; i++) {
        told = told || strcmp(rule_of(v.alternatives[i]),
                              "tls_reset_control_succeeds") == 0;
    }
    assert_true(told);
}

static void six_hours_are_not_more_than_six(void **state)
{
    (void)state;
    cut(NULL, "connection_reset");
    expect_late(6 * HOUR, X_BLOCKED, "tls_reset_control_succeeds");
}

static void a_clock_that_went_back_makes_no_answer_young(void **state)
{
    (void)state;
    cut(NULL, "connection_reset");
    expect_late(-7 * HOUR, X_INCONCLUSIVE, "control_asked_too_late");
}

/* Its innocent twin is a server that was down. */
static void silence_may_have_been_a_site_that_came_back(void **state)
{
    (void)state;
    cut("generic_timeout_error", NULL);
    expect_late(HOUR, X_INCONCLUSIVE, "control_asked_too_late");
}

static void silence_a_moment_ago_was_not(void **state)
{
    (void)state;
    cut("generic_timeout_error", NULL);
    expect_late(60, X_BLOCKED, "tcp_timeout_control_connects");
}

static void what_the_record_shows_by_itself_has_no_age(void **state)
{
    (void)state;
    extra = DEFERRED "\"x_run\":{\"others_same_address\":0,"
                     "\"others_elsewhere\":3},";
    input = "http://" HOST "/";
    system_dns("dns_nxdomain_error");
    udp_dns(RIGHT);
    doh_dns(RIGHT);
    connect_to(40001, RIGHT, 80, 0, true, NULL);
    good_control();
    expect_late(100 * HOUR, X_BLOCKED, "dns_negative_answer_contradicted");
}

static void what_works_or_is_down_needs_no_hurry(void **state)
{
    (void)state;
    cut(NULL, NULL);
    request(50001, "https://" HOST "/", NULL, 200, HEADERS, PAGE);
    expect_late(100 * HOUR, X_OK, "page_over_verified_tls");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_near_answer_is_one_like_any_other),
        T(an_old_answer_alone_accuses_nobody),
        T(six_hours_are_not_more_than_six),
        T(a_clock_that_went_back_makes_no_answer_young),
        T(silence_may_have_been_a_site_that_came_back),
        T(silence_a_moment_ago_was_not),
        T(what_the_record_shows_by_itself_has_no_age),
        T(what_works_or_is_down_needs_no_hurry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
