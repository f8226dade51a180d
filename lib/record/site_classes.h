// SPDX-License-Identifier: Apache-2.0
/* Which class (R0 to R3, docs/safety.md) the site of any URL belongs to, as far
 * as site lists know it.
 *
 * The class of a URL is that of
 *   1. its own row (scheme, port, escapes, dots and a slash at the end aside);
 *   2. else the root row of its host;
 *   3. else, over https, the lowest row of its host: a provider sees the host
 *      alone, and others visit it for less; over http the riskiest row whose
 *      path the URL begins with;
 *   4. else that of its registrable domain: the root row of that name or of
 *      www below it; else the lowest (https) or riskiest (http) row below it.
 * Of rows that say different things of one URL the riskiest counts.
 */
#ifndef PARALLAX_RECORD_SITE_CLASSES_H
#define PARALLAX_RECORD_SITE_CLASSES_H

#include "wire/url.h"

#define SITE_CLASSES          4 /* R0 to R3 */
#define SITE_CLASSES_MAX_ROWS 1000000
#define SITE_UNLISTED         (-1)

struct site_classes;

/* Empty; NULL when there is no memory. Freed by site_classes_free, which
 * allows NULL. */
struct site_classes *site_classes_new(void);
void site_classes_free(struct site_classes *c);

/* Takes note of a row; `risk` is 0 to SITE_CLASSES - 1. ERR_LIMIT: there are
 * more than SITE_CLASSES_MAX_ROWS. ERR_NOMEM. */
MUST_USE enum err site_classes_add(struct site_classes *c,
                                   const struct url *url, int risk);

/* 0 to 3, or SITE_UNLISTED: no list has the site. */
int site_classes_of(const struct site_classes *c, const struct url *url);
/* The same of the URL's own row alone. */
int site_classes_row(const struct site_classes *c, const struct url *url);

#endif
