// SPDX-License-Identifier: Apache-2.0
/* The longest text that a regular expression cannot match without, so that one
 * search for many strings tells which expressions are worth a try. Used by
 * fp_regexp.c.
 */
#ifndef PARALLAX_RECORD_FP_NEEDLE_H
#define PARALLAX_RECORD_FP_NEEDLE_H

#include "base/str.h"

/* Part of `pattern`, valid UTF-8 and an expression that PCRE2 reads without
 * options of its own. Where there is none of three bytes, or the pattern has
 * anything but the commonest syntax: of length 0. */
struct str fp_needle_of(struct str pattern);

#endif
