// SPDX-License-Identifier: Apache-2.0
/* What else an accusation could be, by the list of rules. */
#ifndef PARALLAX_VERDICT_OTHERWISE_H
#define PARALLAX_VERDICT_OTHERWISE_H

#include "base/diag.h"
#include "base/region.h"
#include "verdict/verdict_data.h"

/* Adds to the alternatives of a verdict that says `blocked` what rules.def
 * names for each rule that accuses (ELSE), unless that rule of alternatives
 * stands there already. ERR_NOMEM. */
MUST_USE enum err otherwise_add(struct region *r, struct verdict *v);

#endif
