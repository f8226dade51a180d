// SPDX-License-Identifier: Apache-2.0
/* Bytes as hexadecimal text. */
#ifndef PARALLAX_BASE_HEX_H
#define PARALLAX_BASE_HEX_H

#include "base/str.h"

/* What the digit stands for, 0 to 15; -1 if it is none. */
int hex_digit(char c);

/* Writes `len` bytes as lower-case digits; `out` has 2*len+1 bytes and is
 * NUL-terminated. */
void hex_encode(const uint8_t *p, size_t len, char *out);

/* Reads exactly 2*len digits of either case; ERR_PARSE if `s` is anything
 * else. */
MUST_USE enum err hex_decode(struct str s, uint8_t *out, size_t len);

#endif
