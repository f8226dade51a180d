// SPDX-License-Identifier: Apache-2.0
/* The key x_compare: one page of one address, fetched with the site's name in
 * the handshake and without it, in turns.
 */
#ifndef PARALLAX_RECORD_KEYS_COMPARE_H
#define PARALLAX_RECORD_KEYS_COMPARE_H

#include "record/key_writer.h"

/* Writes the member x_compare; nothing if there was no comparison. Errors stick
 * in the writer's buffer. */
void keys_compare_write(struct key_writer *c);

#endif
