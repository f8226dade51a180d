// SPDX-License-Identifier: Apache-2.0
/* Borrowed strings compared, searched, cut and read as numbers. */
#include "base/str.h"

#include "base/ascii.h"

#include <string.h>

struct str str_c(const char *s)
{
    return (struct str){s, s ? strlen(s) : 0};
}

bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool str_eq_c(struct str a, const char *b)
{
    return str_eq(a, str_c(b));
}

bool str_ieq(struct str a, struct str b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (ascii_lower(a.p[i]) != ascii_lower(b.p[i])) {
            return false;
        }
    }
    return true;
}

bool str_ieq_c(struct str a, const char *b)
{
    return str_ieq(a, str_c(b));
}

int str_cmp(struct str a, struct str b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n > 0 ? memcmp(a.p, b.p, n) : 0;
    if (c != 0) {
        return c;
    }
    return a.len < b.len ? -1 : a.len > b.len ? 1 : 0;
}

bool str_starts(struct str s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.len >= n && memcmp(s.p, prefix, n) == 0;
}

bool str_ends(struct str s, const char *suffix)
{
    size_t n = strlen(suffix);
    return s.len >= n && memcmp(s.p + s.len - n, suffix, n) == 0;
}

size_t str_find_char(struct str s, char c)
{
    const char *p = s.len > 0 ? memchr(s.p, c, s.len) : NULL;
    return p ? (size_t)(p - s.p) : SIZE_MAX;
}

size_t str_find(struct str s, struct str needle)
{
    if (needle.len == 0) {
        return 0;
    }
    if (s.len < needle.len) {
        return SIZE_MAX;
    }
    const char *p = memmem(s.p, s.len, needle.p, needle.len);
    return p ? (size_t)(p - s.p) : SIZE_MAX;
}

struct str str_sub(struct str s, size_t from, size_t len)
{
    if (from >= s.len) {
        return (struct str){NULL, 0};
    }
    size_t left = s.len - from;
    return (struct str){s.p + from, len < left ? len : left};
}

struct str str_trim(struct str s)
{
    while (s.len > 0 && ascii_isspace(s.p[0])) {
        s.p++;
        s.len--;
    }
    while (s.len > 0 && ascii_isspace(s.p[s.len - 1])) {
        s.len--;
    }
    return s;
}

bool str_next(struct str *rest, char sep, struct str *field)
{
    if (!rest->p) {
        return false;
    }
    size_t at = str_find_char(*rest, sep);
    if (at == SIZE_MAX) {
        *field = *rest;
        *rest = (struct str){NULL, 0};
    } else {
        *field = (struct str){rest->p, at};
        *rest = (struct str){rest->p + at + 1, rest->len - at - 1};
    }
    return true;
}

enum err str_to_i64(struct str s, int64_t min, int64_t max, int64_t *out)
{
    bool neg = s.len > 0 && s.p[0] == '-';
    size_t i = neg ? 1 : 0;
    if (i == s.len) {
        return ERR_PARSE;
    }
    int64_t v = 0; /* built downwards, because -INT64_MIN does not exist */
    for (; i < s.len; i++) {
        if (!ascii_isdigit(s.p[i])) {
            return ERR_PARSE;
        }
        int digit = s.p[i] - '0';
        if (v < (INT64_MIN + digit) / 10) {
            return ERR_LIMIT;
        }
        v = v * 10 - digit;
    }
    if (!neg) {
        if (v == INT64_MIN) {
            return ERR_LIMIT;
        }
        v = -v;
    }
    if (v < min || v > max) {
        return ERR_LIMIT;
    }
    *out = v;
    return ERR_OK;
}

size_t str_copy(char *dst, size_t size, const char *src)
{
    size_t len = strlen(src);
    if (size > 0) {
        size_t n = len < size - 1 ? len : size - 1;
        memcpy(dst, src, n);
        dst[n] = '\0';
    }
    return len;
}

/* Eight at a time: a subtraction borrows into the highest bit of a byte that is
 * below what is taken from it, or sets it where there is something to find. */
size_t str_plain(struct str s)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    size_t i = 0;
    for (uint64_t w; i + sizeof(w) <= s.len; i += sizeof(w)) {
        memcpy(&w, s.p + i, sizeof(w));
        uint64_t below = w - each * 0x20, quote = (w ^ each * '"') - each,
                 slash = (w ^ each * '\\') - each;
        if (((w | below | quote | slash) & each * 0x80) != 0) {
            break;
        }
    }
    while (i < s.len && s.p[i] >= 0x20 && (uint8_t)s.p[i] < 0x80 &&
           s.p[i] != '"' && s.p[i] != '\\') {
        i++;
    }
    return i;
}
