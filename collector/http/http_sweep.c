// SPDX-License-Identifier: Apache-2.0
#include "collector/http/http_sweep.h"

#include "base/clock.h"
#include "base/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define EVERY (US_PER_S / 4)

struct http_sweep {
    struct http_crowd *crowd;
    struct loop_timer *timer;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t end;
    bool threaded, ended;
};

static void on_timer(void *arg)
{
    struct http_sweep *s = arg;
    http_crowd_sweep(s->crowd, clock_mono_us());
    if (loop_timer_in(s->timer, EVERY) != ERR_OK) {
        log_error("http", "no timer");
    }
}

static void *run(void *arg)
{
    struct http_sweep *s = arg;
    pthread_mutex_lock(&s->lock);
    while (!s->ended) {
        int64_t at = clock_mono_us() + EVERY;
        struct timespec until = {.tv_sec = (time_t)(at / US_PER_S),
                                 .tv_nsec = (long)(at % US_PER_S) * 1000};
        /* woken or not, the next round is right */
        (void)pthread_cond_timedwait(&s->end, &s->lock, &until);
        http_crowd_sweep(s->crowd, clock_mono_us());
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static enum err start(struct http_sweep *s, struct loop *loop)
{
    if (loop) {
        enum err e = loop_timer_new(loop, on_timer, s, &s->timer);
        return e == ERR_OK ? loop_timer_in(s->timer, EVERY) : e;
    }
    s->threaded = pthread_create(&s->thread, NULL, run, s) == 0;
    return s->threaded ? ERR_OK : ERR_NOMEM;
}

enum err http_sweep_start(struct http_crowd *crowd, struct loop *loop,
                          struct http_sweep **out)
{
    struct http_sweep *s = calloc(1, sizeof(*s));
    pthread_condattr_t monotonic;
    if (!s) {
        return ERR_NOMEM;
    }
    s->crowd = crowd;
    /* on Linux none of these can fail with what is given here */
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&s->end, &monotonic);
    (void)pthread_mutex_init(&s->lock, NULL);
    enum err e = start(s, loop);
    if (e != ERR_OK) {
        http_sweep_end(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

void http_sweep_end(struct http_sweep *s)
{
    if (!s) {
        return;
    }
    loop_timer_free(s->timer);
    if (s->threaded) {
        pthread_mutex_lock(&s->lock);
        s->ended = true;
        pthread_cond_signal(&s->end);
        pthread_mutex_unlock(&s->lock);
        pthread_join(s->thread, NULL);
    }
    pthread_cond_destroy(&s->end);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
