// SPDX-License-Identifier: Apache-2.0
/* Sockets, limits and the loop. */
#include "collector/helpers/small_server.h"

#include "base/clock.h"
#include "base/log.h"
#include "collector/http/http_listen.h"
#include "wire/ip.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES    4096
#define ACCEPTS       32 /* in one turn of the loop */
#define ACCEPT_PAUSE  US_PER_S
#define SOURCE_PREFIX 8 /* bytes of an IPv6 address that are one source */

struct connection {
    struct small_server *server;
    struct connection *next, **at; /* *at is this one */
    struct ip peer;
    int fd;
    struct loop_io *io;
    struct loop_timer *end;
    struct buf in, out;
    size_t received;
    bool closing; /* nothing more is read */
};

struct small_server {
    struct small_server_config cfg;
    char url[HTTP_URL_MAX];
    int fd;
    struct loop_io *io;
    struct loop_timer *resume;
    struct connection *first;
    unsigned n;
};

/* ---- one connection ---------------------------------------------------------
 */

static void connection_free(struct connection *c)
{
    *c->at = c->next;
    if (c->next) {
        c->next->at = c->at;
    }
    c->server->n--;
    loop_io_free(c->io);
    loop_timer_free(c->end);
    buf_fini(&c->in);
    buf_fini(&c->out);
    close(c->fd);
    free(c);
}

static void on_end(void *arg)
{
    connection_free(arg);
}

/* False: the connection is broken. */
static bool receive(struct connection *c)
{
    char bytes[READ_BYTES];
    size_t room = SMALL_SERVER_IN_MAX - c->received;
    ssize_t n = recv(c->fd, bytes, room < READ_BYTES ? room : READ_BYTES, 0);
    if (n < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    if (n == 0) {
        c->closing = true;
        return true;
    }
    c->received += (size_t)n;
    if (buf_add(&c->in, bytes, (size_t)n) != ERR_OK) {
        return false;
    }
    c->closing = c->server->cfg.fn(&c->in, &c->out) ||
                 c->received == SMALL_SERVER_IN_MAX;
    return c->out.failed == ERR_OK;
}

/* False: the connection is broken. */
static bool transmit(struct connection *c)
{
    while (c->out.len > 0) {
        ssize_t n = send(c->fd, c->out.p, c->out.len, MSG_NOSIGNAL);
        if (n < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        buf_drop(&c->out, (size_t)n);
    }
    return true;
}

static void on_ready(void *arg, int fd, unsigned what)
{
    struct connection *c = arg;
    (void)fd;
    bool good = !(what & LOOP_READ) || receive(c);
    good = good && transmit(c);
    bool left = c->out.len > 0;
    /* What cannot be sent yet stops the reading. */
    if (!good || (c->closing && !left) ||
        loop_io_set(c->io, left ? LOOP_WRITE : LOOP_READ) != ERR_OK) {
        connection_free(c);
    }
}

static void connection_new(struct small_server *s, int fd,
                           const struct ip *peer)
{
    struct connection *c = calloc(1, sizeof(*c));
    if (!c) {
        close(fd);
        return;
    }
    c->server = s;
    c->fd = fd;
    c->peer = *peer;
    buf_init(&c->in, SMALL_SERVER_IN_MAX);
    buf_init(&c->out, SMALL_SERVER_OUT_MAX);
    c->next = s->first;
    c->at = &s->first;
    if (s->first) {
        s->first->at = &c->next;
    }
    s->first = c;
    s->n++;
    enum err e = loop_io_new(s->cfg.loop, fd, LOOP_READ, on_ready, c, &c->io);
    if (e == ERR_OK) {
        e = loop_timer_new(s->cfg.loop, on_end, c, &c->end);
    }
    if (e == ERR_OK) {
        e = loop_timer_in(c->end, s->cfg.lifetime_us);
    }
    if (e != ERR_OK) {
        connection_free(c);
    }
}

/* ---- the listening socket ---------------------------------------------------
 */

static void read_peer(const struct sockaddr_storage *ss, struct ip *out)
{
    *out = (struct ip){.family = 4};
    if (ss->ss_family == AF_INET) {
        memcpy(out->b, &((const struct sockaddr_in *)ss)->sin_addr, 4);
    } else if (ss->ss_family == AF_INET6) {
        out->family = 6;
        memcpy(out->b, &((const struct sockaddr_in6 *)ss)->sin6_addr,
               SOURCE_PREFIX);
    }
}

static unsigned count_source(const struct small_server *s,
                             const struct ip *peer)
{
    unsigned n = 0;
    for (const struct connection *c = s->first; c; c = c->next) {
        n += ip_eq(&c->peer, peer) ? 1 : 0;
    }
    return n;
}

/* Without descriptors or memory the socket stays ready: it is left alone for a
 * moment, so that the loop does not turn for nothing. */
static void pause_accepting(struct small_server *s)
{
    log_warn("helpers", "no more connections for a moment: %s",
             strerror(errno));
    if (loop_timer_in(s->resume, ACCEPT_PAUSE) == ERR_OK &&
        loop_io_set(s->io, 0) != ERR_OK) {
        loop_timer_stop(s->resume);
    }
}

static void on_resume(void *arg)
{
    struct small_server *s = arg;
    if (loop_io_set(s->io, LOOP_READ) != ERR_OK &&
        loop_timer_in(s->resume, ACCEPT_PAUSE) != ERR_OK) {
        log_error("helpers", "%s takes no more connections", s->url);
    }
}

static void on_accept(void *arg, int fd, unsigned what)
{
    struct small_server *s = arg;
    (void)what;
    for (int i = 0; i < ACCEPTS; i++) {
        struct sockaddr_storage ss = {0};
        socklen_t len = sizeof(ss);
        struct ip peer;
        int got = accept4(fd, (struct sockaddr *)&ss, &len,
                          SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (got < 0 && errno == EAGAIN) {
            return;
        }
        if (got < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
                        errno == ENOBUFS)) {
            pause_accepting(s);
            return;
        }
        if (got < 0) {
            continue; /* that one has gone */
        }
        read_peer(&ss, &peer);
        if (s->n >= s->cfg.max_connections ||
            count_source(s, &peer) >= SMALL_SERVER_PER_SOURCE) {
            close(got);
        } else {
            connection_new(s, got, &peer);
        }
    }
}

/* ---- outside ----------------------------------------------------------------
 */

enum err small_server_start(const struct small_server_config *cfg,
                            struct small_server **out, struct diag *d)
{
    struct small_server *s = calloc(1, sizeof(*s));
    if (!s) {
        return ERR_NOMEM;
    }
    s->cfg = *cfg;
    s->fd = -1;
    enum err e = http_listen(cfg->listen, &s->fd, s->url, d);
    if (e == ERR_OK) {
        e = loop_timer_new(cfg->loop, on_resume, s, &s->resume);
    }
    if (e == ERR_OK) {
        e = loop_io_new(cfg->loop, s->fd, LOOP_READ, on_accept, s, &s->io);
    }
    if (e != ERR_OK) {
        small_server_stop(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

const char *small_server_url(const struct small_server *s)
{
    return s->url;
}

void small_server_stop(struct small_server *s)
{
    if (!s) {
        return;
    }
    while (s->first) {
        connection_free(s->first);
    }
    loop_io_free(s->io);
    loop_timer_free(s->resume);
    if (s->fd >= 0) {
        close(s->fd);
    }
    free(s);
}
