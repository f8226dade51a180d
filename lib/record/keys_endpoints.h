// SPDX-License-Identifier: Apache-2.0
/* Members of test_keys about connections and handshakes.
 */
#ifndef PARALLAX_RECORD_KEYS_ENDPOINTS_H
#define PARALLAX_RECORD_KEYS_ENDPOINTS_H

#include "record/key_writer.h"

/* Members tcp_connect and tls_handshakes: the flows of the measurement, or,
 * with `reconnect`, the second connections that fetched the page after all. */
void keys_endpoints_tcp(struct key_writer *c, bool reconnect);
void keys_endpoints_tls(struct key_writer *c, bool reconnect);
/* Member x_reconnect with both arrays; nothing if nothing was connected again.
 */
void keys_endpoints_reconnect(struct key_writer *c);

#endif
