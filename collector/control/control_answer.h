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

/* What is known of an address, as the protocol numbers it: the probe named it,
 * it was looked up here, nobody's server can have it, a certificate of the site
 * was shown there. */
#define CONTROL_ADDR_PROBE 1
#define CONTROL_ADDR_OURS  2
#define CONTROL_ADDR_BOGON 4
#define CONTROL_ADDR_VALID 8

/* Those of an address of which only is known that the probe named it. */
int64_t control_answer_flags(const struct ip *ip);
/* Appends the answer, as JSON. `m` NULL: nothing was tried (target not
 * allowed). `geo` may be NULL. */
enum err control_answer_write(struct buf *out, const struct control_request *q,
                              const struct measurement *m,
                              const struct geo *geo);

#endif
