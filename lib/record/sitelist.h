// SPDX-License-Identifier: Apache-2.0
/* Site lists: Citizen Lab's CSV (url,category_code,category_description,
 * date_added,source,notes), or one URL per line. The risk class of a category
 * (docs/safety.md): R0 harmless control and everyday sites, R1 news and
 * ordinary content, R2 sensitive or unknown, R3 dangerous to be seen with.
 */
#ifndef PARALLAX_RECORD_SITELIST_H
#define PARALLAX_RECORD_SITELIST_H

#include "base/region.h"
#include "wire/url.h"

#define SITELIST_MAX_ROWS 1000000

struct site {
    const char *input; /* as written in the list */
    struct url url;
    const char *category; /* "NEWS", or "" unknown */
    int risk;             /* 0..3 */
    unsigned line;
    bool chosen; /* the volunteer named it herself: no row of a list */
};

struct sitelist {
    struct site *sites; /* in file order, duplicates (same URL text) removed */
    size_t n, cap;
    size_t rows; /* data rows seen = n + bad + duplicate */
    size_t bad;
    size_t duplicate;
};

typedef void (*sitelist_bad_fn)(void *arg, const char *file, unsigned line,
                                unsigned col, const char *reason);

/* Adds the rows of `text` (called `file` in messages) to `list`; everything
 * lives in `r`. A row whose host is a private or special address literal is
 * bad. */
MUST_USE enum err sitelist_parse(struct region *r, const char *file,
                                 struct str text, struct sitelist *list,
                                 sitelist_bad_fn bad, void *arg);
/* For tests: the risk class of a category code, 0 to 3 for R0 to R3; 2 for a
 * code that is not known. Lists carry it in their rows. */
int sitelist_risk(struct str category);

/* What a category code means, for people; NULL if it is not known. */
const char *sitelist_category_name(struct str category);

#endif
