// SPDX-License-Identifier: Apache-2.0
#include "collector/http/http.h"

#include <string.h>
#include <strings.h>

static const char *find(const struct http_field *fields, size_t n,
                        const char *name, bool any_case)
{
    for (size_t i = 0; i < n; i++) {
        if (any_case ? strcasecmp(fields[i].name, name) == 0
                     : strcmp(fields[i].name, name) == 0) {
            return fields[i].value;
        }
    }
    return NULL;
}

const char *http_header(const struct http_req *req, const char *name)
{
    return find(req->headers, req->n_headers, name, true);
}

const char *http_query(const struct http_req *req, const char *name)
{
    return find(req->query, req->n_query, name, false);
}

void http_reply_field(struct http_req *req, const char *name, const char *value)
{
    if (req->reply.n_fields < HTTP_REPLY_FIELDS) {
        req->reply.fields[req->reply.n_fields++] =
            (struct http_field){name, value};
    }
}

void http_defer(struct http_req *req)
{
    req->on_defer(req);
}

void http_answer(struct http_req *req, int status)
{
    req->reply.status = status;
    if (req->reply.body.failed) {
        buf_clear(&req->reply.body);
        req->reply.status = 500;
    }
    req->on_answer(req);
}

void http_answer_detail(struct http_req *req, int status, const char *text)
{
    struct buf *b = &req->reply.body;
    buf_clear(b);
    /* The texts are our own constants: nothing in them needs escaping. */
    buf_printf(b, "{\"detail\":\"%s\"}", text);
    http_answer(req, status);
}
