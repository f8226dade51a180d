// SPDX-License-Identifier: Apache-2.0
/* How one step of a measurement ended, as its record says. */
#ifndef PARALLAX_VERDICT_READ_OUTCOME_H
#define PARALLAX_VERDICT_READ_OUTCOME_H

#include "record/failure.h"

/* A failure that may be unknown. Known and empty is success. */
struct outcome {
    bool known;
    struct str failure;
    enum failure kind; /* which of the list it is */
};

/* The step is known to have succeeded. */
static inline bool outcome_ok(struct outcome o)
{
    return o.known && o.failure.len == 0;
}

/* The step is known to have failed. */
static inline bool outcome_bad(struct outcome o)
{
    return o.known && o.failure.len > 0;
}

/* It failed in just this way. */
bool outcome_is(struct outcome o, enum failure f);
/* It failed as a censor's packets, or their absence, make it fail. */
bool outcome_is_cut(struct outcome o);
/* It failed at the certificate that was shown. */
bool outcome_is_cert(struct outcome o);

#endif
