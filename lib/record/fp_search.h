// SPDX-License-Identifier: Apache-2.0
/* Search for many byte strings in one pass (Aho and Corasick, 1975), and a
 * matcher for the plain kind of regular expressions that fingerprints use.
 * Used by fingerprint.c. Immutable once built, so threads may share it.
 */
#ifndef PARALLAX_RECORD_FP_SEARCH_H
#define PARALLAX_RECORD_FP_SEARCH_H

#include "base/region.h"

#define FP_SEARCH_MAX_BYTES ((size_t)8 << 20) /* of all patterns together */

struct fp_search;

/* Called for each place where pattern number `i` ends before offset `end`. */
typedef void (*fp_hit_fn)(void *arg, uint32_t i, size_t end);

/* Patterns are borrowed during the call only; empty ones are never found.
 * Caller frees. ERR_LIMIT over the maximum. */
MUST_USE enum err fp_search_new(const struct str *patterns, size_t n,
                                struct fp_search **out);
void fp_search_free(struct fp_search *s);
void fp_search_run(const struct fp_search *s, struct str text, fp_hit_fn hit,
                   void *arg);

/* Literals, `.` (any byte, line ends too), `.*`, escaped punctuation, ^ at the
 * start and $ at the end: matched in linear time. */
struct fp_regexp;

/* In `r`. ERR_NOTFOUND: the expression needs more than this. ERR_PARSE: it has
 * no literal of three bytes, so it would match anything. */
MUST_USE enum err fp_regexp_new(struct region *r, struct str pattern,
                                const struct fp_regexp **out);
/* Text that must occur wherever it matches. */
struct str fp_regexp_needle(const struct fp_regexp *x);
bool fp_regexp_match(const struct fp_regexp *x, struct str text);

#endif
