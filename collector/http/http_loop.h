// SPDX-License-Identifier: Apache-2.0
/* libmicrohttpd without threads: it runs when its descriptors have something
 * for it, or its time has come.
 */
#ifndef PARALLAX_COLLECTOR_HTTP_HTTP_LOOP_H
#define PARALLAX_COLLECTOR_HTTP_HTTP_LOOP_H

#include "base/loop.h"

#include <stdbool.h>

struct MHD_Daemon;

/* All zero: not attached. */
struct http_loop {
    struct MHD_Daemon *daemon;
    struct loop_io *io;
    struct loop_timer *timer;
    bool running; /* inside MHD_run */
    bool closed;  /* a connection ended in it; whoever hears of it says so */
};

/* `daemon` runs on `loop` from now on. Caller detaches also after an error. */
MUST_USE enum err http_loop_attach(struct http_loop *l, struct loop *loop,
                                   struct MHD_Daemon *daemon);
/* An answer given outside of MHD_run must still be carried. */
void http_loop_wake(struct http_loop *l);
/* Before the daemon stops; also if it was not attached. */
void http_loop_detach(struct http_loop *l);

#endif
