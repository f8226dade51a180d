// SPDX-License-Identifier: Apache-2.0
/* Is a site down that did not work for the control either? What neither side
 * could try for a limit of its own is no evidence, and one control may be
 * hindered itself. */
#ifndef PARALLAX_VERDICT_JUDGE_DOWN_H
#define PARALLAX_VERDICT_JUDGE_DOWN_H

#include "verdict/judging.h"

/* Looks again at what was decided: does nothing unless that is X_DOWN. */
void judge_down(struct judging *j);

#endif
