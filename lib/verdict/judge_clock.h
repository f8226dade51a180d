// SPDX-License-Identifier: Apache-2.0
/* Certificates that are out of date by a clock for which nobody vouches: that
 * is an error of the clock, and says nothing about the site or its network.
 */
#ifndef PARALLAX_VERDICT_JUDGE_CLOCK_H
#define PARALLAX_VERDICT_JUDGE_CLOCK_H

#include "verdict/judging.h"

/* The certificate that was shown there is out of date by such a clock. */
bool judge_clock_dates(const struct judging *j, const struct vendpoint *end);
/* Once all is judged: takes back what rests on such a certificate, and that the
 * site is down. What else was seen stays, of a censor or otherwise. */
void judge_clock(struct judging *j);

#endif
