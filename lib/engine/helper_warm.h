// SPDX-License-Identifier: Apache-2.0
/* Connects to a test helper before the first site needs it: its address and
 * the handshake would otherwise come on top of that site's own. No part of a
 * measurement.
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
/* Best effort: whether it works is seen when the helper is needed. Once the
 * instruments are gone nothing is called any more. */
void helper_warm_start(struct helper_warm *w, const char *url);
/* After the instruments. */
void helper_warm_fini(struct helper_warm *w);

#endif
