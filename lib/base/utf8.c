// SPDX-License-Identifier: Apache-2.0
/* UTF-8: checked, read, written and cut between characters. */
#include "base/utf8.h"

#include <string.h>

#define BOM "\xef\xbb\xbf"

/* A byte that goes on with a character, 10xxxxxx. */
static bool goes_on(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

/* Bytes of the character that begins with this one; 0 if none does. */
static size_t len_by_first(unsigned char first)
{
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xc2 || first > 0xf4) {
        return 0;
    }
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Whether a character that begins with these two bytes would be an overlong
 * form, a surrogate or above U+10FFFF. */
static bool is_forbidden(unsigned char first, unsigned char second)
{
    return (first == 0xe0 && second < 0xa0) ||
           (first == 0xed && second > 0x9f) ||
           (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
}

/* Whether the `n` bytes (1 to 4) are a character as far as they go. */
static bool is_good(const unsigned char *p, size_t n)
{
    return n < 2 || (goes_on(p[1]) && !is_forbidden(p[0], p[1]) &&
                     (n < 3 || goes_on(p[2])) && (n < 4 || goes_on(p[3])));
}

size_t utf8_len(const char *p, size_t left)
{
    const unsigned char *u = (const unsigned char *)p;
    size_t n = left > 0 ? len_by_first(*u) : 0;
    return n <= left && is_good(u, n) ? n : 0;
}

bool utf8_valid(struct str s)
{
    for (size_t i = 0; i < s.len;) {
        size_t n = utf8_len(s.p + i, s.len - i);
        if (n == 0) {
            return false;
        }
        i += n;
    }
    return true;
}

uint32_t utf8_next(struct str *s)
{
    const unsigned char *p = (const unsigned char *)s->p;
    size_t n = utf8_len(s->p, s->len);
    uint32_t c = n == 0 ? UTF8_REPLACEMENT : p[0];
    if (n > 1) {
        c &= 0x7fu >> n; /* the bits that say how long it is go */
    }
    for (size_t i = 1; i < n; i++) {
        c = c << 6 | (p[i] & 0x3fu);
    }
    *s = str_sub(*s, n ? n : 1, SIZE_MAX);
    return c;
}

size_t utf8_put(uint32_t c, char to[UTF8_MAX])
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; c >>= 6) {
        to[i] = (char)(0x80 | (c & 0x3f));
    }
    /* n ones and a zero, and what is left of the code point */
    to[0] = (char)(n == 1 ? c : (0xf00u >> n & 0xff) | c);
    return n;
}

struct str utf8_cut(struct str s, size_t max)
{
    if (s.len <= max) {
        return s;
    }
    while (max > 0 && goes_on((unsigned char)s.p[max])) {
        max--;
    }
    return (struct str){s.p, max};
}

bool utf8_is_begun(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    return len_by_first(*p) > s.len && is_good(p, s.len);
}

struct str utf8_skip_bom(struct str text)
{
    return str_starts(text, BOM) ? str_sub(text, strlen(BOM), SIZE_MAX) : text;
}
