// SPDX-License-Identifier: Apache-2.0
/* A resolver that leads to a notice server, and what looks like one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "notice_record.h"

/* ---- one row alone ------------------------------------------------------- */

static void
a_suspect_is_measured_again_and_then_asked_for_its_page(void **state)
{
    struct seen s = {.http = false};
    (void)state;
    struct verdict v = verdict_of(&s, NULL, NULL);
    assert_undecided(v);
    assert_true(v.want_again && !v.want_page);
    v = verdict_of(&s, again(&s), NULL);
    assert_undecided(v);
    assert_true(v.want_again);
    assert_string_equal(v.want_page, NOTICE);
    assert_string_equal(v.want_url, "http://" HOST "/");
}

static void a_notice_in_the_sites_place_is_interference(void **state)
{
    static const struct seen notices[] = {
        {.status = 200, .body = SAYS},
        {.status = 200, .body = "<iframe src='http://10.1.1.1/'></iframe>"},
        {.status = 200},
        {.status = 200, .headers = "\"X-Cache\":\"MISS\"", .body = SAYS},
        {.status = 403, .body = SAYS},
        {.status = 451, .body = SAYS},
        {.status = 302, .headers = "\"Location\":\"http://avviso.gov.test/\""},
        {.status = 302, .headers = "\"Location\":\"http://193.0.14.1/no\""},
        {.status = 302,
         .headers = "\"Location\":\"http://10.10.34.34/\"",
         .stopped = true},
    };
    struct seen s = {.http = false};
    (void)state;
    for (size_t i = 0; i < sizeof(notices) / sizeof(*notices); i++) {
        assert_notice(verdict_of(&s, again(&s), page_at(NOTICE, &notices[i])));
    }
}

/* Another customer of the site's hoster, or an edge; the twin: it is given for
 * sites that are hosted elsewhere, too. */
static void a_page_in_the_sites_own_network_is_no_notice(void **state)
{
    static const struct seen pages[] = {
        {.status = 200, .body = SAYS},
        {.status = 403, .body = SAYS},
        {.status = 302, .headers = "\"Location\":\"http://avviso.gov.test/\""},
    };
    struct seen s = {.http = false}, apart = {.run = APART};
    struct seen dead = {.status = 0, .run = APART};
    (void)state;
    asn_of_notice = 64500;
    for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
        assert_undecided(verdict_of(&s, again(&s), page_at(NOTICE, &pages[i])));
    }
    assert_notice(verdict_of(&apart, again(&apart), page_at(NOTICE, &dead)));
}

static void what_a_sick_cache_says_is_no_notice(void **state)
{
    static const struct seen pages[] = {
        {.status = 404, .body = SAYS},
        {.status = 400, .body = SAYS},
        {.status = 503, .body = SAYS},
        {.status = 502},
        {.status = 403, .headers = "\"Server\":\"AkamaiGHost\"", .body = SAYS},
        {.status = 200,
         .body = "<title>Newspaper of record</title>not all of it"},
        {.status = 301, .headers = "\"Location\":\"https://" HOST "/\""},
        {.status = 302,
         .headers = "\"Location\":\"https://newspaper.example/\""},
        {.status = 302, /* a router at home */
         .headers = "\"Location\":\"http://192.168.1.1/\"",
         .stopped = true},
        {.status = 302, .headers = "\"Location\":\"//m." HOST "/\""},
        {.status = 302,
         .headers = "\"Location\":\"https://cdn.newspaper-static.example/\""},
        {.status = 302},
    };
    struct seen s = {.http = false};
    (void)state;
    for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
        struct verdict v =
            verdict_of(&s, again(&s), page_at(NOTICE, &pages[i]));
        assert_undecided(v);
        assert_false(v.want_again);
    }
}

/* What a country's edge does, which leads to a sister site. */
static void a_redirect_by_a_server_that_has_https_is_no_notice(void **state)
{
    struct seen s = {.tls = true};
    struct seen away = {.status = 302,
                        .headers = "\"Location\":\"https://gazette.example/\""};
    struct seen notice = {.status = 200, .body = SAYS};
    (void)state;
    assert_undecided(verdict_of(&s, again(&s), page_at(NOTICE, &away)));
    assert_notice(verdict_of(&s, again(&s), page_at(NOTICE, &notice)));
}

/* Its visit showed what is there, and was led on to where that leads. */
static void what_was_heard_in_cleartext_is_not_asked_for_again(void **state)
{
    struct seen s = {.http = true, .status = 404, .body = SAYS};
    (void)state;
    struct verdict v = verdict_of(&s, again(&s), NULL);
    assert_undecided(v);
    assert_null(v.want_page);
}

static void an_answer_that_does_not_come_again_is_no_finding(void **state)
{
    struct seen s = {.http = false}, well = {.right = true};
    struct seen notice = {.status = 200, .body = SAYS};
    (void)state;
    struct verdict v = verdict_of(&s, again(&well), NULL);
    assert_undecided(v);
    assert_false(v.want_again);
    assert_undecided(verdict_of(&s, again(&well), page_at(NOTICE, &notice)));
    /* nor is a page without a second look */
    assert_undecided(verdict_of(&s, page_at(NOTICE, &notice), NULL));
}

static void all_have_to_agree_before_anything_is_suspected(void **state)
{
    struct seen secret = {.doh = NOTICE};
    struct seen nobody = {.udp = NOTICE, .doh = NOTICE};
    struct seen no_page = {.no_control = true};
    (void)state;
    assert_false(verdict_of(&secret, NULL, NULL).want_again);
    assert_false(verdict_of(&nobody, NULL, NULL).want_again);
    assert_false(verdict_of(&no_page, NULL, NULL).want_again);
    /* what was lost is asked for again, and has to come then */
    struct seen notice = {.status = 200, .body = SAYS};
    struct seen lost = {.udp = "", .doh = ""}, s = {.tls = false};
    assert_true(verdict_of(&lost, NULL, NULL).want_again);
    assert_undecided(verdict_of(&lost, again(&lost), page_at(NOTICE, &notice)));
    assert_null(verdict_of(&lost, again(&lost), NULL).want_page);
    assert_notice(verdict_of(&lost, again(&s), page_at(NOTICE, &notice)));
    /* whoever answers every question by UDP does not get at the other */
    struct seen taken = {.udp = NOTICE};
    assert_true(verdict_of(&taken, NULL, NULL).want_again);
}

static void a_site_that_proves_itself_nowhere_is_not_asked_about(void **state)
{
    struct seen s = {.unproven = true};
    (void)state;
    struct verdict v = verdict_of(&s, again(&s), NULL);
    /* but it was tried there, and the control connected */
    assert_int_equal(v.state, X_BLOCKED);
    assert_int_equal(v.method, METHOD_IP);
    assert_null(v.want_page);
}

/* ---- several rows -------------------------------------------------------- */

static void one_address_for_sites_hosted_apart_is_interference(void **state)
{
    struct seen s = {.http = false}, apart = {.run = APART};
    struct seen dead = {.status = 0, .run = APART};
    const char *page = page_at(NOTICE, &dead);
    (void)state;
    assert_notice(verdict_of(&s, again(&apart), page));
    assert_notice(verdict_of(&apart, again(&apart), page));
    struct verdict v = verdict_of(&apart, NULL, NULL);
    assert_true(v.want_again);
    /* what is there is asked for once */
    v = verdict_of(&apart, again(&apart), NULL);
    assert_int_equal(v.state, X_BLOCKED);
    assert_true(v.want_again);
    assert_string_equal(v.want_page, NOTICE);
    struct seen well = {.right = true};
    assert_undecided(verdict_of(&apart, again(&well), NULL));
}

/* Edges of a network for delivery have customers that are hosted anywhere. */
static void an_edge_of_this_region_is_innocent(void **state)
{
    static const struct seen says[] = {
        {.status = 503, .headers = "\"Retry-After\":\"120\""},
        {.status = 502, .body = SAYS},
        {.status = 403, .headers = "\"Server\":\"AkamaiGHost\""},
    };
    struct seen apart = {.run = APART}, told = {.status = 0, .run = ILL};
    struct seen alias = {.run = APART, .alias = "edge.cdn.test"};
    struct seen notice = {.status = 200, .body = SAYS, .run = APART};
    struct seen dead = {.status = 0, .run = APART};
    (void)state;
    for (size_t i = 0; i < sizeof(says) / sizeof(*says); i++) {
        assert_undecided(
            verdict_of(&apart, again(&apart), page_at(NOTICE, &says[i])));
    }
    assert_undecided(verdict_of(&apart, again(&apart), page_at(NOTICE, &told)));
    assert_undecided(verdict_of(&alias, again(&alias), page_at(NOTICE, &dead)));
    /* the twin: an alias of the notice server's */
    assert_notice(verdict_of(&alias, again(&alias), page_at(NOTICE, &notice)));
}

static void a_dead_cache_with_several_customers_is_innocent(void **state)
{
    struct seen s = {.run = TOGETHER}, dead = {.status = 0, .run = TOGETHER};
    (void)state;
    assert_undecided(verdict_of(&s, again(&s), NULL));
    assert_undecided(verdict_of(&s, again(&s), page_at(NOTICE, &dead)));
}

static void a_notice_that_another_site_met_counts(void **state)
{
    struct seen s = {.run = TOGETHER}, told = {.status = 0, .run = TOLD};
    (void)state;
    assert_notice(verdict_of(&s, again(&s), page_at(NOTICE, &told)));
}

static void counts_that_cannot_be_true_tell_nothing(void **state)
{
    struct seen s = {.run = TOGETHER}, more = {.status = 0};
    (void)state;
    more.run = SHARED("\"names\":1,\"other_networks\":0,\"notices\":2");
    assert_undecided(verdict_of(&s, again(&s), page_at(NOTICE, &more)));
    more.run = SHARED("\"names\":1,\"other_networks\":2,\"notices\":0");
    assert_undecided(verdict_of(&s, again(&s), page_at(NOTICE, &more)));
    more.run = SHARED("\"names\":1,\"other_networks\":0,\"ill\":2");
    assert_undecided(verdict_of(&s, again(&s), page_at(NOTICE, &more)));
}

/* A page entry in which one thing was put in the place of another. */
static const char *changed(const char *entry, const char *was, const char *is)
{
    const char *at = strstr(entry, was);
    assert_non_null(at);
    char *text = region_printf(region, "%.*s%s%s", (int)(at - entry), entry, is,
                               at + strlen(was));
    assert_non_null(text);
    return text;
}

static void a_page_of_another_site_tells_nothing(void **state)
{
    struct seen s = {.http = false}, notice = {.status = 200, .body = SAYS};
    (void)state;
    const char *page = page_at(NOTICE, &notice);
    assert_notice(verdict_of(&s, again(&s), page));
    assert_undecided(verdict_of(
        &s, again(&s), changed(page, "http://" HOST "/", "http://x.test/")));
    assert_undecided(verdict_of(&s, again(&s),
                                changed(page, "http://" HOST "/", "nothing")));
    assert_undecided(verdict_of(
        &s, again(&s),
        changed(page, "{\"failure\":null}", "{\"failure\":" REFUSED "}")));
}

static void one_address_for_all_is_a_login_page(void **state)
{
    struct seen s = {
        .run = "\"x_run\":{\"others_same_address\":2,\"others_elsewhere\":0,"
               "\"addresses\":[{\"ip\":\"" NOTICE "\",\"names\":2,"
               "\"other_networks\":2,\"notices\":0}]},"};
    (void)state;
    struct verdict v = verdict_of(&s, again(&s), NULL);
    assert_undecided(v);
    assert_int_equal(rules_of(v.reasons[0].note), RULE_DNS_FOR_ALL);
    /* or no other name was asked about while it was measured again */
    struct seen first = {.http = false};
    v = verdict_of(&first, again(&s), NULL);
    assert_true(v.want_again && !v.want_page);
    v = verdict_of(&first, again(&s), again(&first));
    assert_string_equal(v.want_page, NOTICE);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_suspect_is_measured_again_and_then_asked_for_its_page),
        T(a_notice_in_the_sites_place_is_interference),
        T(a_page_in_the_sites_own_network_is_no_notice),
        T(what_a_sick_cache_says_is_no_notice),
        T(a_redirect_by_a_server_that_has_https_is_no_notice),
        T(what_was_heard_in_cleartext_is_not_asked_for_again),
        T(an_answer_that_does_not_come_again_is_no_finding),
        T(all_have_to_agree_before_anything_is_suspected),
        T(a_site_that_proves_itself_nowhere_is_not_asked_about),
        T(one_address_for_sites_hosted_apart_is_interference),
        T(an_edge_of_this_region_is_innocent),
        T(a_dead_cache_with_several_customers_is_innocent),
        T(a_notice_that_another_site_met_counts),
        T(counts_that_cannot_be_true_tell_nothing),
        T(a_page_of_another_site_tells_nothing),
        T(one_address_for_all_is_a_login_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
