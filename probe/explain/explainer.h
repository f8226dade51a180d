// SPDX-License-Identifier: Apache-2.0
/* What the parts that make an explanation share: what they read, and how they
 * add to it. Texts that they make live in the region.
 */
#ifndef PARALLAX_PROBE_EXPLAIN_EXPLAINER_H
#define PARALLAX_PROBE_EXPLAIN_EXPLAINER_H

#include "probe/explain/explanation.h"
#include "record/fingerprints.h"
#include "verdict/read/observations.h"
#include "verdict/verdict_data.h"

struct explainer {
    struct region *r;
    const struct json *record;
    const struct observations *o;
    const struct verdict *v;
    const struct fingerprints *fps; /* may be NULL */
    struct explanation *x;
    enum err failed; /* the first failure sticks */
};

/* Text from a format, "" when there is no memory, which sets `failed`. */
const char *explainer_printf(struct explainer *b, const char *fmt, ...)
    PRINTF_LIKE(2, 3);
/* A copy; "" when there is no memory, which sets `failed`. */
const char *explainer_copy(struct explainer *b, struct str s);

/* Is this rule among the reasons of the verdict? */
bool explainer_has_reason(const struct explainer *b, enum rule rule);
/* Is it among the alternatives? */
bool explainer_has_alternative(const struct explainer *b, enum rule rule);
/* Does the verdict stand on what this transaction showed at this step? */
bool explainer_accused(const struct explainer *b, enum guide_step step,
                       int64_t id);

/* NULL when out of memory or over the maximum; valid until the next one. */
struct explain_step *explainer_add_step(struct explainer *b,
                                        enum guide_step kind, int depth,
                                        const char *about);
/* Nothing for a step that is NULL or full. `merge`: a row that says the same of
 * another address becomes one with it. */
void explainer_add_row(struct explainer *b, struct explain_step *s,
                       struct explain_row row, bool merge);

#endif
