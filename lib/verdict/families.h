// SPDX-License-Identifier: Apache-2.0
/* Which of the two kinds of addresses, IPv4 and IPv6, leads anywhere from this
 * line? A failed connection by the other kind says nothing of a site. What
 * worked at one port of a site says nothing of its other ports.
 */
#ifndef PARALLAX_VERDICT_FAMILIES_H
#define PARALLAX_VERDICT_FAMILIES_H

#include "verdict/read/observations.h"

/* A connect that met neither silence nor a refusal: a router has no way, or it
 * never left this machine. */
bool families_no_route(const struct vendpoint *end);
/* Does what came of this connect say anything of the site? */
bool families_counts(const struct observations *o, const struct vendpoint *end);
/* Something beyond this line answered by IPv4: a server, or a resolver with a
 * public address. */
bool families_ipv4_shown(const struct observations *o);
/* A connection of that family (4 or 6) stood after `depth` redirects at `port`;
 * 0 for any port. */
bool families_works(const struct observations *o, int depth, int family,
                    uint16_t port);

#endif
