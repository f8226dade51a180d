// SPDX-License-Identifier: Apache-2.0
/* The TLS of a transfer: what net/tls sees of the handshake goes into its
 * result. */
#ifndef PARALLAX_NET_FETCH_TLS_H
#define PARALLAX_NET_FETCH_TLS_H

#include "net/fetch_notes.h"

/* Makes the transfer's handshake be watched and its chain be checked against
 * the store of its fetcher. For an https URL, once its request is there. */
void fetch_tls_set(struct fetch *t);

#endif
