// SPDX-License-Identifier: Apache-2.0
/* Replaces what is no text. Nearly all of it is plain ASCII, which is only
 * copied.
 */
#include "base/plain.h"

#include "base/buf.h"

#define MAX_BYTES ((size_t)1 << 20)

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

const char *plain_copy(struct region *r, const char *s)
{
    struct buf b;
    if (is_printable_ascii(s)) {
        const char *same = region_strdup(r, s);
        return same ? same : "";
    }
    buf_init(&b, MAX_BYTES);
    for (struct str rest = str_c(s); rest.len > 0;) {
        char bytes[UTF8_MAX];
        buf_add(&b, bytes, utf8_put(plain_next(&rest), bytes));
    }
    struct str t = buf_str(&b);
    const char *copy =
        b.failed == ERR_OK ? region_strndup(r, t.p ? t.p : "", t.len) : NULL;
    buf_fini(&b);
    return copy ? copy : "";
}
