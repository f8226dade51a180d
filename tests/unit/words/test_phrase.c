// SPDX-License-Identifier: Apache-2.0
/* Numbers, dates and periods as people say them. */
#include "base/clock.h"
#include "words/phrase.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int64_t date(const char *text)
{
    int64_t t = 0;
    assert_int_equal(clock_parse(text, &t), ERR_OK);
    return t;
}

static void periods_read_like_english(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 200);
    phrase_period(&b, date("2026-05-03"), date("2026-05-03"));
    assert_true(str_eq_c(buf_str(&b), "on 3 May 2026"));
    buf_clear(&b);
    phrase_period(&b, date("2026-05-03"), date("2026-06-19"));
    assert_true(str_eq_c(buf_str(&b), "from 3 May to 19 June 2026"));
    buf_clear(&b);
    phrase_period(&b, date("2025-12-31"), date("2026-01-01"));
    assert_true(
        str_eq_c(buf_str(&b), "from 31 December 2025 to 1 January 2026"));
    buf_clear(&b);
    phrase_count(&b, 1234567);
    assert_true(str_eq_c(buf_str(&b), "1,234,567"));
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(periods_read_like_english),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
