// SPDX-License-Identifier: Apache-2.0
/* One redirect depth of a visit: a name is looked up, its addresses are
 * connected to, and exactly one of the flows fetches the page.
 */
#ifndef PARALLAX_ENGINE_WEB_ROUND_H
#define PARALLAX_ENGINE_WEB_ROUND_H

#include "engine/browser.h"
#include "engine/web/flow.h"
#include "engine/web/known_names.h"
#include "engine/web/selector.h"

struct round;

/* The rounds of one visit, in the order in which they began. */
struct rounds {
    struct browser *browser;
    struct task *task; /* held by whatever is under way */
    /* The name was looked up and its addresses are being connected to. */
    void (*on_addrs)(void *arg, struct round *r);
    /* The page came, or failed to; it is in the record. */
    void (*on_page)(void *arg, struct round *r, struct obs_http *http);
    /* Connections of the round have ended, and none is under way; more may
     * follow. */
    void (*on_quiet)(void *arg, struct round *r);
    void *arg;

    /* for round.c only */
    struct known_names names;
    struct round *first;
};

struct round {
    /* for others to read */
    const struct url *url;
    int depth;
    struct addr_list addrs;
    bool proven;      /* an address showed a certificate of the name */
    unsigned running; /* flows under way */

    /* for round.c only */
    struct round *next;
    struct rounds *all;
    struct ask_dns *dns;
    struct selector selector;
    struct loop_timer *timer; /* the selector's 500 ms */
    struct flow_common common;
    struct flow *flows, **last_flow;
    unsigned fetching; /* flows under way that may fetch */
    struct budget_wait body_wait;
    bool body_held, fetched;
    bool paged;            /* the page came */
    bool suspected;        /* other resolvers were asked for */
    struct round *suspect; /* that wants what our resolvers say */
};

/* Begins a round for `url` (copied). A failure of this machine is said in the
 * record. */
void round_start(struct rounds *all, const struct url *url, int depth);
/* Something is wrong with what the round found: other resolvers are asked for
 * its name, once, and their addresses connected to. */
void round_suspect(struct round *r);
/* Connects also to those of these addresses that the round does not know, if
 * its URL has a name. */
void round_add_addrs(struct round *r, const struct addr_list *more);
/* Stops all rounds and gives back what they hold. */
void round_cancel_all(struct rounds *all);

#endif
