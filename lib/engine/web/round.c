// SPDX-License-Identifier: Apache-2.0
/* Which addresses of a round are connected to, how, and which flow fetches. */
#include "engine/web/round.h"
#include "engine/web/ask_dns.h"
#include "net/netinfo.h"
#include "record/failure.h"

#include <string.h>

static struct measure *measure_of(const struct round *r)
{
    return r->all->browser->ms;
}

/* ---- flows --------------------------------------------------------------- */

static void give_body(struct round *r)
{
    if (r->body_held) {
        budget_give(&measure_of(r)->in->bodies, BODY_KEEP);
    }
    r->body_held = false;
}

static void append(struct round *r, struct flow *f)
{
    *r->last_flow = f;
    r->last_flow = &f->next;
}

static void start(struct round *r, struct flow *f)
{
    task_hold(r->all->task);
    r->running++;
    if (f->use.fetch_body) {
        r->fetching++;
    }
    flow_start(f);
}

/* The round that looked the name up; NULL: there was nothing to look up. */
static struct round *round_of_name(struct round *r)
{
    struct round *of = r->all->first;

    while (of && (!of->dns || strcmp(of->url->host, r->url->host) != 0)) {
        of = of->next;
    }
    return of;
}

void round_suspect(struct round *r)
{
    struct round *of = round_of_name(r);

    if (of && !r->suspected) {
        r->suspected = true;
        of->suspect = r;
        ask_dns_more(of->dns);
    }
}

/* It works: what is slow about it is no reason to ask other resolvers. */
static void settle(struct round *r)
{
    struct round *of = round_of_name(r);

    if (of) {
        ask_dns_settle(of->dns);
    }
}

/* An address that others gave vouches for nothing that the system's resolver
 * said. */
static void note_success(struct round *r, const struct flow *f,
                         const struct fetch_result *res)
{
    if ((f->addr.origin & ORIGIN_SYSTEM) == 0) {
        return;
    }
    r->proven = r->proven || (res->has_tls && !res->tls.failure);
    r->paged = r->paged || (res->has_http && !res->http.failure);
    if (r->proven || r->paged) {
        settle(r);
    }
}

static void flow_end(struct round *r, struct flow *f)
{
    flow_close(f);
    if (f->use.fetch_body && --r->fetching == 0) {
        give_body(r);
    }
    if (--r->running == 0 && !r->body_wait.queued) {
        if (!r->proven && !r->paged) {
            round_suspect(r);
        }
        r->all->on_quiet(r->all->arg, r);
    }
    task_release(r->all->task);
}

/* Connects again to what was ready before, now to fetch. */
static void fetch_after_all(struct round *r, const struct flow *f)
{
    loop_timer_stop(r->timer);
    struct flow *again = flow_new_again(f);

    if (!again) {
        return;
    }
    append(r, again);
    measure_note(measure_of(r), "conn #%lld granted, connecting again",
                 (long long)f->id);
    start(r, again);
}

static void on_selector_timer(void *arg)
{
    struct round *r = arg;
    const struct flow *f = selector_timeout(&r->selector);

    if (f) {
        fetch_after_all(r, f);
    }
}

static bool on_ready(void *arg, struct flow *f)
{
    struct round *r = arg;
    struct measure *ms = measure_of(r);

    if (!f->use.fetch_body) {
        return false;
    }
    if (f->reconnect || f->retry_of != 0) {
        return true;
    }
    switch (selector_ready(&r->selector, f->addr.origin, f)) {
    case SELECT_GRANT:
        measure_note(ms, "conn #%lld granted", (long long)f->id);
        loop_timer_stop(r->timer);
        return true;
    case SELECT_WAIT:
        measure_note(ms, "conn #%lld ready, waiting for a better one",
                     (long long)f->id);
        if (loop_timer_in(r->timer, SELECTOR_WAIT_US) != ERR_OK) {
            measure_internal(ms, ERR_NOMEM, "timer");
        }
        return false;
    case SELECT_DENY:
    default:
        measure_note(ms, "conn #%lld denied", (long long)f->id);
        return false;
    }
}

/* Once, as browsers do. A handshake that was cut off is not tried again in a
 * first measurement: that is evidence, and whether it was chance a further one
 * tells. */
static void retry(struct round *r, const struct flow *f,
                  const struct fetch_result *res)
{
    struct flow *next = NULL;

    if (res->again != FETCH_AGAIN_NO && f->use.https && f->retry_of == 0) {
        next = flow_new_retry(f, res->again);
    }
    if (next) {
        append(r, next);
        measure_note(measure_of(r), "conn #%lld had no answer, asking again",
                     (long long)f->id);
        start(r, next);
    }
}

/* How often what ended so is tried once more: a reset or an end, in the
 * handshake or before the page began, costs no time, silence much. */
static unsigned insists_on(const struct fetch_result *res)
{
    const char *failure = res->has_http  ? res->http.failure
                          : res->has_tls ? res->tls.failure
                                         : NULL;
    enum failure f = failure_of(str_c(failure));

    if (!failure_is_cut(f) || (res->has_http && res->http.status > 0)) {
        return 0;
    }
    return f == FAILURE_TIMEOUT || f == FAILURE_TIMED_OUT ? 1 : 2;
}

/* What was cut off in the first measurement and is cut off again may still be a
 * server that fails every second time. It is tried at once, as browsers do, if
 * nothing else can bring the page. */
static void insist(struct round *r, const struct flow *f,
                   const struct fetch_result *res)
{
    struct flow *next = NULL;

    bool rivals = f->use.fetch_body && (r->fetching > 1 || r->paged);

    if (!measure_of(r)->plan->again || rivals || f->use.tcp_only ||
        f->insisted >= insists_on(res) || res->internal != ERR_OK ||
        (f->use.https && r->proven)) {
        return;
    }
    next = flow_new_retry(f, FETCH_AGAIN_ALIKE);
    if (next) {
        next->insisted++;
        append(r, next);
        measure_note(measure_of(r), "conn #%lld was cut off, trying again",
                     (long long)f->id);
        start(r, next);
    }
}

static void on_flow_done(void *arg, struct flow *f, struct fetch_result *res)
{
    struct round *r = arg;

    if (!res) {
        flow_end(r, f);
        return;
    }
    if (f->use.fetch_body && !f->ready && !f->reconnect && f->retry_of == 0) {
        const struct flow *next = selector_failed(&r->selector, f->addr.origin);
        if (next) {
            fetch_after_all(r, next);
        }
    }
    note_success(r, f, res);
    if (res->internal == ERR_OK && (res->granted || f->reconnect)) {
        struct obs_http *http = flow_record_page(f, res);
        r->fetched = true;
        if (http) {
            r->all->on_page(r->all->arg, r, http);
        }
        retry(r, f, res);
    }
    insist(r, f, res);
    flow_end(r, f);
}

/* ---- which addresses ----------------------------------------------------- */

enum try {
    TRY_NOT,
    TRY_TCP,
    TRY_ALL
};

static void note_not_tried(struct measurement *m, const struct ip *ip)
{
    for (size_t i = 0; i < m->n_not_tried; i++) {
        if (ip_eq(&m->not_tried[i], ip)) {
            return;
        }
    }
    if (m->n_not_tried < sizeof(m->not_tried) / sizeof(m->not_tried[0])) {
        m->not_tried[m->n_not_tried++] = *ip;
    }
}

static enum try how_to_try(const struct round *r, const struct ip *ip)
{
    struct measure *ms = measure_of(r);
    struct ip meant = nat64_meant(&ms->in->nat64, ip);

    if (ms->in->cfg.allow_special) {
        return TRY_ALL;
    }
    if (ip_is_never(ip) || ip_is_never(&meant)) {
        return TRY_NOT;
    }
    if (!ip_is_bogon(&meant)) {
        return TRY_ALL;
    }
    if (r->url->port != 80 && r->url->port != 443) {
        return TRY_NOT;
    }
    if (netinfo_leaves_by_default(ip)) {
        return TRY_TCP;
    }
    note_not_tried(ms->m, ip);
    return TRY_NOT;
}

static void new_flow(struct round *r, const struct addr *a, struct flow_use use)
{
    struct flow *f = flow_new(&r->common, a, use);

    if (f) {
        append(r, f);
    }
}

static void start_flows(struct round *r, bool fetching)
{
    struct flow *next;

    for (struct flow *f = r->flows; f; f = next) {
        next = f->next;
        if (!f->started && f->use.fetch_body == fetching) {
            start(r, f);
        }
    }
}

static void on_body_room(void *arg)
{
    struct round *r = arg;

    r->body_held = true;
    start_flows(r, true);
    task_release(r->all->task);
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
    task_hold(r->all->task);
    if (budget_take(&measure_of(r)->in->bodies, &r->body_wait, BODY_KEEP,
                    on_body_room, r)) {
        on_body_room(r);
    }
}

/* Opens flows to the addresses of the round from the `first` on. */
static void open_flows(struct round *r, size_t first)
{
    bool any = false;

    for (size_t i = first; i < r->addrs.n; i++) {
        const struct addr *a = &r->addrs.items[i];
        enum try how = how_to_try(r, &a->ip);
        struct flow_use use = {.https = r->url->https,
                               .fetch_body = true,
                               .tcp_only = how == TRY_TCP};

        if (how == TRY_NOT) {
            continue;
        }
        any = true;
        new_flow(r, a, use);
        selector_started(&r->selector, a->origin);
        if (!r->url->https && !r->url->explicit_port) {
            use.https = true;
            use.fetch_body = false;
            new_flow(r, a, use);
        }
    }
    if (!any) {
        return;
    }
    start_flows(r, false);
    start_fetching(r);
}

static void add_addr(struct round *r, const struct addr *a)
{
    struct measure *ms = measure_of(r);
    enum err e = addr_list_add(ms->region, &r->addrs, &a->ip, a->origin);

    measure_internal(ms, e, "addresses");
}

/* On a line that has IPv4 behind a translator only, an address that the
 * system's resolver did not give is reached by what the translator makes of it.
 */
static void add_translations(struct round *r, size_t first)
{
    const struct nat64 *t = &measure_of(r)->in->nat64;
    size_t n = r->addrs.n;

    for (size_t i = first; i < n; i++) {
        struct addr a = r->addrs.items[i];
        if ((a.origin & ORIGIN_SYSTEM) == 0 && !ip_is_bogon(&a.ip) &&
            nat64_write(t, &r->addrs.items[i].ip, &a.ip)) {
            add_addr(r, &a);
        }
    }
}

void round_add_addrs(struct round *r, const struct addr_list *more)
{
    size_t before = r->addrs.n;

    if (r->url->literal.family != 0) {
        return;
    }
    for (size_t i = 0; i < more->n; i++) {
        add_addr(r, &more->items[i]);
    }
    add_translations(r, before);
    open_flows(r, before);
}

/* ---- rounds -------------------------------------------------------------- */

static void on_looked_up(struct round *r)
{
    unsigned origins = 0;

    for (size_t i = 0; i < r->addrs.n; i++) {
        origins |= r->addrs.items[i].origin;
    }
    selector_init(&r->selector, origins);
    open_flows(r, 0);
    r->all->on_addrs(r->all->arg, r);
}

static void on_dns_done(void *arg, const struct addr_list *found)
{
    struct round *r = arg;
    struct measure *ms = measure_of(r);

    r->addrs = *found;
    add_translations(r, 0);
    measure_internal(
        ms,
        known_names_add(&r->all->names, ms->region, r->url->host, &r->addrs),
        "names");
    on_looked_up(r);
}

static void on_more(void *arg, const struct addr_list *more)
{
    struct round *r = arg;

    round_add_addrs(r->suspect ? r->suspect : r, more);
}

static void look_up(struct round *r)
{
    const struct addr literal = {r->url->literal, ORIGIN_SYSTEM};
    const struct addr_list *known =
        known_names_find(&r->all->names, r->url->host);

    if (literal.ip.family) {
        add_addr(r, &literal);
        on_looked_up(r);
        return;
    }
    if (known) {
        for (size_t i = 0; i < known->n; i++) {
            add_addr(r, &known->items[i]);
        }
        on_looked_up(r);
        return;
    }
    struct ask_dns_request q = {
        .ms = measure_of(r),
        .task = r->all->task,
        .host = r->url->host,
        .port = r->url->port,
        .depth = r->depth,
        .on_done = on_dns_done,
        .on_more = on_more,
        .arg = r,
    };
    r->dns = ask_dns_start(&q);
}

void round_start(struct rounds *all, const struct url *url, int depth)
{
    struct measure *ms = all->browser->ms;
    struct round *r = region_alloc(ms->region, sizeof(*r));
    const struct url *own = measure_url(ms, url);
    struct round **last = &all->first;

    if (!r || !own) {
        measure_internal(ms, ERR_NOMEM, "round");
        return;
    }
    *r = (struct round){.url = own, .depth = depth, .all = all};
    r->last_flow = &r->flows;
    r->common = (struct flow_common){
        .browser = all->browser,
        .url = own,
        .depth = depth,
        .addrs = &r->addrs,
        .on_ready = on_ready,
        .on_done = on_flow_done,
        .arg = r,
    };
    enum err e = loop_timer_new(ms->in->loop, on_selector_timer, r, &r->timer);
    if (e != ERR_OK) {
        measure_internal(ms, e, "timer");
        return;
    }
    while (*last) {
        last = &(*last)->next;
    }
    *last = r;
    look_up(r);
}

static void round_cancel(struct round *r)
{
    ask_dns_cancel(r->dns);
    for (struct flow *f = r->flows; f; f = f->next) {
        flow_cancel(f);
    }
    budget_leave(&measure_of(r)->in->bodies, &r->body_wait);
    give_body(r);
    loop_timer_free(r->timer);
    r->timer = NULL;
}

void round_cancel_all(struct rounds *all)
{
    for (struct round *r = all->first; r; r = r->next) {
        round_cancel(r);
    }
}
