// SPDX-License-Identifier: Apache-2.0
/* Did an answer come sooner than its resolver answers? A forger on the way is
 * nearer than the resolver. A cache at home, or a resolver that had to ask
 * around for the others, looks the same, so this never accuses by itself.
 */
#ifndef PARALLAX_VERDICT_JUDGE_TIMING_H
#define PARALLAX_VERDICT_JUDGE_TIMING_H

#include "verdict/judging.h"

/* The lookup was answered much sooner than its resolver answers others. */
bool judge_timing_early(const struct judging *j, const struct vquery *q);
/* So was the same question to another resolver, with an address in common. */
bool judge_timing_early_elsewhere(const struct judging *j,
                                  const struct vquery *q);

#endif
