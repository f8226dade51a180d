// SPDX-License-Identifier: Apache-2.0
#include "collector/cmd/serve_watch.h"

#include "base/clock.h"
#include "base/log.h"
#include "wire/ip.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct serve_watch {
    struct loop *loop;
    struct service *service;
    struct sockaddr_storage addr;
    socklen_t addr_len;
    int64_t every_us;
    struct loop_timer *timer;
    struct loop_io *io; /* NULL: between two questions */
    int fd;
};

static void on_timer(void *arg);

static void found(struct serve_watch *w, bool up)
{
    loop_io_free(w->io);
    w->io = NULL;
    if (w->fd >= 0) {
        close(w->fd);
        w->fd = -1;
    }
    bool was = atomic_exchange(&w->service->control_down, !up);
    if (was == up) {
        log_info("serve", up ? "the control answers" : "no control answers");
    }
    if (loop_timer_in(w->timer, w->every_us) != ERR_OK) {
        log_error("serve", "no timer");
    }
}

static void on_answer(void *arg, int fd, unsigned what)
{
    static const char ok[] = "HTTP/1.1 200 ";
    char got[sizeof(ok)] = "";
    (void)what;
    /* so few bytes come in one piece */
    ssize_t n = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);
    found(arg, n > 0 && strncmp(got, ok, (size_t)n) == 0);
}

static void on_connected(void *arg, int fd, unsigned what)
{
    static const char ask[] =
        "GET / HTTP/1.1\r\nHost: control\r\nConnection: close\r\n\r\n";
    struct serve_watch *w = arg;
    (void)what;
    if (send(fd, ask, sizeof(ask) - 1, MSG_NOSIGNAL) != sizeof(ask) - 1) {
        found(w, false);
        return;
    }
    loop_io_free(w->io);
    w->io = NULL;
    if (loop_io_new(w->loop, fd, LOOP_READ, on_answer, w, &w->io) != ERR_OK) {
        found(w, false);
    }
}

static void ask(struct serve_watch *w)
{
    w->fd = socket(w->addr.ss_family,
                   SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (w->fd < 0 ||
        loop_io_new(w->loop, w->fd, LOOP_WRITE, on_connected, w, &w->io) !=
            ERR_OK ||
        loop_timer_in(w->timer, w->every_us) != ERR_OK) {
        found(w, false);
        return;
    }
    /* under way, or failed: on_connected finds out which */
    (void)connect(w->fd, (struct sockaddr *)&w->addr, w->addr_len);
}

static void on_timer(void *arg)
{
    struct serve_watch *w = arg;
    if (w->io) {
        found(w, false);
    } else {
        ask(w);
    }
}

/* Where it is reached from here; one on all addresses on this machine's own. */
static enum err set_address(struct serve_watch *w, const char *url)
{
    static const char scheme[] = "http://";
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct ip ip;
    uint16_t port = 0;
    if (strncmp(url, scheme, sizeof(scheme) - 1) != 0 ||
        !ip_endpoint_parse(str_c(url + sizeof(scheme) - 1), &ip, &port)) {
        return ERR_INVAL;
    }
    bool all = ip_is_never(&ip) && !ip_is_loopback(&ip);
    v4.sin_port = v6.sin6_port = htons(port);
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    v6.sin6_addr = in6addr_loopback;
    if (!all) {
        memcpy(ip.family == 4 ? (void *)&v4.sin_addr : (void *)&v6.sin6_addr,
               ip.b,
               ip.family == 4 ? sizeof(v4.sin_addr) : sizeof(v6.sin6_addr));
    }
    w->addr_len = ip.family == 4 ? sizeof(v4) : sizeof(v6);
    memcpy(&w->addr, ip.family == 4 ? (void *)&v4 : (void *)&v6, w->addr_len);
    return ERR_OK;
}

enum err serve_watch_start(struct loop *l, const char *url, int64_t every_us,
                           struct service *s, struct serve_watch **out)
{
    struct serve_watch *w = calloc(1, sizeof(*w));
    if (!w) {
        return ERR_NOMEM;
    }
    *w = (struct serve_watch){
        .loop = l, .every_us = every_us, .service = s, .fd = -1};
    enum err e = set_address(w, url);
    if (e == ERR_OK) {
        e = loop_timer_new(l, on_timer, w, &w->timer);
    }
    if (e == ERR_OK) {
        e = loop_timer_in(w->timer, w->every_us);
    }
    if (e != ERR_OK) {
        serve_watch_stop(w);
        return e;
    }
    *out = w;
    return ERR_OK;
}

void serve_watch_stop(struct serve_watch *w)
{
    if (!w) {
        return;
    }
    loop_io_free(w->io);
    loop_timer_free(w->timer);
    if (w->fd >= 0) {
        close(w->fd);
    }
    free(w);
}
