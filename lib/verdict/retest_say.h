// SPDX-License-Identifier: Apache-2.0
/* A verdict and its reasons, as further measurements change them. All but
 * retest_say_has allocate in the region and fail with ERR_NOMEM only.
 */
#ifndef PARALLAX_VERDICT_RETEST_SAY_H
#define PARALLAX_VERDICT_RETEST_SAY_H

#include "base/region.h"
#include "verdict/rules.h"
#include "verdict/verdict_data.h"

/* Whether one of the reasons is of this rule. */
bool retest_say_has(const struct verdict *v, enum rule rule);
/* A new list: `first`, then the first 16 of the `n` of `list`. */
MUST_USE enum err retest_say_first(struct region *r, struct reason first,
                                   const struct reason *list, size_t n,
                                   const struct reason **out, size_t *n_out);
/* `note` comes first among the alternatives. */
MUST_USE enum err retest_say_alternative(struct region *r, struct verdict *v,
                                         enum note note);
/* What was a finding is now one explanation among others: inconclusive because
 * of `note`. */
MUST_USE enum err retest_say_undecided_by(struct region *r, struct verdict *v,
                                          enum note note, double confidence);
/* The same where the rule alone says how sure it is. */
MUST_USE enum err retest_say_undecided(struct region *r, struct verdict *v,
                                       enum note note);
/* It was interfered with again: surer, and the last of the reasons. */
MUST_USE enum err retest_say_again(struct region *r, struct verdict *v);

#endif
