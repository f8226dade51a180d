// SPDX-License-Identifier: Apache-2.0
/* The control's side of a measurement: one lookup, a connection to every
 * address (the probe's and its own), and the page, followed to its end. It
 * never connects to an address that is not on the public Internet, whoever
 * names it: list, resolver or redirect.
 */
#include "engine/measure.h"
#include "net/redirect.h"
#include "record/failure.h"

#include "base/clock.h"
#include <stdlib.h>
#include <string.h>

#define ENDPOINT_US (15 * US_PER_S)
#define PAGE_US     (15 * US_PER_S)
#define TCP_MIN_US  (2 * US_PER_S)
#define CONNS_MAX   128

struct conn { /* one endpoint, connected to and left */
    struct conn *next;
    struct control_plan *cp;
    struct ip ip;
    uint16_t port;
    bool tls;
    int64_t id;
    const char *url;
    struct budget_wait wait;
    bool has_socket;
    struct fetch *fetch;
};

struct control_plan {
    struct measure *ms;
    struct loop_timer *deadline;    /* of the whole job */
    const struct url *resolver_url; /* NULL: resolver is "ip:port" */
    struct conn *conns;
    size_t n_conns;
    /* one lookup at a time */
    const char *host;
    int64_t lookup_id;
    struct peers_call *peers;
    struct lookup *lookup;
    struct doh_lookup *doh;
    bool looking;
    /* the page */
    struct loop_timer *page_timer;
    int64_t page_until;
    const struct url *url;
    int depth;
    int64_t page_t0;
    struct addr_list addrs; /* of the present hop */
    size_t next_addr;
    int64_t page_id;
    struct budget_wait wait, body_wait;
    bool has_socket, has_body, page_running;
    struct ip page_ip;
    struct fetch *page;
};

/* ---- endpoints
 * -------------------------------------------------------------------- */

static void record_endpoint(struct measure *ms, const struct fetch_result *res,
                            int64_t id)
{
    struct obs_tcp *tcp = measurement_add_tcp(ms->m);
    if (tcp) {
        *tcp = res->tcp;
        tcp->id = id;
        tcp->tags = tags_of(0, false, 0);
    }
    struct obs_tls *tls = res->has_tls ? measurement_add_tls(ms->m) : NULL;
    if (tls) {
        *tls = res->tls;
        tls->id = id;
        tls->tags = tags_of(0, false, 0);
    }
}

static void on_conn_done(void *arg, struct fetch_result *res)
{
    struct conn *c = arg;
    struct measure *ms = c->cp->ms;

    c->fetch = NULL;
    budget_give(&ms->e->sockets, 1);
    c->has_socket = false;
    if (res->internal != ERR_OK) {
        measure_internal(ms, res->internal, res->internal_what);
    } else {
        record_endpoint(ms, res, c->id);
    }
    measure_release(ms);
}

static void conn_go(void *arg)
{
    struct conn *c = arg;
    struct measure *ms = c->cp->ms;
    struct fetch_request q = {
        .url = c->url,
        .host = ms->plan->url->host,
        .https = c->tls,
        .host_is_ip = ms->plan->url->literal.family != 0,
        .ip = c->ip,
        .port = c->port,
        .tcp_us = ENDPOINT_US,
        .tls_us = ENDPOINT_US,
        .region = ms->region,
        .zero_us = ms->zero,
        .on_done = on_conn_done,
        .arg = c,
    };

    c->has_socket = true;
    enum err e = fetch_start(ms->e->fetcher, &q, &c->fetch);
    if (e != ERR_OK) {
        measure_internal(ms, e, "connection");
        budget_give(&ms->e->sockets, 1);
        c->has_socket = false;
        measure_release(ms);
    }
}

static void conn_new(struct control_plan *cp, const struct ip *ip,
                     uint16_t port)
{
    struct measure *ms = cp->ms;
    struct conn *c = region_alloc(ms->region, sizeof(*c));

    if (cp->n_conns >= CONNS_MAX) {
        return;
    }
    if (!c) {
        measure_internal(ms, ERR_NOMEM, "endpoint");
        return;
    }
    *c = (struct conn){.next = cp->conns,
                       .cp = cp,
                       .ip = *ip,
                       .port = port,
                       .tls = port == 443};
    c->url = region_printf(ms->region, "%s://%s/", c->tls ? "https" : "http",
                           ms->plan->url->authority);
    if (!c->url) {
        measure_internal(ms, ERR_NOMEM, "endpoint");
        return;
    }
    c->id = measure_id(ms, c->tls ? ID_TLS : ID_CLEAR);
    cp->conns = c;
    cp->n_conns++;
    measure_hold(ms);
    if (budget_take(&ms->e->sockets, &c->wait, 1, conn_go, c)) {
        conn_go(c);
    }
}

/* The page goes there: its connection says what a second one would. */
static bool is_of_page(const struct control_plan *cp, const struct ip *ip,
                       uint16_t port)
{
    return cp->page_running && port == cp->url->port && ip_eq(ip, &cp->page_ip);
}

/* The page's first connection is one to an endpoint, too; if it had less time
 * than an endpoint gets, it is made again. */
static void note_page_endpoint(struct control_plan *cp,
                               const struct fetch_result *res)
{
    if (cp->depth != 0 || cp->next_addr != 1) {
        return;
    }
    if (res->tcp.failure && cp->addrs.n > 1) {
        conn_new(cp, &cp->page_ip, cp->url->port);
    } else {
        record_endpoint(cp->ms, res, cp->page_id);
    }
}

static void connect_endpoint(struct control_plan *cp, const struct ip *ip,
                             uint16_t port)
{
    if (!is_of_page(cp, ip, port)) {
        conn_new(cp, ip, port);
    }
}

static void connect_all(struct control_plan *cp)
{
    const struct plan *p = cp->ms->plan;
    struct addr_list all = {0};

    for (size_t i = 0; i < p->n_extra_addrs; i++) {
        addr_list_add(cp->ms, &all, &p->extra_addrs[i], ORIGIN_CONTROL);
    }
    for (size_t i = 0; i < cp->addrs.n; i++) {
        addr_list_add(cp->ms, &all, &cp->addrs.items[i].ip, ORIGIN_CONTROL);
    }
    for (size_t i = 0; i < all.n; i++) {
        const struct ip *ip = &all.items[i].ip;

        if (!cp->ms->e->cfg.allow_special &&
            (ip_is_special(ip) || ip_is_bogon(ip))) {
            continue;
        }
        if (p->url->explicit_port) {
            connect_endpoint(cp, ip, p->url->port);
            continue;
        }
        connect_endpoint(cp, ip, 443);
        if (!p->url->https) {
            connect_endpoint(cp, ip, 80);
        }
    }
}

/* ---- the page
 * ------------------------------------------------------------------ */

static void hop_start(struct control_plan *cp);
static void page_connect(struct control_plan *cp);

static void page_end(struct control_plan *cp)
{
    struct engine *e = cp->ms->e;

    if (!cp->page_running) {
        return;
    }
    cp->page_running = false;
    loop_timer_stop(cp->page_timer);
    if (cp->has_body) {
        budget_give(&e->bodies, BODY_KEEP);
    }
    cp->has_body = false;
    measure_release(cp->ms);
}

/* A hop that ended before a page could be asked for. */
static void page_failed(struct control_plan *cp, const char *failure)
{
    struct obs_http *http = measurement_add_http(cp->ms->m);

    if (http) {
        *http = (struct obs_http){
            .t0 = cp->page_t0,
            .t = measure_now(cp->ms),
            .ip = cp->page_ip,
            .port = cp->url->port,
            .url = cp->url->text,
            .failure = failure,
            .id = cp->page_id,
            .tags = tags_of(cp->depth, false, 1),
        };
    }
    page_end(cp);
}

static void page_follow(struct control_plan *cp, struct obs_http *http)
{
    struct measure *ms = cp->ms;
    struct redirect re = {0};
    struct url *to = region_alloc(ms->region, sizeof(*to));
    enum err e = to ? ERR_OK : ERR_NOMEM;

    if (e == ERR_OK && !http->failure) {
        e = cookies_take(&ms->jar, ms->region, cp->url, http->headers,
                         http->n_headers, clock_wall_us() / US_PER_S);
    }
    if (e == ERR_OK) {
        e = redirect_of(ms->region, cp->url, http, &ms->redirects_left,
                        ms->e->cfg.allow_special, &re);
    }
    if (e != ERR_OK) {
        measure_internal(ms, e, "redirect");
        page_end(cp);
        return;
    }
    if (re.failure) {
        http->failure = re.failure;
    }
    if (!re.follow) {
        page_end(cp);
        return;
    }
    *to = re.to;
    cp->url = to;
    cp->depth++;
    hop_start(cp);
}

static void on_page_done(void *arg, struct fetch_result *res)
{
    struct control_plan *cp = arg;
    struct measure *ms = cp->ms;

    cp->page = NULL;
    budget_give(&ms->e->sockets, 1);
    cp->has_socket = false;
    if (res->internal != ERR_OK) {
        measure_internal(ms, res->internal, res->internal_what);
        page_end(cp);
        return;
    }
    note_page_endpoint(cp, res);
    bool time_left = measure_now(ms) < cp->page_until;
    if (!res->has_http) {
        if (res->tcp.failure && cp->next_addr < cp->addrs.n && time_left) {
            page_connect(cp);
            return;
        }
        page_failed(cp, res->has_tls ? res->tls.failure : res->tcp.failure);
        return;
    }
    struct obs_http *http = measurement_add_http(ms->m);
    if (!http) {
        page_end(cp);
        return;
    }
    *http = res->http;
    http->id = cp->page_id;
    http->tags = tags_of(cp->depth, false, 1);
    page_follow(cp, http);
}

static bool on_page_ready(void *arg)
{
    (void)arg;
    return true;
}

static void page_go(void *arg)
{
    struct control_plan *cp = arg;
    struct measure *ms = cp->ms;
    size_t others = cp->addrs.n - cp->next_addr + 1;
    int64_t left = cp->page_until - measure_now(ms);
    int64_t tcp_us = left / (int64_t)others;
    const struct plan *p = ms->plan;
    struct fetch_request q = {
        .url = cp->url->text,
        .host = cp->url->host,
        .https = cp->url->https,
        .host_is_ip = cp->url->literal.family != 0,
        .ip = cp->page_ip,
        .port = cp->url->port,
        .keep_bytes = BODY_KEEP,
        .count_bytes =
            p->count_body_bytes ? p->count_body_bytes : (uint64_t)BODY_KEEP,
        .tcp_us = tcp_us < TCP_MIN_US ? TCP_MIN_US : tcp_us,
        .tls_us = left,
        .http_us = left,
        .region = ms->region,
        .zero_us = ms->zero,
        .on_ready = on_page_ready,
        .on_done = on_page_done,
        .arg = cp,
    };

    cp->has_socket = true;
    enum err e = http_headers(ms, cp->url, &q.headers, &q.n_headers);
    if (e == ERR_OK) {
        e = fetch_start(ms->e->fetcher, &q, &cp->page);
    }
    if (e == ERR_OK) {
        return;
    }
    measure_internal(ms, e, "page");
    budget_give(&ms->e->sockets, 1);
    cp->has_socket = false;
    page_end(cp);
}

static void page_connect(struct control_plan *cp)
{
    cp->page_ip = cp->addrs.items[cp->next_addr++].ip;
    if (budget_take(&cp->ms->e->sockets, &cp->wait, 1, page_go, cp)) {
        page_go(cp);
    }
}

/* Addresses of the present hop are known. */
static void hop_on_addrs(struct control_plan *cp, const char *failure)
{
    struct measure *ms = cp->ms;
    struct addr_list *l = &cp->addrs;
    size_t kept = 0;
    bool dropped = false;

    if (!cp->page_running) {
        return;
    }
    for (size_t i = 0; i < l->n; i++) {
        if (!ms->e->cfg.allow_special && ip_is_special(&l->items[i].ip)) {
            dropped = true;
        } else {
            l->items[kept++] = l->items[i];
        }
    }
    l->n = kept;
    cp->page_id = measure_id(ms, cp->url->https ? ID_TLS : ID_CLEAR);
    if (kept == 0) {
        page_failed(cp, dropped || !failure ? failure_text(FAILURE_BOGON)
                                            : failure);
        return;
    }
    page_connect(cp);
}

static void on_page_timer(void *arg)
{
    struct control_plan *cp = arg;

    if (cp->page) {
        fetch_expire(cp->page);
        return;
    }
    budget_leave(&cp->ms->e->sockets, &cp->wait);
    budget_leave(&cp->ms->e->bodies, &cp->body_wait);
    page_failed(cp, failure_text(FAILURE_TIMEOUT));
}

/* ---- lookups
 * ---------------------------------------------------------------------- */

static void hop_looked_up(struct control_plan *cp, const char *failure)
{
    cp->looking = false;
    hop_on_addrs(cp, failure);
    if (cp->depth == 0) {
        connect_all(cp);
    }
    measure_release(cp->ms);
}

static void on_exchange(void *arg, const struct dns_exchange *x)
{
    struct control_plan *cp = arg;

    if (!x->extra) {
        dns_record(cp->ms, QUERY_MAIN, cp->host, x, cp->lookup_id,
                   tags_of(cp->depth, false, -1));
    }
}

static void on_lookup_done(void *arg, const struct lookup_result *res)
{
    struct control_plan *cp = arg;
    const char *failure = res->failure;

    cp->doh = NULL;
    cp->lookup = NULL;
    measure_internal(cp->ms, res->internal, "lookup");
    for (size_t i = 0; i < res->n_addrs; i++) {
        addr_list_add(cp->ms, &cp->addrs, &res->addrs[i], ORIGIN_CONTROL);
    }
    hop_looked_up(cp, failure);
}

static void lookup_go(struct control_plan *cp, const char *const *addrs,
                      size_t n)
{
    struct measure *ms = cp->ms;
    struct lookup_request q = {
        .via = cp->resolver_url ? LOOKUP_DOH : LOOKUP_UDP,
        .host = cp->host,
        .server = ms->plan->resolver,
        .region = ms->region,
        .on_exchange = on_exchange,
        .on_done = on_lookup_done,
        .arg = cp,
    };
    enum err e;

    if (cp->resolver_url) {
        e = doh_lookup_start(ms->e->http, &q, addrs, n, &cp->doh);
    } else {
        e = lookup_start(ms->e->resolver, &q, &cp->lookup);
    }
    if (e != ERR_OK) {
        measure_internal(ms, e, "lookup");
        hop_looked_up(cp, failure_text(FAILURE_MISBEHAVING));
    }
}

static void on_resolver_address(void *arg, const char *const *addrs, size_t n,
                                const char *failure)
{
    struct control_plan *cp = arg;

    (void)failure;
    cp->peers = NULL;
    if (n > 0) {
        lookup_go(cp, addrs, n);
        return;
    }
    /* our own resolver is out of reach: no statement about the site */
    measure_internal(cp->ms, ERR_NET, "the control's resolver");
    hop_looked_up(cp, failure_text(FAILURE_MISBEHAVING));
}

static void hop_start(struct control_plan *cp)
{
    struct measure *ms = cp->ms;

    cp->addrs = (struct addr_list){0};
    cp->next_addr = 0;
    cp->page_ip = (struct ip){0};
    cp->host = cp->url->host;
    measure_hold(ms);
    if (cp->url->literal.family) {
        addr_list_add(ms, &cp->addrs, &cp->url->literal, ORIGIN_CONTROL);
        hop_looked_up(cp, NULL);
        return;
    }
    cp->looking = true;
    cp->lookup_id = measure_id(ms, cp->resolver_url ? ID_DOH : ID_UDP);
    if (!cp->resolver_url) {
        lookup_go(cp, NULL, 0);
        return;
    }
    enum err e = peers_resolve(ms->e->peers, cp->resolver_url->host,
                               on_resolver_address, cp, &cp->peers);
    if (e != ERR_OK) {
        measure_internal(ms, e, "lookup");
        hop_looked_up(cp, failure_text(FAILURE_MISBEHAVING));
    }
}

/* ---- the whole
 * --------------------------------------------------------------------- */

/* Time is up: what still runs ends as timed out. */
static void on_deadline(void *arg)
{
    struct control_plan *cp = arg;
    struct budget *sockets = &cp->ms->e->sockets;

    cp->page_until = 0; /* no other address is tried */
    if (cp->page_running) {
        on_page_timer(cp);
    }
    for (struct conn *c = cp->conns; c; c = c->next) {
        if (c->wait.queued) {
            budget_leave(sockets, &c->wait);
            measure_release(cp->ms);
        } else if (c->fetch) {
            fetch_expire(c->fetch);
        }
    }
    if (cp->looking) {
        peers_cancel(cp->peers);
        lookup_cancel(cp->lookup);
        doh_lookup_cancel(cp->doh);
        cp->peers = NULL;
        cp->lookup = NULL;
        cp->doh = NULL;
        cp->looking = false;
        measure_release(cp->ms);
    }
}

static void on_body_room(void *arg)
{
    struct control_plan *cp = arg;

    cp->has_body = true;
    cp->page_t0 = measure_now(cp->ms);
    cp->page_until = cp->page_t0 + PAGE_US;
    if (loop_timer_in(cp->page_timer, PAGE_US) != ERR_OK) {
        measure_internal(cp->ms, ERR_NOMEM, "timer");
    }
    hop_start(cp);
}

void control_plan_start(struct measure *ms)
{
    const struct plan *p = ms->plan;
    struct control_plan *cp = region_alloc(ms->region, sizeof(*cp));
    struct url *resolver = region_alloc(ms->region, sizeof(*resolver));
    enum err e = ERR_NOMEM;

    if (!cp || !resolver) {
        goto fail;
    }
    cp->ms = ms;
    cp->url = measure_url(ms, p->url);
    if (!cp->url) {
        goto fail;
    }
    ms->control_plan = cp;
    struct ip ip;
    uint16_t port;
    if (!ip_endpoint_parse(str_c(p->resolver), &ip, &port)) {
        e = url_parse(ms->region, str_c(p->resolver), resolver, NULL);
        if (e != ERR_OK) {
            goto fail;
        }
        cp->resolver_url = resolver;
    }
    e = loop_timer_new(ms->e->loop, on_page_timer, cp, &cp->page_timer);
    if (e == ERR_OK) {
        e = loop_timer_new(ms->e->loop, on_deadline, cp, &cp->deadline);
    }
    if (e == ERR_OK && p->timeout_us > 0) {
        e = loop_timer_in(cp->deadline, p->timeout_us);
    }
    if (e != ERR_OK) {
        goto fail;
    }
    cp->page_running = true;
    measure_hold(ms);
    if (budget_take(&ms->e->bodies, &cp->body_wait, BODY_KEEP, on_body_room,
                    cp)) {
        on_body_room(cp);
    }
    return;
fail:
    measure_internal(ms, e, "control plan");
}

void control_plan_cancel(struct control_plan *cp)
{
    if (!cp) {
        return;
    }
    struct engine *e = cp->ms->e;

    peers_cancel(cp->peers);
    lookup_cancel(cp->lookup);
    doh_lookup_cancel(cp->doh);
    for (struct conn *c = cp->conns; c; c = c->next) {
        budget_leave(&e->sockets, &c->wait);
        fetch_cancel(c->fetch);
        if (c->has_socket) {
            budget_give(&e->sockets, 1);
        }
        c->has_socket = false;
    }
    budget_leave(&e->sockets, &cp->wait);
    budget_leave(&e->bodies, &cp->body_wait);
    fetch_cancel(cp->page);
    if (cp->has_socket) {
        budget_give(&e->sockets, 1);
    }
    if (cp->has_body) {
        budget_give(&e->bodies, BODY_KEEP);
    }
    loop_timer_free(cp->page_timer);
    loop_timer_free(cp->deadline);
}
