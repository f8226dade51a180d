// SPDX-License-Identifier: Apache-2.0
/* The parts under the report: coalition tables by date, counting, the rules
 * for confidence, and that size stays bounded. Rows are fed directly. */
#include "base/clock.h"
#include "base/utf8.h"
#include "collector/report/report_html.h"
#include "collector/report/report_model.h"
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

static int64_t date(const char *text)
{
    int64_t t = 0;
    assert_int_equal(clock_parse(text, &t), ERR_OK);
    return t;
}

static enum membership on(const char *cc, const char *day)
{
    return coalition_membership(&coalition, cc, date(day));
}

static void membership_is_asked_for_a_date(void **state)
{
    (void)state;
    assert_int_equal(on("US", "2026-01-08"), MEMBERSHIP_MEMBER);
    assert_int_equal(on("US", "2026-02-09"), MEMBERSHIP_MEMBER);
    assert_int_equal(on("US", "2026-03-01"), MEMBERSHIP_FORMER);
    assert_int_equal(on("EE", "2012-01-01"), MEMBERSHIP_MEMBER);
    assert_int_equal(on("EE", "2010-12-31"), MEMBERSHIP_NONE);
    assert_int_equal(on("AM", "2024-12-02"), MEMBERSHIP_NONE);
    assert_int_equal(on("AM", "2024-12-03"), MEMBERSHIP_MEMBER);
    assert_int_equal(on("IR", "2026-01-01"), MEMBERSHIP_NONE);
    assert_int_equal(on("TW", "2026-01-01"), MEMBERSHIP_OBSERVER);
}

static void an_imprecise_date_makes_membership_uncertain(void **state)
{
    (void)state;
    assert_int_equal(on("CL", "2021-12-31"), MEMBERSHIP_NONE);
    assert_int_equal(on("CL", "2022-06-01"), MEMBERSHIP_UNCERTAIN);
    assert_int_equal(on("CL", "2023-01-01"), MEMBERSHIP_MEMBER);
    assert_int_equal(on("MD", "2014-01-15"), MEMBERSHIP_UNCERTAIN);
    assert_int_equal(on("MD", "2014-02-01"), MEMBERSHIP_MEMBER);
}

/* The names printed under the Iran statement of October 2022. */
static void members_of_october_2022_were_thirty_four(void **state)
{
    (void)state;
    size_t n = 0;
    for (size_t i = 0; i < coalition.n_members; i++) {
        n += on(coalition.members[i].iso2, "2022-10-20") == MEMBERSHIP_MEMBER
                 ? 1
                 : 0;
    }
    assert_int_equal(n, 34);
}

static const struct commitment *commitment(const char *id)
{
    for (size_t i = 0; i < coalition.n_commitments; i++) {
        if (strcmp(coalition.commitments[i].id, id) == 0) {
            return &coalition.commitments[i];
        }
    }
    fail_msg("no commitment %s", id);
    return NULL;
}

static enum commitment_state stands(const char *id, const char *cc,
                                    const char *day)
{
    return coalition_applies(&coalition, commitment(id), cc, date(day));
}

static void commitments_follow_scope_and_date(void **state)
{
    (void)state;
    assert_int_equal(stands("tallinn-2014", "EE", "2026-01-01"),
                     COMMITMENT_APPLIES);
    assert_int_equal(stands("tallinn-2014", "EE", "2014-04-27"),
                     COMMITMENT_NOT);
    assert_int_equal(stands("tallinn-2014", "IR", "2026-01-01"),
                     COMMITMENT_NOT);
    assert_int_equal(stands("tallinn-2014", "US", "2026-03-01"),
                     COMMITMENT_NOT);
    assert_int_equal(stands("tallinn-2014", "AM", "2026-01-01"),
                     COMMITMENT_BEFORE_JOINING);
    assert_int_equal(stands("helsinki-2021", "EE", "2021-06-01"),
                     COMMITMENT_UNCERTAIN);
    assert_int_equal(stands("hrc-20-8", "IR", "2026-01-01"),
                     COMMITMENT_APPLIES);
    assert_int_equal(stands("iccpr-19", "IR", "2026-01-01"),
                     COMMITMENT_NOT_RECORDED);
}

static void categories_carry_rights_and_presumption(void **state)
{
    (void)state;
    const struct category *k = coalition_category(&coalition, "HUMR");
    assert_non_null(k);
    assert_int_equal(k->primary, 1u << RIGHT_EXPR | 1u << RIGHT_ASSOC);
    assert_int_equal(k->secondary, 1u << RIGHT_ASSEM);
    assert_int_equal(k->presumption, 'H');
    k = coalition_category(&coalition, "CTRL");
    assert_non_null(k);
    assert_int_equal(k->primary | k->secondary, 0);
    assert_null(coalition_category(&coalition, "NOPE"));
    assert_int_equal(coalition.n_categories, 30);
    assert_string_equal(coalition_country(&coalition, "IR"), "Iran");
    assert_null(coalition_country(&coalition, "QQ"));
}

/* ---- confidence ---------------------------------------------------------- */

struct feed {
    struct agg *agg;
    unsigned serial;
};

static void feed(struct feed *f, const char *input, uint32_t asn,
                 int64_t start_s, int state, const char *method,
                 const char *rule, int observer, bool control)
{
    const struct agg_finding *finding;
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
                          .control_verified = control};
    snprintf(r.uid, sizeof(r.uid), "uid%u", f->serial++);
    snprintf(r.x_probe, sizeof(r.x_probe), "%032x", observer + 1);
    snprintf(r.source_tag, sizeof(r.source_tag), "%032x", observer + 1);
    assert_int_equal(agg_add(f->agg, &r, &finding), ERR_OK);
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
    agg_finish(f->agg);
    assert_int_equal(report_build(r, f->agg, &coalition, &args, &rep), ERR_OK);
    return rep;
}

static enum report_confidence confidence(int observers, int64_t gap_s,
                                         int rounds, const char *rule,
                                         bool control)
{
    struct feed f = {agg_new(), 0};
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
    agg_free(f.agg);
    return c;
}

static void confidence_follows_the_published_table(void **state)
{
    (void)state;
    assert_int_equal(confidence(1, 7200, 20, RULE_HTTP_FINGERPRINT, true),
                     CONF_LOW);
    assert_int_equal(confidence(2, 7200, 1, RULE_DNS_BOGON, true), CONF_LOW);
    assert_int_equal(confidence(2, 7200, 2, RULE_DNS_BOGON, true),
                     CONF_MODERATE);
    assert_int_equal(confidence(2, 7200, 2, RULE_DNS_FINGERPRINT, true),
                     CONF_CONFIRMED);
    assert_int_equal(confidence(2, 7200, 2, RULE_DNS_FINGERPRINT, false),
                     CONF_MODERATE);
    /* the same hour again and again is one round each */
    assert_int_equal(confidence(1, 1, 50, RULE_DNS_FINGERPRINT, true),
                     CONF_LOW);
}

static void two_methods_on_two_networks_give_high_confidence(void **state)
{
    (void)state;
    struct feed f = {agg_new(), 0};
    struct region *r = region_new((size_t)64 << 20);
    for (int k = 0; k < 3; k++) {
        for (int o = 0; o < 4; o++) {
            feed(&f, "a.example", o < 2 ? 1 : 2, T0 + k * DAY, X_BLOCKED,
                 o < 2 ? "dns" : "tls", RULE_TLS_RESET, o, true);
        }
    }
    struct report *rep = build(&f, r);
    assert_int_equal(rep->n_findings, 2);
    assert_int_equal(rep->n_sites, 1);
    assert_int_equal(rep->findings[0].confidence, CONF_HIGH);
    assert_int_equal(rep->sites[0].observers, 4);
    assert_int_equal(rep->sites[0].strength, STRENGTH_NETWORKS);
    region_free(r);
    agg_free(f.agg);
}

static void mostly_reached_sites_get_low_confidence(void **state)
{
    (void)state;
    struct feed f = {agg_new(), 0};
    struct region *r = region_new((size_t)64 << 20);
    for (int k = 0; k < 10; k++) {
        feed(&f, "a.example", 1, T0 + k * DAY, k % 2 == 0 ? X_BLOCKED : X_OK,
             "dns", RULE_DNS_FINGERPRINT, k % 4, true);
    }
    struct report *rep = build(&f, r);
    assert_true(report_intermittent(&rep->findings[0]));
    assert_int_equal(rep->findings[0].confidence, CONF_LOW);
    assert_int_equal(rep->findings[0].f->ok_since, 5);
    assert_int_equal(rep->findings[0].f->clean_after_s, T0 + 9 * DAY);
    region_free(r);
    agg_free(f.agg);
}

static void rows_out_of_order_are_refused(void **state)
{
    (void)state;
    const struct agg_finding *finding;
    struct agg *a = agg_new();
    struct store_row r = {.start_s = T0, .cc = "IR", .input = "x"};
    assert_int_equal(agg_add(a, &r, &finding), ERR_OK);
    r.start_s--;
    assert_int_equal(agg_add(a, &r, &finding), ERR_INVAL);
    agg_free(a);
}

static void days_without_a_measurement_are_named(void **state)
{
    (void)state;
    struct feed f = {agg_new(), 0};
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
    agg_free(f.agg);
}

static void a_hundred_thousand_findings_make_a_small_page(void **state)
{
    (void)state;
    struct feed f = {agg_new(), 0};
    struct region *r = region_new((size_t)512 << 20);
    struct buf b;
    char input[64];
    for (int i = 0; i < 100000; i++) {
        snprintf(input, sizeof(input), "https://site%d.example/", i);
        feed(&f, input, (uint32_t)(i % 50 + 1), T0 + i, X_BLOCKED, "tls",
             RULE_TLS_RESET, i % 7, true);
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
    agg_free(f.agg);
}

static void a_key_sentence_names_the_lowest_networks_first(void **state)
{
    (void)state;
    static const uint32_t asn[] = {50, 7, 90, 8, 6};
    struct feed f = {agg_new(), 0};
    struct region *r = region_new((size_t)64 << 20);
    struct buf b;
    for (int i = 0; i < 10; i++) {
        feed(&f, "a.example", asn[i % 5], T0 + i, X_BLOCKED, "dns",
             RULE_DNS_BOGON, i, true);
    }
    struct report *rep = build(&f, r);
    buf_init(&b, 4096);
    text_key_sentence(r, &b, rep, &rep->sites[0]);
    assert_true(str_eq_c(
        buf_str(&b),
        "Measurements point to interference with access to a.example (news "
        "media) in Iran on 1 November 2026 on 5 of 5 networks that tested it "
        "(AS6 N, AS7 N, AS8 N and 2 more), by false answers to the question "
        "where the site is (DNS)."));
    buf_fini(&b);
    region_free(r);
    agg_free(f.agg);
}

/* ---- text ---------------------------------------------------------------- */

static void site_labels_are_cut_at_a_whole_character(void **state)
{
    (void)state;
    struct region *r = region_new(4096);
    char input[600] = "https://";
    for (size_t n = strlen(input); n < 500; n += 2) {
        memcpy(input + n, "\xd9\x81", 3);
    }
    struct agg_site s = {.input = input};
    const char *label = text_site(r, &s);
    assert_true(strlen(label) < 200);
    assert_true(utf8_valid(str_c(label)));
    s.input = "https://www.example.org/";
    assert_string_equal(text_site(r, &s), "www.example.org");
    s.input = "https://www.example.org/a/";
    assert_string_equal(text_site(r, &s), "www.example.org/a/");
    region_free(r);
}

static void broken_utf8_becomes_replacement_characters(void **state)
{
    (void)state;
    struct region *r = region_new(4096);
    assert_string_equal(text_clean(r, "a\xff\x62"), "a\xef\xbf\xbd"
                                                    "b");
    assert_string_equal(text_clean(r, "\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd");
    assert_string_equal(text_clean(r, "\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80");
    assert_string_equal(text_clean(r, "a\tb\n"), "a\xef\xbf\xbd"
                                                 "b\xef\xbf\xbd");
    region_free(r);
}

static void periods_read_like_english(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 200);
    text_period(&b, date("2026-05-03"), date("2026-05-03"));
    assert_true(str_eq_c(buf_str(&b), "on 3 May 2026"));
    buf_clear(&b);
    text_period(&b, date("2026-05-03"), date("2026-06-19"));
    assert_true(str_eq_c(buf_str(&b), "from 3 May to 19 June 2026"));
    buf_clear(&b);
    text_period(&b, date("2025-12-31"), date("2026-01-01"));
    assert_true(
        str_eq_c(buf_str(&b), "from 31 December 2025 to 1 January 2026"));
    buf_clear(&b);
    text_count(&b, 1234567);
    assert_true(str_eq_c(buf_str(&b), "1,234,567"));
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(membership_is_asked_for_a_date),
        cmocka_unit_test(an_imprecise_date_makes_membership_uncertain),
        cmocka_unit_test(members_of_october_2022_were_thirty_four),
        cmocka_unit_test(commitments_follow_scope_and_date),
        cmocka_unit_test(categories_carry_rights_and_presumption),
        cmocka_unit_test(confidence_follows_the_published_table),
        cmocka_unit_test(two_methods_on_two_networks_give_high_confidence),
        cmocka_unit_test(mostly_reached_sites_get_low_confidence),
        cmocka_unit_test(rows_out_of_order_are_refused),
        cmocka_unit_test(days_without_a_measurement_are_named),
        cmocka_unit_test(a_hundred_thousand_findings_make_a_small_page),
        cmocka_unit_test(a_key_sentence_names_the_lowest_networks_first),
        cmocka_unit_test(site_labels_are_cut_at_a_whole_character),
        cmocka_unit_test(broken_utf8_becomes_replacement_characters),
        cmocka_unit_test(periods_read_like_english),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
