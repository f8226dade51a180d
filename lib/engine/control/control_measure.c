// SPDX-License-Identifier: Apache-2.0
/* The way to the page, hop by hop, and the endpoints beside it. */
#include "engine/control/control_measure.h"
#include "engine/addr_list.h"
#include "engine/browser.h"
#include "engine/control/ask_resolver.h"
#include "engine/control/endpoints.h"
#include "record/failure.h"

#include "base/clock.h"

#define PAGE_US    (15 * US_PER_S)
#define TCP_MIN_US (2 * US_PER_S)

struct control_measure {
    struct task task;
    struct measure *ms;
    struct browser browser;
    struct ask_resolver resolver;
    struct endpoints endpoints;
    /* the page; all hops of it share PAGE_US */
    struct loop_timer *timer;
    int64_t until;  /* no further address is tried after this */
    int64_t queued; /* since when it waits for a socket; 0: it does not */
    int64_t t0;
    bool waited;  /* for a socket or for room */
    bool retried; /* this address of this hop was asked once more */
    bool http1;   /* and without HTTP/2 */
    bool running, has_body;
    struct budget_wait body_wait;
    /* the present hop */
    const struct url *url;
    int depth;
    int64_t id;
    struct addr_list addrs;
    size_t next_addr;    /* to be tried */
    struct ip ip;        /* being tried; family 0: none yet */
    const char *refusal; /* of the addresses so far; NULL: none */
    struct budget_wait wait;
    bool has_socket;
    struct fetch *fetch;
    struct fetch_request first; /* that of the first hop, as it was made last */
};

/* ---- the page
 * ------------------------------------------------------------ */

static void hop_start(struct control_measure *c);
static void connect_next(struct control_measure *c);
static void take_socket(struct control_measure *c);

static void give_socket(struct control_measure *c)
{
    if (c->has_socket) {
        budget_give(&c->ms->in->sockets, 1);
    }
    c->has_socket = false;
}

static void give_body(struct control_measure *c)
{
    if (c->has_body) {
        budget_give(&c->ms->in->bodies, BODY_KEEP);
    }
    c->has_body = false;
}

static void page_end(struct control_measure *c)
{
    if (!c->running) {
        return;
    }
    c->running = false;
    loop_timer_stop(c->timer);
    give_body(c);
    task_release(&c->task);
}

/* A hop that ended before a page could be asked for. */
static void page_failed(struct control_measure *c, const char *failure)
{
    struct obs_http *http = measurement_add_http(c->ms->m);

    if (http) {
        *http = (struct obs_http){
            .t0 = c->t0,
            .t = measure_now(c->ms),
            .ip = c->ip,
            .port = c->url->port,
            .url = c->url->text,
            .failure = failure,
            .id = c->id,
            .tags = measure_tags(c->depth, false, 1),
        };
    }
    page_end(c);
}

static void page_follow(struct control_measure *c, struct obs_http *http)
{
    struct measure *ms = c->ms;
    struct redirect re = {0};
    struct url *to = region_alloc(ms->region, sizeof(*to));
    enum err e =
        to ? browser_follow(&c->browser, c->url, http, &re) : ERR_NOMEM;

    if (e != ERR_OK) {
        measure_internal(ms, e, "redirect");
        page_end(c);
        return;
    }
    if (re.failure) {
        http->failure = re.failure;
    }
    if (!re.follow) {
        page_end(c);
        return;
    }
    *to = re.to;
    c->url = to;
    c->depth++;
    hop_start(c);
}

/* The page's first connection is one to an endpoint, too; if it had less
 * time than an endpoint gets, it is made again. */
static void note_endpoint(struct control_measure *c,
                          const struct fetch_result *res)
{
    if (c->depth != 0 || c->next_addr != 1) {
        return;
    }
    if (res->tcp.failure && c->addrs.n > 1) {
        endpoints_connect(&c->endpoints, &c->ip, c->url->port);
    } else {
        endpoints_record(c->ms, res, c->id);
    }
}

static bool may_connect(const struct control_measure *c, const struct ip *ip,
                        enum plan_connect why)
{
    const struct plan *p = c->ms->plan;

    return !p->may_connect || p->may_connect(p->may_connect_arg, ip, why);
}

/* The first hop answered at once: does it always? */
static void try_more(struct control_measure *c, const struct obs_http *http)
{
    unsigned n =
        c->depth == 0 && !c->retried && !http->failure ? c->ms->plan->tries : 0;

    for (; n > 0 && may_connect(c, &c->ip, PLAN_CONNECT_BESIDE); n--) {
        endpoints_try(&c->endpoints, &c->first);
    }
}

static void page_fetched(struct control_measure *c,
                         const struct fetch_result *res)
{
    struct obs_http *http = measurement_add_http(c->ms->m);

    if (!http) {
        page_end(c);
        return;
    }
    *http = res->http;
    http->id = c->id;
    http->tags = measure_tags(c->depth, false, 1);
    try_more(c, http);
    page_follow(c, http);
}

/* The last one counts, but that of an address to which there is no way. */
static void note_refusal(struct control_measure *c, const char *failure)
{
    if (!c->refusal || !failure_is_no_way(failure_of(str_c(failure)))) {
        c->refusal = failure;
    }
}

static void on_fetch_done(void *arg, struct fetch_result *res)
{
    struct control_measure *c = arg;

    c->fetch = NULL;
    give_socket(c);
    if (res->internal != ERR_OK) {
        measure_internal(c->ms, res->internal, res->internal_what);
        page_end(c);
        return;
    }
    bool time_left = measure_now(c->ms) < c->until;
    if (time_left && !c->retried && endpoints_cut_first(c->ms, res, c->id)) {
        c->retried = true;
        c->http1 = res->again == FETCH_AGAIN_HTTP1;
        take_socket(c);
        return;
    }
    note_endpoint(c, res);
    if (res->has_http) {
        page_fetched(c, res);
    } else if (res->tcp.failure && c->next_addr < c->addrs.n && time_left) {
        note_refusal(c, res->tcp.failure);
        connect_next(c);
    } else if (res->has_tls) {
        page_failed(c, res->tls.failure);
    } else {
        note_refusal(c, res->tcp.failure);
        page_failed(c, c->refusal);
    }
}

static bool on_ready(void *arg)
{
    (void)arg;
    return true;
}

static enum err fetch_page(struct control_measure *c)
{
    struct measure *ms = c->ms;
    uint64_t count = ms->plan->count_body_bytes;
    int64_t left = c->until - measure_now(ms);
    /* addresses that may still have to be tried share the time */
    int64_t tcp_us = left / (int64_t)(c->addrs.n - c->next_addr + 1);
    struct fetch_request q = {
        .url = c->url->text,
        .host = c->url->host,
        .https = c->url->https,
        .host_is_ip = c->url->literal.family != 0,
        .http1 = c->http1,
        .ip = c->ip,
        .port = c->url->port,
        .keep_bytes = BODY_KEEP,
        .count_bytes = count ? count : (uint64_t)BODY_KEEP,
        .tcp_us = tcp_us < TCP_MIN_US ? TCP_MIN_US : tcp_us,
        .tls_us = left,
        .http_us = left,
        .region = ms->region,
        .zero_us = ms->zero,
        .on_ready = on_ready,
        .on_done = on_fetch_done,
        .arg = c,
    };
    enum err e = browser_headers(&c->browser, c->url, &q.headers, &q.n_headers);

    if (c->depth == 0) {
        c->first = q;
    }
    return e == ERR_OK ? fetch_start(ms->in->fetcher, &q, &c->fetch) : e;
}

/* The page loses nothing by what it waited for us. */
static void end_waiting(struct control_measure *c)
{
    int64_t now = measure_now(c->ms);

    if (c->queued == 0) {
        return;
    }
    c->until += now - c->queued;
    c->queued = 0;
    if (loop_timer_in(c->timer, c->until - now) != ERR_OK) {
        measure_internal(c->ms, ERR_NOMEM, "timer");
    }
}

static void on_socket(void *arg)
{
    struct control_measure *c = arg;

    c->has_socket = true;
    end_waiting(c);
    enum err e = fetch_page(c);
    if (e != ERR_OK) {
        measure_internal(c->ms, e, "page");
        give_socket(c);
        page_end(c);
    }
}

static void page_busy(struct control_measure *c);

/* Of the addresses that are left, the first that may be connected to now. */
static void connect_next(struct control_measure *c)
{
    const struct addr_list *l = &c->addrs;
    size_t i = c->next_addr;

    while (i < l->n && !may_connect(c, &l->items[i].ip, PLAN_CONNECT_PAGE)) {
        i++;
    }
    if (i == l->n) {
        page_busy(c);
        return;
    }
    c->next_addr = i + 1;
    c->ip = l->items[i].ip;
    c->retried = c->http1 = false;
    take_socket(c);
}

static void take_socket(struct control_measure *c)
{
    if (budget_take(&c->ms->in->sockets, &c->wait, 1, on_socket, c)) {
        on_socket(c);
    } else {
        c->queued = measure_now(c->ms);
        c->waited = true;
    }
}

/* This machine has too much to do: nothing was learnt about the site. */
static void page_busy(struct control_measure *c)
{
    measure_internal(c->ms, ERR_BUSY, "page");
    budget_leave(&c->ms->in->sockets, &c->wait);
    budget_leave(&c->ms->in->bodies, &c->body_wait);
    fetch_cancel(c->fetch);
    c->fetch = NULL;
    give_socket(c);
    page_end(c);
}

static void on_page_timer(void *arg)
{
    struct control_measure *c = arg;

    if (c->wait.queued || c->body_wait.queued) {
        page_busy(c);
    } else if (c->fetch) {
        fetch_expire(c->fetch);
    } else {
        page_failed(c, failure_text(FAILURE_TIMEOUT));
    }
}

/* ---- the other endpoints
 * ------------------------------------------------- */

/* Does the site's name, as it was looked up here, lead there? */
static enum plan_connect why_connect(const struct control_measure *c,
                                     const struct ip *ip)
{
    for (size_t i = 0; i < c->addrs.n; i++) {
        if (ip_eq(&c->addrs.items[i].ip, ip)) {
            return PLAN_CONNECT_BESIDE;
        }
    }
    return PLAN_CONNECT_NAMED;
}

static void connect_endpoint(struct control_measure *c, const struct ip *ip,
                             uint16_t port)
{
    /* the page's own connection says what a second one would */
    bool page = c->running && port == c->url->port && ip_eq(ip, &c->ip);

    if (!page && may_connect(c, ip, why_connect(c, ip))) {
        endpoints_connect(&c->endpoints, ip, port);
    }
}

static void connect_addr(struct control_measure *c, const struct ip *ip)
{
    const struct url *url = c->ms->plan->url;

    if (!c->ms->in->cfg.allow_special &&
        (ip_is_special(ip) || ip_is_bogon(ip))) {
        return;
    }
    if (url->explicit_port) {
        connect_endpoint(c, ip, url->port);
        return;
    }
    connect_endpoint(c, ip, 443);
    if (!url->https) {
        connect_endpoint(c, ip, 80);
    }
}

static void add_addr(struct control_measure *c, struct addr_list *l,
                     const struct ip *ip)
{
    enum err e = addr_list_add(c->ms->region, l, ip, ORIGIN_CONTROL);

    measure_internal(c->ms, e, "addresses");
}

/* Connects to the addresses that the probe named and to those found here.
 */
static void connect_all(struct control_measure *c)
{
    const struct plan *p = c->ms->plan;
    struct addr_list all = {0};

    for (size_t i = 0; i < p->n_extra_addrs; i++) {
        add_addr(c, &all, &p->extra_addrs[i]);
    }
    for (size_t i = 0; i < c->addrs.n; i++) {
        add_addr(c, &all, &c->addrs.items[i].ip);
    }
    for (size_t i = 0; i < all.n; i++) {
        connect_addr(c, &all.items[i].ip);
    }
}

/* ---- hops
 * ---------------------------------------------------------------- */

/* Leaves out addresses that are not public; true if there were any. */
static bool drop_special(struct control_measure *c)
{
    struct addr_list *l = &c->addrs;
    size_t kept = 0, n = l->n;

    for (size_t i = 0; i < n; i++) {
        if (c->ms->in->cfg.allow_special || !ip_is_special(&l->items[i].ip)) {
            l->items[kept++] = l->items[i];
        }
    }
    l->n = kept;
    return kept < n;
}

/* The addresses of the present hop are known. */
static void page_connect(struct control_measure *c, const char *failure)
{
    if (!c->running) {
        return;
    }
    bool dropped = drop_special(c);
    c->id = measure_id(c->ms, c->url->https ? ID_TLS : ID_CLEAR);
    if (c->addrs.n > 0) {
        connect_next(c);
        return;
    }
    page_failed(c, dropped || !failure ? failure_text(FAILURE_BOGON) : failure);
}

static void on_looked_up(void *arg, const struct ip *addrs, size_t n,
                         const char *failure)
{
    struct control_measure *c = arg;

    for (size_t i = 0; i < n; i++) {
        add_addr(c, &c->addrs, &addrs[i]);
    }
    page_connect(c, failure);
    if (c->depth == 0) {
        connect_all(c);
    }
    task_release(&c->task);
}

static void hop_start(struct control_measure *c)
{
    c->addrs = (struct addr_list){0};
    c->next_addr = 0;
    c->refusal = NULL;
    c->ip = (struct ip){0};
    task_hold(&c->task);
    if (c->url->literal.family) {
        on_looked_up(c, &c->url->literal, 1, NULL);
    } else {
        ask_resolver_start(&c->resolver, c->url->host, c->depth);
    }
}

/* ---- the whole
 * ----------------------------------------------------------- */

static void on_body_room(void *arg)
{
    struct control_measure *c = arg;

    c->has_body = true;
    c->t0 = measure_now(c->ms);
    c->until = c->t0 + PAGE_US;
    if (loop_timer_in(c->timer, PAGE_US) != ERR_OK) {
        measure_internal(c->ms, ERR_NOMEM, "timer");
    }
    hop_start(c);
}

static enum err control_start(void *self)
{
    struct control_measure *c = self;
    struct measure *ms = c->ms;
    enum err e = ask_resolver_init(&c->resolver);

    c->url = measure_url(ms, ms->plan->url);
    if (e == ERR_OK && !c->url) {
        e = ERR_NOMEM;
    }

    if (e == ERR_OK) {
        e = loop_timer_new(ms->in->loop, on_page_timer, c, &c->timer);
    }
    if (e != ERR_OK) {
        return e;
    }
    c->running = true;
    task_hold(&c->task);
    if (budget_take(&ms->in->bodies, &c->body_wait, BODY_KEEP, on_body_room,
                    c)) {
        on_body_room(c);
    } else {
        c->waited = true;
    }
    return ERR_OK;
}

static void control_expire(void *self)
{
    struct control_measure *c = self;

    bool cut_short = c->waited && c->until > measure_now(c->ms);

    c->until = 0; /* no other address is tried */
    if (c->running && cut_short) {
        page_busy(c);
    } else if (c->running) {
        on_page_timer(c);
    }
    endpoints_expire(&c->endpoints);
    if (ask_resolver_busy(&c->resolver)) {
        ask_resolver_cancel(&c->resolver);
        task_release(&c->task);
    }
}

static void control_cancel(void *self)
{
    struct control_measure *c = self;

    ask_resolver_cancel(&c->resolver);
    endpoints_cancel(&c->endpoints);
    budget_leave(&c->ms->in->sockets, &c->wait);
    budget_leave(&c->ms->in->bodies, &c->body_wait);
    fetch_cancel(c->fetch);
    c->fetch = NULL;
    give_socket(c);
    give_body(c);
    loop_timer_free(c->timer);
    c->timer = NULL;
}

enum err control_measure_add(struct measure *ms)
{
    static const struct task_kind kind = {
        .name = "control plan",
        .start = control_start,
        .expire = control_expire,
        .cancel = control_cancel,
    };
    struct control_measure *c = region_calloc(ms->region, 1, sizeof(*c));

    if (!c) {
        return ERR_NOMEM;
    }

    c->ms = ms;
    browser_init(&c->browser, ms);
    c->resolver =
        (struct ask_resolver){.ms = ms, .on_done = on_looked_up, .arg = c};
    endpoints_init(&c->endpoints, ms, &c->task);
    measure_add(ms, &c->task, &kind, c);
    return ERR_OK;
}
