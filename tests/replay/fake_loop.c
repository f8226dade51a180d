// SPDX-License-Identifier: Apache-2.0
/* loop.h and the two clocks of clock.h in virtual time: nothing waits, the
 * next timer is always due. Timers of the same moment run in the order in
 * which they were armed. */
#include "fakes.h"

#include "base/clock.h"
#include <stdlib.h>

#define START_MONO INT64_C(1000000000)
#define START_WALL INT64_C(1795000000000000) /* 2026-11-18 */

struct loop {
    struct loop_timer *first;
    uint64_t armed; /* so far */
    bool stop;
};

struct loop_timer {
    struct loop *loop;
    struct loop_timer *prev, *next;
    bool armed, once;
    int64_t at;
    uint64_t order;
    loop_fn fn;
    void *arg;
};

struct loop_fake loop_fake;

int64_t __wrap_clock_mono_us(void);
int64_t __wrap_clock_wall_us(void);

int64_t __wrap_clock_mono_us(void)
{
    return START_MONO + loop_fake.now;
}

int64_t __wrap_clock_wall_us(void)
{
    return START_WALL + loop_fake.now;
}

enum err loop_new(struct loop **out)
{
    struct loop *l = calloc(1, sizeof(*l));

    if (!l) {
        return ERR_NOMEM;
    }
    *out = l;
    return ERR_OK;
}

void loop_free(struct loop *l)
{
    while (l && l->first) {
        loop_timer_free(l->first);
    }
    free(l);
}

static struct loop_timer *next_due(struct loop *l)
{
    struct loop_timer *best = NULL;

    for (struct loop_timer *t = l->first; t; t = t->next) {
        if (t->armed && (!best || t->at < best->at ||
                         (t->at == best->at && t->order < best->order))) {
            best = t;
        }
    }
    return best;
}

enum err loop_run(struct loop *l)
{
    l->stop = false;
    while (!l->stop) {
        if (loop_fake.hook) {
            loop_fake.hook(loop_fake.steps);
        }
        struct loop_timer *t = next_due(l);
        if (!t) {
            break;
        }
        if (t->at > loop_fake.now) {
            loop_fake.now = t->at;
        }
        loop_fake.steps++;
        loop_fn fn = t->fn;
        void *arg = t->arg;
        t->armed = false;
        if (t->once) {
            loop_timer_free(t);
        }
        fn(arg);
    }
    return ERR_OK;
}

void loop_stop(struct loop *l)
{
    l->stop = true;
}

int64_t loop_now_us(const struct loop *l)
{
    (void)l;
    return clock_mono_us();
}

enum err loop_timer_new(struct loop *l, loop_fn fn, void *arg,
                        struct loop_timer **out)
{
    struct loop_timer *t = calloc(1, sizeof(*t));

    if (!t) {
        return ERR_NOMEM;
    }
    *t = (struct loop_timer){.loop = l, .next = l->first, .fn = fn, .arg = arg};
    if (l->first) {
        l->first->prev = t;
    }
    l->first = t;
    world->timers++;
    *out = t;
    return ERR_OK;
}

void fake_arm(struct loop_timer *t, int64_t delay_us)
{
    t->at = loop_fake.now + (delay_us > 0 ? delay_us : 0);
    t->order = ++t->loop->armed;
    t->armed = true;
}

enum err loop_timer_in(struct loop_timer *t, int64_t delay_us)
{
    fake_arm(t, delay_us);
    return ERR_OK;
}

void loop_timer_stop(struct loop_timer *t)
{
    t->armed = false;
}

bool loop_timer_armed(const struct loop_timer *t)
{
    return t->armed;
}

void loop_timer_free(struct loop_timer *t)
{
    if (!t) {
        return;
    }
    if (t->prev) {
        t->prev->next = t->next;
    } else {
        t->loop->first = t->next;
    }
    if (t->next) {
        t->next->prev = t->prev;
    }
    world->timers--;
    free(t);
}

enum err loop_defer(struct loop *l, loop_fn fn, void *arg)
{
    struct loop_timer *t;
    enum err e = loop_timer_new(l, fn, arg, &t);

    if (e != ERR_OK) {
        return e;
    }
    t->once = true;
    return loop_timer_in(t, 0);
}
