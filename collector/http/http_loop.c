// SPDX-License-Identifier: Apache-2.0
#include "collector/http/http_loop.h"

#include "base/clock.h"
#include "base/log.h"

#include <microhttpd.h>

/* Without room for more connections, or a descriptor for one, MHD takes its
 * eyes off new ones. When one has ended it looks again, but not before its next
 * run. */
static void run_daemon(struct http_loop *l)
{
    l->running = true;
    l->closed = false;
    /* what it could not do it tries again when it runs next */
    (void)MHD_run(l->daemon);
    l->running = false;
    MHD_UNSIGNED_LONG_LONG ms = 0;
    if (l->closed || MHD_get_timeout(l->daemon, &ms) == MHD_YES) {
        if (loop_timer_in(l->timer, (int64_t)ms * US_PER_MS) != ERR_OK) {
            log_error("http", "no timer");
        }
    } else {
        loop_timer_stop(l->timer);
    }
}

static void on_io(void *arg, int fd, unsigned what)
{
    (void)fd;
    (void)what;
    run_daemon(arg);
}

static void on_timer(void *arg)
{
    run_daemon(arg);
}

void http_loop_wake(struct http_loop *l)
{
    if (!l->running && loop_timer_in(l->timer, 0) != ERR_OK) {
        log_error("http", "no timer");
    }
}

enum err http_loop_attach(struct http_loop *l, struct loop *loop,
                          struct MHD_Daemon *daemon)
{
    l->daemon = daemon;
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (!info) {
        return ERR_INTERNAL;
    }
    enum err e = loop_timer_new(loop, on_timer, l, &l->timer);
    if (e == ERR_OK) {
        e = loop_io_new(loop, info->epoll_fd, LOOP_READ, on_io, l, &l->io);
    }
    return e;
}

void http_loop_detach(struct http_loop *l)
{
    loop_io_free(l->io);
    loop_timer_free(l->timer);
    l->io = NULL;
    l->timer = NULL;
}
