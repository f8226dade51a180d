// SPDX-License-Identifier: Apache-2.0
/* Spellings of a URL that are one site, and others that are not. */
#include "wire/url_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_site(const char *input, const char *want)
{
    struct region *r = region_new(1 << 20);
    assert_non_null(r);
    const char *got = url_site(r, input);
    assert_non_null(got);
    if (strcmp(got, want) != 0) {
        fail_msg("%s: %s, not %s", input, got, want);
    }
    const char *again = url_site(r, got);
    assert_non_null(again);
    assert_string_equal(again, got);
    region_free(r);
}

static void spelling_makes_no_second_site(void **state)
{
    static const char *const same[] = {
        "https://blocked.example.org/",
        "HTTPS://Blocked.Example.ORG./",
        "https://blocked.example.org",
        "https://blocked.example.org:443/",
        "https://blocked.example.org:443",
        "https://BLOCKED.example.org.:443",
        "https://blocked.example.org:/",
        "https://blocked.example.org/#top",
        "https://blocked.example.org#top",
        "https://blocked.example.org/?",
        "https://blocked.example.org?#",
        "https://user@blocked.example.org/",
        "https://user:secret@blocked.example.org/",
        "https://blocked.example.org/.",
        "https://blocked.example.org/./",
        "https://blocked.example.org/a/..",
        "https://blocked.example.org/%2e",
        "https://blocked.example.org/a/%2E%2e/",
        "  https://blocked.example.org/ ",
        "https:\\\\blocked.example.org\\",
        "https://blocked%2Eexample.org/",
        "https://%62locked.example.org/",
        "https://\xef\xbd\x82locked.example.org/", /* a wide b */
        "https://blocked\xe3\x80\x82"
        "example.org/", /* an ideographic stop */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        assert_site(same[i], "https://blocked.example.org/");
    }
}

static void escapes_have_one_form(void **state)
{
    (void)state;
    assert_site("http://a.example/%7euser/%c3%a9?q=%2f%41",
                "http://a.example/~user/%C3%A9?q=%2FA");
    assert_site("http://a.example/~user/\xc3\xa9?q=%2FA",
                "http://a.example/~user/%C3%A9?q=%2FA");
    assert_site("http://a.example/{x}|?{y}|",
                "http://a.example/%7Bx%7D%7C?%7By%7D%7C");
    assert_site("http://a.example/%7bx%7d%7c?%7by%7D%7C",
                "http://a.example/%7Bx%7D%7C?%7By%7D%7C");
    /* no escape: itself, so that what is written has the same name again */
    assert_site("http://a.example/100%", "http://a.example/100%25");
    assert_site("http://a.example/%%33%", "http://a.example/%253%25");
    assert_site("http://a.example/a b", "http://a.example/a%20b");
}

static void names_have_one_form(void **state)
{
    (void)state;
    assert_site("http://B\xc3\xbc"
                "cher.example/",
                "http://xn--bcher-kva.example/");
    assert_site("http://XN--Bcher-KVA.example/",
                "http://xn--bcher-kva.example/");
    assert_site("http://[2001:DB8::0:1]:80/", "http://[2001:db8::1]/");
    assert_site("http://192.0.2.1:80", "http://192.0.2.1/");
}

static void other_sites_stay_others(void **state)
{
    static const char *const others[] = {
        "http://blocked.example.org/",       "https://www.blocked.example.org/",
        "https://blocked.example.org:8443/", "https://blocked.example.org/a",
        "https://blocked.example.org/A",     "https://blocked.example.org/a/",
        "https://blocked.example.org/a%2Fb", "https://blocked.example.org/a/b",
        "https://blocked.example.org/?a",    "https://blocked.example.org/?A",
        "https://blocked.example.org/?a??",  "https://blocked.example.org//",
        "https://blocked.example.org//a/",   "https://blocked.example.org/%25",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_site(others[i], others[i]);
    }
}

static void what_is_no_url_is_itself(void **state)
{
    static const char *const texts[] = {
        "",
        "nonsense",
        "ftp://a.example/",
        "http://",
        "http:///",
        "https://127.1/",
        "//a.example/",
        "/a",
        "dot://9/",
        "http://a.example:99999/",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_site(texts[i], texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spelling_makes_no_second_site),
        cmocka_unit_test(escapes_have_one_form),
        cmocka_unit_test(names_have_one_form),
        cmocka_unit_test(other_sites_stay_others),
        cmocka_unit_test(what_is_no_url_is_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
