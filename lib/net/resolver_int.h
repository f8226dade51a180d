// SPDX-License-Identifier: Apache-2.0
/* What lookup.c (one host, one way) and resolver.c (single exchanges, c-ares)
 * share.
 */
#ifndef PARALLAX_NET_RESOLVER_INT_H
#define PARALLAX_NET_RESOLVER_INT_H

#include "net/budget.h"
#include "net/netinfo.h"
#include "net/resolver.h"

struct channel;
struct exchange;

struct resolver {
    struct loop *loop;
    struct resolver_config cfg;
    struct netinfo_file resolv_conf, hosts;
    struct budget channels;
    struct channel *idle;
    size_t n_idle;
};

struct lookup {
    struct resolver *r;
    struct lookup_request q;
    struct exchange *exchanges;
    size_t n_exchanges;
    struct netinfo_server servers[NETINFO_SERVERS_MAX];
    uint16_t port;
    size_t n_servers;
    const char *server_text[NETINFO_SERVERS_MAX];
    unsigned open; /* exchanges without a result */
    struct dns_merge merge;
    const char *failure[2];   /* of A, AAAA */
    struct loop_timer *timer; /* end of listening; or hosts file answers */
    int64_t t0, t_end;
    enum err internal;
    bool done, dead;
    unsigned busy;
};

/* resolver.c */
MUST_USE enum err exchange_new(struct lookup *l, uint16_t type, size_t server,
                               bool tcp);
void exchange_free_all(struct lookup *l);
bool exchange_any_socket(const struct lookup *l);

/* lookup.c: callbacks of the owner happen between these two. */
void lookup_enter(struct lookup *l);
/* False: the lookup was cancelled meanwhile and is gone. */
bool lookup_leave(struct lookup *l);
/* An exchange has its result; may end and free the lookup. */
void lookup_exchange_done(struct lookup *l, const struct dns_exchange *x,
                          size_t server, bool tcp);

#endif
