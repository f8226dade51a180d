// SPDX-License-Identifier: Apache-2.0
/* Headers, cookies and redirects: what needs no network. */
#include "net/cookies.h"
#include "net/headers.h"
#include "net/redirect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1800000000)

static int make_region(void **state)
{
    *state = region_new(1 << 20);
    return *state ? 0 : -1;
}

static int drop_region(void **state)
{
    region_free(*state);
    return 0;
}

static struct url url_of(struct region *r, const char *text)
{
    struct url u;
    assert_int_equal(url_parse(r, str_c(text), &u, NULL), ERR_OK);
    return u;
}

/* ---- headers ---- */

static void header_names_take_gos_form(void **state)
{
    static const char *const pairs[][2] = {
        {"content-type", "Content-Type"},
        {"ETAG", "Etag"},
        {"x-xss-protection", "X-Xss-Protection"},
        {"p3p", "P3p"},
        {"Accept-Encoding", "Accept-Encoding"},
        {"a b", "a b"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        assert_string_equal(headers_canonical(*state, str_c(pairs[i][0])),
                            pairs[i][1]);
    }
}

static void one_browser_sends_all_headers(void **state)
{
    struct obs_header h[HEADERS_MAX];
    (void)state;
    size_t n = headers_for(false, NULL, 0, h);
    assert_null(headers_find(h, n, "sec-fetch-mode"));
    assert_true(str_eq_c(headers_find(h, n, "accept-encoding")->value,
                         "gzip, deflate"));
    n = headers_for(true, NULL, 0, h);
    assert_non_null(headers_find(h, n, "sec-fetch-mode"));
    assert_true(str_eq_c(headers_find(h, n, "accept-encoding")->value,
                         "gzip, deflate, br, zstd"));
}

static void assert_order(const struct obs_header *h, size_t n, bool http2,
                         const char *wanted)
{
    char names[512] = "";
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        if (headers_suits(h[i].name, http2)) {
            len += (size_t)snprintf(names + len, sizeof(names) - len, "%s ",
                                    h[i].name);
        }
    }
    assert_string_equal(names, wanted);
}

static void headers_stand_in_the_browsers_order(void **state)
{
    struct obs_header h[HEADERS_MAX];

    (void)state;
    size_t n = headers_for(false, NULL, 0, h);
    n = headers_with_cookie(h, n, "a=b");
    assert_order(h, n, false,
                 "User-Agent Accept Accept-Language Accept-Encoding Connection "
                 "Cookie Upgrade-Insecure-Requests Priority ");
    n = headers_for(true, NULL, 0, h);
    assert_order(h, n, false,
                 "User-Agent Accept Accept-Language Accept-Encoding Connection "
                 "Upgrade-Insecure-Requests Sec-Fetch-Dest Sec-Fetch-Mode "
                 "Sec-Fetch-Site Sec-Fetch-User Priority ");
    assert_order(h, n, true,
                 "User-Agent Accept Accept-Language Accept-Encoding "
                 "Upgrade-Insecure-Requests Sec-Fetch-Dest Sec-Fetch-Mode "
                 "Sec-Fetch-Site Sec-Fetch-User Priority TE ");
}

static void the_browser_says_that_it_runs_on_linux(void **state)
{
    struct obs_header h[HEADERS_MAX];

    (void)state;
    size_t n = headers_for(false, NULL, 0, h);
    struct str agent = headers_find(h, n, "User-Agent")->value;
    assert_true(str_eq_c(agent, headers_user_agent()));
    assert_true(str_starts(agent, "Mozilla/5.0 (X11; Linux x86_64; rv:"));
}

static void given_headers_replace_values_and_add_none(void **state)
{
    const struct obs_header given[] = {{"user-agent", STR("probe")},
                                       {"x-evil", STR("1")}};
    struct obs_header h[HEADERS_MAX];
    (void)state;
    size_t n = headers_for(true, given, 2, h);
    assert_true(str_eq_c(headers_find(h, n, "User-Agent")->value, "probe"));
    assert_null(headers_find(h, n, "x-evil"));
}

/* ---- cookies ---- */

static void take(struct cookie_jar *jar, struct region *r, const char *url,
                 const char *set)
{
    struct url u = url_of(r, url);
    struct obs_header h = {"Set-Cookie", str_c(set)};
    assert_int_equal(cookies_take(jar, r, &u, &h, 1, NOW), ERR_OK);
}

static const char *sent(struct cookie_jar *jar, struct region *r,
                        const char *url)
{
    struct url u = url_of(r, url);
    return cookies_for(jar, r, &u);
}

static void assert_sent(struct cookie_jar *jar, struct region *r,
                        const char *url, const char *want)
{
    const char *cookies = sent(jar, r, url);
    assert_non_null(cookies);
    assert_string_equal(cookies, want);
}

static void a_cookie_goes_back_to_its_host_only(void **state)
{
    struct cookie_jar jar = {0};
    take(&jar, *state, "http://www.example.com/a", "k=v; HttpOnly");
    assert_sent(&jar, *state, "http://www.example.com/b", "k=v");
    assert_null(sent(&jar, *state, "http://example.com/"));
    assert_null(sent(&jar, *state, "http://a.www.example.com/"));
}

static void a_domain_cookie_goes_to_the_whole_domain(void **state)
{
    struct cookie_jar jar = {0};
    take(&jar, *state, "http://www.example.com/", "k=v; Domain=.Example.com");
    assert_sent(&jar, *state, "http://x.example.com/", "k=v");
    assert_sent(&jar, *state, "http://example.com/", "k=v");
    assert_null(sent(&jar, *state, "http://badexample.com/"));
}

static void
nobody_sets_cookies_for_a_public_suffix_or_another_site(void **state)
{
    struct cookie_jar jar = {0};
    take(&jar, *state, "http://www.example.co.uk/", "k=v; Domain=co.uk");
    take(&jar, *state, "http://www.example.com/", "k=v; Domain=other.com");
    take(&jar, *state, "http://93.184.216.34/", "k=v; Domain=184.216.34");
    assert_int_equal(jar.n, 0);
}

static void secure_cookies_need_tls_both_ways(void **state)
{
    struct cookie_jar jar = {0};
    take(&jar, *state, "http://example.com/", "a=1; Secure");
    take(&jar, *state, "https://example.com/", "b=2; Secure");
    assert_null(sent(&jar, *state, "http://example.com/"));
    assert_sent(&jar, *state, "https://example.com/", "b=2");
}

static void paths_limit_cookies(void **state)
{
    struct cookie_jar jar = {0};
    take(&jar, *state, "http://example.com/a/b", "k=v");
    take(&jar, *state, "http://example.com/", "p=q; Path=/x");
    assert_sent(&jar, *state, "http://example.com/a/z", "k=v");
    assert_null(sent(&jar, *state, "http://example.com/ab"));
    assert_sent(&jar, *state, "http://example.com/x/y", "p=q");
    assert_null(sent(&jar, *state, "http://example.com/xy"));
}

static void expired_cookies_are_removed(void **state)
{
    struct cookie_jar jar = {0};
    take(&jar, *state, "http://example.com/", "k=v");
    take(&jar, *state, "http://example.com/", "l=w; Max-Age=100");
    take(&jar, *state, "http://example.com/",
         "k=; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
    assert_sent(&jar, *state, "http://example.com/", "l=w");
    take(&jar, *state, "http://example.com/", "l=x; Max-Age=0");
    assert_null(sent(&jar, *state, "http://example.com/"));
    take(&jar, *state, "http://example.com/",
         "m=1; expires=Wed, 09-Jun-2049 10:18:14 GMT");
    assert_sent(&jar, *state, "http://example.com/", "m=1");
}

static void cookies_are_bounded(void **state)
{
    struct cookie_jar jar = {0};
    char text[64];
    for (int i = 0; i < 2000; i++) {
        snprintf(text, sizeof(text), "k%d=v", i);
        take(&jar, *state, "http://example.com/", text);
    }
    assert_int_equal(jar.n, COOKIES_MAX);
    take(&jar, *state, "http://example.com/", "=nothing");
    take(&jar, *state, "http://example.com/", "");
    assert_int_equal(jar.n, COOKIES_MAX);
}

/* ---- redirects ---- */

static struct redirect follow(struct region *r, const char *from, int status,
                              const char *to, int *left)
{
    struct url u = url_of(r, from);
    struct obs_header h = {"Location", str_c(to)};
    struct obs_http http = {
        .status = status, .headers = &h, .n_headers = to ? 1 : 0};
    struct redirect re;
    assert_int_equal(redirect_of(r, &u, &http, left, false, &re), ERR_OK);
    return re;
}

static void five_statuses_lead_on(void **state)
{
    static const int statuses[] = {301, 302, 303, 307, 308};
    int left = 10;
    for (size_t i = 0; i < 5; i++) {
        struct redirect re = follow(*state, "http://example.com/a/b",
                                    statuses[i], "../c?d", &left);
        assert_true(re.follow);
        assert_string_equal(re.to.text, "http://example.com/c?d");
    }
    assert_int_equal(left, 5);
    assert_false(follow(*state, "http://example.com/", 304, "/", &left).follow);
    assert_false(follow(*state, "http://example.com/", 200, "/", &left).follow);
    assert_false(
        follow(*state, "http://example.com/", 302, NULL, &left).follow);
    assert_int_equal(left, 5);
}

static void the_eleventh_redirect_is_a_failure(void **state)
{
    int left = 0;
    struct redirect re =
        follow(*state, "http://example.com/", 302, "/again", &left);
    assert_false(re.follow);
    assert_string_equal(re.failure,
                        "unknown_failure: stopped after too many redirects");
}

static void refused_targets_say_why(void **state)
{
    static const char *const refused[] = {
        "http://127.0.0.1/",      "http://10.0.0.1/",
        "http://[::1]/",          "file:///etc/passwd",
        "ftp://example.com/",     "javascript:alert(1)",
        "http://example.com:22/", "http://169.254.169.254/latest",
    };
    int left = 10;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct redirect re =
            follow(*state, "http://example.com/", 302, refused[i], &left);
        assert_false(re.follow);
        assert_non_null(re.failure);
        assert_true(strncmp(re.failure, "unknown_failure: ", 17) == 0);
    }
    assert_int_equal(left, 10);
    struct redirect re =
        follow(*state, "http://example.com/", 302, "http://", &left);
    assert_string_equal(re.failure, "http_invalid_redirect_location_host");
    assert_true(follow(*state, "http://example.com/", 302,
                       "https://example.com:8443/", &left)
                    .follow);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_region, drop_region)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(header_names_take_gos_form),
        TEST(one_browser_sends_all_headers),
        TEST(headers_stand_in_the_browsers_order),
        TEST(the_browser_says_that_it_runs_on_linux),
        TEST(given_headers_replace_values_and_add_none),
        TEST(a_cookie_goes_back_to_its_host_only),
        TEST(a_domain_cookie_goes_to_the_whole_domain),
        TEST(nobody_sets_cookies_for_a_public_suffix_or_another_site),
        TEST(secure_cookies_need_tls_both_ways),
        TEST(paths_limit_cookies),
        TEST(expired_cookies_are_removed),
        TEST(cookies_are_bounded),
        TEST(five_statuses_lead_on),
        TEST(the_eleventh_redirect_is_a_failure),
        TEST(refused_targets_say_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
