// SPDX-License-Identifier: Apache-2.0
/* The "classic" verdict of Web Connectivity 0.5: a walk over what the system's
 * resolver led to, from the deepest redirect and the highest layer down. The
 * first observation that a rule knows decides.
 */
#ifndef PARALLAX_VERDICT_OONI_CLASSIC_H
#define PARALLAX_VERDICT_OONI_CLASSIC_H

#include "verdict/read/observations.h"
#include "verdict/verdict_data.h"

/* How the answers of one transaction stand against the control's. */
enum match {
    MATCH_NONE,
    MATCH_VALID,
    MATCH_INVALID
};

/* The control resolved the name and `q` succeeded with addresses: do those of
 * its transaction, or their networks, meet the control's? MATCH_NONE without
 * such a control. */
enum match classic_match(const struct observations *o, const struct vquery *q);

enum lookup {
    LOOKUP_NONE, /* says nothing */
    LOOKUP_SUCCESS,
    LOOKUP_EXPECTED,   /* failed as for the control */
    LOOKUP_UNEXPECTED, /* failed, though the control resolved the name */
    LOOKUP_UNEXPLAINED /* failed, nothing known from the control */
};

/* What one lookup says beside the control's. */
enum lookup classic_lookup(const struct observations *o,
                           const struct vquery *q);

/* Sets dns_experiment_failure, dns_consistency, the comparison of pages,
 * http_experiment_failure, accessible and blocking of *v. ERR_NOMEM. */
MUST_USE enum err classic_verdict(const struct observations *o,
                                  struct verdict *v);

#endif
