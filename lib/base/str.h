// SPDX-License-Identifier: Apache-2.0
/* Borrowed byte strings and the few string helpers that POSIX lacks.
 * Locale-free: ASCII only. A `struct str` never owns its bytes and need not
 * be NUL-terminated; p may be NULL when len is 0.
 */
#ifndef PARALLAX_BASE_STR_H
#define PARALLAX_BASE_STR_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct str {
    const char *p;
    size_t len;
};

#define STR(lit)   ((struct str){(lit), sizeof(lit) - 1})
#define STR_FMT    "%.*s"
#define STR_ARG(s) (int)(s).len, (s).p ? (s).p : ""

/* The string of a C text without its NUL; NULL gives the empty string. */
struct str str_c(const char *s);

/* The same bytes? */
bool str_eq(struct str a, struct str b);
bool str_eq_c(struct str a, const char *b);

/* The same, whatever the case of ASCII letters? */
bool str_ieq(struct str a, struct str b);
bool str_ieq_c(struct str a, const char *b);

/* Order of the bytes: below, 0 or above 0. */
int str_cmp(struct str a, struct str b);

/* Does `s` begin with `prefix`, does it end with `suffix`? */
bool str_starts(struct str s, const char *prefix);
bool str_ends(struct str s, const char *suffix);

/* Offset of the first `c`, or SIZE_MAX. */
size_t str_find_char(struct str s, char c);

/* Offset of `needle` in `s` (memmem), or SIZE_MAX. */
size_t str_find(struct str s, struct str needle);

/* `len` bytes from offset `from`, or what there is of them. */
struct str str_sub(struct str s, size_t from, size_t len);

/* Without the spaces, tabs, CR and LF at both ends. */
struct str str_trim(struct str s);

/* Cuts the next field off `*rest` at `sep`; false when nothing is left. */
bool str_next(struct str *rest, char sep, struct str *field);

/* Whole string is one decimal number within [min, max]. */
MUST_USE enum err str_to_i64(struct str s, int64_t min, int64_t max,
                             int64_t *out);

/* Copies with truncation; always NUL-terminates when size > 0; returns the
 * length that was wanted. */
size_t str_copy(char *dst, size_t size, const char *src);

/* How many bytes at its start are ASCII that stands in JSON strings as it is:
 * neither a control character, nor a quote, nor a backslash. */
size_t str_plain(struct str s);

#endif
