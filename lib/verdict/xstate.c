// SPDX-License-Identifier: Apache-2.0
#include "verdict/xstate.h"

const char *xstate_name(enum xstate s)
{
    static const char *const names[] = {
        [X_OK] = "ok",
        [X_BLOCKED] = "blocked",
        [X_DOWN] = "down",
        [X_INCONCLUSIVE] = "inconclusive",
        [X_INTERNAL] = "internal",
    };
    return (unsigned)s < sizeof(names) / sizeof(*names) ? names[s]
                                                        : "inconclusive";
}
