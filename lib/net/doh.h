// SPDX-License-Identifier: Apache-2.0
/* DNS over HTTPS (RFC 8484): messages built here, carried by http_client. */
#ifndef PARALLAX_NET_DOH_H
#define PARALLAX_NET_DOH_H

#include "net/client.h"
#include "net/dnsreply.h"

struct doh_lookup;

/* q->via is LOOKUP_DOH, q->server a URL; `addrs` are texts to connect to
 * (copied). Callbacks come from the loop only. */
MUST_USE enum err doh_lookup_start(struct http_client *http,
                                   const struct lookup_request *q,
                                   const char *const *addrs, size_t n_addrs,
                                   struct doh_lookup **out);
void doh_lookup_cancel(struct doh_lookup *l); /* no callback afterwards */

/* Addresses of well-known DoH servers, for when their names cannot be looked
 * up; NULL for an unknown host. */
const char *const *doh_bootstrap(const char *host, size_t *n);

#endif
