// SPDX-License-Identifier: Apache-2.0
/* The event loop: what libevent does for us. */
#include "base/loop.h"
#include "base/clock.h"
#include "base/log.h"
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>

#define DELAY_MAX_US (INT64_C(366) * 86400 * US_PER_S)

struct deferred {
    struct deferred *next;
    loop_fn fn;
    void *arg;
};

struct loop {
    struct event_base *base;
    struct event *defer_ev;
    struct deferred *first, **last;
    int64_t now_us;
    bool running;
    bool stop;
};

struct loop_io {
    struct loop *loop;
    struct event *ev;
    int fd;
    unsigned what;
    loop_io_fn fn;
    void *arg;
};

struct loop_timer {
    struct loop *loop;
    struct event *ev;
    loop_fn fn;
    void *arg;
};

struct loop_signal {
    struct loop *loop;
    struct event *ev;
    loop_fn fn;
    void *arg;
};

static enum err errno_or(enum err fallback)
{
    enum err e = errno ? err_from_errno(errno) : fallback;
    return e == ERR_IO ? fallback : e;
}

static void on_library_log(int severity, const char *msg)
{
    log_debug("loop", "libevent (%d): %s", severity, msg);
}

static void tick(struct loop *l)
{
    l->now_us = clock_mono_us();
}

static void arm_deferred(struct loop *l)
{
    static const struct timeval now = {0, 0};
    /* Adding a timer allocates nothing, except when the heap of timers grows.
     */
    if (event_add(l->defer_ev, &now) != 0) {
        event_active(l->defer_ev, EV_TIMEOUT, 0);
    }
}

/* Runs what was deferred before this iteration; what is deferred meanwhile
 * waits for the next, so that sockets are never starved. */
static void on_deferred(evutil_socket_t fd, short what, void *arg)
{
    struct loop *l = arg;
    struct deferred *batch_end = NULL;
    (void)fd;
    (void)what;
    for (struct deferred *d = l->first; d; d = d->next) {
        batch_end = d;
    }
    tick(l);
    for (bool end = !batch_end; !end && !l->stop;) {
        struct deferred *d = l->first;
        l->first = d->next;
        if (!l->first) {
            l->last = &l->first;
        }
        end = d == batch_end;
        loop_fn fn = d->fn;
        void *fn_arg = d->arg;
        free(d);
        fn(fn_arg);
    }
    if (l->first) {
        arm_deferred(l);
    }
}

/* libevent ends the process when it finds no descriptor for its signal pair:
 * see beforehand that there is room for what it opens. */
static enum err descriptors_left(void)
{
    int fds[4] = {-1, -1, -1, -1};
    enum err e = ERR_OK;
    for (size_t i = 0; i < 4 && !e; i++) {
        fds[i] = eventfd(0, EFD_CLOEXEC);
        if (fds[i] < 0) {
            e = errno_or(ERR_FDLIMIT);
        }
    }
    for (size_t i = 0; i < 4; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
    return e;
}

enum err loop_new(struct loop **out)
{
    enum err e = descriptors_left();
    if (e) {
        return e;
    }
    e = ERR_NOMEM;
    struct loop *l = calloc(1, sizeof(*l));
    struct event_config *cfg = event_config_new();
    if (!l || !cfg) {
        goto out;
    }
    l->last = &l->first;
    event_set_log_callback(on_library_log);
    /* Without these the loop would tick in steps of the kernel's coarse clock
     * and a slow callback would make later timers fire too early. */
    if (event_config_set_flag(cfg, EVENT_BASE_FLAG_PRECISE_TIMER |
                                       EVENT_BASE_FLAG_NO_CACHE_TIME |
                                       EVENT_BASE_FLAG_NOLOCK |
                                       EVENT_BASE_FLAG_IGNORE_ENV) != 0) {
        goto out;
    }
    errno = 0;
    l->base = event_base_new_with_config(cfg);
    if (!l->base) {
        e = errno_or(ERR_NOMEM);
        goto out;
    }
    l->defer_ev = event_new(l->base, -1, 0, on_deferred, l);
    if (!l->defer_ev) {
        goto out;
    }
    *out = l;
    l = NULL;
    e = ERR_OK;
out:
    if (cfg) {
        event_config_free(cfg);
    }
    loop_free(l);
    return e;
}

void loop_free(struct loop *l)
{
    if (!l) {
        return;
    }
    while (l->first) {
        struct deferred *d = l->first;
        l->first = d->next;
        free(d);
    }
    if (l->defer_ev) {
        event_free(l->defer_ev);
    }
    if (l->base) {
        event_base_free(l->base);
    }
    free(l);
}

enum err loop_run(struct loop *l)
{
    int rc = 0;
    if (l->running) {
        return ERR_INVAL;
    }
    if (!l->stop) {
        l->running = true;
        tick(l);
        rc = event_base_dispatch(l->base);
        l->running = false;
    }
    l->stop = false;
    return rc < 0 ? ERR_INTERNAL : ERR_OK;
}

void loop_stop(struct loop *l)
{
    l->stop = true;
    event_base_loopbreak(l->base);
}

int64_t loop_now_us(const struct loop *l)
{
    return l->running ? l->now_us : clock_mono_us();
}

static void on_io(evutil_socket_t fd, short what, void *arg)
{
    struct loop_io *io = arg;
    unsigned w = 0;
    if (what & EV_READ) {
        w |= LOOP_READ;
    }
    if (what & EV_WRITE) {
        w |= LOOP_WRITE;
    }
    tick(io->loop);
    io->fn(io->arg, (int)fd, w);
}

enum err loop_io_new(struct loop *l, int fd, unsigned what, loop_io_fn fn,
                     void *arg, struct loop_io **out)
{
    struct loop_io *io;
    if (fd < 0) {
        return ERR_INVAL;
    }
    io = calloc(1, sizeof(*io));
    if (!io) {
        return ERR_NOMEM;
    }
    *io = (struct loop_io){.loop = l, .fd = fd, .fn = fn, .arg = arg};
    io->ev = event_new(l->base, fd, EV_PERSIST, on_io, io);
    if (!io->ev) {
        free(io);
        return ERR_NOMEM;
    }
    enum err e = loop_io_set(io, what);
    if (e) {
        loop_io_free(io);
        return e;
    }
    *out = io;
    return ERR_OK;
}

enum err loop_io_set(struct loop_io *io, unsigned what)
{
    short ev = EV_PERSIST;
    if (what == io->what) {
        return ERR_OK;
    }
    if (what & ~(LOOP_READ | LOOP_WRITE)) {
        return ERR_INVAL;
    }
    event_del(io->ev);
    io->what = 0;
    if (what == 0) {
        return ERR_OK;
    }
    if (what & LOOP_READ) {
        ev |= EV_READ;
    }
    if (what & LOOP_WRITE) {
        ev |= EV_WRITE;
    }
    if (event_assign(io->ev, io->loop->base, io->fd, ev, on_io, io) != 0) {
        return ERR_INTERNAL;
    }
    errno = 0;
    if (event_add(io->ev, NULL) != 0) {
        return errno_or(ERR_NOMEM);
    }
    io->what = what;
    return ERR_OK;
}

void loop_io_free(struct loop_io *io)
{
    if (!io) {
        return;
    }
    event_free(io->ev);
    free(io);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct loop_timer *t = arg;
    (void)fd;
    (void)what;
    tick(t->loop);
    t->fn(t->arg);
}

enum err loop_timer_new(struct loop *l, loop_fn fn, void *arg,
                        struct loop_timer **out)
{
    struct loop_timer *t = calloc(1, sizeof(*t));
    if (!t) {
        return ERR_NOMEM;
    }
    *t = (struct loop_timer){.loop = l, .fn = fn, .arg = arg};
    t->ev = event_new(l->base, -1, 0, on_timer, t);
    if (!t->ev) {
        free(t);
        return ERR_NOMEM;
    }
    *out = t;
    return ERR_OK;
}

enum err loop_timer_in(struct loop_timer *t, int64_t delay_us)
{
    struct timeval tv;
    if (delay_us < 0) {
        delay_us = 0;
    }
    if (delay_us > DELAY_MAX_US) {
        delay_us = DELAY_MAX_US;
    }
    tv.tv_sec = (time_t)(delay_us / US_PER_S);
    tv.tv_usec = (suseconds_t)(delay_us % US_PER_S);
    if (event_add(t->ev, &tv) == 0) {
        return ERR_OK;
    }
    if (delay_us > 0) {
        return ERR_NOMEM;
    }
    event_active(t->ev, EV_TIMEOUT, 0); /* needs no place among the timers */
    return ERR_OK;
}

void loop_timer_stop(struct loop_timer *t)
{
    event_del(t->ev);
}

bool loop_timer_armed(const struct loop_timer *t)
{
    return event_pending(t->ev, EV_TIMEOUT, NULL) != 0;
}

void loop_timer_free(struct loop_timer *t)
{
    if (!t) {
        return;
    }
    event_free(t->ev);
    free(t);
}

static void on_signal(evutil_socket_t fd, short what, void *arg)
{
    struct loop_signal *s = arg;
    (void)fd;
    (void)what;
    tick(s->loop);
    s->fn(s->arg);
}

enum err loop_signal_new(struct loop *l, int signum, loop_fn fn, void *arg,
                         struct loop_signal **out)
{
    struct loop_signal *s = calloc(1, sizeof(*s));
    if (!s) {
        return ERR_NOMEM;
    }
    *s = (struct loop_signal){.loop = l, .fn = fn, .arg = arg};
    s->ev = event_new(l->base, signum, EV_SIGNAL | EV_PERSIST, on_signal, s);
    errno = 0;
    if (!s->ev || event_add(s->ev, NULL) != 0) {
        enum err e = errno_or(ERR_NOMEM);
        loop_signal_free(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

void loop_signal_free(struct loop_signal *s)
{
    if (!s) {
        return;
    }
    if (s->ev) {
        event_free(s->ev);
    }
    free(s);
}

enum err loop_defer(struct loop *l, loop_fn fn, void *arg)
{
    struct deferred *d = malloc(sizeof(*d));
    if (!d) {
        return ERR_NOMEM;
    }
    *d = (struct deferred){.fn = fn, .arg = arg};
    if (!event_pending(l->defer_ev, EV_TIMEOUT, NULL)) {
        arm_deferred(l);
    }
    *l->last = d;
    l->last = &d->next;
    return ERR_OK;
}
