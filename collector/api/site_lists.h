// SPDX-License-Identifier: Apache-2.0
/* The site lists installed in the data directory (`lists/global.csv`,
 * `lists/cc.csv`), handed out by check-in. Immutable after loading.
 */
#ifndef PARALLAX_COLLECTOR_API_SITE_LISTS_H
#define PARALLAX_COLLECTOR_API_SITE_LISTS_H

#include "base/diag.h"
#include "base/json_out.h"

struct site_lists;

/* A data directory without lists gives an empty set. Bad rows are logged. */
MUST_USE enum err site_lists_load(const char *data_dir, struct site_lists **out,
                                  struct diag *d);
void site_lists_free(struct site_lists *s);
/* Writes the array of {category_code, country_code, url}: sites of the country
 * and the global ones, of the categories asked for (all if none), at most
 * `max`, drawn at random when there are more. Returns how many. `s` may be
 * NULL.
 */
size_t site_lists_write(const struct site_lists *s, struct jw *w,
                        const char *cc, const struct str *codes, size_t n_codes,
                        size_t max);

#endif
