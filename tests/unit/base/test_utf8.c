// SPDX-License-Identifier: Apache-2.0
/* UTF-8: what is a character, read, written and cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utf8.h"

#include <string.h>

static void utf8_follows_the_unicode_table(void **state)
{
    (void)state;
    assert_true(utf8_valid(STR("")));
    assert_true(utf8_valid(STR("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80")));
    assert_false(utf8_valid(STR("\xC0\x80")));         /* overlong */
    assert_false(utf8_valid(STR("\xED\xA0\x80")));     /* surrogate */
    assert_false(utf8_valid(STR("\xF4\x90\x80\x80"))); /* above U+10FFFF */
    assert_false(utf8_valid(STR("\xE2\x82")));         /* cut */
    assert_false(utf8_valid(STR("\x80")));
}

/* A row of table 3-7: the ranges of the bytes of characters of one length. */
struct row {
    size_t len;
    unsigned char low[4], high[4];
};

static const struct row rows[] = {
    {1, {0x00}, {0x7f}},
    {2, {0xc2, 0x80}, {0xdf, 0xbf}},
    {3, {0xe0, 0xa0, 0x80}, {0xe0, 0xbf, 0xbf}},
    {3, {0xe1, 0x80, 0x80}, {0xec, 0xbf, 0xbf}},
    {3, {0xed, 0x80, 0x80}, {0xed, 0x9f, 0xbf}},
    {3, {0xee, 0x80, 0x80}, {0xef, 0xbf, 0xbf}},
    {4, {0xf0, 0x90, 0x80, 0x80}, {0xf0, 0xbf, 0xbf, 0xbf}},
    {4, {0xf1, 0x80, 0x80, 0x80}, {0xf3, 0xbf, 0xbf, 0xbf}},
    {4, {0xf4, 0x80, 0x80, 0x80}, {0xf4, 0x8f, 0xbf, 0xbf}},
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

/* What the table says of the character at `p`: its length, or 0. */
static size_t by_table(const unsigned char *p, size_t left)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        size_t good = 0;
        while (good < rows[i].len && good < left &&
               p[good] >= rows[i].low[good] && p[good] <= rows[i].high[good]) {
            good++;
        }
        if (good == rows[i].len) {
            return good;
        }
    }
    return 0;
}

/* Bytes at and beside each border of the table. */
static const unsigned char edges[] = {
    0x00, 0x41, 0x7f, 0x80, 0x81, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0,
    0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1,
    0xf3, 0xf4, 0xf5, 0xf7, 0xf8, 0xfb, 0xfc, 0xfd, 0xfe, 0xff};

#define N_EDGES sizeof(edges)

static void each_edge_of_the_table_is_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_EDGES * N_EDGES * N_EDGES * N_EDGES; i++) {
        unsigned char b[4] = {edges[i % N_EDGES], edges[i / N_EDGES % N_EDGES],
                              edges[i / N_EDGES / N_EDGES % N_EDGES],
                              edges[i / N_EDGES / N_EDGES / N_EDGES]};
        size_t want = by_table(b, sizeof(b));
        if (utf8_len((const char *)b, sizeof(b)) != want) {
            fail_msg("%02x %02x %02x %02x is not %zu bytes", b[0], b[1], b[2],
                     b[3], want);
        }
    }
}

static void a_character_cut_at_the_end_is_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ROWS; i++) {
        const char *p = (const char *)rows[i].high;
        assert_int_equal(utf8_len(p, rows[i].len), rows[i].len);
        for (size_t left = 0; left < rows[i].len; left++) {
            assert_int_equal(utf8_len(p, left), 0);
        }
    }
}

/* Every code point: written, found good, and read again; surrogates and what
 * lies above are refused in each way of writing them. */
static void each_code_point_survives_the_way_there_and_back(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        char text[UTF8_MAX];
        struct str s = {text, utf8_put(c, text)};
        struct str rest = s;
        bool surrogate = c >= 0xd800 && c <= 0xdfff;
        bool good = utf8_len(s.p, s.len) == s.len;
        uint32_t back = utf8_next(&rest);
        if (good == surrogate || back != (surrogate ? 0xfffd : c) ||
            rest.len != (surrogate ? 2 : 0)) {
            fail_msg("U+%04X came back as U+%04X", c, back);
        }
    }
}

/* Overlong forms of one code point: three, where they exist. */
static void overlong_forms_are_no_characters(void **state)
{
    static const char *const forms[] = {
        "\xc0\xaf",         "\xe0\x80\xaf",         "\xf0\x80\x80\xaf",
        "\xc1\xbf",         "\xe0\x9f\xbf",         "\xf0\x80\x9f\xbf",
        "\xf0\x8f\xbf\xbf", "\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80"};
    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct str rest = str_c(forms[i]);
        assert_false(utf8_valid(rest));
        while (rest.len > 0) { /* none of its bytes is one either */
            assert_int_equal(utf8_next(&rest), UTF8_REPLACEMENT);
        }
    }
}

static void a_bad_byte_is_taken_alone(void **state)
{
    (void)state;
    struct str rest = STR("\xe2\x82z\xff\xc3\xa9\xf0\x9f\x98");
    static const uint32_t want[] = {0xfffd, 0xfffd, 'z',    0xfffd,
                                    0xe9,   0xfffd, 0xfffd, 0xfffd};
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        assert_int_equal(utf8_next(&rest), want[i]);
    }
    assert_int_equal(rest.len, 0);
}

static void text_is_cut_between_characters(void **state)
{
    (void)state;
    struct str s = STR("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    static const size_t kept[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    for (size_t max = 0; max < sizeof(kept) / sizeof(kept[0]); max++) {
        struct str cut = utf8_cut(s, max);
        assert_int_equal(cut.len, kept[max]);
        assert_ptr_equal(cut.p, s.p);
    }
    assert_int_equal(utf8_cut((struct str){NULL, 0}, 3).len, 0);
    assert_int_equal(utf8_cut(STR("\x80\x80\x80"), 2).len, 0);
}

static void a_beginning_is_told_from_a_fault(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ROWS; i++) {
        for (size_t n = 1; n <= 4; n++) {
            struct str low = {(const char *)rows[i].low, n};
            struct str high = {(const char *)rows[i].high, n};
            assert_int_equal(utf8_is_begun(low), n < rows[i].len);
            assert_int_equal(utf8_is_begun(high), n < rows[i].len);
        }
    }
    assert_false(utf8_is_begun(STR("\xe0\x80")));
    assert_false(utf8_is_begun(STR("\xed\xa0")));
    assert_false(utf8_is_begun(STR("\xf4\x90")));
    assert_false(utf8_is_begun(STR("\xe2\x41")));
    assert_false(utf8_is_begun(STR("\xe2\x82\x41")));
    assert_false(utf8_is_begun(STR("\x80")));
    assert_false(utf8_is_begun(STR("\xff")));
}

static void a_byte_order_mark_is_passed_over(void **state)
{
    (void)state;
    assert_true(str_eq_c(utf8_skip_bom(STR("\xef\xbb\xbfx")), "x"));
    assert_true(str_eq_c(utf8_skip_bom(STR("\xef\xbb\xbf")), ""));
    assert_true(str_eq_c(utf8_skip_bom(STR("x\xef\xbb\xbf")), "x\xef\xbb\xbf"));
    assert_true(str_eq_c(utf8_skip_bom(STR("\xef\xbb")), "\xef\xbb"));
    assert_true(str_eq_c(utf8_skip_bom(STR("")), ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_follows_the_unicode_table),
        cmocka_unit_test(each_edge_of_the_table_is_kept),
        cmocka_unit_test(a_character_cut_at_the_end_is_none),
        cmocka_unit_test(each_code_point_survives_the_way_there_and_back),
        cmocka_unit_test(overlong_forms_are_no_characters),
        cmocka_unit_test(a_bad_byte_is_taken_alone),
        cmocka_unit_test(text_is_cut_between_characters),
        cmocka_unit_test(a_beginning_is_told_from_a_fault),
        cmocka_unit_test(a_byte_order_mark_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
