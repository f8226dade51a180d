// SPDX-License-Identifier: Apache-2.0
/* The event loop (libevent core behind one header). One thread. Replay tests
 * replace loop.c and clock.c at link time with a virtual clock.
 *
 * Watches and timers are owned by whoever made them. Once one is freed its
 * callback is not called again; it may be freed inside that callback, too.
 * They are freed before the loop, and an io before its descriptor is closed.
 */
#ifndef PARALLAX_BASE_LOOP_H
#define PARALLAX_BASE_LOOP_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_io;
struct loop_timer;
struct loop_signal;

#define LOOP_READ  1u
#define LOOP_WRITE 2u

typedef void (*loop_io_fn)(void *arg, int fd, unsigned what);
typedef void (*loop_fn)(void *arg);

/* Makes a loop; the caller frees it, after all that watches in it. */
MUST_USE enum err loop_new(struct loop **out);
void loop_free(struct loop *l);

/* Runs until loop_stop, or until nothing is watched any more: no io with
 * interest, no armed timer, no signal, no deferred call. */
MUST_USE enum err loop_run(struct loop *l);

/* Makes loop_run return after the callback that runs now. */
void loop_stop(struct loop *l);

/* Cached monotonic time of the current iteration, microseconds. */
int64_t loop_now_us(const struct loop *l);

/* Calls `fn` while `fd` can be read or written, as `what` (LOOP_READ,
 * LOOP_WRITE) asks; `what` may be 0 (paused) and changed with loop_io_set. */
MUST_USE enum err loop_io_new(struct loop *l, int fd, unsigned what,
                              loop_io_fn fn, void *arg, struct loop_io **out);
MUST_USE enum err loop_io_set(struct loop_io *io, unsigned what);

/* NULL is allowed; does not close the descriptor. */
void loop_io_free(struct loop_io *io);

/* A timer that calls `fn` once, `delay_us` after it was armed by
 * loop_timer_in. It starts disarmed; arming again moves it. */
MUST_USE enum err loop_timer_new(struct loop *l, loop_fn fn, void *arg,
                                 struct loop_timer **out);
/* ERR_NOMEM; never for a delay of 0, so that what must go on does. */
MUST_USE enum err loop_timer_in(struct loop_timer *t, int64_t delay_us);

/* Disarms it, says whether it is armed, and frees it (NULL is allowed). */
void loop_timer_stop(struct loop_timer *t);
bool loop_timer_armed(const struct loop_timer *t);
void loop_timer_free(struct loop_timer *t);

/* Calls `fn` from the loop for each signal `signum` that came. The signal's
 * usual effect, such as ending the process, is off meanwhile. */
MUST_USE enum err loop_signal_new(struct loop *l, int signum, loop_fn fn,
                                  void *arg, struct loop_signal **out);
void loop_signal_free(struct loop_signal *s);

/* Calls fn(arg) once from the loop, soon, never from inside this call. */
MUST_USE enum err loop_defer(struct loop *l, loop_fn fn, void *arg);

#endif
