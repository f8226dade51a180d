// SPDX-License-Identifier: Apache-2.0
/* Servers that cut off every visitor at first, or now and then. */
#ifndef PARALLAX_VERDICT_JUDGE_FIRST_H
#define PARALLAX_VERDICT_JUDGE_FIRST_H

#include "verdict/judging.h"

/* Looks again at what was decided. A page that came when it was asked for a
 * second time is not yet well: somebody cut the first request off, and nobody
 * did so to the control. Where an attempt of the control's was cut off in the
 * place where ours was, the verdict says so (first_cut), as it is not settled
 * before the site has been measured again. */
void judge_first(struct judging *j);

#endif
