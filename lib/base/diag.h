// SPDX-License-Identifier: Apache-2.0
/* What was wrong and where, in words for a person, beside the `enum err` that
 * the program goes by.
 */
#ifndef PARALLAX_BASE_DIAG_H
#define PARALLAX_BASE_DIAG_H

#include "base/err.h"

struct diag {
    char text[320]; /* always NUL-terminated */
};

/* Writes a formatted text into `d` (may be NULL) and returns `e`, so that a
 * parser can say `return diag_set(d, ERR_PARSE, "line %d: ...", n);`. */
enum err diag_set(struct diag *d, enum err e, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

#endif
