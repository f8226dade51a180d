// SPDX-License-Identifier: Apache-2.0
#include "engine/page/page_at.h"
#include "engine/browser.h"

#include "base/clock.h"

#define STEP_US (10 * US_PER_S)

struct page_at {
    struct task task;
    struct measure *ms;
    struct browser browser;
    struct budget_wait body_wait, socket_wait;
    bool has_body, has_socket;
    struct fetch *fetch;
    const struct obs_header *headers;
    size_t n_headers;
    int64_t id;
};

static void give_back(struct page_at *p)
{
    if (p->has_socket) {
        budget_give(&p->ms->in->sockets, 1);
    }
    if (p->has_body) {
        budget_give(&p->ms->in->bodies, BODY_KEEP);
    }
    p->has_socket = p->has_body = false;
}

static bool on_ready(void *arg)
{
    (void)arg;
    return true;
}

static void record(struct page_at *p, const struct fetch_result *res)
{
    struct measurement *m = p->ms->m;
    struct obs_tags tags = measure_tags(0, false, 1);
    struct obs_tcp *tcp = measurement_add_tcp(m);
    struct obs_http *http = res->has_http ? measurement_add_http(m) : NULL;

    if (tcp) {
        *tcp = res->tcp;
        tcp->id = p->id;
        tcp->tags = tags;
    }
    if (http) {
        *http = res->http;
        http->first = res->first;
        http->last = res->last;
        http->received = res->received;
        http->id = p->id;
        http->tags = tags;
    }
    for (size_t i = 0; i < res->n_events; i++) {
        struct obs_event *ev = measurement_add_event(m);
        if (!ev) {
            return;
        }
        *ev = res->events[i];
        ev->id = p->id;
        ev->tags = tags;
    }
}

static void on_done(void *arg, struct fetch_result *res)
{
    struct page_at *p = arg;

    p->fetch = NULL;
    give_back(p);
    if (res->internal != ERR_OK) {
        measure_internal(p->ms, res->internal, res->internal_what);
    } else {
        record(p, res);
    }
    task_release(&p->task);
}

static void on_socket(void *arg)
{
    struct page_at *p = arg;
    struct measure *ms = p->ms;
    const struct url *url = ms->plan->url;
    struct ip ip = *ms->plan->compare, written;

    if (nat64_write(&ms->in->nat64, &ip, &written)) {
        ip = written;
    }
    struct fetch_request q = {
        .url = url->text,
        .host = url->host,
        .https = false,
        .host_is_ip = url->literal.family != 0,
        .ip = ip,
        .port = url->port,
        .headers = p->headers,
        .n_headers = p->n_headers,
        .keep_bytes = BODY_KEEP,
        .count_bytes = BODY_KEEP,
        .tcp_us = STEP_US,
        .tls_us = STEP_US,
        .http_us = STEP_US,
        .region = ms->region,
        .zero_us = ms->zero,
        .on_ready = on_ready,
        .on_done = on_done,
        .arg = p,
    };

    p->has_socket = true;
    p->id = measure_id(ms, ID_CLEAR);
    enum err e = fetch_start(ms->in->fetcher, &q, &p->fetch);
    if (e != ERR_OK) {
        give_back(p);
        measure_internal(ms, e, "connection");
        task_release(&p->task);
    }
}

static void on_body(void *arg)
{
    struct page_at *p = arg;

    p->has_body = true;
    if (budget_take(&p->ms->in->sockets, &p->socket_wait, 1, on_socket, p)) {
        on_socket(p);
    }
}

static enum err page_start(void *self)
{
    struct page_at *p = self;
    struct measure *ms = p->ms;
    const struct plan *plan = ms->plan;
    enum err e = run_facts_tell_address(&ms->in->run_facts, ms->m,
                                        plan->url->host, plan->compare);

    if (e != ERR_OK || plan->only_told) {
        return e;
    }
    browser_init(&p->browser, ms);
    e = browser_headers(&p->browser, plan->url, &p->headers, &p->n_headers);
    if (e != ERR_OK) {
        return e;
    }
    task_hold(&p->task);
    if (budget_take(&ms->in->bodies, &p->body_wait, BODY_KEEP, on_body, p)) {
        on_body(p);
    }
    return ERR_OK;
}

static void page_cancel(void *self)
{
    struct page_at *p = self;

    budget_leave(&p->ms->in->bodies, &p->body_wait);
    budget_leave(&p->ms->in->sockets, &p->socket_wait);
    fetch_cancel(p->fetch);
    p->fetch = NULL;
    give_back(p);
}

enum err page_at_add(struct measure *ms)
{
    static const struct task_kind kind = {
        .name = "page",
        .start = page_start,
        .cancel = page_cancel,
    };
    struct page_at *p = region_calloc(ms->region, 1, sizeof(*p));

    if (!p) {
        return ERR_NOMEM;
    }
    p->ms = ms;
    measure_add(ms, &p->task, &kind, p);
    return ERR_OK;
}
