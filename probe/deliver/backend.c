// SPDX-License-Identifier: Apache-2.0
/* Requests to the collector, by the engine's own way to the network. */
#include "probe/deliver/backend.h"
#include "base/log.h"
#include "net/headers.h"
#include "record/failure.h"

#include "base/region.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ADDRS 8
#define MAX_CALLS 16

/* A failure string with an error text of a library in it is cut to this. */
#define FAILURE_LEN 128

struct call {
    struct backend *owner;
    struct call *next;
    struct client_call *http;
    bool get;
    char *url;
    uint8_t *body;
    size_t body_len;
    const char *encoding;
    int64_t timeout_us;
    size_t max_response;
    backend_fn fn;
    void *arg;
    /* what to answer, when that is done later, from the loop */
    char failure[FAILURE_LEN]; /* "": none; a copy, because who tells of it
                                  keeps it no longer than its callback */
    enum err internal;
    struct loop_timer *soon;
};

struct backend {
    struct loop *loop;
    struct engine *engine;
    struct client *client;
    struct region *region;
    struct url url;
    char *base; /* without the last slash */
    bool literal;
    char addr[MAX_ADDRS][IP_TEXT_MAX];
    size_t n_addrs;
    bool resolving;
    struct call *calls;
    size_t n_calls;
};

static bool is_local(const struct url *u)
{
    return (u->literal.family && ip_is_loopback(&u->literal)) ||
           !strcmp(u->host, "localhost");
}

static enum err parse_url(struct region *r, const char *text, struct url *out,
                          struct diag *d)
{
    struct diag why = {""};
    enum err e = url_parse(r, str_c(text), out, &why);
    if (e != ERR_OK) {
        return diag_set(d, ERR_INVAL, "the collector's URL is no good: %.200s",
                        why.text);
    }
    if (!out->https && !is_local(out)) {
        return diag_set(d, ERR_INVAL,
                        "the collector must be an https URL (http only to "
                        "this machine itself)");
    }
    if (strchr(out->target, '?')) {
        return diag_set(d, ERR_INVAL, "the collector's URL must end in a path");
    }
    return ERR_OK;
}

enum err backend_check_url(const char *url, struct diag *d)
{
    struct region *r = region_new(256u << 10);
    struct url parsed;
    enum err e = r ? parse_url(r, url, &parsed, d) : ERR_NOMEM;
    region_free(r);
    return e;
}

enum err backend_new(struct loop *l, struct engine *e, const char *url,
                     struct backend **out, struct diag *d)
{
    struct backend *b = calloc(1, sizeof(*b));
    enum err err = ERR_NOMEM;
    if (!b) {
        return err;
    }
    b->loop = l;
    b->engine = e;
    b->region = region_new(256u << 10);
    if (b->region) {
        err = parse_url(b->region, url, &b->url, d);
    }
    if (err == ERR_OK) {
        size_t len = strlen(b->url.text);
        while (len && b->url.text[len - 1] == '/') {
            len--;
        }
        b->base = region_strndup(b->region, b->url.text, len);
        err = b->base ? client_new(l, headers_user_agent(), &b->client)
                      : ERR_NOMEM;
    }
    if (err != ERR_OK) {
        backend_free(b);
        return err;
    }
    b->literal = b->url.literal.family != 0;
    if (!strcmp(b->url.host, "localhost")) {
        str_copy(b->addr[b->n_addrs++], IP_TEXT_MAX, "127.0.0.1");
        str_copy(b->addr[b->n_addrs++], IP_TEXT_MAX, "::1");
    }
    *out = b;
    return ERR_OK;
}

static void call_free(struct call *c)
{
    struct call **at = &c->owner->calls;
    while (*at != c) {
        at = &(*at)->next;
    }
    *at = c->next;
    c->owner->n_calls--;
    loop_timer_free(c->soon);
    free(c->url);
    free(c->body);
    free(c);
}

static void call_finish(struct call *c, const struct backend_answer *a)
{
    backend_fn fn = c->fn;
    void *arg = c->arg;
    log_trace("backend", "%s %s: status %d%s%s", c->get ? "GET" : "POST",
              c->url, a->status, a->failure ? ", " : "",
              a->failure ? a->failure : "");
    call_free(c);
    fn(arg, a);
}

static void on_soon(void *arg)
{
    struct call *c = arg;
    char failure[FAILURE_LEN]; /* the call is gone when its owner hears */
    struct backend_answer a = {.internal = c->internal};
    str_copy(failure, sizeof(failure), c->failure);
    a.failure = failure[0] ? failure : NULL;
    call_finish(c, &a);
}

/* Reports from the loop, so that no caller is called back from within. */
static void call_fail(struct call *c, const char *failure, enum err internal)
{
    str_copy(c->failure, sizeof(c->failure), failure ? failure : "");
    c->internal = internal;
    if (loop_timer_in(c->soon, 0) != ERR_OK) {
        on_soon(c);
    }
}

static void on_http(void *arg, const struct client_response *res)
{
    struct call *c = arg;
    struct backend_answer a = {.failure = res->failure,
                               .internal = res->internal,
                               .status = res->status,
                               .body = res->body};
    c->http = NULL;
    if (res->failure && !c->owner->literal) {
        c->owner->n_addrs = 0; /* look again before the next call */
    }
    call_finish(c, &a);
}

static void call_start(struct call *c)
{
    struct backend *b = c->owner;
    const char *addrs[MAX_ADDRS];
    struct client_header headers[2] = {
        {"Content-Type", "application/json"},
        {"Content-Encoding", c->encoding},
    };
    for (size_t i = 0; i < b->n_addrs; i++) {
        addrs[i] = b->addr[i];
    }
    struct client_request req = {
        .method = c->get ? "GET" : "POST",
        .url = c->url,
        .headers = headers,
        .n_headers = c->get        ? 0
                     : c->encoding ? 2
                                   : 1,
        .body = {(const char *)c->body, c->body_len},
        .addrs = b->n_addrs ? addrs : NULL,
        .n_addrs = b->n_addrs,
        .timeout_us = c->timeout_us,
        .max_response = c->max_response,
        .insecure_loopback = is_local(&b->url),
    };
    enum err e = client_call(b->client, &req, on_http, c, &c->http);
    if (e != ERR_OK) {
        c->http = NULL;
        call_fail(c, NULL, e);
    }
}

/* The list may have changed with each call: looked for from its beginning. */
static struct call *first_waiting(struct backend *b)
{
    struct call *c = b->calls;
    while (c && (c->http || loop_timer_armed(c->soon))) {
        c = c->next;
    }
    return c;
}

static void on_resolved(void *arg, const char *const *addrs, size_t n,
                        const char *failure)
{
    struct backend *b = arg;
    b->resolving = false;
    b->n_addrs = 0;
    for (size_t i = 0; i < n && b->n_addrs < MAX_ADDRS; i++) {
        str_copy(b->addr[b->n_addrs++], IP_TEXT_MAX, addrs[i]);
    }
    for (struct call *c; !b->resolving && (c = first_waiting(b));) {
        if (b->n_addrs) {
            call_start(c);
        } else {
            call_fail(c, failure ? failure : failure_text(FAILURE_NO_ANSWER),
                      ERR_OK);
        }
    }
}

static struct call *call_new(struct backend *b, const struct backend_post *p)
{
    struct call *c = calloc(1, sizeof(*c));
    size_t url_len = strlen(b->base) + strlen(p->path) + 1;
    if (!c) {
        return NULL;
    }
    c->owner = b;
    c->next = b->calls;
    b->calls = c;
    b->n_calls++;
    c->url = malloc(url_len);
    c->body = malloc(p->body.len ? p->body.len : 1);
    if (!c->url || !c->body ||
        loop_timer_new(b->loop, on_soon, c, &c->soon) != ERR_OK) {
        call_free(c);
        return NULL;
    }
    snprintf(c->url, url_len, "%s%s", b->base, p->path);
    if (p->body.len) {
        memcpy(c->body, p->body.p, p->body.len);
    }
    c->body_len = p->body.len;
    c->get = p->get;
    c->encoding = p->encoding;
    c->timeout_us = p->timeout_us;
    c->max_response = p->max_response;
    return c;
}

enum err backend_post(struct backend *b, const struct backend_post *p,
                      backend_fn fn, void *arg)
{
    if (b->n_calls == MAX_CALLS) {
        return ERR_LIMIT;
    }
    struct call *c = call_new(b, p);
    if (!c) {
        return ERR_NOMEM;
    }
    c->fn = fn;
    c->arg = arg;
    if (b->literal || b->n_addrs) {
        call_start(c);
        return ERR_OK;
    }
    if (b->resolving) {
        return ERR_OK;
    }
    b->resolving = true;
    enum err e = engine_resolve(b->engine, b->url.host, on_resolved, b);
    if (e != ERR_OK) {
        b->resolving = false;
        call_free(c);
    }
    return e;
}

void backend_stop(struct backend *b)
{
    while (b->calls) {
        struct call *c = b->calls;
        if (c->http) {
            client_cancel(c->http);
        }
        call_free(c);
    }
}

void backend_free(struct backend *b)
{
    if (!b) {
        return;
    }
    backend_stop(b);
    if (b->client) {
        client_free(b->client);
    }
    region_free(b->region);
    free(b);
}

void backend_bytes(const struct backend *b, uint64_t *up, uint64_t *down)
{
    client_bytes(b->client, up, down);
}

const char *backend_host(const struct backend *b)
{
    return b->url.host;
}
