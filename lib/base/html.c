// SPDX-License-Identifier: Apache-2.0
/* Escapes text for HTML. */
#include "base/html.h"

#include "base/plain.h"
#include "base/utf8.h"

/* Characters that turn or hide the text around them. */
static bool is_invisible(uint32_t c)
{
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
           (c >= 0x200b && c <= 0x200f) || c == 0x061c || c == 0xfeff ||
           (c >= 0x2028 && c <= 0x2029);
}

static void add_char(struct buf *b, uint32_t c)
{
    char bytes[UTF8_MAX];
    switch (c) {
    case '&':
        buf_add_c(b, "&amp;");
        break;
    case '<':
        buf_add_c(b, "&lt;");
        break;
    case '>':
        buf_add_c(b, "&gt;");
        break;
    case '"':
        buf_add_c(b, "&quot;");
        break;
    case '\'':
        buf_add_c(b, "&#39;");
        break;
    default:
        if (is_invisible(c)) {
            buf_printf(b, "[U+%04X]", c);
        } else {
            buf_add(b, bytes, utf8_put(c, bytes));
        }
    }
}

void html_add_str(struct buf *b, struct str s, size_t max_chars)
{
    for (size_t n = 0; s.len > 0; n++) {
        if (n == max_chars) {
            buf_add_c(b, "…");
            return;
        }
        add_char(b, plain_next(&s));
    }
}

void html_add(struct buf *b, const char *s, size_t max_chars)
{
    html_add_str(b, str_c(s), max_chars);
}
