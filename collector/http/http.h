// SPDX-License-Identifier: Apache-2.0
/* A request and its answer, as handlers see them.
 *
 * A handler is called once per request, when all of its body is there. It
 * answers at once with http_answer, or calls http_defer first and has
 * http_answer called later, from any thread (on a loop: from the loop's). The
 * request lives until it is answered. Tests fill a struct http_req by hand.
 */
#ifndef PARALLAX_COLLECTOR_HTTP_HTTP_H
#define PARALLAX_COLLECTOR_HTTP_HTTP_H

#include "base/buf.h"
#include "base/region.h"

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

#endif
