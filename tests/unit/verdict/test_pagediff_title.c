// SPDX-License-Identifier: Apache-2.0
/* Titles as OONI finds and compares them: Go's regular expressions count code
 * points, its words are bytes, its lower case is that of all of Unicode.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/utf8_lower.h"
#include "verdict/pagediff_title.h"
#include <locale.h>
#include <wctype.h>

static bool same_titles(const char *a, const char *b)
{
    bool same = pagediff_title_match(str_c(a), str_c(b));
    assert_int_equal(pagediff_title_match(str_c(b), str_c(a)), same);
    return same;
}

static void words_are_compared_in_any_order_and_case(void **state)
{
    (void)state;
    assert_true(same_titles("", ""));
    assert_true(same_titles("one two four", "")); /* all below 5 bytes */
    assert_false(same_titles("three", ""));
    assert_true(same_titles("First Second", "SECOND  first"));
    assert_true(same_titles("first first", "first"));
    assert_false(same_titles("first second", "first"));
    /* only a space parts words */
    assert_false(same_titles("first\tsecond", "first second"));
    assert_false(same_titles("first\xc2\xa0second", "first second"));
    /* bytes are counted, before the case is changed: U+0130 has two, i one */
    assert_false(same_titles("\xc3\xa9\xc3\xa9z", "")); /* 5 bytes */
    assert_true(same_titles("\xc3\xa9\xc3\xa9", ""));   /* 4 bytes */
    assert_true(same_titles("\xc4\xb0stan", "istan"));
    assert_false(same_titles("\xc4\xb0sta", "ista")); /* 5 and 4 */
    /* bytes that are no UTF-8 are alike, each for one U+FFFD */
    assert_true(same_titles("abcd\xff", "abcd\xef\xbf\xbd"));
    assert_true(same_titles("abcd\xc0\x80", "abcd\xf5\xfe"));
    assert_false(same_titles("abcd\xff", "abcd\xff\xff"));
}

static void every_script_with_two_cases_is_folded(void **state)
{
    static const char *const pairs[][2] = {
        {"\xc4\xb0stanbul", "istanbul"}, /* dotted I */
        {"\xc7\x85"
         "amija",
         "\xc7\x86"
         "amija"}, /* title case */
        {"\xc7\x84"
         "amija",
         "\xc7\x86"
         "amija"},
        {"\xce\x8c\xce\xbc\xce\xb7\xcf\x81\xce\xbf\xcf\x82",
         "\xcf\x8c\xce\xbc\xce\xb7\xcf\x81\xce\xbf\xcf\x82"},     /* Greek */
        {"\xe1\xb2\x90\xe1\xb2\x91", "\xe1\x83\x90\xe1\x83\x91"}, /* Georgian */
        {"\xe1\x82\xa0\xe1\x82\xa1", "\xe2\xb4\x80\xe2\xb4\x81"},
        {"\xd4\xb1\xd4\xb2\xd4\xb3", "\xd5\xa1\xd5\xa2\xd5\xa3"}, /* Armenian */
        {"\xe1\x8e\xa0\xe1\x8e\xa1", "\xea\xad\xb0\xea\xad\xb1"}, /* Cherokee */
        {"\xf0\x9e\xa4\x80\xf0\x9e\xa4\x81",
         "\xf0\x9e\xa4\xa2\xf0\x9e\xa4\xa3"},                     /* Adlam */
        {"\xd0\x81\xd2\x90\xd3\x80", "\xd1\x91\xd2\x91\xd3\x8f"}, /* Cyrillic */
        {"\xe2\x84\xaa"
         "elvin",
         "kelvin"},
        {"stra\xe1\xba\x9e"
         "e",
         "stra\xc3\x9f"
         "e"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        assert_true(same_titles(pairs[i][0], pairs[i][1]));
    }
    /* one letter for one: these are not the same */
    assert_false(same_titles("strasse", "stra\xc3\x9f"
                                        "e"));
    assert_false(same_titles("\xcf\x83\xcf\x83\xcf\x82",
                             "\xcf\x83\xcf\x83\xcf\x83"));    /* final sigma */
    assert_false(same_titles("\xc4\xb1stanbul", "istanbul")); /* dotless i */
}

/* The C library's table, where it has one. It may know newer letters. */
static void lower_case_is_that_of_unicode(void **state)
{
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    size_t newer = 0;
    (void)state;
    if (!utf8) {
        skip();
    }
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        uint32_t theirs = (uint32_t)towlower_l((wint_t)c, utf8);
        uint32_t ours = utf8_lower(c);
        if (ours != c) {
            assert_int_equal(ours, theirs);
        } else if (theirs != c) {
            newer++;
        }
    }
    freelocale(utf8);
    assert_true(newer < 100);
}

static void a_long_title_of_the_control_is_read_to_its_end(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 1 << 20);
    for (int i = 0; i < 20000; i++) {
        buf_add_c(&b, "first ");
    }
    assert_true(pagediff_title_match(STR("FIRST"), buf_str(&b)));
    buf_add_c(&b, "second");
    assert_false(pagediff_title_match(STR("FIRST"), buf_str(&b)));
    assert_true(pagediff_title_match(STR("Second First"), buf_str(&b)));
    buf_fini(&b);
}

static size_t title_chars(const char *letter, int times)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_add_c(&b, "<html><TITLE>");
    for (int i = 0; i < times; i++) {
        buf_add_c(&b, letter);
    }
    buf_add_c(&b, "</tItLe>");
    size_t len = pagediff_title(buf_str(&b)).len;
    buf_fini(&b);
    return len;
}

static void titles_end_at_512_characters(void **state)
{
    (void)state;
    assert_int_equal(title_chars("x", 0), 0);
    assert_int_equal(title_chars("x", 1), 1);
    assert_int_equal(title_chars("x", 512), 512);
    assert_int_equal(title_chars("x", 513), 0);
    assert_int_equal(title_chars("\xe1\x83\x90", 512), 1536);
    assert_int_equal(title_chars("\xe1\x83\x90", 513), 0);
    assert_int_equal(title_chars("\xf0\x9f\x98\x80", 512), 2048);
    /* bytes that are no UTF-8 count one each: overlong, surrogate, too high */
    assert_int_equal(title_chars("\xc0\x80", 256), 512);
    assert_int_equal(title_chars("\xc0\x80", 257), 0);
    assert_int_equal(title_chars("\xed\xa0\x80", 170), 510);
    assert_int_equal(title_chars("\xed\xa0\x80", 171), 0);
    assert_int_equal(title_chars("\xf4\x90\x80\x80", 128), 512);
    assert_int_equal(title_chars("\xf4\x90\x80\x80", 129), 0);
    /* the first that has a text and no attributes */
    assert_true(str_eq_c(pagediff_title(STR("<title></title><title a='1'>no"
                                            "</title><title>a<b></title>"
                                            "<Title>\nyes</TITLE>")),
                         "\nyes"));
    assert_int_equal(pagediff_title(STR("<title>cut")).len, 0);
    assert_int_equal(pagediff_title(STR("<title >x</title>")).len, 0);
}

static void titles_of_two_sites_have_no_word_in_common(void **state)
{
    (void)state;
    assert_true(
        pagediff_title_apart(STR("Access denied"), STR("Harbour News")));
    assert_true(pagediff_title_apart(STR("Stop. Verboten"), STR("bon jour")));
    /* one is enough, in whatever case and wherever it is */
    assert_false(
        pagediff_title_apart(STR("News: access"), STR("Harbour (3) NEWS")));
    assert_false(pagediff_title_apart(STR("\xd0\xb3\xd0\xb4 x"),
                                      STR("x,\xd0\xb3\xd0\xb4")));
    /* nothing to compare */
    assert_false(pagediff_title_apart(STR("14:05 (3)"), STR("14:02")));
    assert_false(pagediff_title_apart(STR("Access denied"), STR("a bit off")));
    assert_false(pagediff_title_apart(STR(""), STR("Harbour News")));
    assert_false(pagediff_title_apart(STR("Harbour News"), STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_compared_in_any_order_and_case),
        cmocka_unit_test(every_script_with_two_cases_is_folded),
        cmocka_unit_test(lower_case_is_that_of_unicode),
        cmocka_unit_test(a_long_title_of_the_control_is_read_to_its_end),
        cmocka_unit_test(titles_end_at_512_characters),
        cmocka_unit_test(titles_of_two_sites_have_no_word_in_common),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
