// SPDX-License-Identifier: Apache-2.0
/* Judges a visit that got no page: which step failed, and does the control fail
 * there too?
 */
#ifndef PARALLAX_VERDICT_JUDGE_FAILURE_H
#define PARALLAX_VERDICT_JUDGE_FAILURE_H

#include "verdict/judging.h"

/* Decides about the last redirect's address, handshake or request. */
void judge_failure(struct judging *j);
/* A site measured over http gave its page: decides if its https side is
 * interfered with. */
void judge_failure_https_side(struct judging *j);

#endif
