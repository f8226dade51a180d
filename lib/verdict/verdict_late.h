// SPDX-License-Identifier: Apache-2.0
/* The verdict of a record for which a control was asked later, when the record
 * came in (`test_keys.x_control_deferred`). The rules are those of verdict.h;
 * what is added here is the age of the answer. A site that was down when it was
 * measured, and is not when the control asks, looks as if it was kept from the
 * probe.
 */
#ifndef PARALLAX_VERDICT_VERDICT_LATE_H
#define PARALLAX_VERDICT_VERDICT_LATE_H

#include "verdict/verdict.h"

/* An answer is of the measurement's own time so long, in seconds ... */
#define VERDICT_LATE_NEAR_S 900
/* ... and no evidence against anybody when it is older than this. */
#define VERDICT_LATE_OLD_S (6 * 3600)

/* `record` as it came, and `with`, the same with the control's answer in it,
 * which was asked `age_s` seconds after the measurement began. Interference
 * that the record shows by itself stays; what only the answer makes of it is
 * `inconclusive` if the answer is old, or if the site may have been down.
 * Results live in `r` and borrow both. ERR_PARSE as verdict_compute. */
MUST_USE enum err verdict_late(struct region *r, const struct json *record,
                               const struct json *with, int64_t age_s,
                               const struct fingerprints *fps,
                               struct verdict *out, struct diag *d);

#endif
