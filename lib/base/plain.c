// SPDX-License-Identifier: Apache-2.0
/* Replaces what is no text. Nearly all of it is plain ASCII, and stays as it
 * is. */
#include "base/plain.h"

static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xfffe || c == 0xffff;
}

uint32_t plain_next(struct str *s)
{
    uint32_t c = utf8_next(s);
    return is_control(c) ? UTF8_REPLACEMENT : c;
}

static bool is_printable_ascii(const char *s)
{
    for (; *s != '\0'; s++) {
        if (*s < 0x20 || *s > 0x7e) { /* signed or not: both fail above */
            return false;
        }
    }
    return true;
}

struct str plain_clean(struct buf *room, const char *s)
{
    if (is_printable_ascii(s)) {
        return str_c(s);
    }
    buf_clear(room);
    for (struct str rest = str_c(s); rest.len > 0;) {
        char bytes[UTF8_MAX];
        buf_add(room, bytes, utf8_put(plain_next(&rest), bytes));
    }
    return room->failed == ERR_OK ? buf_str(room) : STR("");
}
