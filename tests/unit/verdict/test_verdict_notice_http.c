// SPDX-License-Identifier: Apache-2.0
/* A resolver leads to a notice server what has only http, and what looks like
 * it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "notice_record.h"

static void a_site_without_https_proves_itself_by_its_page(void **state)
{
    struct seen s = {
        .http = true, .unproven = true, .status = 200, .body = SAYS};
    struct seen own = {.status = 200, .body = OWN};
    struct seen within = {.status = 301,
                          .headers = "\"Location\":\"http://www." HOST "/\""};
    struct seen strange = {.status = 200, .body = SAYS};
    (void)state;
    struct verdict v = verdict_of(&s, again(&s), NULL);
    assert_true(v.want_again);
    assert_string_equal(v.want_page, SITE);
    assert_string_equal(v.want_url, "http://" HOST "/");
    assert_notice(verdict_of(&s, again(&s), page_at(SITE, &own)));
    assert_notice(verdict_of(&s, again(&s), page_at(SITE, &within)));
    assert_undecided(verdict_of(&s, again(&s), page_at(SITE, &strange)));
}

static void a_copy_in_another_language_is_no_notice(void **state)
{
    struct seen s = {
        .http = true, .unproven = true, .status = 200, .body = SAYS_NAME};
    struct seen own = {.status = 200, .body = OWN};
    (void)state;
    struct verdict v = verdict_of(&s, again(&s), NULL);
    assert_undecided(v);
    assert_null(v.want_page);
    assert_undecided(verdict_of(&s, again(&s), page_at(SITE, &own)));
}

static void a_site_with_https_needs_no_page_of_its_own(void **state)
{
    struct seen s = {.http = true, .status = 200, .body = SAYS};
    (void)state;
    struct verdict v = verdict_of(&s, NULL, NULL);
    assert_int_equal(v.state, X_INCONCLUSIVE); /* until it comes again */
    v = verdict_of(&s, again(&s), NULL);       /* by whatever rule */
    assert_int_equal(v.state, X_BLOCKED);
    assert_int_equal(v.method, METHOD_DNS);
    assert_true(v.confidence > 0.9);
}

/* The provider's notice may come from another network than the volunteer's. */
static void a_notice_from_another_network_is_interference(void **state)
{
    static const struct seen notices[] = {
        {.http = true, .unproven = true, .status = 200, .body = SAYS},
        {.http = true, .unproven = true, .status = 200},
        {.http = true, .unproven = true, .status = 451, .body = SAYS},
    };
    struct seen own = {.status = 200, .body = OWN};
    static const char *const networks[] = {"AS64777", "AS0"};
    (void)state;
    for (size_t i = 0; i < 2 * sizeof(notices) / sizeof(*notices); i++) {
        const struct seen *s = &notices[i / 2];
        network = networks[i % 2];
        assert_notice(verdict_of(s, again(s), page_at(SITE, &own)));
    }
}

static void a_redirect_that_nobody_follows_is_an_answer(void **state)
{
    struct seen s = {.http = true,
                     .unproven = true,
                     .status = 302,
                     .headers = "\"Location\":\"http://10.10.34.34/\"",
                     .stopped = true};
    struct seen own = {.status = 200, .body = OWN};
    (void)state;
    network = "AS64777";
    struct verdict v = verdict_of(&s, again(&s), page_at(SITE, &own));
    assert_int_equal(v.state, X_BLOCKED);
    assert_int_equal(v.method, METHOD_DNS);
    assert_int_equal(rules_of(v.reasons[0].note), RULE_HTTP_INSIDE);
}

#define LONG                                                                   \
    "One two three four five six seven eight nine ten eleven twelve thirteen " \
    "fourteen fifteen sixteen seventeen eighteen nineteen twenty, and once "   \
    "more from one to twenty, and so on until it is as long as the other one."

/* Nobody else was asked when it first came: then it was but a page. */
static void
who_else_is_asked_later_tells_that_the_name_was_lied_about(void **state)
{
    struct seen s = {.http = true,
                     .unproven = true,
                     .udp = "",
                     .doh = "",
                     .status = 200,
                     .body = "<iframe src='http://10.1.1.1/'></iframe>" LONG};
    struct seen later = s;
    (void)state;
    later.udp = later.doh = NULL;
    struct verdict v = verdict_of(&s, again(&s), NULL);
    assert_int_equal(v.method, METHOD_HTTP);
    v = verdict_of(&s, again(&later), NULL);
    assert_int_equal(v.state, X_BLOCKED);
    assert_int_equal(v.method, METHOD_DNS);
    assert_int_equal(rules_of(v.reasons[0].note), RULE_HTTP_INSIDE);
}

/* A domain that has expired is shown here by one parking service and elsewhere
 * by another; an old address has a server that nobody has set up; a site's edge
 * has https as well. The twin: all that comes from the provider himself. */
static void what_old_addresses_show_elsewhere_is_no_notice(void **state)
{
    static const char *const pages[] = {
        "<title>Related searches</title>Domain parking by a partner.",
        "<title>Buy it</title>The name is for sale. Make an offer.",
        "<title>Welcome to nginx!</title>If you see this page, it works.",
        "<title>Account suspended</title>Ask your provider.",
        "<title>Apache2 Debian Default Page: It works</title>",
    };
    struct seen own = {.status = 200, .body = OWN};
    (void)state;
    for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
        struct seen s = {
            .http = true, .unproven = true, .status = 200, .body = pages[i]};
        network = "AS64777";
        struct verdict v = verdict_of(&s, again(&s), NULL);
        assert_undecided(v);
        assert_null(v.want_page);
        assert_undecided(verdict_of(&s, again(&s), page_at(SITE, &own)));
        network = "AS64999";
        assert_notice(verdict_of(&s, again(&s), page_at(SITE, &own)));
    }
}

static void an_edge_that_has_https_shows_no_notice(void **state)
{
    struct seen s = {.http = true,
                     .unproven = true,
                     .tls = true,
                     .status = 200,
                     .body = SAYS};
    struct seen own = {.status = 200, .body = OWN};
    (void)state;
    network = "AS64777";
    assert_undecided(verdict_of(&s, again(&s), page_at(SITE, &own)));
}

static void a_cache_that_is_ill_and_shared_is_innocent(void **state)
{
    static const struct seen pages[] = {
        {.http = true, .status = 503, .unproven = true, .run = APART},
        {.http = true,
         .status = 403,
         .headers = "\"Server\":\"AkamaiGHost\"",
         .unproven = true,
         .run = APART},
        {.http = true, .status = 500, .run = APART},
    };
    struct seen own = {.status = 200, .body = OWN};
    struct seen other = {
        .http = true, .unproven = true, .status = 404, .run = APART};
    (void)state;
    for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
        const struct seen *s = &pages[i];
        assert_undecided(verdict_of(s, again(s), page_at(SITE, &own)));
    }
    /* the twin: a server that knows no page */
    assert_notice(verdict_of(&other, again(&other), page_at(SITE, &own)));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_site_without_https_proves_itself_by_its_page),
        T(a_notice_from_another_network_is_interference),
        T(a_redirect_that_nobody_follows_is_an_answer),
        T(who_else_is_asked_later_tells_that_the_name_was_lied_about),
        T(what_old_addresses_show_elsewhere_is_no_notice),
        T(an_edge_that_has_https_shows_no_notice),
        T(a_cache_that_is_ill_and_shared_is_innocent),
        T(a_copy_in_another_language_is_no_notice),
        T(a_site_with_https_needs_no_page_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
