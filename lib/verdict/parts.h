// SPDX-License-Identifier: Apache-2.0
/* The parts that make a verdict, called by verdict_compute in this order. */
#ifndef PARALLAX_VERDICT_PARTS_H
#define PARALLAX_VERDICT_PARTS_H

#include "verdict/read/observe.h"
#include "verdict/verdict.h"

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

enum lookup classic_lookup(const struct observations *o,
                           const struct vquery *q);

/* dns_experiment_failure, dns_consistency, the comparison of pages,
 * http_experiment_failure, accessible, blocking. */
MUST_USE enum err classic_verdict(const struct observations *o,
                                  struct verdict *v);
/* x_dns_flags, x_blocking_flags, x_null_null_flags. */
MUST_USE enum err extended_verdict(const struct observations *o,
                                   struct verdict *v);
/* state, method, confidence, reasons, alternatives. */
MUST_USE enum err own_verdict(const struct observations *o,
                              const struct fingerprints *fps,
                              struct verdict *v);

#endif
