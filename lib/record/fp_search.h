// SPDX-License-Identifier: Apache-2.0
/* Search for many byte strings in one pass (Aho and Corasick, 1975).
 * Used by fingerprints.c. Immutable once built, so threads may share it.
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
void fp_search_free(struct fp_search *s); /* NULL is let be */
/* Tells every place of every pattern, in order of where they end. */
void fp_search_run(const struct fp_search *s, struct str text, fp_hit_fn hit,
                   void *arg);

#endif
