// SPDX-License-Identifier: Apache-2.0
/* What only the site's name brings about, in a whole record: what a comparison
 * (x_retest of kind "compare") makes of a page that failed inside TLS, or of a
 * certificate that nobody vouches for. Its arithmetic: test_verdict_compare.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict/rules.h"
#include "verdict_record.h"

#define TIMEOUT "generic_timeout_error"

/* Three pairs, the page with the name in `with` seconds, in `without` without
 * it; 0: cut off. */
static const char *compared(double with, double without)
{
    const char *list = "";
    for (int i = 0; i < 6; i++) {
        double s = i % 2 ? without : with;
        list = region_printf(
            region,
            "%s%s{\"named\":%s,\"connected\":0.1,\"secured\":0.2,\"t\":%.9g,"
            "\"status\":200,\"bytes\":%d,\"truncated\":false,\"failure\":%s,"
            "\"transaction_id\":%d}",
            list, i ? "," : "", i % 2 ? "false" : "true",
            s > 0 ? 0.2 + s : 10.2, s > 0 ? PAGE_LEN : 20,
            failure(s > 0 ? NULL : TIMEOUT), 150001 + i);
    }
    return region_printf(region, "\"x_compare\":[%s]", list);
}

/* As further measurement, with further members of its entry. */
static void further(const char *members, const char *keys)
{
    extra = region_printf(region,
                          "\"x_retest\":[{\"kind\":\"compare\",\"after\":15,%s"
                          "\"test_keys\":{%s}}],",
                          members, keys);
}

/* The page of an https site stalls here; the control gets it. */
static void page_stalls(void)
{
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, NULL);
    request(50001, "https://" HOST "/", TIMEOUT, 200, HEADERS, "<html>");
    good_control();
}

static bool tells(const struct reason *list, size_t n, const char *rule)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rule_of(list[i]), rule) == 0) {
            return true;
        }
    }
    return false;
}

static void a_page_that_stalls_is_compared_where_it_stalled(void **state)
{
    (void)state;
    page_stalls();
    struct verdict v = verdict_now();
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_string_equal(rule_of(v.reasons[0]), rules_name(RULE_HTTP_AFTER_TLS));
    assert_true(v.want_again);
    assert_string_equal(v.want_compare, RIGHT);
    assert_string_equal(v.want_url, "https://" HOST "/");
}

static void nothing_else_is_compared(void **state)
{
    (void)state;
    system_dns(RIGHT); /* cleartext: its name cannot be left out */
    input = "http://" HOST "/";
    connect_to(40001, RIGHT, 80, 0, true, NULL);
    request(40001, "http://" HOST "/", TIMEOUT, 200, HEADERS, "<html>");
    good_control();
    assert_null(verdict_now().want_compare);
    assert_int_equal(teardown(NULL) + setup(NULL), 0);
    system_dns(RIGHT); /* for the control it stalls too */
    https_flow(50001, RIGHT, NULL, NULL);
    request(50001, "https://" HOST "/", TIMEOUT, 200, HEADERS, "<html>");
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, NULL);
    control_page(TIMEOUT);
    assert_null(verdict_now().want_compare);
}

static void what_only_the_name_slows_is_throttling(void **state)
{
    static const struct {
        double with, without;
        enum rule rule;
    } cases[] = {
        {4.0, 0.5, RULE_SLOW_NAMED},
        {0, 0.5, RULE_STALLS_NAMED},
    };

    (void)state;
    page_stalls();
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        further("", compared(cases[i].with, cases[i].without));
        expect(X_BLOCKED, "throttling", rules_name(cases[i].rule));
        struct verdict v = verdict_now();
        assert_int_equal(v.reasons[0].n_ids, 6);
        assert_int_equal(v.reasons[0].ids[0], 150001);
        assert_string_equal(rule_of(v.reasons[1]),
                            rules_name(RULE_HTTP_AFTER_TLS));
        assert_null(v.want_compare);
        assert_false(v.want_again);
    }
}

static void what_is_slow_anyway_stays_undecided(void **state)
{
    static const double cases[][2] = {{0, 0}, {4.0, 3.0}, {0.5, 0.5}};

    (void)state;
    page_stalls();
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        further("", compared(cases[i][0], cases[i][1]));
        expect(X_INCONCLUSIVE, "-", rules_name(RULE_HTTP_AFTER_TLS));
        struct verdict v = verdict_now();
        assert_true(tells(v.alternatives, v.n_alternatives,
                          rules_name(RULE_SLOW_ANYWAY)));
        assert_false(v.want_again);
    }
}

static void a_line_or_a_machine_that_failed_says_nothing(void **state)
{
    (void)state;
    page_stalls();
    further("\"silent\":true,", compared(0, 0.5));
    expect(X_INCONCLUSIVE, "-", rules_name(RULE_HTTP_AFTER_TLS));
    further("", region_printf(region, "%s,\"x_internal_error\":{}",
                              compared(0, 0.5)));
    expect(X_INCONCLUSIVE, "-", rules_name(RULE_HTTP_AFTER_TLS));
    further("", "\"x_compare\":[]");
    expect(X_INCONCLUSIVE, "-", rules_name(RULE_HTTP_AFTER_TLS));
    further("", "");
    expect(X_INCONCLUSIVE, "-", rules_name(RULE_HTTP_AFTER_TLS));
}

/* A comparison in a record that did not call for one is somebody's invention.
 */
static void a_comparison_accuses_nobody_by_itself(void **state)
{
    (void)state;
    system_dns(RIGHT);
    https_page(50001, RIGHT, 200);
    good_control();
    further("", compared(0, 0.5));
    expect(X_OK, "-", rules_name(RULE_PAGE_VERIFIED));
}

/* The first measurement had no name resolved and its control no page; the
 * second stalled, and its own control is what counts. */
static void the_page_is_that_of_the_control_of_its_time(void **state)
{
    (void)state;
    page_stalls();
    const char *text = record_text();
    const char *keys = strstr(text, "\"queries\"");
    assert_non_null(keys);
    keys = region_strndup(region, keys, strlen(keys) - 2);
    assert_int_equal(text[strlen(text) - 1], '}');
    const char *cmp = compared(0, 0.5);
    extra = region_printf(
        region,
        "\"x_dns_whoami\":{\"system_v4\":[{\"address\":\"203.0.113.9\"}]},"
        "\"x_retest\":[{\"kind\":\"again\",\"test_keys\":{%s}},"
        "{\"kind\":\"compare\",\"test_keys\":{%s}}],",
        keys, cmp);
    for (size_t i = 0; i < 9; i++) {
        buf_clear(&rec.part[i]);
    }
    system_dns(TIMEOUT);
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, NULL);
    control_page(TIMEOUT);
    expect(X_BLOCKED, "throttling", rules_name(RULE_STALLS_NAMED));
}

/* ---- a page that came slowly -----------------------------------------------
 */

/* The control's page, in over verified TLS, its last bytes `took` seconds after
 * the first; 0: the record does not say. */
static void page_comes_in(double took, int64_t received)
{
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, NULL);
    put(REQUESTS,
        "{\"transaction_id\":50001,\"failure\":null,\"t0\":1,\"t\":%.9g,"
        "\"x_first\":%s,\"x_received\":%lld,"
        "\"request\":{\"url\":\"https://" HOST "/\"},\"response\":{"
        "\"code\":200,\"headers\":{" HEADERS "},\"body\":\"" PAGE
        "\",\"body_is_truncated\":false}}",
        1.5 + took, took > 0 ? "1.5" : "null", (long long)received);
    good_control();
}

static void a_page_that_comes_in_slowly_is_compared(void **state)
{
    (void)state;
    page_comes_in(4, 40000);
    struct verdict v = verdict_now();
    assert_int_equal(v.state, X_OK);
    assert_true(v.want_again);
    assert_string_equal(v.want_compare, RIGHT);
    assert_true(v.want_if_faster > 8888 && v.want_if_faster < 8889);
    further("", compared(4.0, 0.5));
    expect(X_BLOCKED, "throttling", rules_name(RULE_SLOW_NAMED));
    assert_string_equal(rule_of(verdict_now().reasons[1]),
                        rules_name(RULE_PAGE_VERIFIED));
    further("", compared(4.0, 3.0));
    expect(X_OK, "-", rules_name(RULE_PAGE_VERIFIED));
    v = verdict_now();
    assert_true(
        tells(v.alternatives, v.n_alternatives, rules_name(RULE_SLOW_ANYWAY)));
    further("", compared(0.5, 4.0));
    expect(X_OK, "-", rules_name(RULE_PAGE_VERIFIED));
}

static void other_pages_are_not_compared(void **state)
{
    static const struct {
        double took;
        int64_t received;
    } cases[] = {{0.2, 40000}, {0.49, 40000}, {0, 40000}, {4, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        page_comes_in(cases[i].took, cases[i].received);
        struct verdict v = verdict_now();
        assert_int_equal(v.state, X_OK);
        assert_null(v.want_compare);
        assert_false(v.want_again);
        assert_int_equal(teardown(NULL) + setup(NULL), 0);
    }
}

/* ---- a certificate of somebody's own --------------------------------------
 */

#define NOBODY "ssl_unknown_authority"

/* Three pairs: with the name `failure`, without it a certificate that an
 * authority vouches for, or not. */
static const char *shown_and(const char *with, bool trusted, const char *more)
{
    const char *list = "";
    for (int i = 0; i < 6; i++) {
        bool named = i % 2 == 0;
        list = region_printf(
            region,
            "%s%s{\"named\":%s,\"connected\":0.1,\"secured\":%s,\"t\":0.3,"
            "\"status\":%d,\"bytes\":%d,\"truncated\":false,\"trusted\":%s,"
            "\"failure\":%s,\"transaction_id\":%d}",
            list, i ? "," : "", named ? "true" : "false",
            named && with ? "0" : "0.2", named && with ? 0 : 404,
            named && with ? 0 : 120, !named && trusted ? "true" : "false",
            failure(named ? with : NULL), 150001 + i);
    }
    return region_printf(region, "\"x_compare\":[%s%s]", list, more);
}

static const char *shown(const char *with, bool trusted)
{
    return shown_and(with, trusted, "");
}

static void somebody_elses_certificate(void)
{
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, NOBODY);
    good_control();
}

static void a_certificate_of_nobodys_is_compared(void **state)
{
    (void)state;
    somebody_elses_certificate();
    struct verdict v = verdict_now();
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_string_equal(rule_of(v.reasons[0]), rules_name(RULE_TLS_CERT));
    assert_true(v.want_again);
    assert_string_equal(v.want_compare, RIGHT);
    assert_string_equal(v.want_url, "https://" HOST "/");
}

/* Another name's, one out of date; one that the control is shown, too. */
static void other_certificates_are_not(void **state)
{
    static const char *const others[] = {"ssl_invalid_hostname",
                                         "ssl_invalid_certificate"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        system_dns(RIGHT);
        https_flow(50001, RIGHT, NULL, others[i]);
        good_control();
        assert_null(verdict_now().want_compare);
        assert_int_equal(teardown(NULL) + setup(NULL), 0);
    }
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, NOBODY);
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, NOBODY);
    control_page(NOBODY);
    assert_null(verdict_now().want_compare);
}

static void what_only_the_name_is_shown_is_interception(void **state)
{
    (void)state;
    somebody_elses_certificate();
    further("", shown(NOBODY, true));
    expect(X_BLOCKED, "tls", rules_name(RULE_TLS_INTERCEPTED));
    struct verdict v = verdict_now();
    assert_int_equal(v.reasons[0].n_ids, 6);
    assert_string_equal(rule_of(v.reasons[1]), rules_name(RULE_TLS_CERT));
    assert_true(tells(v.alternatives, v.n_alternatives,
                      rules_name(RULE_HTTP_INSTITUTION)));
    assert_false(v.want_again);
}

/* Whoever says nothing is shown it, too: all of the line is intercepted, or the
 * address; it did not come again; the line was down. */
static void what_everybody_is_shown_stays_undecided(void **state)
{
    (void)state;
    somebody_elses_certificate();
    further("", shown(NOBODY, false));
    expect(X_INCONCLUSIVE, "-", rules_name(RULE_TLS_CERT));
    further("", shown(NULL, true));
    expect(X_INCONCLUSIVE, "-", rules_name(RULE_TLS_CERT));
    further("", shown("connection_reset", true));
    expect(X_INCONCLUSIVE, "-", rules_name(RULE_TLS_CERT));
    further("\"silent\":true,", shown(NOBODY, true));
    expect(X_INCONCLUSIVE, "-", rules_name(RULE_TLS_CERT));
    further("", compared(0, 0.5)); /* slow, which is another matter */
    expect(X_INCONCLUSIVE, "-", rules_name(RULE_TLS_CERT));
}

#define ANOTHER(secured, trusted, failure)                                     \
    ",{\"named\":false,\"other_name\":\"www.example.test\",\"connected\":0.1," \
    "\"secured\":" secured ",\"t\":0.3,\"trusted\":" trusted                   \
    ",\"failure\":" failure ",\"transaction_id\":150007}"

/* Names that are none of the site's are made certificates for, too. */
static void who_forges_for_any_name_is_no_censor_of_this_one(void **state)
{
    (void)state;
    somebody_elses_certificate();
    further("", shown_and(NOBODY, true, ANOTHER("0.2", "false", "null")));
    expect(X_INCONCLUSIVE, "-", rules_name(RULE_TLS_CERT));
    struct verdict v = verdict_now();
    assert_true(tells(v.alternatives, v.n_alternatives,
                      rules_name(RULE_HTTP_INSTITUTION)));
    assert_false(v.want_again);
    further("", shown_and(NOBODY, true, ANOTHER("0.2", "true", "null")));
    expect(X_BLOCKED, "tls", rules_name(RULE_TLS_INTERCEPTED));
    further("", shown_and(NOBODY, true,
                          ANOTHER("0", "false", "\"connection_reset\"")));
    expect(X_BLOCKED, "tls", rules_name(RULE_TLS_INTERCEPTED));
}

/* And of a page that stalled it says nothing. */
static void a_certificate_explains_no_stalling(void **state)
{
    (void)state;
    page_stalls();
    further("", shown(NOBODY, true));
    expect(X_INCONCLUSIVE, "-", rules_name(RULE_HTTP_AFTER_TLS));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_page_that_stalls_is_compared_where_it_stalled),
        T(nothing_else_is_compared),
        T(what_only_the_name_slows_is_throttling),
        T(what_is_slow_anyway_stays_undecided),
        T(a_line_or_a_machine_that_failed_says_nothing),
        T(a_comparison_accuses_nobody_by_itself),
        T(the_page_is_that_of_the_control_of_its_time),
        T(a_page_that_comes_in_slowly_is_compared),
        T(other_pages_are_not_compared),
        T(a_certificate_of_nobodys_is_compared),
        T(other_certificates_are_not),
        T(what_only_the_name_is_shown_is_interception),
        T(who_forges_for_any_name_is_no_censor_of_this_one),
        T(what_everybody_is_shown_stays_undecided),
        T(a_certificate_explains_no_stalling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
