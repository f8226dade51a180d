// SPDX-License-Identifier: Apache-2.0
/* Requests to the collector: each is sent by one way after the other. */
#include "probe/deliver/backend.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "net/headers.h"
#include "record/failure.h"

#include "base/region.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ADDRS   8
#define MAX_CALLS   16
#define MAX_HEADERS 3
#define MAX_PATH    1024
#define REGION_MAX  (512u << 10)

/* Said of an answer that something before the collector made. */
#define BETWEEN FAILURE_UNKNOWN_TEXT ": an answer that is not the collector's"

/* A failure string with an error text of a library in it is cut to this. */
#define FAILURE_LEN 128

struct call {
    struct backend *owner;
    struct call *next;
    struct client_call *http;
    bool get;
    size_t way;
    uint32_t tried;   /* a bit for each way that failed */
    bool waits;       /* for addresses of the way */
    const char *path; /* behind the body */
    uint8_t *body;
    size_t body_len;
    const char *encoding;
    int64_t timeout_us;
    size_t max_response;
    backend_fn fn;
    void *arg;
    /* what to answer in the end, from the loop: how the first way failed */
    char failure[FAILURE_LEN]; /* "": none; a copy, because who tells of it
                                  keeps it no longer than its callback */
    enum err internal;
    struct loop_timer *soon;
};

/* Where a way leads to first: the collector, or a proxy. */
struct spot {
    struct backend *owner;
    size_t way;
    const char *host;
    bool literal; /* the addresses stay as they are */
    char addr[MAX_ADDRS][IP_TEXT_MAX];
    size_t n_addrs;
    bool resolving;
};

struct backend {
    struct loop *loop;
    struct engine *engine;
    struct client *client;
    struct region *region;
    struct ways ways;
    struct spot spots[WAYS_MAX]; /* of the ways */
    const char *host;            /* the collector's own */
    struct call *calls;
    size_t n_calls;
};

static void add_addr(struct spot *s, const char *addr)
{
    if (s->n_addrs < MAX_ADDRS) {
        str_copy(s->addr[s->n_addrs++], IP_TEXT_MAX, addr);
    }
}

static void make_spot(struct backend *b, size_t i)
{
    const struct way *w = &b->ways.way[i];
    struct spot *s = &b->spots[i];
    struct ip ip;
    *s = (struct spot){
        .owner = b, .way = i, .host = w->proxy ? w->proxy->host : w->url.host};
    if (!strcmp(s->host, "localhost")) {
        s->literal = true;
        add_addr(s, "127.0.0.1");
        add_addr(s, "::1");
    } else if (ip_parse(str_c(s->host), &ip)) {
        s->literal = true;
        add_addr(s, s->host);
    }
}

enum err backend_new(struct loop *l, struct engine *e,
                     const struct ways_config *ways, struct backend **out,
                     struct diag *d)
{
    struct backend *b = calloc(1, sizeof(*b));
    struct url own;
    enum err err = ERR_NOMEM;
    if (!b) {
        return err;
    }
    b->loop = l;
    b->engine = e;
    b->region = region_new(REGION_MAX);
    if (b->region) {
        err = ways_make(b->region, ways, &b->ways, d);
    }
    if (err == ERR_OK) {
        err = url_parse(b->region, str_c(ways->collector), &own, d);
        b->host = own.host;
    }
    if (err == ERR_OK) {
        err = client_new(l, headers_user_agent(), &b->client);
    }
    if (err != ERR_OK) {
        backend_free(b);
        return err;
    }
    for (size_t i = 0; i < b->ways.n; i++) {
        make_spot(b, i);
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
    free(c->body);
    free(c);
}

static void call_finish(struct call *c, const struct backend_answer *a)
{
    backend_fn fn = c->fn;
    void *arg = c->arg;
    log_trace("backend", "%s %s %s: status %d%s%s", c->get ? "GET" : "POST",
              c->path, ways_words(c->owner->ways.way[c->way].kind), a->status,
              a->failure ? ", " : "", a->failure ? a->failure : "");
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
static void call_fail(struct call *c, enum err internal)
{
    c->internal = internal;
    if (loop_timer_in(c->soon, 0) != ERR_OK) {
        on_soon(c);
    }
}

/* ---- one way after the other ----------------------------------------------
 */

static void call_go(struct call *c);

/* The way of this call is no good at present. False: there is no other for it.
 * What the person hears in the end is how the first one failed. */
static bool call_turn(struct call *c, const char *failure)
{
    struct backend *b = c->owner;
    int64_t now = clock_mono_us();
    uint32_t chance;
    crypto_random(&chance, sizeof(chance));
    if (!c->tried) {
        str_copy(c->failure, sizeof(c->failure), failure);
    }
    c->tried |= UINT32_C(1) << c->way;
    ways_failed(&b->ways, c->way, now, chance);
    size_t next = ways_next(&b->ways, c->tried, now);
    if (next == WAYS_NONE) {
        return false;
    }
    log_info("backend", "%s: %s; trying %s",
             ways_words(b->ways.way[c->way].kind), failure,
             ways_words(b->ways.way[next].kind));
    c->way = next;
    return true;
}

static void on_http(void *arg, const struct client_response *res)
{
    struct call *c = arg;
    struct backend *b = c->owner;
    struct spot *spot = &b->spots[c->way];
    struct backend_answer a = {.failure = res->failure,
                               .internal = res->internal,
                               .status = res->status,
                               .way = b->ways.way[c->way].kind,
                               .body = res->body};
    bool failed = res->failure && !res->internal;
    c->http = NULL;
    if (res->failure && !spot->literal) {
        spot->n_addrs = 0; /* look again before the next call */
    }
    if (!failed && !res->internal && !ways_status_is_between(res->status)) {
        ways_worked(&b->ways, c->way);
    } else if (!res->internal &&
               call_turn(c, failed ? res->failure : BETWEEN)) {
        call_go(c);
        return;
    }
    if (failed && c->failure[0]) {
        a.failure = c->failure;
    }
    char failure[FAILURE_LEN];
    if (a.failure) {
        str_copy(failure, sizeof(failure), a.failure);
        a.failure = failure;
    }
    call_finish(c, &a);
}

static void call_start(struct call *c)
{
    struct backend *b = c->owner;
    const struct way *way = &b->ways.way[c->way];
    const struct spot *spot = &b->spots[c->way];
    const char *addrs[MAX_ADDRS];
    struct buf url;
    struct client_header headers[MAX_HEADERS];
    size_t n = 0;
    if (way->proxy) {
        headers[n++] = (struct client_header){"Via", "1.1 relay"};
    }
    if (!c->get) {
        headers[n++] =
            (struct client_header){"Content-Type", "application/json"};
    }
    if (!c->get && c->encoding) {
        headers[n++] = (struct client_header){"Content-Encoding", c->encoding};
    }
    for (size_t i = 0; i < spot->n_addrs; i++) {
        addrs[i] = spot->addr[i];
    }
    buf_init(&url, URL_MAX + MAX_PATH);
    buf_printf(&url, "%s%s", way->base, c->path);
    struct client_request req = {
        .method = c->get ? "GET" : "POST",
        .url = (const char *)url.p,
        .headers = headers,
        .n_headers = n,
        .body = {(const char *)c->body, c->body_len},
        .addrs = spot->n_addrs ? addrs : NULL,
        .n_addrs = spot->n_addrs,
        .proxy = way->proxy,
        .timeout_us = c->timeout_us,
        .max_response = c->max_response,
        .insecure_loopback = !way->url.https, /* to this machine only */
    };
    enum err e = url.failed
                     ? url.failed
                     : client_call(b->client, &req, on_http, c, &c->http);
    buf_fini(&url);
    if (e != ERR_OK) {
        c->http = NULL;
        call_fail(c, e);
    }
}

/* The list may have changed with each call: looked for from its beginning. */
static struct call *first_waiting(struct backend *b, size_t way)
{
    struct call *c = b->calls;
    while (c && !(c->waits && c->way == way)) {
        c = c->next;
    }
    return c;
}

static void on_resolved(void *arg, const char *const *addrs, size_t n,
                        const char *failure)
{
    struct spot *s = arg;
    s->resolving = false;
    s->n_addrs = 0;
    for (size_t i = 0; i < n; i++) {
        add_addr(s, addrs[i]);
    }
    for (struct call *c;
         !s->resolving && (c = first_waiting(s->owner, s->way));) {
        c->waits = false;
        if (s->n_addrs) {
            call_start(c);
        } else if (call_turn(c, failure ? failure
                                        : failure_text(FAILURE_NO_ANSWER))) {
            call_go(c);
        } else {
            call_fail(c, ERR_OK);
        }
    }
}

/* Sends it by its way, once an address is known. */
static void call_go(struct call *c)
{
    struct spot *s = &c->owner->spots[c->way];
    if (s->n_addrs) {
        call_start(c);
        return;
    }
    c->waits = true;
    if (s->resolving) {
        return;
    }
    s->resolving = true;
    enum err e = engine_resolve(c->owner->engine, s->host, on_resolved, s);
    if (e != ERR_OK) {
        s->resolving = false;
        c->waits = false;
        call_fail(c, e);
    }
}

static struct call *call_new(struct backend *b, const struct backend_post *p)
{
    struct call *c = calloc(1, sizeof(*c));
    size_t path_size = strlen(p->path) + 1;
    if (!c) {
        return NULL;
    }
    c->owner = b;
    c->next = b->calls;
    b->calls = c;
    b->n_calls++;
    c->body = malloc(p->body.len + path_size);
    if (!c->body || loop_timer_new(b->loop, on_soon, c, &c->soon) != ERR_OK) {
        call_free(c);
        return NULL;
    }
    if (p->body.len) {
        memcpy(c->body, p->body.p, p->body.len);
    }
    memcpy(c->body + p->body.len, p->path, path_size);
    c->path = (const char *)c->body + p->body.len;
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
    c->way = ways_next(&b->ways, 0, clock_mono_us());
    call_go(c);
    return ERR_OK;
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
    return b->host;
}

size_t backend_ways(const struct backend *b)
{
    return b->ways.n;
}
