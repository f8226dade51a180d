// SPDX-License-Identifier: Apache-2.0
/* Punycode (RFC 3492), writing only: libidn2 writes it for letters alone. */
#ifndef PARALLAX_WIRE_PUNYCODE_H
#define PARALLAX_WIRE_PUNYCODE_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

/* Writes the code points of one label, of which ASCII ones are letters, digits
 * and hyphens, to `out` of `size` bytes, NUL-terminated, without "xn--".
 * ERR_LIMIT: it is too long. */
MUST_USE enum err punycode_write(const uint32_t *points, size_t n, char *out,
                                 size_t size);

#endif
