// SPDX-License-Identifier: Apache-2.0
/* What the control answers: a measurement in the words of OONI's test helpers,
 * which differ from those of a record. Pure.
 */
#ifndef PARALLAX_COLLECTOR_CONTROL_CONTROL_ANSWER_H
#define PARALLAX_COLLECTOR_CONTROL_CONTROL_ANSWER_H

#include "base/geo.h"
#include "collector/control/control_request.h"

/* A body is counted so far and reported as no longer. */
#define CONTROL_COUNT_MAX (UINT64_C(16) << 20)

/* Appends the answer, as JSON. `m` NULL: nothing was tried (target not
 * allowed). `geo` may be NULL. */
enum err control_answer_write(struct buf *out, const struct control_request *q,
                              const struct measurement *m,
                              const struct geo *geo);

#endif
