// SPDX-License-Identifier: Apache-2.0
/* Judges a site that works by addresses of other resolvers alone: a browser on
 * this line is given those of the system's resolver, and does not get there.
 */
#ifndef PARALLAX_VERDICT_JUDGE_GIVEN_H
#define PARALLAX_VERDICT_JUDGE_GIVEN_H

#include "verdict/judging.h"

/* All else is decided. Changes only `ok`. */
void judge_given(struct judging *j);
/* The system's resolver leads to what may be a notice server, and where the
 * control finds the site the volunteer is cut off, too: decides by the latter,
 * if nothing is decided yet. */
void judge_given_beside(struct judging *j);

#endif
