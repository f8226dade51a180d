// SPDX-License-Identifier: Apache-2.0
/* UTF-8: the one check and the one decoder of it. What counts as a character
 * is table 3-7 of the Unicode standard (RFC 3629): no overlong form, no
 * surrogate, nothing above U+10FFFF. Lower case is in utf8_lower.h.
 */
#ifndef PARALLAX_BASE_UTF8_H
#define PARALLAX_BASE_UTF8_H

#include "base/str.h"

#define UTF8_MAX         4      /* bytes of one character */
#define UTF8_REPLACEMENT 0xfffd /* stands for what is no character */

/* Bytes (1 to UTF8_MAX) of the character at `p`, of which `left` bytes exist;
 * 0 if no character stands there, or only the beginning of one. */
size_t utf8_len(const char *p, size_t left);

/* True if the bytes are characters from the first to the last. */
bool utf8_valid(struct str s);

/* Takes the first character off `*s`, which must not be empty, and returns its
 * code point. A byte that begins no character is taken alone and gives
 * UTF8_REPLACEMENT. */
uint32_t utf8_next(struct str *s);

/* Writes the bytes of code point `c` (at most U+10FFFF) to `to`; returns how
 * many they are. */
size_t utf8_put(uint32_t c, char to[UTF8_MAX]);

/* `s`, or as much of its beginning as fits into `max` bytes without cutting a
 * character in two. */
struct str utf8_cut(struct str s, size_t max);

/* True if `s` (not empty) is the beginning of one character whose other bytes
 * are missing: for streams, where they may still come. */
bool utf8_is_begun(struct str s);

/* `text` without the byte order mark that some programs put before it. */
struct str utf8_skip_bom(struct str text);

#endif
