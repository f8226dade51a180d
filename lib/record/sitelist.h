// SPDX-License-Identifier: Apache-2.0
/* Site lists: Citizen Lab's CSV (url,category_code,category_description,
 * date_added,source,notes), or one URL per line; list_format.h says in what
 * shapes they are read. The class of a row is that of its category
 * (category.h), or the one in its column `risk_class` where that is higher.
 */
#ifndef PARALLAX_RECORD_SITELIST_H
#define PARALLAX_RECORD_SITELIST_H

#include "base/region.h"
#include "wire/url.h"

#define SITELIST_MAX_ROWS 1000000

struct site {
    const char *input; /* what is visited, letter for letter: url.text */
    struct url url;
    const char *category; /* "NEWS", the current code of a retired one; one that
                             is not known as it stands there; "" none */
    int risk;             /* 0..3 */
    unsigned line;
    bool chosen; /* the volunteer named it herself: no row of a list */
};

struct sitelist {
    struct site *sites; /* in file order, each URL once: in the riskiest of the
                           classes that the rows give it */
    size_t n, cap;
    size_t rows; /* data rows seen = n + bad + duplicate */
    size_t bad;
    size_t duplicate;
};

typedef void (*sitelist_bad_fn)(void *arg, const char *file, unsigned line,
                                unsigned col, const char *reason);

/* Adds the rows of `text` (called `file` in messages) to `list`; everything
 * lives in `r`. `bad` (may be NULL) gets each row that is refused: one whose
 * URL is none, or has a private or special address; whose bytes are no UTF-8;
 * whose category has odd characters. ERR_PARSE: the list is refused whole,
 * nothing was added, and `d` (may be NULL) says why in one sentence. */
MUST_USE enum err sitelist_parse(struct region *r, const char *file,
                                 struct str text, struct sitelist *list,
                                 sitelist_bad_fn bad, void *arg,
                                 struct diag *d);

#endif
