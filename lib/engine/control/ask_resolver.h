// SPDX-License-Identifier: Apache-2.0
/* The control's lookups: one after the other, each of one host by the one
 * resolver that the plan names. They go into the record. */
#ifndef PARALLAX_ENGINE_CONTROL_ASK_RESOLVER_H
#define PARALLAX_ENGINE_CONTROL_ASK_RESOLVER_H

#include "engine/measure.h"

struct ask_resolver {
    struct measure *ms;
    /* The lookup has ended, with addresses, or with none and the failure,
     * which lives as long as the record; `addrs` do during the callback. The
     * receiver may start the next one. */
    void (*on_done)(void *arg, const struct ip *addrs, size_t n,
                    const char *failure);
    void *arg;

    /* for ask_resolver.c only */
    const struct url *doh; /* NULL: the resolver is "ip:port" */
    const char *host;
    int depth;
    int64_t id;
    struct peers_call *doh_server; /* finds the DoH server's address */
    struct lookup *lookup;
    struct doh_lookup *doh_lookup;
};

/* Reads the plan's resolver; the owner has filled in `ms`, `on_done`, `arg`.
 * ERR_NOMEM; any other error: the resolver in the plan makes no sense. */
MUST_USE enum err ask_resolver_init(struct ask_resolver *a);
/* Looks `host` up, which must live as long as the record. on_done may be called
 * before this returns. */
void ask_resolver_start(struct ask_resolver *a, const char *host, int depth);
/* True between start and on_done. */
bool ask_resolver_busy(const struct ask_resolver *a);
/* Stops it, without on_done. */
void ask_resolver_cancel(struct ask_resolver *a);

#endif
