// SPDX-License-Identifier: Apache-2.0
/* What the comparisons among the further measurements say (judge_sni.h):
 * whether it is the site's name that the first was interfered with for.
 */
#ifndef PARALLAX_VERDICT_RETEST_COMPARE_H
#define PARALLAX_VERDICT_RETEST_COMPARE_H

#include "base/diag.h"
#include "verdict/retest_course.h"

/* One was made with the site's name and without: `keys` is what was observed,
 * at x_retest[i], `a` what that entry says of the line, `o` the first
 * measurement. `v` and `c` are changed to what is known by now. ERR_PARSE: `d`
 * names the key; ERR_NOMEM. */
MUST_USE enum err retest_compare(const struct json *keys, size_t i,
                                 const struct again *a,
                                 const struct observations *o,
                                 struct verdict *v, struct course *c,
                                 struct diag *d);
/* Some censors shut an address for a while after they heard a name there: no
 * name gets through then. Only when that is over does the address say, asked
 * without a name, whether it answers. Otherwise as above. */
MUST_USE enum err retest_compare_unnamed(const struct json *keys, size_t i,
                                         const struct again *a,
                                         const struct observations *o,
                                         struct verdict *v, struct course *c,
                                         struct diag *d);

#endif
