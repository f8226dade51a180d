// SPDX-License-Identifier: Apache-2.0
#include "wire/host.h"
#include "wire/url.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct region *r;
    struct url u;
    struct diag d;
};

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    f.r = region_new(1 << 22);
    *state = &f;
    return f.r ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    region_free(f->r);
    return 0;
}

static enum err parse(struct fixture *f, const char *text)
{
    return url_parse(f->r, str_c(text), &f->u, &f->d);
}

static void urls_are_normalised(void **state)
{
    struct fixture *f = *state;
    static const char *const rows[][2] = {
        {"http://example.com", "http://example.com/"},
        {"HTTP://EXAMPLE.com./A?b#c", "http://example.com/A?b"},
        {"https://example.com:443/", "https://example.com:443/"},
        {"https://example.com:/", "https://example.com/"},
        {"https://example.com:8443?x=1", "https://example.com:8443/?x=1"},
        {"http://example.com/a b\"c?d e|f",
         "http://example.com/a%20b%22c?d%20e|f"},
        {"http://example.com/%7euser/%zz", "http://example.com/%7euser/%zz"},
        {"http://example.com/a/../b", "http://example.com/a/../b"},
        {"http://example.com/\xd1\x8f", "http://example.com/%D1%8F"},
        {"http://\xd1\x8f\xd0\xbd\xd0\xb4\xd0\xb5\xd0\xba\xd1\x81.\xd1\x80\xd1\x84/",
         "http://xn--d1acpjx3f.xn--p1ai/"},
        {"http://\xd0\xaf\xd0\xbd\xd0\xb4\xd0\xb5\xd0\xba\xd1\x81.\xd1\x80\xd1\x84/",
         "http://xn--d1acpjx3f.xn--p1ai/"},
        {"http://[2001:DB8:0::1]:8080/x", "http://[2001:db8::1]:8080/x"},
        {"http://192.0.2.7/", "http://192.0.2.7/"},
        {" http://example.com/ \r\n", "http://example.com/"},
        {"http://under_score.example.com/", "http://under_score.example.com/"},
        {"http://fa\xc3\x9f.de/", "http://xn--fa-hia.de/"},
        {"http://xn--i-7iq.ws/", "http://xn--i-7iq.ws/"},
        {"http://i\xe2\x9d\xa4.ws/", "http://xn--i-7iq.ws/"},
        {"http://I\xe2\x9d\xa4\xef\xb8\x8f.WS:8080/x",
         "http://xn--i-7iq.ws:8080/x"},
        {"http://\xf0\x9f\x98\x80.\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa.example",
         "http://xn--e28h.xn--h77hc.example/"},
        {"http://B\xc3\xbc"
         "cher\xf0\x9f\x98\x80.b\xc3\xbc"
         "cher.example/",
         "http://xn--bcher-kva83980g.xn--bcher-kva.example/"},
        {"http://r3---sn-x.example.com/@a:b",
         "http://r3---sn-x.example.com/@a:b"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (parse(f, rows[i][0]) != ERR_OK) {
            fail_msg("%s: %s", rows[i][0], f->d.text);
        }
        assert_string_equal(f->u.text, rows[i][1]);
        /* Normalising again changes nothing. */
        assert_int_equal(parse(f, rows[i][1]), ERR_OK);
        assert_string_equal(f->u.text, rows[i][1]);
    }
}

static void the_parts_of_a_url_are_told_apart(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(parse(f, "https://[::1]:8443/p/q?r"), ERR_OK);
    assert_true(f->u.https);
    assert_string_equal(f->u.host, "::1");
    assert_string_equal(f->u.authority, "[::1]:8443");
    assert_int_equal(f->u.port, 8443);
    assert_true(f->u.explicit_port);
    assert_string_equal(f->u.target, "/p/q?r");
    assert_int_equal(f->u.literal.family, 6);

    assert_int_equal(parse(f, "http://a.example:80"), ERR_OK);
    assert_false(f->u.https);
    assert_string_equal(f->u.authority, "a.example");
    assert_int_equal(f->u.port, 80);
    assert_true(f->u.explicit_port);
    assert_string_equal(f->u.target, "/");
    assert_int_equal(f->u.literal.family, 0);

    assert_int_equal(parse(f, "http://a.example"), ERR_OK);
    assert_false(f->u.explicit_port);
}

static void bad_urls_are_refused_with_column_and_reason(void **state)
{
    struct fixture *f = *state;

    static const struct {
        const char *text, *column, *reason;
    } rows[] = {
        {"", "column 1:", "empty"},
        {"example.com", "column 1:", "http://"},
        {"ftp://example.com/", "column 1:", "unsupported scheme"},
        {"http:example.com/", "column 6:", "//"},
        {"http:/example.com/", "column 6:", "//"},
        {"http://", "column 8:", "empty host"},
        {"http:///x", "column 8:", "empty host"},
        {"http://:80/", "column 8:", "empty host"},
        {"http://u:p@example.com/", "column 8:", "user info is not allowed"},
        {"http://a@b@c/", "column 8:", "user info is not allowed"},
        {"http://exa mple.com/", "column 11:", "not allowed in a host"},
        {"http://a%41.com/", "column 9:", "not allowed in a host"},
        {"http://a\\b.com/", "column 9:", "not allowed in a host"},
        {"http://a,b.com/", "column 8:", "not allowed"},
        {"http://a..b/", "column 8:", "empty label"},
        {"http://.a/", "column 8:", "empty label"},
        {"http://example.com:0/", "column 20:", "bad port"},
        {"http://example.com:65536/", "column 20:", "bad port"},
        {"http://example.com:-1/", "column 20:", "bad port"},
        {"http://example.com:+80/", "column 20:", "bad port"},
        {"http://example.com:80:80/", "column 20:", "bad port"},
        {"http://[::1/", "column 8:", "bad IPv6"},
        {"http://[1.2.3.4]/", "column 8:", "bad IPv6"},
        {"http://[fe80::1%25eth0]/", "column 8:", "bad IPv6"},
        {"http://[::1]x/", "column 13:", "bad port"},
        {"http://127.1/", "column 8:", "number"},
        {"http://2130706433/", "column 8:", "number"},
        {"http://0x7f.0.0.1/", "column 8:", "number"},
        {"http://a.0x7F/", "column 8:", "number"},
        {"http://1.2.3.4.5/", "column 8:", "number"},
        {"http://example.com/a\tb", "column 21:", "control"},
        {"http://exam\nple.com/", "column 12:", "control"},
        {"http://xn--a-0000000000.com/", "column 8:", "A-label"},
        {"http://\xff.com/", "column 8:", "UTF-8"},
        {"http://a\xef\xbc\x8f"
         "b.com/",
         "column 8:", ""},
        {"http://\xf0\x9f\x98\x80\xe2\x80\x8d\xf0\x9f\x98\x80.example/",
         "column 8:", "disallowed"}, /* joined, which browsers refuse, too */
        {"http://\xf0\x9f\x98\x80\xe3\x80\x82"
         "b.example/",
         "column 8:", "disallowed"},
        {"  http://u@h/", "column 10:", "user info"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        f->d.text[0] = '\0';
        if (parse(f, rows[i].text) != ERR_PARSE) {
            fail_msg("'%s' is not refused", rows[i].text);
        }
        if (!str_starts(str_c(f->d.text), rows[i].column) ||
            !strstr(f->d.text, rows[i].reason)) {
            fail_msg("'%s': %s", rows[i].text, f->d.text);
        }
    }
    assert_null(f->u.text);
}

static void a_look_alike_of_an_address_is_that_address(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(parse(f, "http://\xef\xbc\x91"
                              "27.0.0.1/"),
                     ERR_OK);
    assert_string_equal(f->u.host, "127.0.0.1");
    assert_true(ip_is_loopback(&f->u.literal));
    assert_int_equal(parse(f, "http://127.0.0.1./"), ERR_OK);
    assert_true(ip_is_loopback(&f->u.literal));
}

static void long_urls_are_refused(void **state)
{
    struct fixture *f = *state;
    char *text = malloc(URL_MAX + 2);
    assert_non_null(text);
    memset(text, 'a', URL_MAX + 1);
    text[URL_MAX + 1] = '\0';
    memcpy(text, "http://h/", 9);
    assert_int_equal(parse(f, text), ERR_PARSE);
    text[URL_MAX] = '\0';
    assert_int_equal(parse(f, text), ERR_OK);
    memset(text + 9, ' ', URL_MAX - 10); /* three bytes each once encoded */
    assert_int_equal(parse(f, text), ERR_PARSE);
    assert_non_null(strstr(f->d.text, "longer than 8192"));
    free(text);
}

static void references_resolve_as_the_rfc_says(void **state)
{
    struct fixture *f = *state;
    /* RFC 3986 5.4, with http instead of its own example schemes. */
    static const char *const rows[][2] = {
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g/"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q"},
        {"g#s", "http://a/b/c/g"},
        {"g?y#s", "http://a/b/c/g?y"},
        {";x", "http://a/b/c/;x"},
        {"g;x?y#s", "http://a/b/c/g;x?y"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../", "http://a/"},
        {"../../g", "http://a/g"},
        {"../../../g", "http://a/g"},
        {"../../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {".g", "http://a/b/c/.g"},
        {"g..", "http://a/b/c/g.."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/./x", "http://a/b/c/g?y/./x"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"https://H.example/x/../y", "https://h.example/y"},
        {"//h:8080/", "http://h:8080/"},
        {"HTTPS://h", "https://h/"},
        {"/caf\xc3\xa9 x", "http://a/caf%C3%A9%20x"},
        {"http://user:pw@h/x", "http://h/x"},
    };
    struct url base;
    assert_int_equal(url_parse(f->r, STR("http://a/b/c/d;p?q"), &base, &f->d),
                     ERR_OK);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum err e = url_resolve(f->r, &base, str_c(rows[i][0]), &f->u, &f->d);
        if (e) {
            fail_msg("'%s': %s", rows[i][0], f->d.text);
        }
        assert_string_equal(f->u.text, rows[i][1]);
    }
}

static void a_reference_without_a_host_is_told_apart(void **state)
{
    struct fixture *f = *state;
    static const char *const empty[] = {
        "http://",     "https://",   "https:", "//",       "///",
        "http://:80/", "http://u@/", "//:",    "https:///"};
    struct url base;
    assert_int_equal(url_parse(f->r, STR("http://a/b"), &base, &f->d), ERR_OK);
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        if (url_resolve(f->r, &base, str_c(empty[i]), &f->u, &f->d) !=
            ERR_NOTFOUND) {
            fail_msg("%s", empty[i]);
        }
    }
    static const char *const other[] = {"ftp://h/", "javascript:alert(1)",
                                        "localhost:80/x", "intent://h"};
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        assert_int_equal(
            url_resolve(f->r, &base, str_c(other[i]), &f->u, &f->d), ERR_PARSE);
        assert_non_null(strstr(f->d.text, "unsupported scheme"));
    }
}

/* What RFC 3986 refuses or reads in another way (URL Standard, 4.4). */
static void references_are_read_as_browsers_do(void **state)
{
    struct fixture *f = *state;
    static const char *const rows[][2] = {
        {"http://%77%77w.example/", "http://www.example/"},
        {"//e%78ample%2Eorg:8080/", "http://example.org:8080/"},
        {"http://%D1%8F.example/%77", "http://xn--41a.example/%77"},
        {"http://%F0%9F%98%80.example/", "http://xn--e28h.example/"},
        {"http://i\xe2\x9d\xa4\xef\xb8\x8f.ws/x", "http://xn--i-7iq.ws/x"},
        {"http://%31%32%37.0.0.1/", "http://127.0.0.1/"},
        {"http:\\\\h.example\\a\\b?c\\d", "http://h.example/a/b?c\\d"},
        {"\\\\h.example/a", "http://h.example/a"},
        {"///h.example/a", "http://h.example/a"},
        {"http:////h.example/a", "http://h.example/a"},
        {"https:h.example/a", "https://h.example/a"},
        {"http:g", "http://a/g"},
        {"http:/g", "http://a/g"},
        {"http:", "http://a/b"},
        {"  \x01\x1f/a ", "http://a/a"},
        {"ht\ntp://h.ex\tample/\r\n a", "http://h.example/%20a"},
        {"/a\r\nX: y", "http://a/aX:%20y"},
        {"/a\x01\x7f\xff", "http://a/a%01%7F%FF"},
        {"http://u:p%40@h.example/", "http://h.example/"},
    };
    static const char *const bad[] = {
        "http://%/",         "http://%7/",        "http://%zz/",
        "http://a%00.b/",    "http://a%20b/",     "http://a%2Fb.example/",
        "http://a%40b.c/",   "http://a%3A80/",    "http://%ff.example/",
        "http://a%25b.com/", "http://a%5cb.com/", "http://h.example:8%30/",
    };
    struct url base;
    assert_int_equal(url_parse(f->r, STR("http://a/b"), &base, &f->d), ERR_OK);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (url_resolve(f->r, &base, str_c(rows[i][0]), &f->u, &f->d)) {
            fail_msg("'%s': %s", rows[i][0], f->d.text);
        }
        assert_string_equal(f->u.text, rows[i][1]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (url_resolve(f->r, &base, str_c(bad[i]), &f->u, &f->d) !=
            ERR_PARSE) {
            fail_msg("'%s' is not refused", bad[i]);
        }
    }
}

static void a_relative_reference_keeps_the_port(void **state)
{
    struct fixture *f = *state;
    struct url base;
    assert_int_equal(
        url_parse(f->r, STR("https://[::1]:8443/a?b"), &base, &f->d), ERR_OK);
    assert_int_equal(url_resolve(f->r, &base, STR("c"), &f->u, &f->d), ERR_OK);
    assert_string_equal(f->u.text, "https://[::1]:8443/c");
    assert_true(f->u.https);
    assert_string_equal(f->u.host, base.host);
    assert_int_equal(f->u.port, 8443);
    assert_int_equal(url_resolve(f->r, &base, STR("//[::1]/"), &f->u, &f->d),
                     ERR_OK);
    assert_int_equal(f->u.port, 443);
    assert_string_equal(f->u.host, base.host);
}

static void registrable_domains_come_from_the_public_suffix_list(void **state)
{
    (void)state;
    assert_true(host_has_known_suffix("warning.or.kr"));
    assert_true(host_has_known_suffix("example.com"));
    assert_false(host_has_known_suffix("jquery.js"));
    assert_false(host_has_known_suffix("com"));
    assert_false(host_has_known_suffix(""));
    assert_string_equal(host_registrable("a.b.example.com"), "example.com");
    assert_string_equal(host_registrable("www.bbc.co.uk"), "bbc.co.uk");
    assert_string_equal(host_registrable("co.uk"), "co.uk");
    assert_string_equal(host_registrable("localhost"), "localhost");
    assert_string_equal(host_registrable("1.2.3.4"), "1.2.3.4");
    assert_string_equal(host_registrable("me.github.io"), "me.github.io");
}

static void cookies_stay_within_their_site(void **state)
{
    (void)state;
    assert_true(host_cookie_domain_ok("www.example.com", "example.com"));
    assert_true(host_cookie_domain_ok("www.example.com", "www.example.com"));
    assert_false(host_cookie_domain_ok("www.example.com", "com"));
    assert_false(host_cookie_domain_ok("www.example.com", "other.com"));
    assert_false(host_cookie_domain_ok("badexample.com", "example.com"));
    assert_false(host_cookie_domain_ok("a.github.io", "github.io"));
    assert_false(host_cookie_domain_ok("1.2.3.4", "3.4"));
    assert_true(host_domain_match("a.b.c", "b.c"));
    assert_false(host_domain_match("a.b.c", ".b.c"));
    assert_false(host_domain_match("b.c", "a.b.c"));
    assert_false(host_domain_match("b.c", ""));
}

static void host_names_keep_within_the_limits_of_dns(void **state)
{
    struct fixture *f = *state;
    const char *out = NULL;
    char text[300];
    memset(text, 'a', sizeof(text));
    text[63] = text[127] = text[191] = '.';
    text[253] = '\0';
    assert_int_equal(host_to_ascii(f->r, str_c(text), &out, &f->d), ERR_OK);
    text[253] = 'a';
    text[254] = '\0';
    assert_int_equal(host_to_ascii(f->r, str_c(text), &out, &f->d), ERR_PARSE);
    memset(text, 'a', 64);
    assert_int_equal(host_to_ascii(f->r, (struct str){text, 64}, &out, &f->d),
                     ERR_PARSE);
    assert_int_equal(host_to_ascii(f->r, (struct str){"a\0b", 3}, &out, &f->d),
                     ERR_PARSE);
    assert_int_equal(host_to_ascii(f->r, STR("."), &out, &f->d), ERR_PARSE);
    assert_int_equal(host_to_ascii(f->r, STR("a.."), &out, &f->d), ERR_PARSE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(urls_are_normalised),
        TEST(the_parts_of_a_url_are_told_apart),
        TEST(bad_urls_are_refused_with_column_and_reason),
        TEST(a_look_alike_of_an_address_is_that_address),
        TEST(long_urls_are_refused),
        TEST(references_resolve_as_the_rfc_says),
        TEST(a_reference_without_a_host_is_told_apart),
        TEST(references_are_read_as_browsers_do),
        TEST(a_relative_reference_keeps_the_port),
        TEST(registrable_domains_come_from_the_public_suffix_list),
        TEST(cookies_stay_within_their_site),
        TEST(host_names_keep_within_the_limits_of_dns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
