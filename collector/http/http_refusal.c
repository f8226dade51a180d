// SPDX-License-Identifier: Apache-2.0
#include "collector/http/http_refusal.h"

#include "base/log.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* How its message begins; then come the status, as an unsigned, and words. */
static const char refuses[] = "Error processing request (HTTP response code";

struct http_refusal_line {
    struct http_refusal_line *prev, *next;
    struct MHD_Connection *mhd;
    pthread_t thread;
    int fd;
    bool handed;
};

struct http_refusal {
    pthread_mutex_t lock;
    struct http_refusal_line *first;
};

enum err http_refusal_new(struct http_refusal **out)
{
    struct http_refusal *r = calloc(1, sizeof(*r));
    if (!r) {
        return ERR_NOMEM;
    }
    if (pthread_mutex_init(&r->lock, NULL) != 0) {
        free(r);
        return ERR_NOMEM;
    }
    *out = r;
    return ERR_OK;
}

void http_refusal_free(struct http_refusal *r)
{
    if (r) {
        pthread_mutex_destroy(&r->lock);
        free(r);
    }
}

struct http_refusal_line *http_refusal_enter(struct http_refusal *r,
                                             struct MHD_Connection *mhd, int fd)
{
    struct http_refusal_line *l = calloc(1, sizeof(*l));
    if (!l) {
        return NULL;
    }
    l->mhd = mhd;
    l->thread = pthread_self();
    l->fd = fd;
    pthread_mutex_lock(&r->lock);
    l->next = r->first;
    if (l->next) {
        l->next->prev = l;
    }
    r->first = l;
    pthread_mutex_unlock(&r->lock);
    return l;
}

void http_refusal_leave(struct http_refusal *r, struct http_refusal_line *l)
{
    if (!l) {
        return;
    }
    pthread_mutex_lock(&r->lock);
    *(l->prev ? &l->prev->next : &r->first) = l->next;
    if (l->next) {
        l->next->prev = l->prev;
    }
    pthread_mutex_unlock(&r->lock);
    free(l);
}

void http_refusal_handed(struct http_refusal *r, struct http_refusal_line *l,
                         bool handed)
{
    pthread_mutex_lock(&r->lock);
    l->handed = handed;
    pthread_mutex_unlock(&r->lock);
}

/* libmicrohttpd tells the size of a head only once it is whole. */
static bool head_is_whole(const struct http_refusal_line *l)
{
    return MHD_get_connection_info(l->mhd,
                                   MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
}

static void answer(const struct http_refusal_line *l, unsigned status)
{
    bool large = status == MHD_HTTP_CONTENT_TOO_LARGE;
    const char *words = large ? "Content Too Large" : "Bad Request";
    char body[64], text[256];
    int len = snprintf(body, sizeof(body), "{\"detail\":\"%s\"}", words);
    int n = snprintf(text, sizeof(text),
                     "HTTP/1.1 %u %s\r\nConnection: close\r\n"
                     "Content-Type: application/json\r\n"
                     "Cache-Control: no-cache\r\nContent-Length: %d\r\n\r\n%s",
                     status, words, len, body);
    /* it is small, and the first that is sent there: it fits or is lost */
    if (n > 0 && (size_t)n < sizeof(text) &&
        send(l->fd, text, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) != n) {
        log_debug("http", "a refusal was not heard");
    }
    /* what libmicrohttpd then tries to send ends the connection */
    (void)shutdown(l->fd, SHUT_WR);
}

void http_refusal_heard(struct http_refusal *r, const char *fmt, va_list ap)
{
    if (strncmp(fmt, refuses, sizeof(refuses) - 1) != 0) {
        return;
    }
    unsigned status = va_arg(ap, unsigned);
    pthread_t self = pthread_self();
    pthread_mutex_lock(&r->lock);
    struct http_refusal_line *l = r->first;
    while (l && (l->handed || !pthread_equal(l->thread, self) ||
                 !head_is_whole(l))) {
        l = l->next;
    }
    if (l) {
        answer(l, status);
    }
    pthread_mutex_unlock(&r->lock);
}
