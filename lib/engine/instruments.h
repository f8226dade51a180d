// SPDX-License-Identifier: Apache-2.0
/* What all measurements of one engine share: its limits, the means by which
 * they talk to the network, and what one leaves behind for the next. Nothing
 * in it knows of a particular measurement.
 */
#ifndef PARALLAX_ENGINE_INSTRUMENTS_H
#define PARALLAX_ENGINE_INSTRUMENTS_H

#include "engine/bogons.h"
#include "engine/engine_config.h"
#include "engine/hash_list.h"
#include "engine/line_rate.h"
#include "engine/nat64.h"
#include "engine/other_names.h"
#include "engine/pace.h"
#include "engine/public_dns.h"
#include "engine/run_facts.h"
#include "net/budget.h"
#include "net/fetch.h"
#include "net/lookup.h"
#include "net/peers.h"

#define BODY_KEEP ((size_t)524288) /* bytes of a page that a record keeps */

struct capture;

struct instruments {
    struct loop *loop; /* borrowed */
    struct engine_config cfg;
    struct budget sockets, bodies; /* taken from before they are used */
    struct resolver *resolver;
    struct client *http;
    struct peers *peers;
    struct fetcher *fetcher;
    struct capture *capture; /* NULL: packets are not captured */
    uint64_t up, down;       /* bytes by the resolver and the fetcher */

    struct public_dns public_dns;
    struct bogons bogons;
    struct other_names other_names;
    struct other_names public_names; /* the same of public resolvers */
    struct run_facts run_facts;
    struct pace pace;
    struct line_rate line_rate;
    struct nat64 nat64;
    struct hash_list silent_helpers; /* URLs of those not reached lately */
    unsigned controls_missed; /* sites in a row that no helper answered for */
    int64_t lost;             /* instruments_lost */
};

/* On failure (ERR_NOMEM, or what a means of talking says) nothing is left to
 * be freed. */
MUST_USE enum err instruments_init(struct instruments *in, struct loop *l,
                                   const struct engine_config *cfg);
/* No measurement may be left. */
void instruments_fini(struct instruments *in);
/* `e`, unless it is ERR_OK, may have cost something that one measurement leaves
 * behind for the others, or that was asked for all of them: what they know is
 * then less than it seems. */
void instruments_lost(struct instruments *in, enum err e);
/* Was something lost at `since` or later (monotonic clock)? */
bool instruments_lacks(const struct instruments *in, int64_t since);
/* Bytes of payload sent and received so far. */
void instruments_bytes(const struct instruments *in, uint64_t *up,
                       uint64_t *down);

#endif
