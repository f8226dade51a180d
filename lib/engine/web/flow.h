// SPDX-License-Identifier: Apache-2.0
/* One connection of a round: it waits for a socket, connects to one address,
 * does the handshake, and fetches the page if it is granted that. What it saw
 * goes into the record when it ends.
 */
#ifndef PARALLAX_ENGINE_WEB_FLOW_H
#define PARALLAX_ENGINE_WEB_FLOW_H

#include "engine/addr_list.h"
#include "engine/bogons.h"
#include "engine/browser.h"

struct flow;

/* What the flows of one round have in common. */
struct flow_common {
    struct browser *browser;
    const struct url *url; /* of the round; lives as long as the record */
    int depth;             /* of redirects */
    const struct addr_list *addrs; /* of the round; may grow meanwhile */
    /* Connection and handshake stand: may it fetch the page? Not asked of one
     * that only connects. */
    bool (*on_ready)(void *arg, struct flow *f);
    /* It has ended and is in the record; `res` is NULL if nothing was
     * connected by it, for whatever reason. It keeps its socket until
     * flow_close. */
    void (*on_done)(void *arg, struct flow *f, struct fetch_result *res);
    void *arg;
};

/* How a connection is used. */
struct flow_use {
    bool https;      /* with a handshake */
    bool fetch_body; /* may fetch the page */
    bool tcp_only;   /* a bogon: connect and no more, and only if no other flow
                        of this engine did (bogons.h) */
};

struct flow {
    struct flow *next; /* in the round's list */
    /* for the round to read */
    struct addr addr;
    struct flow_use use;
    bool reconnect;   /* second connection to the address, to fetch after all */
    int64_t retry_of; /* not 0: asks once more what that one had no answer to */
    unsigned insisted; /* so often it was tried once more after a cut */
    bool ready;        /* on_ready was called */
    bool http1;        /* and without HTTP/2 */
    bool started;
    int64_t id;

    /* for flow.c only */
    const struct flow_common *common;
    uint16_t port;
    struct bogon_wait turn;
    bool has_turn; /* to connect to a bogon, which others wait for */
    struct budget_wait wait;
    bool has_socket;
    struct fetch *fetch;
    const char *url;
    const struct obs_header *headers;
    size_t n_headers;
};

/* A flow that has not started, with the next transaction id; `c` must live as
 * long as the record. NULL when out of memory, which the record then says. */
struct flow *flow_new(const struct flow_common *c, const struct addr *a,
                      struct flow_use use);
/* The same connection once more, to fetch after all. NULL as above. */
struct flow *flow_new_again(const struct flow *f);
/* A flow with an id of its own to the same address, which asks again what `f`
 * had no answer to, as browsers do (fetch_types.h, `again`). NULL as above. */
struct flow *flow_new_retry(const struct flow *f, enum fetch_again how);
/* Connects as soon as there is a socket. Once. */
void flow_start(struct flow *f);
/* Adds the page it was granted to the record, or what came instead of it. NULL
 * when out of memory. */
struct obs_http *flow_record_page(const struct flow *f,
                                  const struct fetch_result *res);
/* Gives the socket back. */
void flow_close(struct flow *f);
/* Stops it; no callback afterwards. */
void flow_cancel(struct flow *f);

#endif
