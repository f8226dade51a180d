// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"
#include "base/utf8.h"

/* Characters that act in a terminal: controls, and those that turn the
 * direction of text. */
static bool acts(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

void terminal_safe(const char *text, char *out, size_t size)
{
    struct str rest = str_c(text);
    size_t n = 0;
    while (rest.len > 0 && n + 1 < size) {
        struct str after = rest;
        if (acts(utf8_next(&after))) {
            out[n++] = '?';
            rest = after;
        } else {
            out[n++] = *rest.p++;
            rest.len--;
        }
    }
    out[n] = '\0';
}
