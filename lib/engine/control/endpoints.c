// SPDX-License-Identifier: Apache-2.0
/* Connections to endpoints, all at once as far as there are sockets. */
#include "engine/control/endpoints.h"
#include "record/failure.h"

#include "base/clock.h"

#define ENDPOINT_US   (15 * US_PER_S)
#define ENDPOINTS_MAX 128
#define TRY_US        (6 * US_PER_S)
#define TRY_BYTES     1024 /* of the page */

struct endpoint {
    struct endpoint *next;
    struct endpoints *all;
    struct ip ip;
    uint16_t port;
    bool tls;
    int64_t id;
    const char *url;
    const struct fetch_request *page; /* asked for once more; or NULL */
    struct budget_wait wait;
    bool waited; /* for a socket: it began late */
    bool retried;
    bool has_socket;
    struct fetch *fetch;
};

void endpoints_init(struct endpoints *e, struct measure *ms, struct task *task)
{
    *e = (struct endpoints){.ms = ms, .task = task};
}

void endpoints_record(struct measure *ms, const struct fetch_result *res,
                      int64_t id)
{
    struct obs_tcp *tcp = measurement_add_tcp(ms->m);
    if (tcp) {
        *tcp = res->tcp;
        tcp->id = id;
        tcp->tags = measure_tags(0, false, 0);
    }
    struct obs_tls *tls = res->has_tls ? measurement_add_tls(ms->m) : NULL;
    if (tls) {
        *tls = res->tls;
        tls->id = id;
        tls->tags = measure_tags(0, false, 0);
    }
}

/* Somebody hung up on the handshake. */
static bool hung_up(const struct fetch_result *res)
{
    enum failure f = failure_of(str_c(res->has_tls ? res->tls.failure : NULL));

    return f == FAILURE_RESET || f == FAILURE_EOF || f == FAILURE_ABORTED;
}

static bool note_http(struct measure *ms, const struct fetch_result *res,
                      int64_t id)
{
    struct obs_http *http = measurement_add_http(ms->m);
    if (http) {
        *http = res->http;
        http->id = id;
        http->retried = true;
    }
    return http;
}

static bool note_tls(struct measure *ms, const struct fetch_result *res,
                     int64_t id)
{
    struct obs_tls *tls = measurement_add_tls(ms->m);
    if (tls) {
        *tls = res->tls;
        tls->id = id;
        tls->retried = true;
    }
    return tls;
}

bool endpoints_cut_first(struct measure *ms, const struct fetch_result *res,
                         int64_t id)
{
    if (res->has_http && res->again != FETCH_AGAIN_NO) {
        return note_http(ms, res, id);
    }
    return !res->has_http && hung_up(res) && note_tls(ms, res, id);
}

static bool is_silence(const char *failure)
{
    return failure_of(str_c(failure)) == FAILURE_TIMEOUT;
}

/* Who resets at once does so while the connection is being made, or after. */
static void note_connect(const struct endpoint *one,
                         const struct fetch_result *res)
{
    struct measure *ms = one->all->ms;
    bool reset = failure_of(str_c(res->tcp.failure)) == FAILURE_RESET;
    struct obs_http *http = reset ? measurement_add_http(ms->m) : NULL;

    if (http) {
        *http = (struct obs_http){.ip = one->page->ip,
                                  .port = one->page->port,
                                  .url = one->page->url,
                                  .failure = res->tcp.failure,
                                  .retried = true,
                                  .id = one->id};
    }
}

/* What a further try came to. No answer within the time counts like a cut. A
 * record that is full says less, and what ends with the whole says nothing. */
static void note_try(struct endpoint *one, const struct fetch_result *res)
{
    struct measure *ms = one->all->ms;

    if (res->internal != ERR_OK || one->all->over) {
        return;
    }
    if (res->has_http && (res->again != FETCH_AGAIN_NO ||
                          (res->first == 0 && is_silence(res->http.failure)))) {
        (void)note_http(ms, res, one->id); /* the machine's want is told */
    } else if (res->has_tls && !res->has_http &&
               (hung_up(res) || is_silence(res->tls.failure))) {
        (void)note_tls(ms, res, one->id); /* likewise */
    } else if (!res->has_tls && !res->has_http) {
        note_connect(one, res);
    }
}

static void give_socket(struct endpoint *one)
{
    if (one->has_socket) {
        budget_give(&one->all->ms->in->sockets, 1);
    }
    one->has_socket = false;
}

static void take_socket(struct endpoint *one);

static void on_done(void *arg, struct fetch_result *res)
{
    struct endpoint *one = arg;
    struct measure *ms = one->all->ms;

    one->fetch = NULL;
    give_socket(one);
    if (one->page) {
        note_try(one, res);
    } else if (res->internal != ERR_OK) {
        measure_internal(ms, res->internal, res->internal_what);
    } else if (!one->retried && !one->all->over &&
               endpoints_cut_first(ms, res, one->id)) {
        one->retried = true;
        take_socket(one);
        return;
    } else {
        endpoints_record(ms, res, one->id);
    }
    task_release(one->all->task);
}

static bool on_ready(void *arg)
{
    (void)arg;
    return true;
}

static struct fetch_request request_for(struct endpoint *one)
{
    struct measure *ms = one->all->ms;
    struct fetch_request q = {
        .url = one->url,
        .host = ms->plan->url->host,
        .https = one->tls,
        .host_is_ip = ms->plan->url->literal.family != 0,
        .ip = one->ip,
        .port = one->port,
        .tcp_us = ENDPOINT_US,
        .tls_us = ENDPOINT_US,
    };

    if (one->page) {
        q = *one->page;
        q.keep_bytes = q.count_bytes = TRY_BYTES;
        q.tcp_us = q.tls_us = q.http_us = TRY_US;
        q.on_ready = on_ready;
    }
    q.region = ms->region;
    q.zero_us = ms->zero;
    q.on_done = on_done;
    q.arg = one;
    return q;
}

static void on_socket(void *arg)
{
    struct endpoint *one = arg;
    struct measure *ms = one->all->ms;
    struct fetch_request q = request_for(one);

    one->has_socket = true;
    enum err e = fetch_start(ms->in->fetcher, &q, &one->fetch);
    if (e != ERR_OK) {
        measure_internal(ms, e, "connection");
        give_socket(one);
        task_release(one->all->task);
    }
}

static void take_socket(struct endpoint *one)
{
    if (budget_take(&one->all->ms->in->sockets, &one->wait, 1, on_socket,
                    one)) {
        on_socket(one);
    } else {
        one->waited = true;
    }
}

void endpoints_connect(struct endpoints *e, const struct ip *ip, uint16_t port)
{
    struct measure *ms = e->ms;

    if (e->n >= ENDPOINTS_MAX) {
        return;
    }
    struct endpoint *one = region_alloc(ms->region, sizeof(*one));
    if (one) {
        *one = (struct endpoint){.next = e->first,
                                 .all = e,
                                 .ip = *ip,
                                 .port = port,
                                 .tls = port == 443};
        one->url =
            region_printf(ms->region, "%s://%s/", one->tls ? "https" : "http",
                          ms->plan->url->authority);
    }
    if (!one || !one->url) {
        measure_internal(ms, ERR_NOMEM, "endpoint");
        return;
    }
    one->id = measure_id(ms, one->tls ? ID_TLS : ID_CLEAR);
    e->first = one;
    e->n++;
    task_hold(e->task);
    take_socket(one);
}

void endpoints_try(struct endpoints *e, const struct fetch_request *page)
{
    struct measure *ms = e->ms;

    if (e->n >= ENDPOINTS_MAX || e->over) {
        return;
    }
    struct endpoint *one = region_alloc(ms->region, sizeof(*one));
    struct fetch_request *copy = region_alloc(ms->region, sizeof(*copy));
    if (!one || !copy) {
        measure_internal(ms, ERR_NOMEM, "endpoint");
        return;
    }
    *copy = *page;
    *one = (struct endpoint){.next = e->first, .all = e, .page = copy};
    one->id = measure_id(ms, page->https ? ID_TLS : ID_CLEAR);
    e->first = one;
    e->n++;
    task_hold(e->task);
    take_socket(one);
}

void endpoints_expire(struct endpoints *e)
{
    e->over = true;
    for (struct endpoint *one = e->first; one; one = one->next) {
        if (one->wait.queued) {
            budget_leave(&e->ms->in->sockets, &one->wait);
            task_release(e->task);
        } else if (one->fetch && one->waited) {
            fetch_cancel(one->fetch);
            one->fetch = NULL;
            give_socket(one);
            task_release(e->task);
        } else if (one->fetch) {
            fetch_expire(one->fetch);
        }
    }
}

void endpoints_cancel(struct endpoints *e)
{
    for (struct endpoint *one = e->first; one; one = one->next) {
        budget_leave(&e->ms->in->sockets, &one->wait);
        fetch_cancel(one->fetch);
        one->fetch = NULL;
        give_socket(one);
    }
}
