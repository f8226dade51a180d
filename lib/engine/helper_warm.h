// SPDX-License-Identifier: Apache-2.0
/* Connects to a test helper before the first site needs it. Otherwise that
 * site would have to wait until the helper's name is looked up and its
 * handshake done. No part of a measurement.
 */
#ifndef PARALLAX_ENGINE_HELPER_WARM_H
#define PARALLAX_ENGINE_HELPER_WARM_H

#include "engine/instruments.h"

struct helper_warm {
    struct instruments *in;
    char *url; /* of the helper last connected to */
};

/* Nothing was asked yet; `in` is borrowed. */
void helper_warm_init(struct helper_warm *w, struct instruments *in);
/* Begins to connect. Whether it worked is not told: that is seen when the
 * helper is needed. What is under way ends with the instruments. */
void helper_warm_start(struct helper_warm *w, const char *url);
/* To be called after the instruments are freed. */
void helper_warm_fini(struct helper_warm *w);

#endif
