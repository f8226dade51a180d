// SPDX-License-Identifier: Apache-2.0
/* Is a fingerprint strong enough to decide anything? It is tried on what
 * innocent servers send (fp_innocent.h): what is found there accuses anybody.
 */
#ifndef PARALLAX_RECORD_FP_STRENGTH_H
#define PARALLAX_RECORD_FP_STRENGTH_H

#include "base/diag.h"
#include "base/region.h"
#include "record/fingerprint.h"
#include "record/fp_regexp.h"

struct fp_strength;

/* The innocent, ready to be tried on; in `r`. ERR_NOMEM. */
MUST_USE enum err fp_strength_new(struct region *r, struct fp_strength **out);
/* ERR_PARSE: too weak, and `d` says why. `regexp` is that of an FP_REGEXP, else
 * NULL. Rows that decide nothing are as weak as they like. */
MUST_USE enum err fp_strength_check(const struct fp_strength *s,
                                    const struct fingerprint *fp,
                                    const struct fp_regexp *regexp,
                                    struct diag *d);

#endif
