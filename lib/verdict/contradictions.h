// SPDX-License-Identifier: Apache-2.0
/* Records that say things which cannot all be true: of a probe that is broken,
 * or of somebody who changes what he uploads. Nobody is accused by such a
 * record.
 */
#ifndef PARALLAX_VERDICT_CONTRADICTIONS_H
#define PARALLAX_VERDICT_CONTRADICTIONS_H

#include "verdict/ids.h"
#include "verdict/read/observations.h"

/* Does the record contradict itself? Then the transaction that does so is added
 * to `ids`, if it is one. */
bool contradictions_found(const struct observations *o, struct ids *ids);

#endif
