// SPDX-License-Identifier: Apache-2.0
/* Names of our own peers (test helpers, collector, DoH servers): looked up by
 * the system's servers, then by DoH at well-known addresses; kept for a while;
 * never recorded.
 */
#ifndef PARALLAX_NET_PEERS_H
#define PARALLAX_NET_PEERS_H

#include "net/client.h"
#include "net/resolver.h"

struct own;
struct own_call;

typedef void (*own_fn)(void *arg, const char *const *addrs, size_t n,
                       const char *failure);

MUST_USE enum err own_new(struct loop *l, struct resolver *r,
                          struct http_client *http, const char *const *doh_urls,
                          size_t n_doh_urls, struct own **out);
void own_free(struct own *o); /* cancels what runs */
/* Calls fn once, from the loop. `*call` may be NULL if it is never
 * cancelled. */
MUST_USE enum err own_resolve(struct own *o, const char *host, own_fn fn,
                              void *arg, struct own_call **call);
void own_cancel(struct own_call *c);

#endif
