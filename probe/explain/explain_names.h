// SPDX-License-Identifier: Apache-2.0
/* The name lookup of an explanation: one row for each service that was asked,
 * and for further answers to the same question.
 */
#ifndef PARALLAX_PROBE_EXPLAIN_EXPLAIN_NAMES_H
#define PARALLAX_PROBE_EXPLAIN_EXPLAIN_NAMES_H

#include "probe/explain/explainer.h"

/* One flag for each address of the observations: an answer gave it that the
 * verdict stands on being wrong. Whoever else gave it is no better. NULL when
 * out of memory. */
const bool *explain_names_bad(struct explainer *b);
/* The lookup after `depth` redirects, if there was one; `bad` as above. */
void explain_names(struct explainer *b, int depth, const bool *bad);

#endif
