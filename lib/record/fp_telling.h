// SPDX-License-Identifier: Apache-2.0
/* Does a fingerprint of a page tell of a block? What stands on none of our
 * innocent pages may still stand on thousands: the markup of a framework, a
 * word of any language. So a text must say what such pages do not. Used by
 * fp_strength.c.
 */
#ifndef PARALLAX_RECORD_FP_TELLING_H
#define PARALLAX_RECORD_FP_TELLING_H

#include "base/diag.h"
#include "base/region.h"

/* `text` is valid UTF-8, `pages` are `n` innocent ones, both in lower case
 * (fp_telling_lower). ERR_OK: it names something that one sender alone has (an
 * address, a host that is not one of fp_innocent_zones, a long number, a
 * parameter of a URL, a picture), or has a word of blocking that is not all
 * there is and no name of a style, or is a sentence or a whole title, not of
 * everyday words only. ERR_PARSE: it does not, and `d` says why. Which language
 * it is in matters for the words of blocking alone: what is not known is
 * refused. */
MUST_USE enum err fp_telling_check(struct str text, const struct str *pages,
                                   size_t n, struct diag *d);
/* In `r`, in lower case whatever the script. `p` NULL: no memory. */
struct str fp_telling_lower(struct region *r, struct str text);
/* What an expression says: `text`, changed in place, with spaces for the signs
 * that only expressions have. */
struct str fp_telling_strip(struct str text);

#endif
