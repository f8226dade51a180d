// SPDX-License-Identifier: Apache-2.0
/* What came of connecting to addresses that no public site has. A censor may
 * give one such address for hundreds of names: it is connected to once by all
 * measurements of an engine together, and the others are told what the first
 * one saw. No I/O.
 */
#ifndef PARALLAX_ENGINE_BOGONS_H
#define PARALLAX_ENGINE_BOGONS_H

#include "base/loop.h"
#include "wire/ip.h"

#define BOGONS_MAX 256 /* endpoints; what is more is not connected to */

struct bogon;

struct bogons {
    struct bogon *first;
    unsigned n;
    struct loop_timer *soon; /* who waits is called */
};

/* How a connection ended. */
struct bogon_outcome {
    const char *failure; /* static; NULL: it was made */
    int64_t at;          /* when it ended, monotonic clock */
    int64_t took_us;
};

/* It is known; or, with NULL, it is the caller's turn to connect. */
typedef void (*bogons_fn)(void *arg, const struct bogon_outcome *o);

struct bogon_wait {
    struct bogon_wait *next;
    struct bogon *of; /* NULL: does not wait */
    bogons_fn fn;
    void *arg;
};

enum bogon_turn {
    BOGON_YOURS, /* connect, then bogons_tell or bogons_give_up */
    BOGON_WAIT,  /* `fn` is called, once, from the loop */
    BOGON_FULL   /* do not connect */
};

/* ERR_NOMEM. */
MUST_USE enum err bogons_init(struct bogons *b, struct loop *l);
/* Nobody may wait any more. Also after a failed bogons_init. */
void bogons_fini(struct bogons *b);
/* Who is to connect to this endpoint? `w` is the caller's until it is called,
 * or leaves. */
enum bogon_turn bogons_ask(struct bogons *b, const struct ip *ip, uint16_t port,
                           struct bogon_wait *w, bogons_fn fn, void *arg);
/* The connection ended; `failure` as in a record, or NULL. */
void bogons_tell(struct bogons *b, const struct ip *ip, uint16_t port,
                 const char *failure, int64_t took_us);
/* Whose turn it was does not connect, or does not know what came of it. */
void bogons_give_up(struct bogons *b, const struct ip *ip, uint16_t port);
/* Stops waiting; does nothing if `w` does not wait. */
void bogons_leave(struct bogon_wait *w);

#endif
