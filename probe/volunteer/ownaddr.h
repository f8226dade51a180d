// SPDX-License-Identifier: Apache-2.0
/* The addresses of this machine, so that they can be taken out of what is
 * written. Reads the interfaces, sends nothing.
 */
#ifndef PARALLAX_PROBE_VOLUNTEER_OWNADDR_H
#define PARALLAX_PROBE_VOLUNTEER_OWNADDR_H

#include "record/scrub.h"

/* Fills *out with the addresses of the interfaces, public ones first, and says
 * whether the public address is among them: behind a translating router it is
 * not, and stays unknown. *online: an interface other than loopback is up and
 * has an address by which something outside could be reached. */
MUST_USE enum err ownaddr_find(struct scrub *out, bool *online);

/* For tests: the same rule on given addresses. */
void ownaddr_sort(const struct ip *addrs, size_t n, struct scrub *out,
                  bool *online);

/* Does something else take the connections of this process: a proxy, or a
 * library that sends them over Tor? Then nobody sees our address. */
bool ownaddr_is_proxied(void);
/* `ip`, which somebody outside saw us come from, is our public address of its
 * family. Nothing happens if it is no public one. */
void ownaddr_learn(struct scrub *s, const struct ip *ip);

/* The first public address in *s, or NULL. */
const struct ip *ownaddr_public(const struct scrub *s);

#endif
