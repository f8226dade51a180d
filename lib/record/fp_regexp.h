// SPDX-License-Identifier: Apache-2.0
/* A matcher for the plain kind of regular expressions that fingerprints use, in
 * linear time: literals, `.` (any byte, line ends too), `.*`, escaped
 * punctuation, ^ at the start and $ at the end. Used by fingerprints.c.
 * Immutable once built, so threads may share it.
 */
#ifndef PARALLAX_RECORD_FP_REGEXP_H
#define PARALLAX_RECORD_FP_REGEXP_H

#include "base/region.h"

struct fp_regexp;

/* In `r`. ERR_NOTFOUND: the expression needs more than this. ERR_PARSE: it has
 * no literal of three bytes, so it would match anything. */
MUST_USE enum err fp_regexp_new(struct region *r, struct str pattern,
                                const struct fp_regexp **out);
/* Text that must occur wherever it matches; lives as long as `x`. */
struct str fp_regexp_needle(const struct fp_regexp *x);
/* Does it match anywhere in `text`? */
bool fp_regexp_match(const struct fp_regexp *x, struct str text);

#endif
