// SPDX-License-Identifier: Apache-2.0
/* From a record to its observations.
 *
 * Old records (v0.4) are read too: null for a missing array, `false` for no
 * failure; the transaction ids that they lack are made (observe_old.h). A
 * record that lacks some of them, or whose page came from nowhere, cannot be
 * tied together and sets `legacy`.
 */
#ifndef PARALLAX_VERDICT_READ_OBSERVE_H
#define PARALLAX_VERDICT_READ_OBSERVE_H

#include "base/diag.h"
#include "verdict/read/observations.h"

/* Reads the whole record (its root object). *o borrows the record, the rest
 * lives in `r`. ERR_PARSE: `d` names the key that is wrong. */
MUST_USE enum err observe(struct region *r, const struct json *record,
                          struct observations *o, struct diag *d);
/* The same of other `keys` than the record's own test_keys; messages of `d`
 * begin with "test_keys". */
MUST_USE enum err observe_keys(struct region *r, const struct json *record,
                               const struct json *keys, struct observations *o,
                               struct diag *d);
/* Where the first control got no page and another one did, or found the name
 * that the first did not, reads the same again, held beside the answer of that
 * one; else does nothing. OONI's keys are those of the first. */
MUST_USE enum err observe_best(const struct json *record,
                               const struct json *keys, struct observations *o,
                               struct diag *d);

#endif
