// SPDX-License-Identifier: Apache-2.0
/* Bytes as base64 text: the standard alphabet with padding (RFC 4648,
 * section 4).
 */
#ifndef PARALLAX_BASE_BASE64_H
#define PARALLAX_BASE_BASE64_H

#include "base/buf.h"

/* Appends the text that stands for `bytes`. Errors are those of `out`. */
enum err base64_add(struct buf *out, struct str bytes);

/* Appends the bytes that `s` stands for. ERR_PARSE unless it is the one text
 * that base64_add writes for them; else the errors of `out`, which then holds
 * what it held before. */
MUST_USE enum err base64_decode(struct str s, struct buf *out);

#endif
