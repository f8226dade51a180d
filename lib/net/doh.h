// SPDX-License-Identifier: Apache-2.0
/* Lookups by DNS over HTTPS (RFC 8484). Messages are built here and carried by
 * client.h.
 */
#ifndef PARALLAX_NET_DOH_H
#define PARALLAX_NET_DOH_H

#include "net/client.h"
#include "net/dnsreply.h"

struct doh_lookup;

/* `q->via` is LOOKUP_DOH, `q->server` a URL; `*q` is copied. `addrs` are the
 * addresses of the server as text, copied too. Callbacks come from the loop
 * only; after on_done the lookup is gone. ERR_NOMEM, ERR_INVAL: the name or the
 * URL makes no sense. */
MUST_USE enum err doh_lookup_start(struct client *http,
                                   const struct lookup_request *q,
                                   const char *const *addrs, size_t n_addrs,
                                   struct doh_lookup **out);
void doh_lookup_cancel(struct doh_lookup *l); /* no callback; NULL allowed */

/* Addresses of a well-known DoH server as text, for when its name cannot be
 * looked up. NULL: the host is not known. */
const char *const *doh_bootstrap(const char *host, size_t *n);

#endif
