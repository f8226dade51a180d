// SPDX-License-Identifier: Apache-2.0
/* Fingerprints count in the countries where they were seen, and as much as
 * their row says: for each what accuses, and its twin that must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"

#define NOTICE     "<p>this address has been blocked by order</p>"
#define FORGED     "8.7.198.45" /* built in, of CN */
#define BLOCK_PAGE "block_page_known"
#define NOT_HERE   "block_page_of_elsewhere"

static void fresh(void)
{
    for (size_t i = 0; i < 9; i++) {
        buf_clear(&rec.part[i]);
    }
    extra = "";
    input = "https://" HOST "/";
}

/* A list of one row, instead of those of before. */
static void list(const char *scope, const char *where, const char *pattern,
                 int confidence, const char *countries)
{
    const char *csv = region_printf(
        region,
        "name,scope,other_names,location_found,pattern_type,pattern,"
        "confidence_no_fp,expected_countries,source,exp_url,notes\n"
        "x,%s,,%s,%s,%s,%d,\"%s\",,,\n",
        scope, where, strcmp(where, "dns") ? "contains" : "full", pattern,
        confidence, countries);
    fingerprints_free(fps);
    fps = NULL;
    assert_int_equal(fingerprints_builtin(&fps), ERR_OK);
    size_t before = fingerprints_count(fps);
    assert_int_equal(
        fingerprints_add_csv(fps, "list", str_c(csv), NULL, NULL, NULL),
        ERR_OK);
    assert_int_equal(fingerprints_count(fps), before + 1);
}

static void notice(const char *headers)
{
    fresh();
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, NULL, 200, headers, NOTICE);
    good_control();
}

static void expect_in(const char *cc, enum xstate state, const char *method,
                      const char *rule)
{
    country = cc;
    expect(state, method, rule);
}

static bool tells(const struct reason *reasons, size_t n, const char *rule)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rule_of(reasons[i]), rule) == 0) {
            return true;
        }
    }
    return false;
}

static void a_block_page_accuses_in_its_own_countries(void **state)
{
    (void)state;
    notice("\"Server\":\"x\"");
    list("nat", "body", "has been blocked", 5, "");
    expect_in("IR", X_BLOCKED, "http", BLOCK_PAGE);
    expect_in("ZZ", X_BLOCKED, "http", BLOCK_PAGE);
    list("nat", "body", "has been blocked", 5, "IN");
    expect_in("IN", X_BLOCKED, "http", BLOCK_PAGE);
    expect_in("in", X_BLOCKED, "http", BLOCK_PAGE);
    expect_in("IR", X_INCONCLUSIVE, "-", NOT_HERE);
    list("nat", "body", "has been blocked", 5, "BY,IN");
    expect_in("IN", X_BLOCKED, "http", BLOCK_PAGE);
    expect_in("RU", X_INCONCLUSIVE, "-", NOT_HERE);
}

static void an_unknown_country_accuses_nobody(void **state)
{
    (void)state;
    static const char *const unknown[] = {"ZZ", "", "I", "IND", "1N"};
    notice("\"Server\":\"x\"");
    list("nat", "body", "has been blocked", 5, "IN");
    for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
        country = unknown[i];
        struct verdict v = verdict_now();
        assert_int_equal(v.state, X_INCONCLUSIVE);
        assert_true(tells(v.reasons, v.n_reasons, NOT_HERE));
    }
    list("nat", "body", "has been blocked", 5, "ZZ");
    country = "ZZ";
    assert_int_equal(verdict_now().state, X_INCONCLUSIVE);
    country = "IN";
    assert_int_equal(verdict_now().state, X_INCONCLUSIVE);
    /* what else is seen decides all the same: no header at all */
    notice("");
    list("nat", "body", "has been blocked", 5, "IN");
    expect_in("ZZ", X_BLOCKED, "http", "page_forged_in_transit");
}

static void the_page_that_everybody_gets_is_nowhere_a_block_page(void **state)
{
    (void)state;
    list("nat", "body", "<title>Newspaper of record</title>", 5, "IN");
    fresh();
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, NULL, 200, HEADERS, PAGE);
    good_control();
    expect_in("IN", X_OK, "-", "page_same_as_control");
    expect_in("RU", X_OK, "-", "page_same_as_control");
    expect_in("ZZ", X_OK, "-", "page_same_as_control");
}

static void a_header_accuses_in_its_own_countries(void **state)
{
    (void)state;
    notice("\"X-Filter\":\"national notice\"");
    list("isp", "header.x-filter", "national", 5, "IN");
    expect_in("IN", X_BLOCKED, "http", BLOCK_PAGE);
    expect_in("RU", X_INCONCLUSIVE, "-", NOT_HERE);
    country = "ZZ";
    assert_int_equal(verdict_now().state, X_INCONCLUSIVE);
}

static void a_verdict_is_as_sure_as_the_row(void **state)
{
    (void)state;
    double last = 0;
    notice("\"Server\":\"x\"");
    for (int c = 0; c <= 10; c++) {
        country = "IN";
        list("nat", "body", "has been blocked", c, "IN");
        struct verdict v = verdict_now();
        if (c == 0) { /* it says itself that it means nothing */
            assert_int_equal(v.state, X_INCONCLUSIVE);
            assert_true(v.confidence < 0.9);
            continue;
        }
        assert_int_equal(v.state, X_BLOCKED);
        assert_true(v.confidence >= last);
        assert_true(c >= 5 || v.confidence < 0.9);
        last = v.confidence;
    }
    assert_true(last > 0.9);
}

/* In each order of the rows. */
static void what_says_most_counts(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "a,vbw,,body,contains,been blocked,5,,,,\n",
        "b,inst,,body,contains,blocked by order,5,,,,\n",
        "c,isp,,body,contains,has been blocked,9,RU,,,\n",
        "d,isp,,body,contains,address has been blocked,5,IN,,,\n",
    };
    notice("\"Server\":\"x\"");
    for (size_t first = 0; first < 4; first++) {
        char *csv = region_strdup(region, "");
        for (size_t i = 0; i < 4; i++) {
            csv = region_printf(region, "%s%s", csv, rows[(first + i) % 4]);
        }
        fingerprints_free(fps);
        fps = NULL;
        assert_int_equal(fingerprints_builtin(&fps), ERR_OK);
        assert_int_equal(
            fingerprints_add_csv(fps, "rows", str_c(csv), NULL, NULL, NULL),
            ERR_OK);
        expect_in("IN", X_BLOCKED, "http", BLOCK_PAGE);
        expect_in("RU", X_BLOCKED, "http", BLOCK_PAGE);
        assert_true(verdict_now().confidence > 0.95);
        expect_in("IR", X_INCONCLUSIVE, "-", NOT_HERE);
    }
}

static void a_product_may_be_somebodys_choice(void **state)
{
    (void)state;
    notice("\"Server\":\"x\"");
    country = "IN";
    list("prod", "body", "has been blocked", 5, "");
    struct verdict v = verdict_now();
    assert_int_equal(v.state, X_BLOCKED);
    assert_true(
        tells(v.alternatives, v.n_alternatives, "page_of_local_institution"));
    list("nat", "body", "has been blocked", 5, "");
    v = verdict_now();
    assert_int_equal(v.state, X_BLOCKED);
    assert_true(v.n_alternatives > 0);
    assert_false(
        tells(v.alternatives, v.n_alternatives, "page_of_local_institution"));
}

static void an_expression_that_takes_too_long_is_told(void **state)
{
    (void)state;
    static const char csv[] =
        "x,nat,,body,regexp,order(a+)+b of the ministry,5,,,,\n";
    char page[200];
    memset(page, 'a', sizeof(page));
    memcpy(page, "order", 5);
    memcpy(page + sizeof(page) - 22, "- b of the ministry  ", 22);
    fresh();
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, NULL, 200, "\"Server\":\"x\"", page);
    good_control();
    size_t before = fingerprints_count(fps);
    assert_int_equal(
        fingerprints_add_csv(fps, "rows", str_c(csv), NULL, NULL, NULL),
        ERR_OK);
    assert_int_equal(fingerprints_count(fps), before + 1);
    struct verdict v = verdict_now();
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_true(
        tells(v.alternatives, v.n_alternatives, "fingerprint_not_finished"));
}

/* ---- answers ------------------------------------------------------------- */

static void dead_at(const char *address)
{
    fresh();
    system_dns(address);
    udp_dns(RIGHT);
    https_flow(50001, address, "generic_timeout_error", NULL);
    https_page(50002, RIGHT, 200);
    good_control();
}

static void an_answer_accuses_in_its_own_countries(void **state)
{
    (void)state;
    dead_at(FORGED);
    expect_in("CN", X_BLOCKED, "dns", "dns_known_forged_address");
    expect_in("KZ", X_INCONCLUSIVE, "-", "dns_forged_address_of_elsewhere");
    country = "ZZ";
    struct verdict v = verdict_now();
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_true(
        tells(v.reasons, v.n_reasons, "dns_forged_address_of_elsewhere"));
    /* more rows of one address count together */
    list("isp", "dns", FORGED, 5, "KZ");
    expect_in("KZ", X_BLOCKED, "dns", "dns_known_forged_address");
    assert_true(verdict_now().confidence <= 0.9);
    expect_in("CN", X_BLOCKED, "dns", "dns_known_forged_address");
    expect_in("UZ", X_INCONCLUSIVE, "-", "dns_forged_address_of_elsewhere");
}

static void rows_that_accuse_nobody_forge_nothing(void **state)
{
    (void)state;
    static const char *const scopes[] = {"fp", "vbw", "inst"};
    country = "IN";
    dead_at(WRONG);
    list("nat", "dns", WRONG, 5, "");
    expect(X_BLOCKED, "dns", "dns_known_forged_address");
    for (size_t i = 0; i < 3; i++) {
        list(scopes[i], "dns", WRONG, 5, "");
        expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
    }
    list("nat", "dns", WRONG, 0, "");
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
    list("inst", "dns", WRONG, 5, "");
    struct verdict v = verdict_now();
    assert_true(
        tells(v.alternatives, v.n_alternatives, "page_of_local_institution"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_block_page_accuses_in_its_own_countries),
        T(an_unknown_country_accuses_nobody),
        T(the_page_that_everybody_gets_is_nowhere_a_block_page),
        T(a_header_accuses_in_its_own_countries),
        T(a_verdict_is_as_sure_as_the_row),
        T(what_says_most_counts),
        T(a_product_may_be_somebodys_choice),
        T(an_expression_that_takes_too_long_is_told),
        T(an_answer_accuses_in_its_own_countries),
        T(rows_that_accuse_nobody_forge_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
