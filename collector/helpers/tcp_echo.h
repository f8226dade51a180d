// SPDX-License-Identifier: Apache-2.0
/* What is sent comes back, byte for byte: a middlebox that answers in its
 * place, or changes what passes, is seen by that. A small_server_fn.
 */
#ifndef PARALLAX_COLLECTOR_HELPERS_TCP_ECHO_H
#define PARALLAX_COLLECTOR_HELPERS_TCP_ECHO_H

#include "base/buf.h"

/* Never the one that ends the connection: OONI's client waits for more until
 * its own time is up, and would take an end for interference. */
bool tcp_echo(struct buf *in, struct buf *out);

#endif
