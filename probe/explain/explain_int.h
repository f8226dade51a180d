// SPDX-License-Identifier: Apache-2.0
/* What the parts that make an explanation share: explain.c (headline, reasons,
 * advice), explain_steps.c (what happened, step by step) and explain_names.c
 * (the name lookup).
 */
#ifndef PARALLAX_PROBE_EXPLAIN_EXPLAIN_INT_H
#define PARALLAX_PROBE_EXPLAIN_EXPLAIN_INT_H

#include "probe/explain/explain_words.h"
#include "verdict/read/observations.h"

struct explainer {
    struct region *r;
    const struct json *record;
    const struct observations *o;
    const struct verdict *v;
    const struct fingerprints *fps; /* may be NULL */
    struct explanation *x;
    enum err failed; /* the first failure sticks */
};

/* Fills x->steps; sets `failed` when out of memory. */
void explain_steps(struct explainer *b);
/* region_printf; on failure sets `failed` and gives "". */
const char *explain_printf(struct explainer *b, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

/* A copy in the region; as explain_printf on failure. */
const char *explain_copy(struct explainer *b, struct str s);
/* Both NULL, or the same text. */
bool explain_same(const char *a, const char *c);
/* A failure string in words, those of the string if it is not known. */
const char *explain_failure(struct explainer *b, struct str failure);
/* Does the verdict stand on what this transaction showed at this step? */
bool explain_accused(const struct explainer *b, enum explain_step_kind step,
                     int64_t id);

/* NULL when out of memory or over the maximum; valid until the next one. */
struct explain_step *explain_add_step(struct explainer *b,
                                      enum explain_step_kind kind, int depth,
                                      const char *about);
/* Nothing for a step that is NULL or full. `merge`: a row that says the same of
 * another address becomes one with it. */
void explain_add_row(struct explainer *b, struct explain_step *s,
                     struct explain_row row, bool merge);

/* One flag for each address of the observations: an answer gave it that the
 * verdict stands on being wrong. Whoever else gave it is no better. NULL when
 * out of memory. */
const bool *explain_bad_addrs(struct explainer *b);
/* The lookup after `depth` redirects, if there was one. */
void explain_name_step(struct explainer *b, int depth, const bool *bad);

#endif
