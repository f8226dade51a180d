// SPDX-License-Identifier: Apache-2.0
/* One fingerprint of a block page or of a forged DNS answer, in the terms of
 * OONI's CSV. Plain types; what holds and finds them is fingerprints.h.
 */
#ifndef PARALLAX_RECORD_FINGERPRINT_H
#define PARALLAX_RECORD_FINGERPRINT_H

#include "base/str.h"

enum fp_where {
    FP_DNS,
    FP_BODY,
    FP_HEADER
};

enum fp_how {
    FP_FULL,
    FP_PREFIX,
    FP_CONTAINS,
    FP_REGEXP
};

struct fingerprint {
    const char *name;
    const char *scope; /* nat isp prod inst vbw fp injb prov ... */
    enum fp_where where;
    const char *header; /* lower-case name for FP_HEADER */
    enum fp_how how;
    struct str pattern;
    const char *countries; /* "IR,RU" or "" */
    int confidence;        /* confidence_no_fp 0..10 */
};

#endif
