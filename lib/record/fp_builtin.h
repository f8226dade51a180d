// SPDX-License-Identifier: Apache-2.0
/* The fingerprints that are compiled in; see fp_builtin.c for their sources. */
#ifndef PARALLAX_RECORD_FP_BUILTIN_H
#define PARALLAX_RECORD_FP_BUILTIN_H

#include "record/fingerprint.h"

struct fp_builtin {
    const char *name;
    const char *scope;
    const char *location; /* as in OONI's CSV: dns, body, header.location */
    enum fp_how how;
    const char *pattern;
    const char *countries;
    int confidence;
};

/* In no order. */
extern const struct fp_builtin fp_builtin[];
extern const size_t fp_builtin_count; /* how many there are */

#endif
