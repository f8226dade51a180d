// SPDX-License-Identifier: Apache-2.0
/* The part of observing that reads the handshakes. */
#ifndef PARALLAX_VERDICT_READ_OBSERVE_TLS_H
#define PARALLAX_VERDICT_READ_OBSERVE_TLS_H

#include "verdict/read/observations.h"

/* Ties the handshakes of `test_keys.tls_handshakes` to their endpoints, which
 * must have been read. ERR_PARSE: `d` says what is wrong, and where. */
MUST_USE enum err observe_tls(struct observations *o, const struct json *tk,
                              struct diag *d);

#endif
