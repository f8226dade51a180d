// SPDX-License-Identifier: Apache-2.0
/* Addresses read from a text without escapes, whichever way their separators
 * and numbers are written, and compared as values: so no form has to be spelled
 * out beforehand, and a longer number that merely contains an address is left
 * alone.
 */
#ifndef PARALLAX_RECORD_SCRUB_ADDR_H
#define PARALLAX_RECORD_SCRUB_ADDR_H

#include "record/scrub_own.h"

/* End of an address that begins at `pos` and must go, else 0: one of our own,
 * or its network, or what may be ours. *found, unless NULL, becomes it; family
 * 0 for a network. */
size_t scrub_addr_match(const struct scrub *s, struct str t, size_t pos,
                        struct ip *found);

/* The first place from `pos` on where such an address may begin; t.len:
 * nowhere. `s` is prepared. */
size_t scrub_addr_next(const struct scrub *s, struct str t, size_t pos);

#endif
