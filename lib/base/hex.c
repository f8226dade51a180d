// SPDX-License-Identifier: Apache-2.0
/* Bytes to hexadecimal digits and back. */
#include "base/hex.h"

#include "base/ascii.h"

void hex_encode(const uint8_t *p, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
    out[2 * len] = 0;
}

int hex_digit(char c)
{
    if (ascii_isdigit(c)) {
        return c - '0';
    }
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum err hex_decode(struct str s, uint8_t *out, size_t len)
{
    if (s.len != 2 * len) {
        return ERR_PARSE;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (hex_digit(s.p[i]) < 0) {
            return ERR_PARSE;
        }
    }
    for (size_t i = 0; i < len; i++) {
        out[i] =
            (uint8_t)(hex_digit(s.p[2 * i]) * 16 + hex_digit(s.p[2 * i + 1]));
    }
    return ERR_OK;
}
