// SPDX-License-Identifier: Apache-2.0
/* What a verdict says of a site. */
#ifndef PARALLAX_VERDICT_XSTATE_H
#define PARALLAX_VERDICT_XSTATE_H

/* access(2) has a macro X_OK with the value 1, which is X_BLOCKED here: both
 * headers that define it are read first, so that it cannot come back. */
#include <fcntl.h>
#include <unistd.h>
#undef X_OK

enum xstate {
    X_OK,
    X_BLOCKED,
    X_DOWN, /* for the control too */
    X_INCONCLUSIVE,
    X_INTERNAL /* the probe's own machine failed */
};

/* Its name in records; "inconclusive" for what is none. */
const char *xstate_name(enum xstate s);

#endif
