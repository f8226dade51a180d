// SPDX-License-Identifier: Apache-2.0
/* What happened, step by step: name lookup, connection, secure connection and
 * page, the same for each redirect, then further measurements.
 */
#ifndef PARALLAX_PROBE_EXPLAIN_EXPLAIN_STEPS_H
#define PARALLAX_PROBE_EXPLAIN_EXPLAIN_STEPS_H

#include "probe/explain/explainer.h"

/* Fills the steps of the explanation. */
void explain_steps(struct explainer *b);

#endif
