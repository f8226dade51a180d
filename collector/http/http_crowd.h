// SPDX-License-Identifier: Apache-2.0
/* Who is connected, since when, and how much memory each one's body takes: so
 * that those who send slowly, or hold much, make room for all others. Behind it
 * stands one rule: what must go is what takes most and is furthest from an
 * answer. Thread safe.
 */
#ifndef PARALLAX_COLLECTOR_HTTP_HTTP_CROWD_H
#define PARALLAX_COLLECTOR_HTTP_HTTP_CROWD_H

#include "base/err.h"
#include "wire/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct http_crowd;
struct http_crowd_member;

struct http_crowd_config {
    unsigned max;          /* one more, and one of them is cut off */
    unsigned per_prefix;   /* of one IPv4 /24 or IPv6 /48; loopback and our
                              proxies have no such limit */
    int64_t head_us;       /* from the connection, or the answer before, to the
                              end of the head */
    int64_t request_us;    /* from there to the end of the body, and from the
                              answer's beginning to its end */
    size_t max_bytes;      /* of all bodies */
    int64_t head_grace_us; /* who came so short a time ago is not cut off to
                              make room, nor who began to send */
    int64_t request_grace_us;
    const struct ip *proxies; /* ours: many people are behind each */
    size_t n_proxies;
};

enum http_crowd_state {
    HTTP_CROWD_HEAD, /* no whole head yet */
    HTTP_CROWD_BODY,
    HTTP_CROWD_WORK, /* with us: it is not cut off */
    HTTP_CROWD_ANSWER,
};

/* Caller frees *out when all have left. */
MUST_USE enum err http_crowd_new(const struct http_crowd_config *cfg,
                                 struct http_crowd **out);
void http_crowd_free(struct http_crowd *c);
/* A connection on this socket; NULL without memory. Another may be cut off for
 * it, or it itself: a socket is shut down, and its owner hears of that as of
 * any end. Of a prefix that has its share it is the one that waits longest,
 * however short; if there are too many in all, one of the prefix that has most
 * in the /16 or /32 that has most, or where none has two, who is slowest. */
struct http_crowd_member *http_crowd_enter(struct http_crowd *c, int fd,
                                           const struct sockaddr *peer);
/* Before the socket is closed. */
void http_crowd_leave(struct http_crowd *c, struct http_crowd_member *m);
void http_crowd_state(struct http_crowd *c, struct http_crowd_member *m,
                      enum http_crowd_state state);
/* `len` more bytes of a body. False: there is no room for them, although
 * those who held more were cut off; or it was cut off itself. */
bool http_crowd_take(struct http_crowd *c, struct http_crowd_member *m,
                     size_t len);
/* The body is gone. */
void http_crowd_give(struct http_crowd *c, struct http_crowd_member *m);
/* Cuts off everybody, and from now on whoever comes. */
void http_crowd_end(struct http_crowd *c);
/* Has everybody left? */
bool http_crowd_is_empty(struct http_crowd *c);
/* Cuts off whoever is beyond its deadline at this time of clock_mono_us. */
void http_crowd_sweep(struct http_crowd *c, int64_t now_us);

#endif
