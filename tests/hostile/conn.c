// SPDX-License-Identifier: Apache-2.0
#include "hostile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void nap_ms(int ms)
{
    struct timespec ts = {ms / 1000, (long)(ms % 1000) * 1000000};

    nanosleep(&ts, NULL);
}

void fill(void *p, size_t n, uint32_t seed)
{
    uint8_t *b = p;

    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        b[i] = (uint8_t)(seed >> 24);
    }
}

bool put(struct conn *c, const void *p, size_t n)
{
    const char *at = p;

    while (n > 0 && !c->gone) {
        ssize_t k = 0;

        if (now_ms() > c->until_ms) {
            c->gone = true;
        } else if (c->ssl) {
            k = SSL_write(c->ssl, at, n > 16384 ? 16384 : (int)n);
            c->gone = k <= 0;
        } else {
            k = send(c->fd, at, n, MSG_NOSIGNAL);
            c->gone = k <= 0;
        }
        if (!c->gone) {
            at += k;
            n -= (size_t)k;
        }
    }
    return !c->gone;
}

bool put_c(struct conn *c, const char *text)
{
    return put(c, text, strlen(text));
}

bool putf(struct conn *c, const char *fmt, ...)
{
    char text[4096];
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return n >= 0 && (size_t)n < sizeof(text) && put(c, text, (size_t)n);
}

size_t take(struct conn *c, void *p, size_t n)
{
    ssize_t k = c->ssl ? SSL_read(c->ssl, p, (int)n) : recv(c->fd, p, n, 0);

    return k > 0 ? (size_t)k : 0;
}

static void take_path(struct conn *c, const char *head)
{
    const char *from = strchr(head, ' ');
    size_t n = from ? strcspn(from + 1, " \r\n") : 0;

    if (n >= sizeof(c->path)) {
        n = sizeof(c->path) - 1;
    }
    if (from) {
        memcpy(c->path, from + 1, n);
    }
    c->path[n] = '\0';
}

bool take_request(struct conn *c)
{
    char head[65536];
    size_t n = 0;

    while (n < sizeof(head) - 1) {
        size_t k = take(c, head + n, sizeof(head) - 1 - n);
        if (k == 0) {
            return false;
        }
        n += k;
        head[n] = '\0';
        if (strstr(head, "\r\n\r\n")) {
            take_path(c, head);
            return true;
        }
    }
    return false;
}

void reset(struct conn *c)
{
    struct linger now = {1, 0};

    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close_conn(c);
}

void hold(struct conn *c)
{
    char p[4096];

    while (!c->gone && now_ms() < c->until_ms && take(c, p, sizeof(p)) > 0) {
        continue;
    }
}

void close_conn(struct conn *c)
{
    if (c->fd < 0) {
        return;
    }
    SSL_free(c->ssl);
    c->ssl = NULL;
    close(c->fd);
    c->fd = -1;
}

void serve_page(struct conn *c)
{
    char page[600];
    int n;

    if (!take_request(c)) {
        return;
    }
    n = snprintf(page, sizeof(page),
                 "<html><head><title>Site %u</title></head><body>", c->n);
    while (n < 560) {
        n += snprintf(page + n, sizeof(page) - (size_t)n, "%08x ",
                      c->n * 2654435761u + (unsigned)n);
    }
    putf(c,
         "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
         "Content-Length: %d\r\nConnection: close\r\n\r\n%s",
         n, page);
}
