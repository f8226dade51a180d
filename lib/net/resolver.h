// SPDX-License-Identifier: Apache-2.0
/* DNS lookups over UDP (TCP when truncated) to the system's servers or to a
 * given one. c-ares sends and matches; its sockets are ours, so that every
 * datagram is kept with its arrival time and the socket can stay open for
 * answers that come after the first.
 */
#ifndef PARALLAX_NET_RESOLVER_H
#define PARALLAX_NET_RESOLVER_H

#include "net/budget.h"
#include "net/dnsreply.h"

struct resolver;
struct lookup;

struct resolver_config {
    const char *resolv_conf; /* NULL: the system's */
    const char *hosts;       /* NULL: the system's */
    struct budget *sockets;
    uint64_t *up, *down;
};

MUST_USE enum err resolver_new(struct loop *l,
                               const struct resolver_config *cfg,
                               struct resolver **out);
void resolver_free(struct resolver *r); /* no lookup may be left */
/* LOOKUP_SYSTEM or LOOKUP_UDP. Callbacks come from the loop only. */
MUST_USE enum err resolver_lookup(struct resolver *r,
                                  const struct lookup_request *q,
                                  struct lookup **out);
void lookup_cancel(struct lookup *l); /* no callback afterwards */

/* Version of the library behind this. */
const char *resolver_version(void);

#endif
