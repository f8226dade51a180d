// SPDX-License-Identifier: Apache-2.0
/* An explanation as JSON for a program. */
#ifndef PARALLAX_PROBE_EXPLAIN_EXPLAIN_JSON_H
#define PARALLAX_PROBE_EXPLAIN_EXPLAIN_JSON_H

#include "base/buf.h"
#include "probe/explain/explanation.h"
#include "verdict/verdict_data.h"

/* Appends one object, with transaction ids and the verdict itself. */
MUST_USE enum err explain_json(const struct explanation *x,
                               const struct verdict *v, struct buf *out);

#endif
