// SPDX-License-Identifier: Apache-2.0
/* Sketches of pages: what two pages have in common, and what is no sketch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/sketch.h"
#include <stdio.h>
#include <string.h>

#define SITE                                                                   \
    "<html><body class=\"front-page\"><h1>Open data</h1><p>Water levels of "   \
    "the river since spring, measured every hour by volunteers.</p>"

static void share(const char *a, const char *b, size_t *common, size_t *all)
{
    struct sketch x, y;
    sketch_make(str_c(a), &x);
    sketch_make(str_c(b), &y);
    sketch_compare(&x, &y, common, all);
}

static void pages_of_one_text_have_all_in_common(void **state)
{
    (void)state;
    size_t common, all;
    share(SITE, SITE, &common, &all);
    assert_true(all > 10 && common == all);
    /* other numbers, other case, other spaces, other markup */
    share("River at 7: 21 cm, 14 volunteers <b>of</b> the spring",
          "river AT 9:  30 cm,\n2 volunteers of <i>the</i> spring", &common,
          &all);
    assert_int_equal(all, 5);
    assert_int_equal(common, 5);
}

static void pages_of_two_texts_have_nothing_in_common(void **state)
{
    (void)state;
    size_t common, all;
    share(SITE,
          "<html><body class=\"x\"><h1>Notice</h1><p>Access to this page was "
          "stopped by order of a court.</p>",
          &common, &all);
    assert_true(all > 15);
    assert_int_equal(common, 0);
    share("", SITE, &common, &all);
    assert_true(all > 10);
    assert_int_equal(common, 0);
    share("", "", &common, &all);
    assert_int_equal(all, 0);
}

/* Words that are written as numbers are in letters. */
static size_t write_words(char *out, size_t size, unsigned from, unsigned to)
{
    size_t n = 0;
    for (unsigned i = from; i < to && n + 8 < size; i++) {
        out[n++] = 'w';
        for (unsigned v = i, k = 0; k < 4; k++, v /= 26) {
            out[n++] = (char)('a' + v % 26);
        }
        out[n++] = ' ';
    }
    out[n] = '\0';
    return n;
}

static void the_share_of_long_pages_is_about_right(void **state)
{
    (void)state;
    static char a[40000], b[40000];
    size_t common, all;
    write_words(a, sizeof(a), 0, 5000);
    write_words(b, sizeof(b), 2500, 7500); /* a third of all */
    share(a, b, &common, &all);
    assert_int_equal(all, SKETCH_MAX);
    assert_in_range(common, SKETCH_MAX / 6, SKETCH_MAX / 2);
}

static void a_sketch_travels_as_text(void **state)
{
    (void)state;
    struct sketch s, again;
    char text[SKETCH_TEXT];
    sketch_make(STR(SITE), &s);
    sketch_text(&s, text);
    assert_int_equal(strlen(text), 8 * s.n);
    assert_true(sketch_parse(str_c(text), &again));
    assert_int_equal(again.n, s.n);
    assert_memory_equal(again.of, s.of, s.n * sizeof(*s.of));
    assert_true(sketch_parse(STR(""), &again));
    assert_int_equal(again.n, 0);
}

/* Probes and controls of other versions compare with it. */
static void the_same_page_has_the_same_numbers_for_ever(void **state)
{
    (void)state;
    struct sketch s;
    char text[SKETCH_TEXT];
    sketch_make(STR("Water levels of the river"), &s);
    sketch_text(&s, text);
    assert_string_equal(text, "650186218492f055b15362c8");
}

static void what_is_no_sketch_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "0",                /* half a number */
        "0000000g",         /* no digit */
        "0000000A",         /* a capital */
        "0000000200000001", /* not ascending */
        "0000000100000001", /* twice */
    };
    char more[SKETCH_TEXT + 8];
    struct sketch s;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_false(sketch_parse(str_c(bad[i]), &s));
    }
    for (size_t i = 0; i <= SKETCH_MAX; i++) {
        (void)snprintf(more + 8 * i, 9, "%08x", (unsigned)i);
    }
    assert_false(sketch_parse(str_c(more), &s)); /* one too many */
    more[SKETCH_TEXT - 1] = '\0';
    assert_true(sketch_parse(str_c(more), &s));
    assert_int_equal(s.n, SKETCH_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_of_one_text_have_all_in_common),
        cmocka_unit_test(pages_of_two_texts_have_nothing_in_common),
        cmocka_unit_test(the_share_of_long_pages_is_about_right),
        cmocka_unit_test(a_sketch_travels_as_text),
        cmocka_unit_test(the_same_page_has_the_same_numbers_for_ever),
        cmocka_unit_test(what_is_no_sketch_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
