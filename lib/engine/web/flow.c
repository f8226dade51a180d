// SPDX-License-Identifier: Apache-2.0
/* Connections, and what is written down about each of them. */
#include "engine/web/flow.h"
#include "net/capture.h"
#include "record/failure.h"

#include "base/clock.h"

#define TCP_US  (10 * US_PER_S)
#define TLS_US  (10 * US_PER_S)
#define HTTP_US (10 * US_PER_S)
/* A control waits for 15 s. So do we before we say that somebody cuts off what
 * comes there: in a further measurement. */
#define PATIENT_US (16 * US_PER_S)

static struct measure *measure_of(const struct flow *f)
{
    return f->common->browser->ms;
}

/* ---- records ------------------------------------------------------------- */

static struct obs_tags tags_of(const struct flow *f)
{
    /* another way may have found the address, too */
    const struct addr *a = addr_list_find(f->common->addrs, &f->addr.ip);
    bool classic = a && (a->origin & ORIGIN_SYSTEM) != 0;

    return measure_tags(f->common->depth, classic, f->use.fetch_body ? 1 : 0);
}

static void record_connection(const struct flow *f,
                              const struct fetch_result *res)
{
    struct measurement *m = measure_of(f)->m;
    struct obs_tags tags = tags_of(f);
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

/* Granted, but a second connection that did not get that far. */
static struct obs_http no_page(const struct flow *f,
                               const struct fetch_result *res)
{
    const char *failure = failure_text(FAILURE_EOF);

    if (res->has_tls && res->tls.failure) {
        failure = res->tls.failure;
    } else if (res->tcp.failure) {
        failure = res->tcp.failure;
    }
    return (struct obs_http){
        .t0 = res->tcp.t0,
        .t = measure_now(measure_of(f)),
        .ip = f->addr.ip,
        .port = f->port,
        .url = f->url,
        .alpn = f->use.https ? "" : NULL,
        .failure = failure,
    };
}

/* What had no answer no longer counts: the same was asked again. */
static void note_retried(struct measurement *m, int64_t id)
{
    for (size_t i = 0; i < m->n_http; i++) {
        m->http[i].retried = m->http[i].retried || m->http[i].id == id;
    }
}

struct obs_http *flow_record_page(const struct flow *f,
                                  const struct fetch_result *res)
{
    struct measure *ms = measure_of(f);
    struct obs_http *http = measurement_add_http(ms->m);

    if (!http) {
        return NULL;
    }
    if (f->retry_of != 0) {
        note_retried(ms->m, f->retry_of);
    }
    if (res->has_http) {
        *http = res->http;
        http->first = res->first;
        http->last = res->last;
        http->received = res->received;
        line_rate_note(&ms->in->line_rate, res);
    } else {
        *http = no_page(f, res);
    }
    http->id = f->id;
    http->tags = tags_of(f);
    return http;
}

static void tell_capture(const struct flow *f, const struct fetch_result *res)
{
    struct measure *ms = measure_of(f);
    const char *failure = res->tcp.failure;

    if (res->has_tls) {
        failure = res->tls.failure;
    }
    if (res->has_http) {
        failure = res->http.failure;
    }
    measure_flow_ended(ms, &(struct capture_flow){
                               .remote = f->addr.ip,
                               .remote_port = f->port,
                               .local_port = res->local_port,
                               .failed = failure,
                               .unconnected = res->tcp.failure,
                               .t0 = ms->zero + res->tcp.t0,
                               .id = f->id,
                           });
}

/* ---- connecting ---------------------------------------------------------- */

static bool on_ready(void *arg)
{
    struct flow *f = arg;

    f->ready = true;
    return f->common->on_ready(f->common->arg, f);
}

/* What came of the turn to connect to a bogon, if it was this flow's. */
static void end_turn(struct flow *f, const struct fetch_result *res)
{
    struct bogons *b = &measure_of(f)->in->bogons;

    if (f->has_turn && res && res->internal == ERR_OK) {
        bogons_tell(b, &f->addr.ip, f->port, res->tcp.failure,
                    res->tcp.t - res->tcp.t0);
    } else if (f->has_turn) {
        bogons_give_up(b, &f->addr.ip, f->port);
    }
    f->has_turn = false;
}

static void on_fetch_done(void *arg, struct fetch_result *res)
{
    struct flow *f = arg;

    f->fetch = NULL;
    end_turn(f, res);
    if (res->internal != ERR_OK) {
        measure_internal(measure_of(f), res->internal, res->internal_what);
    } else {
        record_connection(f, res);
        tell_capture(f, res);
    }
    f->common->on_done(f->common->arg, f, res);
}

static void on_socket(void *arg)
{
    struct flow *f = arg;
    const struct url *url = f->common->url;
    struct measure *ms = measure_of(f);
    struct fetch_request q = {
        .url = f->url,
        .host = url->host,
        .https = f->use.https && !f->use.tcp_only,
        .host_is_ip = url->literal.family != 0,
        .http1 = f->http1,
        .ip = f->addr.ip,
        .port = f->port,
        .headers = f->headers,
        .n_headers = f->n_headers,
        .keep_bytes = BODY_KEEP,
        .count_bytes = BODY_KEEP,
        .tcp_us = TCP_US,
        .tls_us = ms->plan->again ? PATIENT_US : TLS_US,
        .http_us = ms->plan->again ? PATIENT_US : HTTP_US,
        .region = ms->region,
        .zero_us = ms->zero,
        .on_ready = f->use.tcp_only ? NULL : on_ready,
        .on_done = on_fetch_done,
        .arg = f,
    };

    f->has_socket = true;
    enum err e = fetch_start(ms->in->fetcher, &q, &f->fetch);
    if (e != ERR_OK) {
        measure_internal(ms, e, "connection");
        end_turn(f, NULL);
        f->common->on_done(f->common->arg, f, NULL);
    }
}

static void take_socket(struct flow *f)
{
    if (budget_take(&measure_of(f)->in->sockets, &f->wait, 1, on_socket, f)) {
        on_socket(f);
    }
}

/* Another flow has connected there: the record has what that one saw, as if it
 * had taken as long for this one, and says how long ago that was. */
static void record_told(struct flow *f, const struct bogon_outcome *o)
{
    struct measure *ms = measure_of(f);
    struct obs_tcp *tcp = measurement_add_tcp(ms->m);
    int64_t now = measure_now(ms);
    int64_t ago = clock_mono_us() - o->at;

    if (tcp) {
        *tcp = (struct obs_tcp){
            .t0 = now > o->took_us ? now - o->took_us : 0,
            .t = now,
            .ip = f->addr.ip,
            .port = f->port,
            .failure = o->failure,
            .told_us = ago > 0 ? ago : 1,
            .id = f->id,
            .tags = tags_of(f),
        };
    }
    f->common->on_done(f->common->arg, f, NULL);
}

static void on_turn(void *arg, const struct bogon_outcome *o)
{
    struct flow *f = arg;

    if (o) {
        record_told(f, o);
        return;
    }
    f->has_turn = true;
    take_socket(f);
}

void flow_start(struct flow *f)
{
    struct bogons *b = &measure_of(f)->in->bogons;

    f->started = true;
    if (!f->use.tcp_only) {
        take_socket(f);
        return;
    }
    switch (bogons_ask(b, &f->addr.ip, f->port, &f->turn, on_turn, f)) {
    case BOGON_YOURS:
        f->has_turn = true;
        take_socket(f);
        break;
    case BOGON_FULL:
        f->common->on_done(f->common->arg, f, NULL);
        break;
    case BOGON_WAIT:
        break;
    }
}

void flow_close(struct flow *f)
{
    if (f->has_socket) {
        budget_give(&measure_of(f)->in->sockets, 1);
    }
    f->has_socket = false;
}

void flow_cancel(struct flow *f)
{
    bogons_leave(&f->turn);
    budget_leave(&measure_of(f)->in->sockets, &f->wait);
    end_turn(f, NULL);
    fetch_cancel(f->fetch);
    f->fetch = NULL;
    flow_close(f);
}

/* ---- making -------------------------------------------------------------- */

static uint16_t port_of(const struct url *url, bool https)
{
    if (https == url->https) {
        return url->port;
    }
    return https ? 443 : 80;
}

/* False when out of memory. */
static bool prepare(struct flow *f)
{
    const struct url *url = f->common->url;
    struct region *region = measure_of(f)->region;

    f->url = url->text;
    if (f->use.tcp_only) {
        f->url = "http://bogon.invalid/"; /* never asked for */
    } else if (f->use.https != url->https) {
        f->url = region_printf(region, "https://%s/", url->authority);
    }
    return f->url && (!f->use.fetch_body ||
                      browser_headers(f->common->browser, url, &f->headers,
                                      &f->n_headers) == ERR_OK);
}

struct flow *flow_new(const struct flow_common *c, const struct addr *a,
                      struct flow_use use)
{
    struct measure *ms = c->browser->ms;
    struct flow *f = region_alloc(ms->region, sizeof(*f));

    if (f) {
        *f = (struct flow){
            .addr = *a,
            .use = use,
            .common = c,
            .port = port_of(c->url, use.https),
        };
    }
    if (!f || !prepare(f)) {
        measure_internal(ms, ERR_NOMEM, "flow");
        return NULL;
    }
    f->id = measure_id(ms, use.https ? ID_TLS : ID_CLEAR);
    return f;
}

struct flow *flow_new_again(const struct flow *f)
{
    struct measure *ms = measure_of(f);
    struct flow *again = region_alloc(ms->region, sizeof(*again));

    if (!again) {
        measure_internal(ms, ERR_NOMEM, "flow");
        return NULL;
    }
    *again = (struct flow){
        .addr = f->addr,
        .use = f->use,
        .reconnect = true,
        .ready = f->ready,
        .id = f->id,
        .common = f->common,
        .port = f->port,
        .url = f->url,
        .headers = f->headers,
        .n_headers = f->n_headers,
    };
    return again;
}

struct flow *flow_new_retry(const struct flow *f, enum fetch_again how)
{
    struct flow *retry = flow_new_again(f);

    if (retry) {
        retry->reconnect = false;
        retry->retry_of = f->id;
        retry->insisted = f->insisted;
        retry->http1 = how == FETCH_AGAIN_HTTP1;
        retry->id = measure_id(measure_of(f), f->use.https ? ID_TLS : ID_CLEAR);
    }
    return retry;
}
