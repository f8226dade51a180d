// SPDX-License-Identifier: Apache-2.0
/* Giving and waiting, in the order of asking. */
#include "net/budget.h"

static void budget_wake(void *arg)
{
    struct budget *b = arg;

    while (b->head && b->head->want <= b->free) {
        struct budget_wait *w = b->head;

        b->free -= w->want;
        budget_leave(b, w);
        w->fn(w->arg);
    }
}

enum err budget_init(struct budget *b, struct loop *l, size_t total)
{
    *b = (struct budget){.free = total, .total = total};
    return loop_timer_new(l, budget_wake, b, &b->wake);
}

void budget_fini(struct budget *b)
{
    loop_timer_free(b->wake);
    b->wake = NULL;
}

bool budget_take(struct budget *b, struct budget_wait *w, size_t want,
                 loop_fn fn, void *arg)
{
    if (want > b->total) {
        want = b->total;
    }
    if (!b->head && want <= b->free) {
        b->free -= want;
        return true;
    }
    *w = (struct budget_wait){
        .want = want, .fn = fn, .arg = arg, .prev = b->tail, .queued = true};
    if (b->tail) {
        b->tail->next = w;
    } else {
        b->head = w;
    }
    b->tail = w;
    return false;
}

/* Wakes from the loop, because the giver is often in the middle of freeing
 * what a waiter would touch. */
static void budget_kick(struct budget *b)
{
    if (!b->head || b->head->want > b->free || !b->wake) {
        return;
    }
    if (loop_timer_in(b->wake, 0) != ERR_OK) {
        budget_wake(b);
    }
}

void budget_give(struct budget *b, size_t amount)
{
    if (amount > b->total - b->free) {
        amount = b->total - b->free;
    }
    b->free += amount;
    budget_kick(b);
}

void budget_leave(struct budget *b, struct budget_wait *w)
{
    if (!w->queued) {
        return;
    }
    if (w->prev) {
        w->prev->next = w->next;
    } else {
        b->head = w->next;
    }
    if (w->next) {
        w->next->prev = w->prev;
    } else {
        b->tail = w->prev;
    }
    w->prev = w->next = NULL;
    w->queued = false;
    budget_kick(b);
}
