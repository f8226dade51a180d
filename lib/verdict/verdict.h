// SPDX-License-Identifier: Apache-2.0
/* The verdict: a pure function of a record. One implementation serves probe
 * and collector; no I/O, no clock, no name or address of any test world. The
 * OONI-compatible keys follow Web Connectivity 0.5's analysis ("classic" and
 * the extended flags); x_verdict is our own. The keys come from the first
 * measurement alone; x_verdict also from those made again (`x_retest`).
 */
#ifndef PARALLAX_VERDICT_VERDICT_H
#define PARALLAX_VERDICT_VERDICT_H

#include "base/diag.h"
#include "base/json.h"
#include "base/region.h"
#include "record/fingerprints.h"
#include "verdict/verdict_data.h"

/* `record` is the whole record (root object with test_keys). Derived keys that
 * may stand in it are ignored. Results live in `r` and borrow the record.
 * ERR_PARSE: unusable record, `d` names the key. */
MUST_USE enum err verdict_compute(struct region *r, const struct json *record,
                                  const struct fingerprints *fps,
                                  struct verdict *out, struct diag *d);
/* A verdict for a measurement that this machine failed to make; `what` is
 * borrowed. */
void verdict_internal(struct verdict *out, const char *what);

#endif
