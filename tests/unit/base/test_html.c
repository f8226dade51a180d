// SPDX-License-Identifier: Apache-2.0
/* Text from data on its way into pages and tables. */
#include "base/html.h"
#include "base/plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct buf out;

static int setup(void **state)
{
    (void)state;
    buf_init(&out, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_fini(&out);
    return 0;
}

static void assert_html(const char *text, size_t max_chars, const char *want)
{
    buf_clear(&out);
    html_add(&out, text, max_chars);
    if (!str_eq_c(buf_str(&out), want)) {
        fail_msg("%s became " STR_FMT, text, STR_ARG(buf_str(&out)));
    }
}

static void markup_becomes_text(void **state)
{
    (void)state;
    assert_html(
        "<a href=\"x\" b='y'>&amp;</a>", 99,
        "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;");
    assert_html("", 9, "");
    assert_html(NULL, 9, "");
}

static void what_turns_or_hides_text_is_shown(void **state)
{
    (void)state;
    assert_html("a\xe2\x80\xae"
                "b\xef\xbb\xbf",
                9, "a[U+202E]b[U+FEFF]");
    assert_html("a\x01\x7f\xc2\x85", 9,
                "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    assert_html("\xff", 9, "\xef\xbf\xbd");
}

static void long_text_is_cut_by_characters(void **state)
{
    (void)state;
    assert_html("\xc3\xa4\xc3\xa4\xc3\xa4", 3, "\xc3\xa4\xc3\xa4\xc3\xa4");
    assert_html("\xc3\xa4\xc3\xa4\xc3\xa4", 2, "\xc3\xa4\xc3\xa4…");
    assert_html("&&&", 1, "&amp;…");
    buf_clear(&out);
    html_add_str(&out, (struct str){"abcd", 2}, 9);
    assert_true(str_eq_c(buf_str(&out), "ab"));
}

static void assert_clean(const char *text, const char *want)
{
    if (!str_eq_c(plain_clean(&out, text), want)) {
        fail_msg("%s became " STR_FMT, text, STR_ARG(buf_str(&out)));
    }
}

static void broken_utf8_becomes_replacement_characters(void **state)
{
    (void)state;
    assert_clean("a\xff\x62", "a\xef\xbf\xbd"
                              "b");
    assert_clean("\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd");
    assert_clean("\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80");
    assert_clean("a\tb\n", "a\xef\xbf\xbd"
                           "b\xef\xbf\xbd");
}

static void plain_text_is_not_copied(void **state)
{
    (void)state;
    const char *text = "https://www.example.org/";
    assert_ptr_equal(plain_clean(&out, text).p, text);
    assert_clean("", "");
}

static void text_that_has_no_room_becomes_empty(void **state)
{
    (void)state;
    struct buf small;
    buf_init(&small, 4);
    assert_int_equal(plain_clean(&small, "\xc3\xa4\xc3\xa4\xc3\xa4").len, 0);
    assert_true(str_eq_c(plain_clean(&small, "\xc3\xa4"), "\xc3\xa4"));
    buf_fini(&small);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(markup_becomes_text),
        T(what_turns_or_hides_text_is_shown),
        T(long_text_is_cut_by_characters),
        T(broken_utf8_becomes_replacement_characters),
        T(plain_text_is_not_copied),
        T(text_that_has_no_room_becomes_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
