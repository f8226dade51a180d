// SPDX-License-Identifier: Apache-2.0
#include "record/site_consent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct region *r;
static struct site_classes *classes;

static int setup(void **state)
{
    (void)state;
    r = region_new((size_t)1 << 24);
    classes = site_classes_new();
    return r && classes ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    site_classes_free(classes);
    region_free(r);
    return 0;
}

static struct url url_of(const char *text)
{
    struct url url;
    assert_int_equal(url_parse(r, str_c(text), &url, NULL), ERR_OK);
    return url;
}

static void row(const char *text, int risk)
{
    struct url url = url_of(text);
    assert_int_equal(site_classes_add(classes, &url, risk), ERR_OK);
}

static void is_class(const char *text, int want)
{
    struct url url = url_of(text);
    int got = site_classes_of(classes, &url);
    if (got != want) {
        print_message("%s: %d instead of %d\n", text, got, want);
    }
    assert_int_equal(got, want);
}

static void an_address_is_one_behind_nat64_too(void **state)
{
    (void)state;
    row("http://45.93.1.3/", 3);
    row("http://[64:ff9b::2d5d:104]/", 3);
    is_class("http://[64:ff9b::2d5d:103]/", 3);
    is_class("http://45.93.1.4/", 3);
    is_class("http://[64:ff9b::2d5d:105]/", SITE_UNLISTED);
}

static void a_row_of_its_own_counts_first(void **state)
{
    (void)state;
    row("https://a.example/", 1);
    row("https://a.example/gay/", 3);
    is_class("https://a.example/", 1);
    is_class("https://a.example/gay/", 3);
    is_class("https://a.example/news", 1);
}

static void all_ways_to_write_a_url_are_one(void **state)
{
    static const char *const same[] = {
        "http://a.example/gay",        "https://a.example:443/gay",
        "https://A.EXAMPLE/gay/",      "https://a.example./gay",
        "https://a.example/%67a%79",   "https://a.example/x/../gay",
        "https://a.example/./gay",     "https://a.example/gay?",
        "https://a.example/gay#there", "https://a.example/%67ay/.",
    };
    (void)state;
    row("https://a.example/", 0);
    row("https://a.example/gay", 3);
    row("https://a.example/%e2%82%ac", 2);
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        is_class(same[i], 3);
    }
    is_class("https://a.example/%E2%82%AC", 2);
    is_class("https://a.example/\xe2\x82\xac", 2);
}

static void of_two_classes_the_riskiest_counts(void **state)
{
    (void)state;
    row("https://a.example/", 3);
    row("http://a.example/", 1);
    is_class("https://a.example/", 3);
    is_class("http://a.example/x", 3);
    row("https://b.example/", 0);
    row("https://b.example/", 2);
    is_class("https://b.example/", 2);
}

/* Of a host that is listed by single pages only a provider sees the name alone,
 * over TLS; in cleartext it sees the page. */
static void without_a_root_row_the_scheme_decides(void **state)
{
    (void)state;
    row("https://a.example/shop", 0);
    row("https://a.example/gay", 3);
    row("https://a.example/gay/news", 1);
    is_class("https://a.example/else", 0);
    is_class("http://a.example/gay/news/1", 3);
    is_class("http://a.example/shop/2", 0);
    /* no row begins it: what is known of the domain, at its riskiest */
    is_class("http://a.example/else", 3);
}

static void the_registrable_domain_comes_last(void **state)
{
    (void)state;
    row("https://www.a.example/", 3);
    is_class("https://a.example/", 3);
    is_class("https://m.a.example/x", 3);
    is_class("http://other.example/", SITE_UNLISTED);
    row("https://www.book.example/", 1);
    row("https://www.book.example/gay", 3);
    row("https://book.example/watch", 1);
    is_class("https://m.book.example/", 1);
    is_class("http://book.example/gay", 1);
    row("https://gay.blogspot.com/", 3);
    is_class("https://other.blogspot.com/", SITE_UNLISTED);
    row("https://x.c.example/", 1);
    row("https://y.c.example/", 3);
    is_class("https://z.c.example/", 1);
    is_class("http://z.c.example/", 3);
    row("http://93.184.216.34/", 3);
    is_class("http://93.184.216.34/x", 3);
    is_class("http://94.184.216.34/", SITE_UNLISTED);
}

static void a_row_alone_is_asked_for(void **state)
{
    struct url url = url_of("https://a.example/");
    (void)state;
    row("https://a.example/x", 3);
    assert_int_equal(site_classes_row(classes, &url), SITE_UNLISTED);
    url = url_of("http://a.example/x/");
    assert_int_equal(site_classes_row(classes, &url), 3);
}

static void consent_is_asked_of_listed_sites_only(void **state)
{
    struct site_consent c = {.classes = classes, .accepted = {true, true}};
    struct url good = url_of("https://news.example/");
    struct url bad = url_of("https://www.gay.example/");
    struct url none = url_of("https://unknown.example/");
    (void)state;
    row("https://news.example/", 1);
    row("https://gay.example/", 3);
    assert_true(site_consent_allows(&c, &good));
    assert_false(site_consent_unlisted(&c, &good));
    assert_false(site_consent_allows(&c, &bad));
    assert_false(site_consent_unlisted(&c, &bad));
    assert_true(site_consent_allows(&c, &none));
    assert_true(site_consent_unlisted(&c, &none));
    c.accepted[3] = true;
    assert_true(site_consent_allows(&c, &bad));
    c.accepted[3] = false;
    c.chosen = "gay.example";
    assert_true(site_consent_allows(&c, &bad));
    c.chosen = "news.example";
    assert_false(site_consent_allows(&c, &bad));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_address_is_one_behind_nat64_too),
        T(a_row_of_its_own_counts_first),
        T(all_ways_to_write_a_url_are_one),
        T(of_two_classes_the_riskiest_counts),
        T(without_a_root_row_the_scheme_decides),
        T(the_registrable_domain_comes_last),
        T(a_row_alone_is_asked_for),
        T(consent_is_asked_of_listed_sites_only),
    };

    return cmocka_run_group_tests_name("site_classes", tests, NULL, NULL);
}
