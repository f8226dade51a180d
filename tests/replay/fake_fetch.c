// SPDX-License-Identifier: Apache-2.0
/* fetch.h as the scenario says: a connection, a handshake and a page, each of
 * which takes its time and comes to its end, or to the end of its time limit
 * if that is sooner or at the same moment. */
#include "fakes.h"

#include "base/clock.h"
#include "net/fetch.h"
#include "record/failure.h"
#include <stdlib.h>
#include <string.h>

#define STAGE_DEFAULT_US (10 * US_PER_MS)

struct fetcher {
    struct loop *loop;
    uint64_t *up, *down;
};

enum stage {
    STAGE_TCP,
    STAGE_TLS,
    STAGE_HTTP,
    STAGE_DONE
};

struct fetch {
    struct fetcher *owner;
    struct fetch_request req;
    struct fetch_result res;
    enum stage stage;
    struct flow_line flow;
    struct page_line page;
    struct loop_timer *deadline, *event;
};

static int64_t now(const struct fetch *t)
{
    return clock_mono_us() - t->req.zero_us;
}

const char *ending_failure(enum ending e)
{
    switch (e) {
    case END_RESET:
        return failure_text(FAILURE_RESET);
    case END_REFUSED:
        return failure_text(FAILURE_REFUSED);
    case END_UNREACHABLE:
        return failure_text(FAILURE_NETWORK_UNREACHABLE);
    case END_EOF:
        return failure_text(FAILURE_EOF);
    case END_BADCERT:
        return failure_text(FAILURE_BAD_AUTHORITY);
    case END_SILENCE:
        return failure_text(FAILURE_TIMEOUT);
    default:
        return NULL;
    }
}

/* ---- what the scenario says
 * ----------------------------------------------------- */

static struct flow_line find_flow(const struct fetch_request *q, bool again)
{
    struct flow_line f = {.tcp = STAGE_DEFAULT_US, .tls = STAGE_DEFAULT_US};

    for (size_t i = 0; i < world->n_flows; i++) {
        const struct flow_line *l = &world->flows[i];
        if (ip_eq(&l->ip, &q->ip) && l->port == q->port &&
            (again || !l->again)) {
            f = *l;
        }
    }
    return f;
}

static struct page_line find_page(const struct fetch_request *q)
{
    struct page_line p = {
        .after = STAGE_DEFAULT_US, .status = 200, .body = REPLAY_BODY};

    for (size_t i = 0; i < world->n_pages; i++) {
        const struct page_line *l = &world->pages[i];
        if (strcmp(l->url, q->url) != 0) {
            continue;
        }
        if (l->once && q->http1) {
            continue;
        }
        if (l->ip.family && !ip_eq(&l->ip, &q->ip)) {
            continue;
        }
        p = *l;
        if (!p.body) {
            p.body = REPLAY_BODY;
        }
    }
    return p;
}

/* Was this endpoint connected to before? */
static bool seen_before(const struct fetch_request *q)
{
    static struct {
        struct ip ip;
        uint16_t port;
    } seen[64];

    if (world->connections == 0) {
        memset(seen, 0, sizeof(seen));
    }
    for (size_t i = 0; i < world->connections && i < 64; i++) {
        if (ip_eq(&seen[i].ip, &q->ip) && seen[i].port == q->port) {
            return true;
        }
    }
    if (world->connections < 64) {
        seen[world->connections].ip = q->ip;
        seen[world->connections].port = q->port;
    }
    return false;
}

/* ---- stages
 * --------------------------------------------------------------------- */

static void fetch_free(struct fetch *t)
{
    loop_timer_free(t->deadline);
    loop_timer_free(t->event);
    world->fetches--;
    world->open--;
    free(t);
}

static void conclude(struct fetch *t, const char *failure)
{
    struct fetch_result res;
    void (*on_done)(void *, struct fetch_result *) = t->req.on_done;
    void *arg = t->req.arg;

    if (t->stage == STAGE_TCP) {
        t->res.tcp.t = now(t);
        t->res.tcp.failure = failure;
    } else if (t->stage == STAGE_TLS) {
        t->res.tls.t = now(t);
        t->res.tls.failure = failure;
    } else if (t->stage == STAGE_HTTP) {
        t->res.http.t = now(t);
        t->res.http.failure = failure;
        t->res.again =
            failure && t->page.once ? FETCH_AGAIN_HTTP1 : FETCH_AGAIN_NO;
    }
    res = t->res;
    fetch_free(t);
    on_done(arg, &res);
}

static void enter(struct fetch *t, enum stage stage, int64_t limit,
                  int64_t after, enum ending end)
{
    t->stage = stage;
    /* the deadline first: at the same moment it wins */
    fake_arm(t->deadline, limit);
    if (end == END_SILENCE) {
        loop_timer_stop(t->event);
    } else {
        fake_arm(t->event, after);
    }
}

static void on_deadline(void *arg)
{
    conclude(arg, failure_text(FAILURE_TIMEOUT));
}

/* Here a page comes all at once, so that silence is all there is before. */
static int64_t page_time(const struct fetch_request *q)
{
    return q->idle_us > 0 && q->idle_us < q->http_us ? q->idle_us : q->http_us;
}

static void ready(struct fetch *t)
{
    const struct fetch_request *q = &t->req;

    t->stage = STAGE_DONE;
    loop_timer_stop(t->deadline);
    if (!q->on_ready || !q->on_ready(q->arg)) {
        conclude(t, NULL);
        return;
    }
    t->page = find_page(q);
    t->res.granted = t->res.has_http = true;
    t->res.http = (struct obs_http){
        .t0 = now(t),
        .ip = q->ip,
        .port = q->port,
        .url = q->url,
        .alpn = q->https ? "http/1.1" : NULL,
        .n_req_headers = q->n_headers,
    };
    t->res.http.req_headers = region_memdup(q->region, q->headers,
                                            q->n_headers * sizeof(*q->headers));
    if (!t->res.http.req_headers) {
        t->res.http.n_req_headers = 0;
    }
    enter(t, STAGE_HTTP, page_time(q), t->page.after, t->page.end);
}

static void page_came(struct fetch *t)
{
    struct obs_http *http = &t->res.http;
    const struct page_line *p = &t->page;
    struct obs_header *h = region_calloc(t->req.region, 3, sizeof(*h));

    if (!h) {
        t->res.internal = ERR_NOMEM;
        t->res.internal_what = "response headers";
        conclude(t, NULL);
        return;
    }
    http->status = p->status;
    http->headers = h;
    h[http->n_headers++] =
        (struct obs_header){"Content-Type", STR("text/html")};
    if (p->location) {
        h[http->n_headers++] =
            (struct obs_header){"Location", str_c(p->location)};
    }
    if (p->header) {
        h[http->n_headers++] =
            (struct obs_header){"Set-Cookie", str_c(p->header)};
    }
    http->body = str_c(p->body);
    http->body_bytes = http->body.len;
    *t->owner->down += http->body.len;
    t->res.received = http->body.len;
    t->res.first = t->res.last = now(t);
    conclude(t, ending_failure(p->end));
}

static void on_event(void *arg)
{
    struct fetch *t = arg;
    const struct fetch_request *q = &t->req;

    if (t->stage == STAGE_HTTP) {
        if (t->page.status) {
            page_came(t);
        } else {
            conclude(t, ending_failure(t->page.end));
        }
    } else if (t->stage == STAGE_TLS) {
        const char *failure = ending_failure(t->flow.tls_end);
        t->res.tls.t = now(t);
        t->res.tls.version = failure ? "" : "TLSv1.3";
        if (failure) {
            conclude(t, failure);
        } else {
            ready(t);
        }
    } else if (t->flow.tcp_end == END_NO_DESCRIPTOR) {
        t->res.internal = ERR_FDLIMIT;
        t->res.internal_what = "socket";
        conclude(t, NULL);
    } else if (t->flow.tcp_end != END_OK) {
        conclude(t, ending_failure(t->flow.tcp_end));
    } else {
        t->res.tcp.t = now(t);
        if (!q->https) {
            ready(t);
            return;
        }
        t->res.has_tls = true;
        t->res.tls = (struct obs_tls){
            .t0 = now(t),
            .ip = q->ip,
            .port = q->port,
            .server_name = q->host,
            .version = "",
            .cipher = "",
            .alpn = "",
        };
        enter(t, STAGE_TLS, q->tls_us, t->flow.tls, t->flow.tls_end);
    }
}

enum err fetcher_new(struct loop *l, const char *ca_file, uint64_t *up,
                     uint64_t *down, struct fetcher **out)
{
    struct fetcher *f = calloc(1, sizeof(*f));

    (void)ca_file;
    if (!f) {
        return ERR_NOMEM;
    }
    *f = (struct fetcher){.loop = l, .up = up, .down = down};
    *out = f;
    return ERR_OK;
}

void fetcher_free(struct fetcher *f)
{
    free(f);
}

enum err fetch_start(struct fetcher *f, const struct fetch_request *req,
                     struct fetch **out)
{
    struct fetch *t = calloc(1, sizeof(*t));

    if (!t) {
        return ERR_NOMEM;
    }
    world->fetches++;
    if (++world->open > world->open_max) {
        world->open_max = world->open;
    }
    t->owner = f;
    t->req = *req;
    t->flow = find_flow(req, seen_before(req));
    world->connections++;
    t->res.has_tcp = true;
    t->res.local_port = 40001;
    t->res.tcp =
        (struct obs_tcp){.t0 = now(t), .ip = req->ip, .port = req->port};
    enum err e = loop_timer_new(f->loop, on_deadline, t, &t->deadline);
    if (e == ERR_OK) {
        e = loop_timer_new(f->loop, on_event, t, &t->event);
    }
    if (e != ERR_OK) {
        fetch_free(t);
        return e;
    }
    enter(t, STAGE_TCP, req->tcp_us, t->flow.tcp, t->flow.tcp_end);
    *out = t;
    return ERR_OK;
}

void fetch_expire(struct fetch *t)
{
    conclude(t, failure_text(FAILURE_TIMEOUT));
}

void fetch_cancel(struct fetch *t)
{
    if (t) {
        fetch_free(t);
    }
}
