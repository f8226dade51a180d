// SPDX-License-Identifier: Apache-2.0
/* The connection of a transfer: where to, its socket, and the bytes of
 * cleartext HTTP on it. */
#ifndef PARALLAX_NET_FETCH_SOCKET_H
#define PARALLAX_NET_FETCH_SOCKET_H

#include "net/fetch_notes.h"

/* The options that are about the connection; false: no memory. */
bool fetch_socket_set(struct fetch *t);
/* Of a transfer whose time is over, and whose socket is still open: notes if
 * the kernel could send nothing of what opens the connection (tcp.sent), or of
 * what was to be said first (tcp.held), because this machine drops it. */
void fetch_socket_note_held(struct fetch *t);
/* Frees what the above allocated. */
void fetch_socket_fini(struct fetch *t);

#endif
