// SPDX-License-Identifier: Apache-2.0
/* A counted resource of one engine (sockets, bytes of bodies) with a queue of
 * those that wait for some of it, first come first served.
 */
#ifndef PARALLAX_NET_BUDGET_H
#define PARALLAX_NET_BUDGET_H

#include "base/loop.h"

struct budget_wait {
    size_t want;
    loop_fn fn;
    void *arg;
    struct budget_wait *prev, *next;
    bool queued;
};

struct budget {
    size_t free;
    size_t total;
    struct budget_wait *head, *tail;
    struct loop_timer *wake;
};

/* All of `total` is free. ERR_NOMEM. */
MUST_USE enum err budget_init(struct budget *b, struct loop *l, size_t total);
/* Who still waits is not called any more. Also after a failed budget_init. */
void budget_fini(struct budget *b);
/* True: `want` is the caller's now. False: fn(arg) is called from the loop
 * once it is. A wish above the total counts as the total. `w` must live until
 * then or until budget_leave. */
bool budget_take(struct budget *b, struct budget_wait *w, size_t want,
                 loop_fn fn, void *arg);
/* Gives back what was taken; who waits for it is called from the loop. */
void budget_give(struct budget *b, size_t amount);
/* Stops waiting; does nothing if `w` does not wait. */
void budget_leave(struct budget *b, struct budget_wait *w);

#endif
