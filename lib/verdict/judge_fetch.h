// SPDX-License-Identifier: Apache-2.0
/* Judges a request that got no page, or not all of it. */
#ifndef PARALLAX_VERDICT_JUDGE_FETCH_H
#define PARALLAX_VERDICT_JUDGE_FETCH_H

#include "verdict/judging.h"

/* Decides about the request over `end`, which failed. */
void judge_fetch(struct judging *j, const struct vendpoint *end);

#endif
