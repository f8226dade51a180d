// SPDX-License-Identifier: Apache-2.0
/* A record and its verdict in plain words, for somebody who is no engineer:
 * what happened at each step and what the control saw there, why we think so,
 * what else it could be, what to try. Pure: no I/O, no clock. Nothing here
 * judges: what it says follows from the verdict and the observations.
 */
#ifndef PARALLAX_PROBE_EXPLAIN_EXPLAIN_H
#define PARALLAX_PROBE_EXPLAIN_EXPLAIN_H

#include "base/diag.h"
#include "base/json.h"
#include "base/region.h"
#include "probe/explain/explanation.h"
#include "record/fingerprints.h"
#include "verdict/verdict_data.h"

/* `record` is the whole record, `v` its verdict; both are borrowed by *out,
 * the rest of which lives in `r`. `fps` may be NULL. ERR_PARSE: unusable
 * record, `d` names the key. */
MUST_USE enum err explain(struct region *r, const struct json *record,
                          const struct verdict *v,
                          const struct fingerprints *fps,
                          struct explanation *out, struct diag *d);

#endif
