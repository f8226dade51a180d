// SPDX-License-Identifier: Apache-2.0
/* Our own verdict on one measurement. Rules are asked in the order in which a
 * visit happens (name, address, handshake, page); the first that is certain
 * decides. What is not certain is said so.
 */
#ifndef PARALLAX_VERDICT_JUDGE_H
#define PARALLAX_VERDICT_JUDGE_H

#include "record/fingerprints.h"
#include "verdict/read/observations.h"
#include "verdict/verdict_data.h"

/* Sets state, method, confidence, reasons, alternatives and wishes of *v, which
 * live in the region of `o`. `fps` may be NULL. ERR_NOMEM. */
MUST_USE enum err judge_verdict(const struct observations *o,
                                const struct fingerprints *fps,
                                struct verdict *v);

#endif
