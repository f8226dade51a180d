// SPDX-License-Identifier: Apache-2.0
/* The addresses of one host by one way: by the system's servers, or by UDP to
 * a given one (TCP where an answer was truncated). DoH is in doh.h.
 */
#ifndef PARALLAX_NET_LOOKUP_H
#define PARALLAX_NET_LOOKUP_H

#include "net/dnsreply.h"
#include "net/resolver.h"

struct lookup;

/* `q->via` is LOOKUP_SYSTEM or LOOKUP_UDP; `*q` is copied. Callbacks come from
 * the loop only. After on_closed the lookup is gone; without linger that comes
 * right after on_done. ERR_INVAL: the server makes no sense; else as
 * netinfo_servers. */
MUST_USE enum err lookup_start(struct resolver *r,
                               const struct lookup_request *q,
                               struct lookup **out);
/* No callback afterwards. NULL allowed; also from within its callbacks. */
void lookup_cancel(struct lookup *l);

#endif
