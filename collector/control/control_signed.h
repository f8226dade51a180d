// SPDX-License-Identifier: Apache-2.0
/* What a control signs, so that nobody can invent an answer of it: the request
 * by its hash, when, the asker's nonce, and the verbatim answer. Both sides
 * make the same text: the control to sign it, the collector to check.
 */
#ifndef PARALLAX_COLLECTOR_CONTROL_CONTROL_SIGNED_H
#define PARALLAX_COLLECTOR_CONTROL_CONTROL_SIGNED_H

#include "base/buf.h"

#define CONTROL_NONCE_LEN  32 /* hex digits */
#define CONTROL_SIGNED_MAX ((size_t)4 << 20)

/* Appends the text. `minute` is since 1970. */
MUST_USE enum err control_signed(struct str request, int64_t minute,
                                 struct str nonce, struct str answer,
                                 struct buf *out);

#endif
