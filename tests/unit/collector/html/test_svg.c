// SPDX-License-Identifier: Apache-2.0
/* Charts: what is drawn is what was counted, and titles are escaped. */
#include "collector/html/svg.h"
#include "verdict/verdict.h"

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

static size_t times(const char *what)
{
    size_t n = 0;
    struct str rest = buf_str(&out);
    for (size_t at; (at = str_find(rest, str_c(what))) != SIZE_MAX; n++) {
        rest = str_sub(rest, at + strlen(what), SIZE_MAX);
    }
    return n;
}

static void shares_of_a_row_follow_the_counts(void **state)
{
    (void)state;
    uint64_t n[SVG_STATES] = {[X_BLOCKED] = 1, [X_OK] = 3};
    svg_stacked(&out, "t", n);
    assert_int_equal(times("<rect"), 2);
    assert_int_equal(times("x=\"0.000%\" y=\"0.50\" width=\"25.000%\""), 1);
    assert_int_equal(times("x=\"25.000%\" y=\"0.50\" width=\"75.000%\""), 1);
}

static void nothing_counted_draws_nothing(void **state)
{
    (void)state;
    uint64_t none[SVG_STATES] = {0};
    const uint64_t *columns[] = {none};
    svg_stacked(&out, "t", none);
    svg_bar(&out, "t", 0, 0);
    svg_columns(&out, "t", "d", columns, 1, 110);
    assert_int_equal(times("<rect"), 0);
    assert_int_equal(times("</svg>"), 3);
}

static void few_columns_stay_narrow_and_the_largest_is_full(void **state)
{
    (void)state;
    uint64_t small[SVG_STATES] = {[X_OK] = 1};
    uint64_t large[SVG_STATES] = {[X_OK] = 2, [X_DOWN] = 2};
    const uint64_t *columns[] = {small, large};
    svg_columns(&out, "t", "d", columns, 2, 102);
    assert_int_equal(times("width=\"5.714%\""), 3); /* 0.8 of a fourteenth */
    assert_int_equal(times("y=\"77.00\""), 1);      /* a quarter of 100 */
    assert_int_equal(times("y=\"2.00\""), 1);
}

static void titles_are_escaped(void **state)
{
    (void)state;
    uint64_t n[SVG_STATES] = {[X_OK] = 1};
    const uint64_t *columns[] = {n};
    svg_stacked(&out, "</title><script>", n);
    svg_bar(&out, "</title><script>", 1, 1);
    svg_columns(&out, "</title><script>", "</desc><script>", columns, 1, 10);
    assert_int_equal(times("<script>"), 0);
    assert_int_equal(times("&lt;script&gt;"), 4);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(shares_of_a_row_follow_the_counts),
        T(nothing_counted_draws_nothing),
        T(few_columns_stay_narrow_and_the_largest_is_full),
        T(titles_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
