// SPDX-License-Identifier: Apache-2.0
/* The texts that a regular expression cannot match without: the longest, so
 * that one search for many strings tells which expressions are worth a try, and
 * all of them in their order, so that no page of half matches costs a trial of
 * each with each. Used by fp_regexp.c.
 */
#ifndef PARALLAX_RECORD_FP_NEEDLE_H
#define PARALLAX_RECORD_FP_NEEDLE_H

#include "base/str.h"

#define FP_NEEDLES 8

/* Parts of the pattern. */
struct fp_needles {
    struct str longest;         /* of length 0: there is none of three bytes */
    struct str all[FP_NEEDLES]; /* the first ones */
    size_t n;
};

/* `pattern` is valid UTF-8 and an expression that PCRE2 reads without options
 * of its own. Where it has anything but the commonest syntax there are none. */
void fp_needle_read(struct str pattern, struct fp_needles *out);
/* Does the text have all of them, one behind the other? */
bool fp_needle_in(const struct fp_needles *needles, struct str text);

#endif
