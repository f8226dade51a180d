// SPDX-License-Identifier: Apache-2.0
/* Packets kept as evidence: a reset or an end of a connection whose TTL is not
 * that of the server's SYN,ACK was sent from elsewhere on the way.
 */
#ifndef PARALLAX_VERDICT_READ_OBSERVE_PACKETS_H
#define PARALLAX_VERDICT_READ_OBSERVE_PACKETS_H

#include "base/diag.h"
#include "verdict/read/observations.h"

/* Marks endpoints of `o` whose connection such a packet ended. `tk` is
 * test_keys. ERR_PARSE: `d` names the key. */
MUST_USE enum err observe_packets(struct observations *o, const struct json *tk,
                                  struct diag *d);

#endif
