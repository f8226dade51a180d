// SPDX-License-Identifier: Apache-2.0
/* Rounds and their flows: which addresses are connected to, how, and what is
 * written down about each connection. */
#include "engine/measure.h"
#include "net/capture.h"
#include "net/netinfo.h"
#include "record/failure.h"

#include "base/clock.h"
#include <string.h>

#define TCP_US  (10 * US_PER_S)
#define TLS_US  (10 * US_PER_S)
#define HTTP_US (10 * US_PER_S)

/* ---- records ----------------------------------------------------------------
 */

static struct obs_tags flow_tags(const struct flow *f)
{
    const struct addr_list *l = &f->round->addrs;
    bool classic = false;

    /* another way may have found the address meanwhile */
    for (size_t i = 0; i < l->n; i++) {
        if (ip_eq(&l->items[i].ip, &f->addr.ip)) {
            classic = (l->items[i].origin & ORIGIN_SYSTEM) != 0;
        }
    }
    return tags_of(f->round->depth, classic, f->fetch_body ? 1 : 0);
}

static void record_connection(const struct flow *f,
                              const struct fetch_result *res)
{
    struct measurement *m = f->round->ms->m;
    struct obs_tags tags = flow_tags(f);
    struct obs_tcp *tcp = measurement_add_tcp(m);

    if (tcp) {
        *tcp = res->tcp;
        tcp->id = f->id;
        tcp->tags = tags;
        tcp->reconnect = f->reconnect;
    }
    struct obs_tls *tls = res->has_tls ? measurement_add_tls(m) : NULL;
    if (tls) {
        *tls = res->tls;
        tls->id = f->id;
        tls->tags = tags;
        tls->reconnect = f->reconnect;
    }
    for (size_t i = 0; i < res->n_events; i++) {
        struct obs_event *ev = measurement_add_event(m);
        if (!ev) {
            return;
        }
        *ev = res->events[i];
        ev->id = f->id;
        ev->tags = tags;
    }
}

static struct obs_http *record_page(const struct flow *f,
                                    const struct fetch_result *res)
{
    struct obs_http *http = measurement_add_http(f->round->ms->m);

    if (!http) {
        return NULL;
    }
    if (res->has_http) {
        *http = res->http;
        http->first = res->first;
        http->received = res->received;
        engine_note_rate(f->round->ms->e, res);
    } else {
        /* granted, but the second connection did not get that far */
        *http = (struct obs_http){
            .t0 = res->tcp.t0,
            .t = measure_now(f->round->ms),
            .ip = f->addr.ip,
            .port = f->port,
            .url = f->url,
            .alpn = f->https ? "" : NULL,
            .failure = res->has_tls && res->tls.failure ? res->tls.failure
                       : res->tcp.failure               ? res->tcp.failure
                                          : failure_text(FAILURE_EOF),
        };
    }
    http->id = f->id;
    http->tags = flow_tags(f);
    return http;
}

static void note_flow(const struct flow *f, const struct fetch_result *res)
{
    const char *failure = res->tcp.failure;

    if (res->has_tls) {
        failure = res->tls.failure;
    }
    if (res->has_http) {
        failure = res->http.failure;
    }
    measure_flow_ended(f->round->ms, &(struct capture_flow){
                                         .remote = f->addr.ip,
                                         .remote_port = f->port,
                                         .local_port = res->local_port,
                                         .failed = failure,
                                         .t0 = f->round->ms->zero + res->tcp.t0,
                                         .id = f->id,
                                     });
}

/* ---- body memory ------------------------------------------------------------
 */

static void give_body(struct round *r)
{
    if (r->body_held) {
        budget_give(&r->ms->e->bodies, BODY_KEEP);
    }
    r->body_held = false;
}

/* ---- flows ------------------------------------------------------------------
 */

static void flow_go(void *arg);

static void flow_wait(struct flow *f)
{
    f->started = true;
    measure_hold(f->round->ms);
    if (f->fetch_body) {
        f->round->fetching++;
    }
    if (budget_take(&f->round->ms->e->sockets, &f->wait, 1, flow_go, f)) {
        flow_go(f);
    }
}

static void flow_end(struct flow *f)
{
    struct round *r = f->round;

    if (f->has_socket) {
        budget_give(&r->ms->e->sockets, 1);
    }
    f->has_socket = false;
    if (f->fetch_body && --r->fetching == 0) {
        give_body(r);
    }
    measure_release(r->ms);
}

/* Connects again to what was ready before, now to fetch. */
static void flow_again(struct flow *f)
{
    struct flow *again;

    if (!f) {
        return;
    }
    struct round *r = f->round;
    loop_timer_stop(r->timer);
    again = region_alloc(r->ms->region, sizeof(*again));
    if (!again) {
        measure_internal(r->ms, ERR_NOMEM, "flow");
        return;
    }
    *again = *f;
    again->next = NULL;
    again->fetch = NULL;
    again->wait = (struct budget_wait){0};
    again->reconnect = true;
    again->has_socket = again->started = false;
    *r->last_flow = again;
    r->last_flow = &again->next;
    measure_note(r->ms, "conn #%lld granted, connecting again",
                 (long long)f->id);
    flow_wait(again);
}

static void on_selector_timer(void *arg)
{
    struct round *r = arg;
    struct flow *f = selector_timeout(&r->selector);

    if (f) {
        flow_again(f);
    }
}

static bool on_ready(void *arg)
{
    struct flow *f = arg;
    struct round *r = f->round;

    f->ready = true;
    if (!f->fetch_body) {
        return false;
    }
    if (f->reconnect) {
        return true;
    }
    switch (selector_ready(&r->selector, f->addr.origin, f)) {
    case SELECT_GRANT:
        measure_note(r->ms, "conn #%lld granted", (long long)f->id);
        loop_timer_stop(r->timer);
        return true;
    case SELECT_WAIT:
        measure_note(r->ms, "conn #%lld ready, waiting for a better one",
                     (long long)f->id);
        if (loop_timer_in(r->timer, SELECTOR_WAIT_US) != ERR_OK) {
            measure_internal(r->ms, ERR_NOMEM, "timer");
        }
        return false;
    case SELECT_DENY:
    default:
        measure_note(r->ms, "conn #%lld denied", (long long)f->id);
        return false;
    }
}

static void on_fetch_done(void *arg, struct fetch_result *res)
{
    struct flow *f = arg;
    struct round *r = f->round;
    struct measure *ms = r->ms;
    struct flow *again = NULL;

    f->fetch = NULL;
    if (res->internal != ERR_OK) {
        measure_internal(ms, res->internal, res->internal_what);
    } else {
        record_connection(f, res);
        note_flow(f, res);
    }
    if (f->fetch_body && !f->ready && !f->reconnect) {
        again = selector_failed(&r->selector, f->addr.origin);
    }
    if (again) {
        flow_again(again);
    }
    if (res->internal == ERR_OK && (res->granted || f->reconnect)) {
        struct obs_http *http = record_page(f, res);
        r->fetched = true;
        if (http) {
            http_fetched(r, http);
        }
    }
    flow_end(f);
}

static void flow_go(void *arg)
{
    struct flow *f = arg;
    struct measure *ms = f->round->ms;
    struct fetch_request q = {
        .url = f->url,
        .host = f->round->url->host,
        .https = f->https && !f->tcp_only,
        .host_is_ip = f->round->url->literal.family != 0,
        .ip = f->addr.ip,
        .port = f->port,
        .headers = f->headers,
        .n_headers = f->n_headers,
        .keep_bytes = BODY_KEEP,
        .count_bytes = BODY_KEEP,
        .tcp_us = TCP_US,
        .tls_us = TLS_US,
        .http_us = HTTP_US,
        .region = ms->region,
        .zero_us = ms->zero,
        .on_ready = f->tcp_only ? NULL : on_ready,
        .on_done = on_fetch_done,
        .arg = f,
    };

    f->has_socket = true;
    enum err e = fetch_start(ms->e->fetcher, &q, &f->fetch);
    if (e != ERR_OK) {
        measure_internal(ms, e, "connection");
        flow_end(f);
    }
}

static void flow_new(struct round *r, const struct addr *a, bool https,
                     bool fetch_body, bool tcp_only)
{
    struct measure *ms = r->ms;
    struct flow *f = region_alloc(ms->region, sizeof(*f));
    uint16_t port = r->url->port;

    if (https != r->url->https) {
        port = https ? 443 : 80;
    }
    if (!f) {
        measure_internal(ms, ERR_NOMEM, "flow");
        return;
    }
    *f = (struct flow){
        .round = r,
        .addr = *a,
        .port = port,
        .https = https,
        .fetch_body = fetch_body,
        .tcp_only = tcp_only,
        .url = r->url->text,
    };
    if (tcp_only) {
        f->url = "http://bogon.invalid/"; /* never asked for */
    } else if (https != r->url->https) {
        f->url = region_printf(ms->region, "https://%s/", r->url->authority);
    }
    if (!f->url || (fetch_body && http_headers(ms, r->url, &f->headers,
                                               &f->n_headers) != ERR_OK)) {
        measure_internal(ms, ERR_NOMEM, "flow");
        return;
    }
    f->id = measure_id(ms, https ? ID_TLS : ID_CLEAR);
    *r->last_flow = f;
    r->last_flow = &f->next;
}

/* ---- which addresses
 * ---------------------------------------------------------- */

enum try {
    TRY_NOT,
    TRY_TCP,
    TRY_ALL
};

static enum try how_to_try(struct round *r, const struct ip *ip)
{
    struct measurement *m = r->ms->m;

    if (r->ms->e->cfg.allow_special) {
        return TRY_ALL;
    }
    if (ip_is_never(ip)) {
        return TRY_NOT;
    }
    if (!ip_is_bogon(ip)) {
        return TRY_ALL;
    }
    if (r->url->port != 80 && r->url->port != 443) {
        return TRY_NOT;
    }
    if (netinfo_leaves_by_default(ip)) {
        return TRY_TCP;
    }
    for (size_t i = 0; i < m->n_not_tried; i++) {
        if (ip_eq(&m->not_tried[i], ip)) {
            return TRY_NOT;
        }
    }
    if (m->n_not_tried < sizeof(m->not_tried) / sizeof(m->not_tried[0])) {
        m->not_tried[m->n_not_tried++] = *ip;
    }
    return TRY_NOT;
}

static void start_flows(struct round *r, bool fetching)
{
    struct flow *next;

    for (struct flow *f = r->flows; f; f = next) {
        next = f->next;
        if (!f->started && f->fetch_body == fetching) {
            flow_wait(f);
        }
    }
}

static void on_body_room(void *arg)
{
    struct round *r = arg;

    r->body_held = true;
    start_flows(r, true);
    measure_release(r->ms);
}

/* A page needs room before its connections are made: once made, they could
 * not wait without looking slow. */
static void start_fetching(struct round *r)
{
    if (r->fetched || r->body_held) {
        start_flows(r, true);
        return;
    }
    if (r->body_wait.queued) {
        return;
    }
    measure_hold(r->ms);
    if (budget_take(&r->ms->e->bodies, &r->body_wait, BODY_KEEP, on_body_room,
                    r)) {
        on_body_room(r);
    }
}

void round_open(struct round *r, const struct addr *addrs, size_t n)
{
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        enum try how = how_to_try(r, &addrs[i].ip);
        bool tcp_only = how == TRY_TCP;

        if (how == TRY_NOT) {
            continue;
        }
        any = true;
        flow_new(r, &addrs[i], r->url->https, true, tcp_only);
        selector_started(&r->selector, addrs[i].origin);
        if (!r->url->https && !r->url->explicit_port) {
            flow_new(r, &addrs[i], true, false, tcp_only);
        }
    }
    if (!any) {
        return;
    }
    start_flows(r, false);
    start_fetching(r);
}

/* ---- rounds
 * -------------------------------------------------------------------- */

void round_on_dns(struct round *r)
{
    unsigned origins = 0;

    for (size_t i = 0; i < r->addrs.n; i++) {
        origins |= r->addrs.items[i].origin;
    }
    selector_init(&r->selector, origins);
    round_open(r, r->addrs.items, r->addrs.n);
    if (r->depth == 0) {
        control_step_start(r);
    }
}

void round_start(struct measure *ms, const struct url *url, int depth)
{
    struct round *r = region_alloc(ms->region, sizeof(*r));
    const struct url *own = measure_url(ms, url);
    struct round **last = &ms->rounds;

    if (!r || !own) {
        measure_internal(ms, ERR_NOMEM, "round");
        return;
    }
    *r = (struct round){.ms = ms, .url = own, .depth = depth};
    r->last_flow = &r->flows;
    enum err e = loop_timer_new(ms->e->loop, on_selector_timer, r, &r->timer);
    if (e != ERR_OK) {
        measure_internal(ms, e, "timer");
        return;
    }
    while (*last) {
        last = &(*last)->next;
    }
    *last = r;
    dns_step_start(r);
}

void round_cancel(struct round *r)
{
    struct engine *e = r->ms->e;

    dns_step_cancel(r->dns);
    for (struct flow *f = r->flows; f; f = f->next) {
        budget_leave(&e->sockets, &f->wait);
        fetch_cancel(f->fetch);
        f->fetch = NULL;
        if (f->has_socket) {
            budget_give(&e->sockets, 1);
        }
        f->has_socket = false;
    }
    budget_leave(&e->bodies, &r->body_wait);
    give_body(r);
    loop_timer_free(r->timer);
    r->timer = NULL;
}
