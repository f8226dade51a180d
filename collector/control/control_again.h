// SPDX-License-Identifier: Apache-2.0
/* An answer of the control, given once more to somebody else who asks for the
 * same page. Pure.
 */
#ifndef PARALLAX_COLLECTOR_CONTROL_CONTROL_AGAIN_H
#define PARALLAX_COLLECTOR_CONTROL_CONTROL_AGAIN_H

#include "base/geo.h"
#include "collector/control/control_request.h"

/* Appends `answer` (of control_answer_write) as it is told to who asks `q`: of
 * the addresses that only the first one named, those that `q` names, too; and
 * those of `q` that nobody connected to are listed as such. ERR_PARSE if it is
 * no such answer. `geo` may be NULL. */
MUST_USE enum err control_again_write(struct buf *out, struct str answer,
                                      const struct control_request *q,
                                      const struct geo *geo);
/* Is it a page that was got, and told as good (2xx)? */
bool control_again_good(struct str answer);

#endif
