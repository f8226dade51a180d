// SPDX-License-Identifier: Apache-2.0
#include "engine/bogons.h"

#include "base/clock.h"
#include "base/log.h"
#include "record/failure.h"
#include <stdlib.h>

struct bogon {
    struct bogon *next;
    struct ip ip;
    uint16_t port;
    bool known;  /* the outcome is */
    bool trying; /* somebody connects */
    struct bogon_outcome outcome;
    struct bogon_wait *waits; /* in the order in which they came */
};

static void wake(struct bogons *b)
{
    if (loop_timer_in(b->soon, 0) != ERR_OK) {
        log_error("engine", "a timer for at once was refused"); /* never is */
    }
}

static struct bogon_wait *take_first(struct bogon *o)
{
    struct bogon_wait *w = o->waits;
    o->waits = w->next;
    w->of = NULL;
    return w;
}

/* Whoever is called may ask, leave or tell, and so change the lists: one call,
 * then they are looked at anew. */
static void on_soon(void *arg)
{
    struct bogons *b = arg;
    struct bogon *o = b->first;
    while (o && (!o->waits || o->trying)) {
        o = o->next;
    }
    if (!o) {
        return;
    }
    struct bogon_wait *w = take_first(o);
    struct bogon_outcome outcome = o->outcome;
    bool known = o->known;
    o->trying = !known;
    wake(b);
    w->fn(w->arg, known ? &outcome : NULL);
}

enum err bogons_init(struct bogons *b, struct loop *l)
{
    *b = (struct bogons){.n = 0};
    return loop_timer_new(l, on_soon, b, &b->soon);
}

void bogons_fini(struct bogons *b)
{
    while (b->first) {
        struct bogon *next = b->first->next;
        free(b->first);
        b->first = next;
    }
    loop_timer_free(b->soon);
    *b = (struct bogons){.n = 0};
}

static struct bogon *find(const struct bogons *b, const struct ip *ip,
                          uint16_t port)
{
    struct bogon *o = b->first;
    while (o && !(ip_eq(&o->ip, ip) && o->port == port)) {
        o = o->next;
    }
    return o;
}

static struct bogon *add(struct bogons *b, const struct ip *ip, uint16_t port)
{
    struct bogon *o = b->n < BOGONS_MAX ? calloc(1, sizeof(*o)) : NULL;
    if (o) {
        *o = (struct bogon){.next = b->first, .ip = *ip, .port = port};
        b->first = o;
        b->n++;
    }
    return o;
}

enum bogon_turn bogons_ask(struct bogons *b, const struct ip *ip, uint16_t port,
                           struct bogon_wait *w, bogons_fn fn, void *arg)
{
    struct bogon *o = find(b, ip, port);
    if (!o) {
        o = add(b, ip, port);
        if (!o) {
            return BOGON_FULL;
        }
        o->trying = true;
        return BOGON_YOURS;
    }
    struct bogon_wait **last = &o->waits;
    while (*last) {
        last = &(*last)->next;
    }
    *w = (struct bogon_wait){.of = o, .fn = fn, .arg = arg};
    *last = w;
    if (!o->trying) {
        wake(b);
    }
    return BOGON_WAIT;
}

void bogons_tell(struct bogons *b, const struct ip *ip, uint16_t port,
                 const char *failure, int64_t took_us)
{
    struct bogon *o = find(b, ip, port);
    if (!o) {
        return;
    }
    enum failure f = failure ? failure_of(str_c(failure)) : FAILURE_NONE;
    const char *listed = failure_text(f);
    o->outcome =
        (struct bogon_outcome){.failure = !failure ? NULL
                                          : listed ? listed
                                                   : FAILURE_UNKNOWN_TEXT,
                               .at = clock_mono_us(),
                               .took_us = took_us};
    o->known = true;
    o->trying = false;
    wake(b);
}

void bogons_give_up(struct bogons *b, const struct ip *ip, uint16_t port)
{
    struct bogon *o = find(b, ip, port);
    if (o) {
        o->trying = false;
        wake(b);
    }
}

void bogons_leave(struct bogon_wait *w)
{
    if (!w->of) {
        return;
    }
    struct bogon_wait **at = &w->of->waits;
    while (*at != w) {
        at = &(*at)->next;
    }
    *at = w->next;
    w->of = NULL;
}
