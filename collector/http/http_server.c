// SPDX-License-Identifier: Apache-2.0
/* libmicrohttpd behind http_server.h: threads of its own, or the caller's loop.
 */
#include "collector/http/http_server.h"

#include "collector/http/http_conn.h"
#include "collector/http/http_inside.h"
#include "collector/http/http_listen.h"
#include "collector/http/http_sweep.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONN_MEMORY   ((size_t)32 << 10) /* request line and headers */
#define HEAD_GRACE    (100 * US_PER_MS)
#define REQUEST_GRACE (2 * US_PER_S)
#define END_MAX       (10 * US_PER_S) /* until the last has heard of its end */
#define END_LOOK_US   500

/* The rest is room in which those that were cut off end, and which keeps each
 * of the threads taking connections. */
#define PART_USED(n) ((n) - (n) / 4)

static void on_log(void *arg, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

static void on_log(void *arg, const char *fmt, va_list ap)
{
    struct http_server *s = arg;
    char line[256];
    va_list again;
    va_copy(again, ap);
    http_refusal_heard(s->refusal, fmt, again);
    va_end(again);
    vsnprintf(line, sizeof(line), fmt, ap);
    line[strcspn(line, "\r\n")] = '\0';
    log_debug("http", "%s", line);
}

static enum err start_daemon(struct http_server *s, struct diag *d)
{
    const struct http_config *c = &s->cfg;
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
                     MHD_USE_ERROR_LOG;
    if (!c->loop) {
        flags |= MHD_USE_INTERNAL_POLLING_THREAD;
    }
    struct MHD_OptionItem items[] = {
        {MHD_OPTION_LISTEN_SOCKET, s->listen_fd, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONN_MEMORY, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, c->max_connections, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, c->idle_s, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
        {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)http_conn_unescape, NULL},
        {MHD_OPTION_END, 0, NULL}, /* the pool, if any */
        {MHD_OPTION_END, 0, NULL},
    };
    if (!c->loop && c->threads > 1) {
        items[6] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE,
                                           (intptr_t)c->threads, NULL};
    }
    s->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, http_conn_request, s, MHD_OPTION_EXTERNAL_LOGGER,
        on_log, s, MHD_OPTION_NOTIFY_COMPLETED, http_conn_completed, NULL,
        MHD_OPTION_NOTIFY_CONNECTION, http_conn_notify, s, MHD_OPTION_ARRAY,
        items, MHD_OPTION_END);
    if (!s->daemon) {
        return diag_set(d, err_from_errno(errno),
                        "cannot start the HTTP server on %s: %s", c->listen,
                        strerror(errno));
    }
    s->listen_fd = -1; /* the daemon's now */
    return ERR_OK;
}

static struct http_server *server_new(const struct http_config *cfg)
{
    struct http_server *s = calloc(1, sizeof(*s));
    const struct http_crowd_config crowd = {
        .max = PART_USED(cfg->max_connections),
        .per_prefix = (cfg->max_connections + 7) / 8,
        .head_us = (int64_t)cfg->idle_s * US_PER_S,
        .request_us = (int64_t)cfg->request_s * US_PER_S,
        .max_bytes = cfg->max_body_total,
        .head_grace_us = HEAD_GRACE,
        .request_grace_us = REQUEST_GRACE,
        .proxies = cfg->proxies,
        .n_proxies = cfg->n_proxies,
    };
    if (!s || http_crowd_new(&crowd, &s->crowd) != ERR_OK ||
        http_refusal_new(&s->refusal) != ERR_OK) {
        http_crowd_free(s ? s->crowd : NULL);
        free(s);
        return NULL;
    }
    s->cfg = *cfg;
    return s;
}

enum err http_server_start(const struct http_config *cfg,
                           struct http_server **out, struct diag *d)
{
    struct http_server *s = server_new(cfg);
    if (!s) {
        if (cfg->listening > 0) {
            close(cfg->listening);
        }
        return ERR_NOMEM;
    }
    s->listen_fd = cfg->listening > 0 ? cfg->listening : -1;
    enum err e = cfg->listening > 0
                     ? ERR_OK
                     : http_listen(cfg->listen, &s->listen_fd, s->url, d);
    if (e == ERR_OK) {
        e = start_daemon(s, d);
    }
    if (e == ERR_OK && cfg->loop) {
        e = http_loop_attach(&s->loop, cfg->loop, s->daemon);
    }
    if (e == ERR_OK) {
        e = http_sweep_start(s->crowd, cfg->loop, &s->sweep);
    }
    if (e != ERR_OK) {
        http_server_stop(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

const char *http_server_url(const struct http_server *s)
{
    return s->url;
}

/* MHD_quiesce_daemon is not for us: with threads and epoll it races with them
 * for taking the listening socket out of their sets, and aborts if it loses. */
void http_server_quiesce(struct http_server *s)
{
    atomic_store(&s->quiesced, true);
}

unsigned http_server_busy(const struct http_server *s)
{
    return atomic_load(&s->busy);
}

/* libmicrohttpd 0.9.75 accepts no answer any more once it is being stopped, and
 * then reads the one that it meant to refuse a request with, which there is
 * not: its thread crashes. So with threads it is stopped when it has no
 * connections. */
static void end_connections(struct http_server *s)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_LISTEN_FD);
    int64_t until = clock_mono_us() + END_MAX;
    if (info) {
        /* nobody comes any more; it may have no queue to end */
        (void)shutdown(info->listen_fd, SHUT_RDWR);
    }
    http_crowd_end(s->crowd);
    while (!http_crowd_is_empty(s->crowd) && clock_mono_us() < until) {
        usleep(END_LOOK_US);
    }
}

void http_server_stop(struct http_server *s)
{
    if (!s) {
        return;
    }
    http_loop_detach(&s->loop);
    http_sweep_end(s->sweep);
    if (s->daemon && !s->cfg.loop) {
        end_connections(s);
    }
    if (s->daemon) {
        MHD_stop_daemon(s->daemon);
    }
    if (s->listen_fd >= 0) {
        close(s->listen_fd);
    }
    http_crowd_free(s->crowd);
    http_refusal_free(s->refusal);
    free(s);
}
