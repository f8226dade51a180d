// SPDX-License-Identifier: Apache-2.0
/* What stands in data must not drive a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/terminal.h"

static void what_acts_in_a_terminal_becomes_a_mark(void **state)
{
    (void)state;

    static const struct {
        const char *text, *safe;
    } cases[] = {
        {"", ""},
        {"a plain line", "a plain line"},
        {"\x1b[31mred\x1b[0m", "?[31mred?[0m"},
        {"a\nb\tc\rd\x7f", "a?b?c?d?"},
        {"\xc2\x9b"
         "2J",
         "?2J"}, /* CSI in one character */
        {"\xe2\x80\xaegnp.exe", "?gnp.exe"},
        {"\xe2\x81\xa6x\xe2\x81\xa9", "?x?"},
        {"caf\xc3\xa9 \xe6\x97\xa5", "caf\xc3\xa9 \xe6\x97\xa5"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char out[64];
        terminal_safe(cases[i].text, out, sizeof(out));
        assert_string_equal(out, cases[i].safe);
    }
}

static void what_does_not_fit_is_left_out(void **state)
{
    (void)state;
    char out[4] = "xyz";
    terminal_safe("abcdef", out, sizeof(out));
    assert_string_equal(out, "abc");
    terminal_safe("abcdef", out, 1);
    assert_string_equal(out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_acts_in_a_terminal_becomes_a_mark),
        cmocka_unit_test(what_does_not_fit_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
