// SPDX-License-Identifier: Apache-2.0
/* By what a network is known again: its router's hardware address, which no two
 * networks share. Where the router has none that lasts (phones make theirs up
 * each time; a line without a router has none), by the router's address and the
 * address ranges of the link, which others may have too. Asks the kernel's
 * tables only, so nothing is sent; no name of a network is looked at.
 */
#ifndef PARALLAX_PROBE_PLAN_NETWORK_ID_H
#define PARALLAX_PROBE_PLAN_NETWORK_ID_H

#include "base/buf.h"

#define NETWORK_ID_MAX 512

/* What the kernel's tables said: /proc/net/route, /proc/net/arp and
 * /proc/net/ipv6_route. */
struct network_tables {
    struct str route, arp, route6;
};

/* Appends a text that tells the network of the default route from others.
 * ERR_NOTFOUND: there is no default route. ERR_NOMEM. */
MUST_USE enum err network_id_find(struct buf *out);

/* For tests: the same of these tables. */
MUST_USE enum err network_id_of(const struct network_tables *t,
                                struct buf *out);

#endif
