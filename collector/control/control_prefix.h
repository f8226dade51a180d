// SPDX-License-Identifier: Apache-2.0
/* Who may be one and the same: clients within prefixes within larger ones. One
 * address is cheap; one line has 256 IPv6 /64s or more, and one who rents
 * machines has them in few networks. Who has places in all of these shares them
 * with his neighbours before he takes them from others.
 *
 * Levels, the client first: of IPv4 the address, /24, /16; of IPv6 /64, /56,
 * /48, /32. Who has no address is one client. */
#ifndef PARALLAX_COLLECTOR_CONTROL_CONTROL_PREFIX_H
#define PARALLAX_COLLECTOR_CONTROL_CONTROL_PREFIX_H

#include "base/str.h"
#include "wire/ip.h"

#define CONTROL_PREFIX_LEVELS 4
#define CONTROL_PREFIX_MAX    9 /* bytes that tell one from all others */

/* How many levels the address has, at least one. */
size_t control_prefix_levels(const struct ip *ip);
/* What is the same for all in the address's prefix of that level, and in no
 * other; stands in `out`. */
struct str control_prefix(const struct ip *ip, size_t level,
                          uint8_t out[CONTROL_PREFIX_MAX]);
/* `n` clients hold a place each, the newest first, and there is no other: which
 * is to leave his to `next`? The oldest of the client with most, in the prefix
 * with most, and so on from the largest prefixes; `n`: none, since he would
 * then have more than they. */
size_t control_prefix_yields(const struct ip *held, size_t n,
                             const struct ip *next);

#endif
