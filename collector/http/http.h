// SPDX-License-Identifier: Apache-2.0
/* A bounded HTTP/1.1 server for plain HTTP on loopback, behind nginx. Used by
 * `serve` (own threads) and `control` (on the loop, no threads). Only http.c
 * and http_refusal.c know libmicrohttpd.
 *
 * A handler is called once per request, when all of its body is there. It
 * answers at once with http_answer, or calls http_defer first and has
 * http_answer called later, from any thread (on a loop: from the loop's). The
 * request lives until it is answered. Tests fill a struct http_req by hand.
 */
#ifndef PARALLAX_COLLECTOR_HTTP_HTTP_H
#define PARALLAX_COLLECTOR_HTTP_HTTP_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/loop.h"
#include "base/region.h"
#include "wire/ip.h"

struct http_field {
    const char *name;
    const char *value; /* "" if a query field has none */
};

#define HTTP_REPLY_FIELDS 4

struct http_reply {
    int status;
    const char *content_type; /* default application/json */
    struct buf body;
    struct http_field fields[HTTP_REPLY_FIELDS]; /* strings of the region */
    size_t n_fields;
};

struct http_req {
    const char *method;
    const char *path; /* percent-decoded, without the query */
    const char *peer; /* address of the other end of the socket, textual */
    const struct http_field *headers;
    size_t n_headers;
    const struct http_field *query;
    size_t n_query;
    struct str body;
    struct region *region; /* lives as long as the request */
    const char *id;        /* what a router found in the path, or NULL */
    struct http_reply reply;
    /* of the transport */
    void (*on_defer)(struct http_req *req);
    void (*on_answer)(struct http_req *req);
};

typedef void (*http_handler_fn)(void *arg, struct http_req *req);

/* First header of this name (any case), or NULL. */
const char *http_header(const struct http_req *req, const char *name);
/* First query field of this name, or NULL. */
const char *http_query(const struct http_req *req, const char *name);
/* `name` and `value` must live as long as the request. */
void http_reply_field(struct http_req *req, const char *name,
                      const char *value);
/* The answer comes later. */
void http_defer(struct http_req *req);
/* Sends req->reply (its body was written by the caller) with this status. */
void http_answer(struct http_req *req, int status);
/* {"detail": text}, as the peers of this API expect their errors. */
void http_answer_detail(struct http_req *req, int status, const char *text);

struct http_config {
    const char *listen; /* ADDR:PORT, port 0 picks one; or unix:PATH */
    int listening;      /* 0, or a socket that listens there already (see
                           http_listen.h), taken over also after an error */
    struct loop *loop;  /* run on this loop ... */
    unsigned threads;   /* ... or on so many threads */
    size_t max_body;
    size_t max_body_total;    /* of all requests being read */
    unsigned max_connections; /* the slow make room before; see http_crowd.h */
    unsigned idle_s;    /* a silent connection is closed, and one whose head
                           has not come as a whole */
    unsigned request_s; /* a body must have arrived by then, an answer gone */
    const struct ip *proxies; /* ours, of which each is many people */
    size_t n_proxies;
    http_handler_fn fn;
    void *arg;
};

struct http_server;

/* Listens and takes requests. ERR_INVAL: `listen` cannot be read; ERR_BUSY: the
 * address is in use. Caller stops *out. */
MUST_USE enum err http_start(const struct http_config *cfg,
                             struct http_server **out, struct diag *d);
/* "http://ADDR:PORT" */
const char *http_url(const struct http_server *s);
/* Takes no new requests: they are answered 503 until the server stops, those
 * already being read or answered end as ever. */
void http_quiesce(struct http_server *s);
/* Requests being read or answered. */
unsigned http_busy(const struct http_server *s);
/* Every deferred request must have been answered. */
void http_stop(struct http_server *s);

#endif
