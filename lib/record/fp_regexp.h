// SPDX-License-Identifier: Apache-2.0
/* The regular expressions of fingerprints, by PCRE2. They mean what they mean
 * to OONI's programs: a dot is any character, line ends too, and $ is the very
 * end. All that an expression may cost is limited. Used by fingerprints.c.
 * Immutable once built, so threads may share it.
 */
#ifndef PARALLAX_RECORD_FP_REGEXP_H
#define PARALLAX_RECORD_FP_REGEXP_H

#include "base/diag.h"
#include "base/region.h"

struct fp_regexp;

/* In `r`; `pattern` must live as long. ERR_PARSE: no expression that OONI's
 * programs would read, or one that matches nothing at all or costs too much;
 * `d` says which. */
MUST_USE enum err fp_regexp_new(struct region *r, struct str pattern,
                                struct fp_regexp **out, struct diag *d);
/* Text that must occur wherever it matches, part of the pattern; of length 0
 * where none is known. */
struct str fp_regexp_needle(const struct fp_regexp *x);
/* How many characters a match has at least. */
uint32_t fp_regexp_shortest(const struct fp_regexp *x);
/* Does it match anywhere in `text`? ERR_LIMIT: that would take too long;
 * ERR_NOMEM. *found is then false. */
MUST_USE enum err fp_regexp_match(const struct fp_regexp *x, struct str text,
                                  bool *found);

#endif
