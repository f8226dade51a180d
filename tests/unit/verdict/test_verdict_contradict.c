// SPDX-License-Identifier: Apache-2.0
/* Records of a broken probe, or of somebody who changes what he uploads: facts
 * that cannot be true, each beside a record that is honest. None is called
 * blocked more surely than the honest one with the same packets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict/verdict_write.h"
#include "verdict_record.h"
#include <stdio.h>
#include <string.h>

static void again(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
}

/* The page came, in order. */
static void fine(void)
{
    system_dns(RIGHT);
    https_page(50001, RIGHT, 200);
    good_control();
}

/* The handshake is reset here and not elsewhere. */
static void reset(void)
{
    system_dns(RIGHT);
    connect_to(50001, RIGHT, 443, 0, true, NULL);
    handshake(50001, HOST, "connection_reset");
    good_control();
}

static void run_says(const char *facts)
{
    extra = region_printf(region, "\"x_run\":{%s},", facts);
    assert_non_null(extra);
}

static const char *judged(void)
{
    struct verdict v = verdict_now();
    struct jw w;
    struct buf b;
    buf_init(&b, 1 << 20);
    jw_init(&w, &b);
    verdict_write_x(&w, &v);
    const char *text = region_printf(region, STR_FMT, STR_ARG(buf_str(&b)));
    buf_fini(&b);
    assert_non_null(text);
    return text;
}

/* ---- counts of the run --------------------------------------------------- */

static void counts_of_what_is_not_there_change_nothing(void **state)
{
    static const char *const facts[] = {
        "\"addresses\":[{\"ip\":\"9.9.9.9\",\"names\":8,\"other_networks\":8}]",
        "\"resolvers\":[{\"resolver_address\":\"9.9.9.9:53\",\"names\":8}]",
        "\"pages\":[{\"address\":\"9.9.9.9:443\",\"pages\":8},"
        "{\"address\":\"" RIGHT ":80\",\"pages\":8}]",
        "\"led_to\":[{\"depth\":19,\"names\":8},{\"depth\":0,\"names\":8},"
        "{\"depth\":-9223372036854775807,\"names\":8}]",
    };
    for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
        for (int blocked = 0; blocked < 2; blocked++) {
            char honest[4096];
            again(state);
            (blocked ? reset : fine)();
            snprintf(honest, sizeof(honest), "%s", judged());
            run_says(facts[i]);
            assert_string_equal(judged(), honest);
        }
    }
}

static void counts_that_contradict_are_a_contradiction(void **state)
{
    static const char *const facts[] = {
        "\"addresses\":[{\"ip\":\"" RIGHT
        "\",\"names\":1,\"other_networks\":2}]",
        "\"addresses\":[{\"ip\":\"" RIGHT "\",\"names\":1},"
        "{\"ip\":\"" RIGHT "\",\"names\":2}]",
        "\"pages\":[{\"address\":\"" RIGHT ":443\",\"pages\":1},"
        "{\"address\":\"" RIGHT ":443\",\"pages\":8}]",
        "\"led_to\":[{\"depth\":1,\"names\":1},{\"depth\":1,\"names\":8}]",
    };
    for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
        for (int blocked = 0; blocked < 2; blocked++) {
            again(state);
            (blocked ? reset : fine)();
            run_says(facts[i]);
            expect(X_INCONCLUSIVE, "-", "record_contradicts_itself");
        }
    }
    again(state);
    reset();
    run_says("\"addresses\":[{\"ip\":\"" RIGHT
             "\",\"names\":2,\"other_networks\":2}]");
    expect(X_BLOCKED, "tls", "tls_reset_control_succeeds");
}

static void counts_that_are_none_accuse_nobody(void **state)
{
    struct verdict v;
    struct diag d = {""};
    (void)state;
    run_says("\"others_same_address\":\"1\"");
    system_dns("dns_refused_error");
    udp_dns(RIGHT);
    good_control();
    assert_int_equal(compute(record_text(), &v, &d), ERR_PARSE);
    assert_string_equal(d.text, "test_keys.x_run.others_same_address: want an "
                                "integer, not a string");
}

/* ---- names and resolvers ------------------------------------------------- */

static void a_resolver_that_answers_and_is_silent_contradicts(void **state)
{
    static const char *const failures[] = {
        "generic_timeout_error", "dns_nxdomain_error", "dns_refused_error"};
    for (size_t i = 0; i < 3; i++) {
        again(state);
        put(QUERIES,
            "{\"transaction_id\":10001,\"engine\":\"getaddrinfo\","
            "\"query_type\":\"ANY\",\"hostname\":\"" HOST
            "\",\"failure\":\"%s\",\"answers\":[{\"answer_type\":\"A\","
            "\"ipv4\":\"" WRONG "\",\"asn\":64999}],\"tags\":[\"depth=0\"]}",
            failures[i]);
        udp_dns(RIGHT);
        https_page(50001, RIGHT, 200);
        good_control();
        expect(X_INCONCLUSIVE, "-", "record_contradicts_itself");
    }
}

/* One lookup twice: what gave the site's address counts. */
static void a_lookup_that_stands_twice_accuses_nobody(void **state)
{
    static const char *const failures[] = {"generic_timeout_error",
                                           "dns_nxdomain_error",
                                           "dns_server_misbehaving"};
    for (size_t i = 0; i < 3; i++) {
        for (int first = 0; first < 2; first++) {
            again(state);
            system_dns(first ? failures[i] : RIGHT);
            system_dns(first ? RIGHT : failures[i]);
            https_page(50001, RIGHT, 200);
            good_control();
            assert_int_equal(verdict_now().state, X_OK);
        }
    }
}

static void translated_addresses_are_no_forgery(void **state)
{
    static const char *const addrs[] = {
        "64:ff9b::c629:4",        /* the site's, translated */
        "2001:db8:1:c6:29:400::", /* /48, bits 64 to 71 zero or not */
        "2001:db8:1:c629:29ff::", /* damaged */
        "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
    };
    for (size_t i = 0; i < sizeof(addrs) / sizeof(*addrs); i++) {
        again(state);
        system_dns(addrs[i]);
        https_page(50001, addrs[i], 200);
        good_control();
        assert_int_not_equal(verdict_now().state, X_BLOCKED);
    }
}

/* ---- the control --------------------------------------------------------- */

static void a_control_that_says_two_things_accuses_nobody(void **state)
{
    (void)state;
    system_dns("dns_nxdomain_error");
    control_dns("dns_nxdomain_error");
    control_endpoint(RIGHT ":443", NULL, NULL);
    control_page(NULL);
    assert_int_not_equal(verdict_now().state, X_BLOCKED);

    for (int first = 0; first < 2; first++) {
        again(state);
        system_dns("2001:db9::1");
        connect_to(50001, "2001:db9::1", 443, 0, true, "connection_refused");
        control_dns("2001:db9::1");
        put(CTL_TCP, "\"[2001:db9::1]:443\":{\"failure\":%s}",
            failure(first ? NULL : "connection_refused"));
        put(CTL_TCP, "\"[2001:DB9:0::1]:443\":{\"failure\":%s}",
            failure(first ? "connection_refused" : NULL));
        control_page(NULL);
        expect(X_INCONCLUSIVE, "-", "record_contradicts_itself");
    }
}

/* ---- further measurements ----------------------------------------------- */

/* A comparison in which the transfers with the name stall, or do not. */
static const char *comparison(bool stalls)
{
    struct buf b;
    buf_init(&b, 1 << 16);
    for (int i = 0; i < 6; i++) {
        bool named = i % 2 == 0, cut = named && stalls;
        buf_printf(&b,
                   "%s{\"named\":%s,\"address\":\"" RIGHT
                   ":443\",\"failure\":%s,\"connected\":0.1,\"secured\":0.2,"
                   "\"t\":%s,\"status\":200,\"bytes\":%d,\"trusted\":true,"
                   "\"transaction_id\":%d}",
                   i ? "," : "", named ? "true" : "false",
                   failure(cut ? "generic_timeout_error" : NULL),
                   cut ? "9.5" : "0.4", cut ? PAGE_LEN / 2 : PAGE_LEN,
                   260001 + i);
    }
    const char *text = region_printf(
        region,
        "{\"kind\":\"compare\",\"test_keys\":{\"x_compare\":[" STR_FMT "]}}",
        STR_ARG(buf_str(&b)));
    buf_fini(&b);
    assert_non_null(text);
    return text;
}

/* A page that does not come to its end inside TLS. */
static void stalled(const char *first, const char *second)
{
    extra = region_printf(region, "\"x_retest\":[%s%s%s],", first,
                          second ? "," : "", second ? second : "");
    assert_non_null(extra);
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, NULL);
    request(50001, "https://" HOST "/", "generic_timeout_error", 200, HEADERS,
            "");
    good_control();
}

static void of_two_comparisons_the_first_counts(void **state)
{
    (void)state;
    stalled(comparison(true), NULL);
    assert_int_equal(verdict_now().state, X_BLOCKED);
    again(state);
    stalled(comparison(false), NULL);
    assert_int_equal(verdict_now().state, X_INCONCLUSIVE);
    again(state);
    stalled(comparison(false), comparison(true));
    assert_int_equal(verdict_now().state, X_INCONCLUSIVE);
}

/* ---- pages and redirects ------------------------------------------------- */

static void a_circle_of_redirects_ends(void **state)
{
    (void)state;
    input = "http://" HOST "/";
    for (int depth = 0; depth <= 20; depth++) {
        lookup(QUERIES, 100 + depth, "getaddrinfo", "ANY", HOST, depth, RIGHT);
        connect_to(200 + depth, RIGHT, 80, depth, true, NULL);
        request(200 + depth, "http://" HOST "/", NULL, 302,
                "\"Location\":\"http://" HOST "/\"", "");
    }
    good_control();
    assert_int_not_equal(verdict_now().state, X_BLOCKED);
}

/* `word` over and over, as a page of half a megabyte. */
static void page_of(const char *word)
{
    size_t n = 512u * 1024 / strlen(word);
    struct buf b;
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(buf_add_c(&b, word), ERR_OK);
    }
    input = "http://" HOST "/";
    system_dns(RIGHT);
    connect_to(40001, RIGHT, 80, 0, true, NULL);
    const char *body = region_printf(region, STR_FMT, STR_ARG(buf_str(&b)));
    buf_fini(&b);
    assert_non_null(body);
    request(40001, input, NULL, 200, "\"Content-Type\":\"text/html\"", body);
    good_control();
}

static void bombs_of_half_tags_accuse_nobody(void **state)
{
    static const char *const words[] = {
        "<meta ",   "<meta http-equiv=refresh content=",
        "<iframe ", "<iframe src=//x>",
        "<!--",     "<!---->",
        "<title>",  "<title>\\u0000",
        "<script>", "location='",
        "<",
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        again(state);
        page_of(words[i]);
        assert_int_not_equal(verdict_now().state, X_BLOCKED);
    }
}

static void a_location_of_a_megabyte_is_no_accusation(void **state)
{
    (void)state;
    char *far = region_alloc(region, (1 << 20) + 1);
    assert_non_null(far);
    memset(far, 'a', 1 << 20);
    far[1 << 20] = '\0';
    input = "http://" HOST "/";
    system_dns(RIGHT);
    connect_to(40001, RIGHT, 80, 0, true, NULL);
    request(40001, input, NULL, 302,
            region_printf(region, "\"Location\":\"http://x.test/%s\"", far),
            "");
    good_control();
    assert_int_not_equal(verdict_now().state, X_BLOCKED);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(counts_of_what_is_not_there_change_nothing),
        TEST(counts_that_contradict_are_a_contradiction),
        TEST(counts_that_are_none_accuse_nobody),
        TEST(a_resolver_that_answers_and_is_silent_contradicts),
        TEST(a_lookup_that_stands_twice_accuses_nobody),
        TEST(translated_addresses_are_no_forgery),
        TEST(a_control_that_says_two_things_accuses_nobody),
        TEST(of_two_comparisons_the_first_counts),
        TEST(a_circle_of_redirects_ends),
        TEST(bombs_of_half_tags_accuse_nobody),
        TEST(a_location_of_a_megabyte_is_no_accusation),
    };
    return cmocka_run_group_tests_name("contradict", tests, NULL, NULL);
}
