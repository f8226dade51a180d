// SPDX-License-Identifier: Apache-2.0
/* What a report says, before it is laid out: the rules for confidence, and that
 * size stays bounded. Rows are fed directly. */
#include "base/utf8.h"
#include "collector/report/report_html.h"
#include "collector/report/report_model.h"
#include "collector/report/report_sentence.h"
#include "collector/report/report_text.h"
#include "verdict/rules.h"
#include "verdict/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define T0  INT64_C(1793491200) /* 2026-11-01 */
#define DAY INT64_C(86400)

static struct region *region;
static struct coalition coalition;

static int group_setup(void **state)
{
    (void)state;
    struct diag d;
    region = region_new((size_t)1 << 20);
    return region && coalition_load(region, &coalition, &d) == ERR_OK ? 0 : -1;
}

static int group_teardown(void **state)
{
    (void)state;
    region_free(region);
    return 0;
}

/* ---- confidence ---------------------------------------------------------- */

struct feed {
    struct aggregate *agg;
    unsigned serial;
};

static void feed(struct feed *f, const char *input, uint32_t asn,
                 int64_t start_s, int state, const char *method,
                 const char *rule, int observer, bool control)
{
    const struct aggregate_finding *finding;
    struct store_row r = {.start_s = start_s,
                          .receipt_s = start_s,
                          .cc = "IR",
                          .asn = asn,
                          .network_name = "N",
                          .input = input,
                          .domain = input,
                          .category = "NEWS",
                          .state = state,
                          .method = method,
                          .reasons = rule,
                          .control_verified = control,
                          .test_name = "web_connectivity"};
    snprintf(r.uid, sizeof(r.uid), "uid%u", f->serial++);
    snprintf(r.x_probe, sizeof(r.x_probe), "%032x", observer + 1);
    snprintf(r.source_tag, sizeof(r.source_tag), "%032x", observer + 1);
    assert_int_equal(aggregate_add(f->agg, &r, &finding), ERR_OK);
    assert_int_equal(!finding, state != X_BLOCKED);
}

static struct report *build(struct feed *f, struct region *r)
{
    struct report_args args = {.cc = "IR",
                               .since_s = T0,
                               .until_s = T0 + 30 * DAY,
                               .generated_s = T0 + 30 * DAY,
                               .generated_fixed = true};
    struct report *rep = NULL;
    aggregate_finish(f->agg);
    assert_int_equal(report_model_build(r, f->agg, &coalition, &args, &rep),
                     ERR_OK);
    return rep;
}

static enum report_confidence confidence(int observers, int64_t gap_s,
                                         int rounds, const char *rule,
                                         bool control)
{
    struct feed f = {aggregate_new(NULL), 0};
    struct region *r = region_new((size_t)64 << 20);
    for (int k = 0; k < rounds; k++) {
        for (int o = 0; o < observers; o++) {
            feed(&f, "a.example", 1, T0 + k * gap_s, X_BLOCKED, "dns", rule, o,
                 control);
        }
    }
    struct report *rep = build(&f, r);
    assert_int_equal(rep->n_findings, 1);
    enum report_confidence c = rep->findings[0].confidence;
    region_free(r);
    aggregate_free(f.agg);
    return c;
}

static void confidence_follows_the_published_table(void **state)
{
    (void)state;
    assert_int_equal(
        confidence(1, 7200, 20, rules_name(RULE_HTTP_FINGERPRINT), true),
        CONF_LOW);
    assert_int_equal(confidence(2, 7200, 1, rules_name(RULE_DNS_BOGON), true),
                     CONF_LOW);
    assert_int_equal(confidence(2, 7200, 2, rules_name(RULE_DNS_BOGON), true),
                     CONF_MODERATE);
    assert_int_equal(
        confidence(2, 7200, 2, rules_name(RULE_DNS_FINGERPRINT), true),
        CONF_CONFIRMED);
    assert_int_equal(
        confidence(2, 7200, 2, rules_name(RULE_DNS_FINGERPRINT), false),
        CONF_MODERATE);
    /* the same hour again and again is one round each */
    assert_int_equal(
        confidence(1, 1, 50, rules_name(RULE_DNS_FINGERPRINT), true), CONF_LOW);
}

static void two_methods_on_two_networks_give_high_confidence(void **state)
{
    (void)state;
    struct feed f = {aggregate_new(NULL), 0};
    struct region *r = region_new((size_t)64 << 20);
    for (int k = 0; k < 3; k++) {
        for (int o = 0; o < 4; o++) {
            feed(&f, "a.example", o < 2 ? 1 : 2, T0 + k * DAY, X_BLOCKED,
                 o < 2 ? "dns" : "tls", rules_name(RULE_TLS_RESET), o, true);
        }
    }
    struct report *rep = build(&f, r);
    assert_int_equal(rep->n_findings, 2);
    assert_int_equal(rep->n_sites, 1);
    assert_int_equal(rep->findings[0].confidence, CONF_HIGH);
    assert_int_equal(rep->sites[0].observers, 4);
    assert_int_equal(rep->sites[0].strength, STRENGTH_NETWORKS);
    region_free(r);
    aggregate_free(f.agg);
}

static void mostly_reached_sites_get_low_confidence(void **state)
{
    (void)state;
    struct feed f = {aggregate_new(NULL), 0};
    struct region *r = region_new((size_t)64 << 20);
    for (int k = 0; k < 10; k++) {
        feed(&f, "a.example", 1, T0 + k * DAY, k % 2 == 0 ? X_BLOCKED : X_OK,
             "dns", rules_name(RULE_DNS_FINGERPRINT), k % 4, true);
    }
    struct report *rep = build(&f, r);
    /* by others than those who saw it blocked */
    assert_false(rep->findings[0].intermittent);
    assert_true(rep->findings[0].contested);
    assert_int_equal(rep->findings[0].confidence, CONF_LOW);
    assert_int_equal(rep->findings[0].f->ok_since, 5);
    assert_int_equal(rep->findings[0].f->clean_after_s, T0 + 9 * DAY);
    region_free(r);
    aggregate_free(f.agg);
}

/* ---- people against people ----------------------------------------------- */

/* `seen` people see a site blocked on each of three days; then `against` others
 * reach it `times` times each, on the last of these days; `same` of those who
 * saw it blocked do so, too. */
static struct report_finding held_against(int seen, int against, int times,
                                          int same)
{
    const char *rule = rules_name(RULE_DNS_FINGERPRINT);
    struct feed f = {aggregate_new(NULL), 0};
    struct region *r = region_new((size_t)64 << 20);
    assert_non_null(f.agg);
    assert_non_null(r);
    for (int day = 0; day < 3; day++) {
        for (int o = 0; o < seen; o++) {
            feed(&f, "a.example", 1, T0 + day * DAY, X_BLOCKED, "dns", rule, o,
                 true);
        }
    }
    for (int k = 0; k < times; k++) {
        for (int o = 0; o < against; o++) {
            feed(&f, "a.example", 1, T0 + 2 * DAY + k, X_OK, "", "", 100 + o,
                 false);
        }
    }
    for (int o = 0; o < same; o++) {
        feed(&f, "a.example", 1, T0 + 2 * DAY + times, X_OK, "", "", o, false);
    }
    struct report *rep = build(&f, r);
    assert_int_equal(rep->n_findings, 1);
    struct report_finding got = rep->findings[0];
    struct buf b;
    buf_init(&b, 4096);
    report_sentence_key(&b, rep, &rep->sites[0]);
    assert_int_equal(str_starts(buf_str(&b), "Contested"),
                     got.confidence == CONF_CONTESTED);
    buf_clear(&b);
    report_sentence_contested(&b, &got);
    assert_int_equal(b.failed, ERR_OK);
    buf_fini(&b);
    got.f = NULL; /* goes with the aggregate */
    region_free(r);
    aggregate_free(f.agg);
    return got;
}

static void assert_held(struct report_finding got, enum report_confidence c,
                        bool contested, bool intermittent)
{
    assert_int_equal(got.confidence, c);
    assert_int_equal(got.contested, contested);
    assert_int_equal(got.intermittent, intermittent);
}

static void people_are_counted_not_records(void **state)
{
    (void)state;
    assert_held(held_against(2, 0, 0, 0), CONF_CONFIRMED, false, false);
    /* one address, however often */
    assert_held(held_against(2, 1, 5, 0), CONF_CONFIRMED, false, false);
    assert_held(held_against(2, 1, 5000, 0), CONF_CONFIRMED, false, false);
    /* more than half as many people as saw it: contested, and never less */
    assert_held(held_against(2, 2, 1, 0), CONF_CONTESTED, true, false);
    assert_held(held_against(2, 200, 20, 0), CONF_CONTESTED, true, false);
    assert_held(held_against(8, 4, 1, 0), CONF_CONFIRMED, false, false);
    assert_held(held_against(8, 5, 1, 0), CONF_CONTESTED, true, false);
    /* at times: those who saw it blocked say so themselves */
    assert_held(held_against(2, 0, 0, 1), CONF_CONFIRMED, false, true);
    assert_held(held_against(2, 0, 0, 2), CONF_CONTESTED, true, true);
    assert_held(held_against(8, 0, 0, 3), CONF_CONFIRMED, false, false);
    /* one person's word is that of one, also against one */
    assert_held(held_against(1, 50, 50, 0), CONF_LOW, true, false);
    assert_held(held_against(1, 0, 0, 1), CONF_LOW, true, true);
}

/* What somebody vouches for is held against a finding as it is. */
static void what_is_vouched_for_lowers_a_finding(void **state)
{
    (void)state;
    struct feed f = {aggregate_new(NULL), 0};
    struct region *r = region_new((size_t)64 << 20);
    assert_non_null(f.agg);
    assert_non_null(r);
    const struct aggregate_finding *finding;
    for (int day = 0; day < 3; day++) {
        for (int o = 0; o < 2; o++) {
            feed(&f, "a.example", 1, T0 + day * DAY, X_BLOCKED, "dns", "", o,
                 true);
        }
    }
    for (int k = 0; k < 2; k++) {
        struct store_row ok = {.start_s = T0 + 3 * DAY,
                               .cc = "IR",
                               .asn = 1,
                               .input = "a.example",
                               .state = X_OK,
                               .vouched = "ooni"};
        assert_int_equal(aggregate_add(f.agg, &ok, &finding), ERR_OK);
    }
    struct report *rep = build(&f, r);
    assert_held(rep->findings[0], CONF_LOW, false, true);
    region_free(r);
    aggregate_free(f.agg);
}

/* A record whose control nobody signed takes nothing from those that have it.
 */
static void one_unsigned_record_takes_no_confidence(void **state)
{
    (void)state;
    for (int enough = 0; enough < 2; enough++) {
        struct feed f = {aggregate_new(NULL), 0};
        struct region *r = region_new((size_t)64 << 20);
        assert_non_null(f.agg);
        assert_non_null(r);
        for (int day = 0; day < 3; day++) {
            for (int o = 0; o < 3; o++) {
                feed(&f, "a.example", 1, T0 + day * DAY, X_BLOCKED, "dns",
                     rules_name(RULE_DNS_FINGERPRINT), o, o < (enough ? 2 : 1));
            }
        }
        struct report *rep = build(&f, r);
        assert_int_equal(rep->findings[0].confidence,
                         enough ? CONF_CONFIRMED : CONF_MODERATE);
        region_free(r);
        aggregate_free(f.agg);
    }
}

static bool excluded(const struct report *rep, enum report_cause cause)
{
    const struct report_alternative *a = rep->findings[0].alternatives;
    for (size_t i = 0; i < REPORT_ALTERNATIVES; i++) {
        if (a[i].cause == cause) {
            assert_non_null(report_text_cause(cause));
            assert_non_null(report_text_check(&a[i]));
            return a[i].excluded;
        }
    }
    fail_msg("cause %d was not weighed", cause);
    return false;
}

static void other_causes_are_excluded_by_evidence_alone(void **state)
{
    (void)state;
    for (int many = 0; many < 3; many++) {
        struct feed f = {aggregate_new(NULL), 0};
        struct region *r = region_new((size_t)64 << 20);
        feed(&f, "a.example", 1, T0, X_BLOCKED, "tls",
             rules_name(RULE_TLS_RESET), 1, many != 0);
        if (many) {
            feed(&f, "a.example", 1, T0 + 7200, X_BLOCKED, "tls",
                 rules_name(RULE_TLS_RESET), 2, true);
            feed(&f, "a.example", 2, T0 + 7201, X_BLOCKED, "tls",
                 rules_name(RULE_TLS_RESET), 3, true);
            feed(&f, "a.example", 3, T0 + 7202, X_OK, "", "", 4, true);
        }
        if (many > 1) {
            feed(&f, "a.example", 2, T0 + 7203, X_BLOCKED, "tls",
                 rules_name(RULE_TLS_RESET), 5, true);
            feed(&f, "a.example", 3, T0 + 7204, X_OK, "", "", 6, true);
        }
        struct report *rep = build(&f, r);
        assert_int_equal(excluded(rep, CAUSE_SITE_DOWN), many > 0);
        assert_int_equal(excluded(rep, CAUSE_EQUIPMENT), many > 0);
        assert_int_equal(excluded(rep, CAUSE_PASSING_FAULT), many > 0);
        /* one stranger's word, from a network or of one, excludes nothing */
        assert_int_equal(excluded(rep, CAUSE_COUNTRY_TURNED_AWAY), many > 1);
        assert_int_equal(excluded(rep, CAUSE_NETWORK_REFUSED), many > 1);
        region_free(r);
        aggregate_free(f.agg);
    }
}

/* A word that this version does not know is one method, whatever it is. */
static void unknown_methods_are_one(void **state)
{
    (void)state;
    struct feed f = {aggregate_new(NULL), 0};
    struct region *r = region_new((size_t)64 << 20);
    feed(&f, "a.example", 1, T0, X_BLOCKED, "<odd>", "", 1, true);
    feed(&f, "a.example", 1, T0, X_BLOCKED, "", "", 1, true);
    feed(&f, "a.example", 1, T0, X_BLOCKED, "dns", "", 1, true);
    struct report *rep = build(&f, r);
    assert_int_equal(rep->n_findings, 3);
    assert_int_equal(rep->by_method[METHOD_NONE], 2);
    assert_int_equal(rep->by_method[METHOD_DNS], 1);
    assert_int_equal(rep->sites[0].methods,
                     1u << METHOD_NONE | 1u << METHOD_DNS);
    region_free(r);
    aggregate_free(f.agg);
}

/* However many sites one person says are blocked, and of whatever kind: what
 * two people saw comes first, also where it is in a smaller network. */
static void what_is_weak_stands_behind_what_is_not(void **state)
{
    (void)state;
    struct feed f = {aggregate_new(NULL), 0};
    struct region *r = region_new((size_t)64 << 20);
    assert_non_null(f.agg);
    assert_non_null(r);
    for (int k = 0; k < 500; k++) {
        char site[40];
        snprintf(site, sizeof(site), "aa%d.example", k);
        feed(&f, site, (uint32_t)(2 + k % 3), T0 + k, X_BLOCKED, "dns", "", 9,
             true);
    }
    for (int k = 0; k < 6; k++) {
        feed(&f, "zz.example", 1, T0 + 500 + k * INT64_C(3600), X_BLOCKED,
             "tls", "", k % 2, true);
    }
    struct report *rep = build(&f, r);
    assert_int_equal(rep->n_sites, 501);
    assert_string_equal(rep->sites[0].site->input, "zz.example");
    assert_int_equal(rep->founded_sites, 1);
    assert_int_equal(rep->founded_networks, 1);
    assert_int_equal(rep->findings[0].confidence, CONF_MODERATE);
    assert_int_equal(rep->networks[0]->asn, 1);
    region_free(r);
    aggregate_free(f.agg);
}

static void days_without_a_measurement_are_named(void **state)
{
    (void)state;
    struct feed f = {aggregate_new(NULL), 0};
    struct region *r = region_new((size_t)64 << 20);
    feed(&f, "a.example", 1, T0 + 2 * DAY, X_OK, "", "", 1, true);
    feed(&f, "a.example", 2, T0 + 2 * DAY, X_OK, "", "", 1, true);
    feed(&f, "a.example", 1, T0 + 5 * DAY, X_OK, "", "", 1, true);
    struct report *rep = build(&f, r);
    assert_int_equal(rep->days, 30);
    assert_int_equal(rep->days_measured, 2);
    assert_int_equal(rep->n_gaps, 3);
    assert_int_equal(rep->gaps[1].from_day, T0 / DAY + 3);
    assert_int_equal(rep->gaps[1].to_day, T0 / DAY + 4);
    assert_int_equal(rep->gaps[2].to_day, T0 / DAY + 29);
    region_free(r);
    aggregate_free(f.agg);
}

static void a_hundred_thousand_findings_make_a_small_page(void **state)
{
    (void)state;
    struct feed f = {aggregate_new(NULL), 0};
    struct region *r = region_new((size_t)512 << 20);
    struct buf b;
    char input[64];
    for (int i = 0; i < 100000; i++) {
        snprintf(input, sizeof(input), "https://site%d.example/", i);
        feed(&f, input, (uint32_t)(i % 50 + 1), T0 + i, X_BLOCKED, "tls",
             rules_name(RULE_TLS_RESET), i % 7, true);
    }
    struct report *rep = build(&f, r);
    assert_int_equal(rep->n_findings, 100000);
    buf_init(&b, (size_t)64 << 20);
    report_html(&b, rep);
    assert_int_equal(b.failed, ERR_OK);
    assert_true(b.len < 1500000);
    assert_true(str_find(buf_str(&b), STR("all of them in")) != SIZE_MAX);
    buf_fini(&b);
    region_free(r);
    aggregate_free(f.agg);
}

static void a_key_sentence_names_the_lowest_networks_first(void **state)
{
    (void)state;
    static const uint32_t asn[] = {50, 7, 90, 8, 6};
    struct feed f = {aggregate_new(NULL), 0};
    struct region *r = region_new((size_t)64 << 20);
    struct buf b;
    for (int i = 0; i < 10; i++) {
        feed(&f, "a.example", asn[i % 5], T0 + i, X_BLOCKED, "dns",
             rules_name(RULE_DNS_BOGON), i, true);
    }
    struct report *rep = build(&f, r);
    buf_init(&b, 4096);
    report_sentence_key(&b, rep, &rep->sites[0]);
    assert_true(str_eq_c(
        buf_str(&b),
        "Measurements point to interference with access to a.example (news "
        "media) in Iran on 1 November 2026 on 5 of 5 networks that tested it "
        "(AS6 N, AS7 N, AS8 N and 2 more), by false answers to the question "
        "where the site is (DNS)."));
    buf_fini(&b);
    region_free(r);
    aggregate_free(f.agg);
}

/* ---- text ---------------------------------------------------------------- */

static void site_labels_are_cut_at_a_whole_character(void **state)
{
    (void)state;
    bool cut;
    char input[600] = "https://";
    for (size_t n = strlen(input); n < 500; n += 2) {
        memcpy(input + n, "\xd9\x81", 3);
    }
    struct aggregate_site s = {.input = input};
    struct str label = report_text_site(&s, &cut);
    assert_true(label.len < 200 && cut);
    assert_true(utf8_valid(label));
    s.input = "https://www.example.org/";
    assert_true(str_eq_c(report_text_site(&s, &cut), "www.example.org"));
    assert_false(cut);
    s.input = "https://www.example.org/a/";
    assert_true(str_eq_c(report_text_site(&s, &cut), "www.example.org/a/"));
    assert_false(cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(confidence_follows_the_published_table),
        cmocka_unit_test(two_methods_on_two_networks_give_high_confidence),
        cmocka_unit_test(mostly_reached_sites_get_low_confidence),
        cmocka_unit_test(people_are_counted_not_records),
        cmocka_unit_test(what_is_vouched_for_lowers_a_finding),
        cmocka_unit_test(one_unsigned_record_takes_no_confidence),
        cmocka_unit_test(other_causes_are_excluded_by_evidence_alone),
        cmocka_unit_test(unknown_methods_are_one),
        cmocka_unit_test(what_is_weak_stands_behind_what_is_not),
        cmocka_unit_test(days_without_a_measurement_are_named),
        cmocka_unit_test(a_hundred_thousand_findings_make_a_small_page),
        cmocka_unit_test(a_key_sentence_names_the_lowest_networks_first),
        cmocka_unit_test(site_labels_are_cut_at_a_whole_character),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
