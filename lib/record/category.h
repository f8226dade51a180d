// SPDX-License-Identifier: Apache-2.0
/* Category codes of site lists (Citizen Lab's legend), and the risk class of
 * each (docs/safety.md): R0 harmless control and everyday sites, R1 news and
 * ordinary content, R2 sensitive, R3 dangerous to be seen with.
 */
#ifndef PARALLAX_RECORD_CATEGORY_H
#define PARALLAX_RECORD_CATEGORY_H

#include "base/str.h"

struct category {
    const char *code; /* "NEWS" */
    const char *name; /* for people */
    int risk;         /* 0 to 3 */
};

/* By its code, small or capital letters; a retired code gives the category that
 * took its place. NULL: not known. */
const struct category *category_find(struct str code);

/* Is it a code, or a category's name as people write it ("News Media")? */
bool category_is_meant(struct str cell);

/* The class of a row: 2 without a code, 3 with one that is not known. */
int category_risk(struct str code);

#endif
