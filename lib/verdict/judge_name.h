// SPDX-License-Identifier: Apache-2.0
/* Judges the lookup of a name. An answer is accused only by contradiction:
 * other resolvers or the control know addresses that work, and a certificate
 * weighs more than any comparison of addresses.
 */
#ifndef PARALLAX_VERDICT_JUDGE_NAME_H
#define PARALLAX_VERDICT_JUDGE_NAME_H

#include "verdict/judging.h"

/* The lookup after `depth` redirects. Decides only if it is certain. */
void judge_name(struct judging *j, int depth);

#endif
