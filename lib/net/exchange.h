// SPDX-License-Identifier: Apache-2.0
/* One DNS question (A or AAAA) to one server over one socket:
 *
 *   waiting for a socket and a channel
 *     -> asked -> answered, wrong id, error, or time limit: the result
 *                   -> listening on, until the set is freed
 *
 * Every datagram is kept with its time of arrival, and a socket that was used
 * over UDP can stay open for answers that come after the first: forged answers
 * race the true one, and the second answer is the proof.
 *
 * The exchanges of one lookup are a set. They ask for the same name and tell
 * the same owner.
 */
#ifndef PARALLAX_NET_EXCHANGE_H
#define PARALLAX_NET_EXCHANGE_H

#include "net/channel.h"
#include "net/dnsreply.h"
#include "net/netinfo.h"

struct exchange;

/* What all exchanges of one resolver use. */
struct exchange_means {
    struct loop *loop;
    struct budget *sockets; /* borrowed */
    uint64_t *up, *down;    /* borrowed; bytes are added to them */
    struct channel_pool channels;
};

struct exchange_server {
    struct netinfo_server at;
    uint16_t port;
    const char *text; /* "ip:port", as it is recorded */
};

/* The owner fills in the first part and reads the second. */
struct exchange_set {
    struct exchange_means *means;
    const char *host;      /* asked for; borrowed */
    struct region *region; /* all that is handed out lives here */
    bool unchecked;        /* signatures need not be checked */
    bool linger;           /* listen on after the result */
    bool wrong_id_counts;  /* a datagram with another id is the result, as it
                              is in the records ours are compared with; the
                              true answer is then one that came besides */
    /* What came besides the result (x->extra); NULL: not wanted. */
    void (*on_extra)(void *arg, const struct dns_exchange *x);
    /* The result of one question, once each, from the loop. The last act of
     * the exchange: the set may be freed. */
    void (*on_result)(void *arg, const struct dns_exchange *x,
                      const struct exchange_server *server, bool tcp);
    /* The set was freed and may be forgotten. */
    void (*on_freed)(void *arg);
    void *arg;

    enum err internal; /* not 0: this machine failed */
    int64_t t0;        /* when the first question was asked; 0: not yet */

    struct exchange *first;
    size_t n;
    unsigned busy; /* callbacks under way */
    bool dead;
};

/* Asks `server` (borrowed while the set lives). ERR_LIMIT: the set has had as
 * many exchanges as a lookup may have; ERR_NOMEM. */
MUST_USE enum err exchange_ask(struct exchange_set *set, uint16_t type,
                               const struct exchange_server *server, bool tcp,
                               int64_t limit_us);
/* True if late answers can still come. */
bool exchange_set_listens(const struct exchange_set *set);
/* Stops all exchanges and frees them, at once or when the callback that is
 * under way returns; then calls on_freed. No other callback afterwards. */
void exchange_set_free(struct exchange_set *set);
/* While the owner calls somebody who may free the set. Leaving is false if the
 * set was freed meanwhile: then nothing of it may be touched. */
void exchange_set_enter(struct exchange_set *set);
bool exchange_set_leave(struct exchange_set *set);

#endif
