// SPDX-License-Identifier: Apache-2.0
/* Names, addresses and the two listeners.
 *   45.65.1.n, 45.65.2.n   misbehaviours
 *   45.65.3.n              sites in order
 *   45.65.16.0 and up      handshakes of TLS 1.3 cut after n bytes
 *   45.65.32.0 and up      the same of TLS 1.2
 */
#include "hostile.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define NET       0x2d410000u
#define TRICKS_AT 0x100u
#define GOOD_AT   0x300u
#define CUT13_AT  0x1000u
#define CUT12_AT  0x2000u
#define GOOD      20

static SSL_CTX *ctx_h1, *ctx_h2;

static const struct trick *trick_of(unsigned index)
{
    static const struct trick *const tables[] = {http_tricks, h2_tricks,
                                                 tls_tricks};

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        for (const struct trick *t = tables[i]; t->name; t++) {
            if (index-- == 0) {
                return t;
            }
        }
    }
    return NULL;
}

static bool numbered(const char *name, const char *prefix, unsigned *n)
{
    size_t len = strlen(prefix);
    char *end;

    if (strncmp(name, prefix, len) != 0) {
        return false;
    }
    *n = (unsigned)strtoul(name + len, &end, 10);
    return end != name + len && *end == '.';
}

/* `name` in full, lower case. */
bool web_find(const char *name, uint32_t *addrs, size_t *n)
{
    unsigned k;
    const char *inner = strstr(name, ".redirect-names.");

    if (inner) { /* any number of names, one server */
        name = inner + 1;
    }
    *n = 1;
    for (unsigned i = 0; trick_of(i); i++) {
        const char *own = trick_of(i)->name;
        size_t len = strlen(own);
        if (strncmp(name, own, len) == 0 && name[len] == '.') {
            addrs[0] = NET + TRICKS_AT + i;
            return true;
        }
    }
    if (numbered(name, "good", &k) && k < GOOD) {
        addrs[0] = NET + GOOD_AT + k;
    } else if (strncmp(name, "private.", 8) == 0) {
        addrs[0] = 0xc0a80101u;
    } else if (strncmp(name, "loopback.", 9) == 0) {
        addrs[0] = 0x7f000001u;
    } else if ((numbered(name, "k", &k)) && k < CUT_MAX / CUTS) {
        bool tls12 = strstr(name, ".cut12.");
        uint32_t first = NET + (tls12 ? CUT12_AT : CUT13_AT) + k * CUTS;
        for (*n = 0; *n < CUTS; (*n)++) {
            addrs[*n] = first + (uint32_t)*n;
        }
    } else {
        return false;
    }
    return true;
}

/* One URL a line: misbehaviours, then sites in order. */
void web_list(void)
{
    for (unsigned i = 0; trick_of(i); i++) {
        const struct trick *t = trick_of(i);
        printf("%s://%s." DOMAIN "/\n", t->layer == AT_HTTP ? "http" : "https",
               t->name);
    }
    for (unsigned i = 0; i < CUT_MAX / CUTS; i++) {
        printf("https://k%u.cut13." DOMAIN "/\n", i);
        printf("https://k%u.cut12." DOMAIN "/\n", i);
    }
    dns_list();
    for (unsigned i = 0; i < GOOD; i++) {
        printf("%s://good%u." DOMAIN "/\n", i % 2 ? "https" : "http", i);
    }
}

/* ---- serving ---------------------------------------------------------------
 */

struct accepted {
    int fd;
    bool tls;
};

static void play_clear(struct conn *c, const struct trick *t)
{
    if (!t || t->layer != AT_HTTP) {
        serve_page(c);
    } else if (take_request(c)) {
        t->play(c);
    }
}

static void play_tls(struct conn *c, const struct trick *t)
{
    if (t && t->layer == AT_TLS) {
        t->play(c);
        return;
    }
    bool h2 = t && t->layer == AT_H2;
    if (!tls_accept(c, h2 ? ctx_h2 : ctx_h1)) {
        return;
    }
    if (h2) {
        t->play(c);
    } else if (!t || t->layer != AT_HTTPS) {
        serve_page(c);
    } else if (take_request(c)) {
        t->play(c);
    }
}

static void play(struct conn *c, uint32_t addr, bool tls)
{
    uint32_t at = addr - NET;
    const struct trick *t = NULL;

    c->n = at & 0xff;
    if (at >= TRICKS_AT && at < GOOD_AT) {
        t = trick_of(at - TRICKS_AT);
    }
    if (tls && at >= CUT13_AT && at < CUT13_AT + CUT_MAX) {
        c->n = at - CUT13_AT;
        tls_cut(c, false);
    } else if (tls && at >= CUT12_AT && at < CUT12_AT + CUT_MAX) {
        c->n = at - CUT12_AT;
        tls_cut(c, true);
    } else if (tls) {
        play_tls(c, t);
    } else {
        play_clear(c, t);
    }
}

static void *serve_one(void *arg)
{
    struct accepted *a = arg;
    struct conn c = {.fd = a->fd, .until_ms = now_ms() + LIFE_S * 1000};
    struct sockaddr_in own = {0};
    socklen_t len = sizeof(own);
    struct timeval life = {LIFE_S, 0};

    setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &life, sizeof(life));
    setsockopt(c.fd, SOL_SOCKET, SO_SNDTIMEO, &life, sizeof(life));
    if (getsockname(c.fd, (struct sockaddr *)&own, &len) == 0) {
        play(&c, ntohl(own.sin_addr.s_addr), a->tls);
    }
    if (c.fd >= 0) {
        /* closing with bytes unread would be a reset */
        char rest[4096];
        shutdown(c.fd, SHUT_WR);
        while (recv(c.fd, rest, sizeof(rest), 0) > 0) {
            continue;
        }
    }
    close_conn(&c);
    free(a);
    return NULL;
}

struct listener {
    int fd;
    bool tls;
};

static void *serve(void *arg)
{
    const struct listener *l = arg;
    pthread_attr_t attr;
    pthread_t thread;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, (size_t)1 << 20);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    for (;;) {
        int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
        struct accepted *a = malloc(sizeof(*a));

        if (fd < 0 || !a) {
            free(a);
            continue;
        }
        *a = (struct accepted){fd, l->tls};
        if (pthread_create(&thread, &attr, serve_one, a) != 0) {
            close(fd);
            free(a);
        }
    }
    return NULL;
}

static bool listen_on(struct listener *l, uint16_t port)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1;
    pthread_t thread;

    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    return bind(l->fd, (struct sockaddr *)&any, sizeof(any)) == 0 &&
           listen(l->fd, 1024) == 0 &&
           pthread_create(&thread, NULL, serve, l) == 0;
}

bool web_start(void)
{
    static struct listener clear = {-1, false}, secure = {-1, true};

    ctx_h1 = tls_context(false);
    ctx_h2 = tls_context(true);
    return ctx_h1 && ctx_h2 && listen_on(&clear, 80) && listen_on(&secure, 443);
}
