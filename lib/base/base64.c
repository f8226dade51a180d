// SPDX-License-Identifier: Apache-2.0
/* Bytes to base64 and back. */
#include "base/base64.h"

#include "base/ascii.h"

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum err base64_add(struct buf *out, struct str bytes)
{
    const uint8_t *p = (const uint8_t *)bytes.p;
    char chunk[1024];
    size_t n = 0;

    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t v = (uint32_t)p[i] << 16;

        v |= left > 1 ? (uint32_t)p[i + 1] << 8 : 0;
        v |= left > 2 ? p[i + 2] : 0;
        chunk[n++] = base64_digits[v >> 18];
        chunk[n++] = base64_digits[v >> 12 & 63];
        chunk[n++] = left > 1 ? base64_digits[v >> 6 & 63] : '=';
        chunk[n++] = left > 2 ? base64_digits[v & 63] : '=';
        if (n == sizeof(chunk)) {
            buf_add(out, chunk, n);
            n = 0;
        }
    }
    return buf_add(out, chunk, n);
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (ascii_isdigit(c)) {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four digits to at most three bytes; 0 when they are not base64. Only one
 * text stands for given bytes: unused bits must be zero. */
static size_t base64_group(const char *p, bool final, uint8_t out[3])
{
    size_t n = 3;
    uint32_t v = 0;

    if (final && p[3] == '=') {
        n = p[2] == '=' ? 1 : 2;
    }
    for (size_t i = 0; i < 4; i++) {
        int digit = i <= n ? base64_digit(p[i]) : 0;

        if (digit < 0) {
            return 0;
        }
        v = v << 6 | (uint32_t)digit;
    }
    out[0] = (uint8_t)(v >> 16);
    out[1] = (uint8_t)(v >> 8);
    out[2] = (uint8_t)v;
    return (n < 3 && out[2]) || (n < 2 && out[1]) ? 0 : n;
}

enum err base64_decode(struct str s, struct buf *out)
{
    size_t start = out->len;
    uint8_t chunk[768 + 3];
    size_t n = 0;
    enum err e = out->failed;

    if (s.len % 4) {
        return ERR_PARSE;
    }
    for (size_t i = 0; i < s.len && !e; i += 4) {
        size_t got = base64_group(s.p + i, i + 4 == s.len, chunk + n);

        if (!got) {
            e = ERR_PARSE;
            break;
        }
        n += got;
        if (n >= 768) {
            e = buf_add(out, chunk, n);
            n = 0;
        }
    }
    if (!e) {
        e = buf_add(out, chunk, n);
    }
    if (e && out->p) {
        out->len = start;
        out->p[start] = 0;
    }
    return e;
}
