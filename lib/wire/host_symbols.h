// SPDX-License-Identifier: Apache-2.0
/* Host names with symbols such as emoji. IDNA2008, and libidn2 with it, refuses
 * them; browsers map names by UTS 46 alone and go there.
 */
#ifndef PARALLAX_WIRE_HOST_SYMBOLS_H
#define PARALLAX_WIRE_HOST_SYMBOLS_H

#include "base/str.h"

#define HOST_SYMBOLS_MAX 1024 /* bytes of a name */

/* Writes the name, which is UTF-8 without a zero byte, with its labels as
 * A-labels to `out`: symbols as they are, what stands between them mapped as
 * libidn2 maps a label. ERR_PARSE: it does not. ERR_LIMIT: too long. */
MUST_USE enum err host_symbols_to_ascii(struct str name, char *out,
                                        size_t size);

#endif
