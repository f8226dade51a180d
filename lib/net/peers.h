// SPDX-License-Identifier: Apache-2.0
/* The addresses of our own peers (test helpers, collector, DoH servers). Each
 * name is asked of the system's servers as a browser does (type 65, too), then
 * by DoH at well-known addresses; answers are kept for a minute and never
 * recorded.
 */
#ifndef PARALLAX_NET_PEERS_H
#define PARALLAX_NET_PEERS_H

#include "net/client.h"
#include "net/dnsreply.h"
#include "net/resolver.h"

struct peers;
struct peers_call;

/* Addresses as text; with n = 0 `failure` says why. All of it is valid during
 * the callback only: who keeps any of it keeps a copy. */
typedef void (*peers_fn)(void *arg, const char *const *addrs, size_t n,
                         const char *failure);

/* Borrows all that it is given until peers_free. ERR_NOMEM. */
MUST_USE enum err peers_new(struct loop *l, struct resolver *r,
                            struct client *http, const char *const *doh_urls,
                            size_t n_doh_urls, struct peers **out);
/* `fn` is told of each answer of the system's servers. Once, before the first
 * call. */
void peers_listen(struct peers *p,
                  void (*fn)(void *arg, const char *host,
                             const struct lookup_result *res),
                  void *arg);
void peers_free(struct peers *p); /* cancels what runs; NULL allowed */
/* Calls fn once, from the loop, after which the call is gone. `call` may be
 * NULL if it is never cancelled. ERR_NOMEM; or as lookup_start. */
MUST_USE enum err peers_resolve(struct peers *p, const char *host, peers_fn fn,
                                void *arg, struct peers_call **call);
void peers_cancel(struct peers_call *c); /* no callback; NULL allowed */

#endif
