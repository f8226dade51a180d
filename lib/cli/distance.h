// SPDX-License-Identifier: Apache-2.0
/* For "did you mean": how far apart two words are. */
#ifndef PARALLAX_CLI_DISTANCE_H
#define PARALLAX_CLI_DISTANCE_H

#include "base/str.h"

/* The number of letters to add, drop or change to make `b` of `a`
 * (Levenshtein); SIZE_MAX if `b` has more than 63. */
size_t distance(struct str a, struct str b);

#endif
