// SPDX-License-Identifier: Apache-2.0
/* The control exchange: test helpers are asked one after the other, the next
 * 15 s after the last or at once when it failed, 30 s in all. Addresses that
 * only the control knows are then tested like the others.
 */
#include "base/hex.h"
#include "engine/measure.h"
#include "net/headers.h"
#include "record/failure.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/json_out.h"
#include <string.h>

#define CONTROL_US   (30 * US_PER_S)
#define NEXT_US      (15 * US_PER_S)
#define REQUEST_MAX  ((size_t)64 * 1024)
#define RESPONSE_MAX ((size_t)4 * 1024 * 1024)
#define HELPERS_MAX  8

struct attempt {
    struct control_step *step;
    const struct control_helper *helper;
    struct peers_call *peers;
    struct http_call *call;
    bool running;
};

struct control_step {
    struct round *round;
    struct str request;
    struct loop_timer *overall, *next;
    struct attempt attempts[HELPERS_MAX];
    size_t n_attempts; /* begun */
    const char *failure;
    bool done;
};

/* ---- the request
 * ------------------------------------------------------------- */

static void add_endpoints(struct jw *w, const struct round *r)
{
    const struct url *url = r->url;
    char text[56];

    jw_key(w, "tcp_connect");
    jw_arr(w);
    for (size_t i = 0; i < r->addrs.n; i++) {
        const struct ip *ip = &r->addrs.items[i].ip;

        if (url->explicit_port) {
            ip_endpoint(ip, url->port, text);
            jw_c(w, text);
            continue;
        }
        ip_endpoint(ip, 443, text);
        jw_c(w, text);
        ip_endpoint(ip, 80, text);
        jw_c(w, text);
    }
    jw_arr_end(w);
}

static void add_headers(struct jw *w, const struct plan *p, bool https)
{
    static const char *const names[] = {"Accept", "Accept-Language",
                                        "User-Agent"};
    struct obs_header h[HEADERS_MAX];
    size_t n = headers_for(https, p->headers, p->n_headers, h);

    jw_key(w, "http_request_headers");
    jw_obj(w);
    for (size_t i = 0; i < 3; i++) {
        const struct obs_header *one = header_find(h, n, names[i]);
        if (!one) {
            continue;
        }
        jw_key(w, names[i]);
        jw_arr(w);
        jw_str(w, one->value);
        jw_arr_end(w);
    }
    jw_obj_end(w);
}

static enum err build_request(struct control_step *c)
{
    struct round *r = c->round;
    uint8_t nonce[16];
    char hex[33];
    struct buf b;
    struct jw w;

    crypto_random(nonce, sizeof(nonce));
    hex_encode(nonce, sizeof(nonce), hex);
    buf_init(&b, REQUEST_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kc(&w, "http_request", r->url->text);
    add_headers(&w, r->ms->plan, r->url->https);
    add_endpoints(&w, r);
    jw_kb(&w, "x_quic_enabled", false);
    jw_key(&w, "x_parallax");
    jw_obj(&w);
    jw_kc(&w, "nonce", hex);
    jw_obj_end(&w);
    jw_obj_end(&w);
    enum err e = b.failed;
    if (e == ERR_OK) {
        c->request = region_str(r->ms->region, buf_str(&b));
        e = c->request.len > 0 ? ERR_OK : ERR_NOMEM;
    }
    buf_fini(&b);
    return e;
}

/* ---- the end
 * ------------------------------------------------------------------ */

static void stop_attempts(struct control_step *c)
{
    for (size_t i = 0; i < c->n_attempts; i++) {
        struct attempt *a = &c->attempts[i];

        peers_cancel(a->peers);
        if (a->call) {
            http_call_cancel(a->call);
        }
        a->peers = NULL;
        a->call = NULL;
        a->running = false;
    }
    loop_timer_free(c->overall);
    loop_timer_free(c->next);
    c->overall = c->next = NULL;
}

void control_step_cancel(struct control_step *c)
{
    if (c) {
        stop_attempts(c);
    }
}

static void control_end(struct control_step *c, const char *failure)
{
    struct measure *ms = c->round->ms;

    c->done = true;
    stop_attempts(c);
    ms->m->control_failure = failure;
    measure_release(ms);
}

/* ---- the answer
 * ---------------------------------------------------------------- */

/* "v1 MINUTE NONCE SIGNATURE KEY"; anything else is left out. */
static struct str signature_json(struct region *r, const char *value)
{
    struct str rest = str_c(value), f[5], none = {NULL, 0};
    struct buf b;
    struct jw w;
    int64_t minute;

    for (size_t i = 0; i < 5; i++) {
        if (!str_next(&rest, ' ', &f[i])) {
            return none;
        }
    }
    if (!str_eq_c(f[0], "v1") ||
        str_to_i64(f[1], 0, INT64_MAX, &minute) != ERR_OK || f[2].len != 32 ||
        f[3].len != 2 * (size_t)CRYPTO_SIG_LEN ||
        f[4].len != 2 * (size_t)CRYPTO_PUB_LEN) {
        return none;
    }
    buf_init(&b, 1024);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_ki(&w, "v", 1);
    jw_ki(&w, "minute", minute);
    jw_ks(&w, "nonce", f[2]);
    jw_ks(&w, "signature", f[3]);
    jw_ks(&w, "key", f[4]);
    jw_obj_end(&w);
    struct str out = b.failed == ERR_OK ? region_str(r, buf_str(&b)) : none;
    buf_fini(&b);
    return out;
}

/* Addresses the probe did not find by itself. */
static void test_others(struct round *r, const struct json *root)
{
    struct measure *ms = r->ms;
    const struct json *addrs = json_path(root, "dns.addrs");
    size_t before = r->addrs.n;

    if (r->url->literal.family != 0) {
        return;
    }
    for (const struct json *n = json_first(addrs); n; n = json_next(n)) {
        struct ip ip;

        if (ip_parse(json_str(n), &ip)) {
            addr_list_add(ms, &r->addrs, &ip, ORIGIN_CONTROL);
        }
    }
    if (r->addrs.n > before) {
        round_open(r, r->addrs.items + before, r->addrs.n - before);
    }
}

static const char *take_answer(struct attempt *a,
                               const struct http_response *res)
{
    struct measure *ms = a->step->round->ms;
    struct measurement *m = ms->m;
    struct json_doc *doc = NULL;

    if (res->status != 200) {
        return failure_text(FAILURE_HELPER_FAILED);
    }
    struct str body = region_str(ms->region, res->body);
    enum err e = body.len == res->body.len
                     ? json_parse(body, &json_default_limits, &doc, NULL)
                     : ERR_NOMEM;
    if (e == ERR_NOMEM) {
        measure_internal(ms, e, "control answer");
    }
    if (e != ERR_OK) {
        return "json_parse_error";
    }
    if (!json_is_obj(json_root(doc))) {
        json_doc_free(doc);
        return "json_parse_error";
    }
    m->control = body;
    m->control_url = region_strdup(ms->region, a->helper->url);
    m->control_type =
        region_strdup(ms->region, a->helper->type ? a->helper->type : "https");
    for (size_t i = 0; i < res->n_headers; i++) {
        if (strcmp(res->headers[i].name, "x-parallax-signature") == 0) {
            m->control_signature =
                signature_json(ms->region, res->headers[i].value);
        }
    }
    test_others(a->step->round, json_root(doc));
    json_doc_free(doc);
    return NULL;
}

/* ---- attempts
 * -------------------------------------------------------------------- */

static void try_next(struct control_step *c);

static void attempt_failed(struct attempt *a, const char *failure)
{
    struct control_step *c = a->step;
    bool any = false;

    a->running = false;
    /* the first that says what happened wins over one that does not */
    if (!c->failure ||
        (failure_is_unknown(c->failure) && !failure_is_unknown(failure))) {
        c->failure = region_strdup(c->round->ms->region, failure);
    }
    if (c->n_attempts < c->round->ms->plan->n_helpers &&
        c->n_attempts < HELPERS_MAX) {
        try_next(c);
        return;
    }
    for (size_t i = 0; i < c->n_attempts; i++) {
        any = any || c->attempts[i].running;
    }
    if (!any) {
        control_end(c, c->failure ? c->failure : failure_text(FAILURE_CONTROL));
    }
}

static void on_response(void *arg, const struct http_response *res)
{
    struct attempt *a = arg;
    struct control_step *c = a->step;
    const char *failure = res->failure;

    a->call = NULL;
    a->running = false;
    if (res->internal != ERR_OK) {
        measure_internal(c->round->ms, res->internal, "control call");
        failure = failure_text(FAILURE_CONTROL_UNASKED);
    }
    if (!failure) {
        failure = take_answer(a, res);
    }
    if (failure) {
        attempt_failed(a, failure);
    } else {
        control_end(c, NULL);
    }
}

/* A helper's address that makes no sense is a fault of whoever gave it; the
 * rest is this machine's. */
static void cannot_ask(struct attempt *a, enum err e)
{
    if (e != ERR_INVAL && e != ERR_PARSE && e != ERR_ACCESS) {
        measure_internal(a->step->round->ms, e, "control call");
    }
    attempt_failed(a, failure_text(FAILURE_CONTROL_UNASKED));
}

static void on_address(void *arg, const char *const *addrs, size_t n,
                       const char *failure)
{
    static const struct http_header headers[] = {
        {"Content-Type", "application/json"},
        {"Accept", "application/json"},
    };
    struct attempt *a = arg;
    struct control_step *c = a->step;
    struct http_request req = {
        .method = "POST",
        .url = a->helper->url,
        .headers = headers,
        .n_headers = sizeof(headers) / sizeof(headers[0]),
        .body = c->request,
        .addrs = addrs,
        .n_addrs = n,
        .timeout_us = CONTROL_US,
        .max_response = RESPONSE_MAX,
        .insecure_loopback = true,
    };

    a->peers = NULL;
    if (n == 0) {
        attempt_failed(a, failure);
        return;
    }
    enum err e =
        http_call(c->round->ms->e->http, &req, on_response, a, &a->call);
    if (e != ERR_OK) {
        cannot_ask(a, e);
    }
}

static void try_next(struct control_step *c)
{
    struct measure *ms = c->round->ms;
    struct attempt *a = &c->attempts[c->n_attempts];
    struct url url;

    *a = (struct attempt){.step = c,
                          .helper = &ms->plan->helpers[c->n_attempts],
                          .running = true};
    c->n_attempts++;
    if (loop_timer_in(c->next, NEXT_US) != ERR_OK) {
        measure_internal(ms, ERR_NOMEM, "timer");
    }
    enum err e = url_parse(ms->region, str_c(a->helper->url), &url, NULL);
    if (e == ERR_OK) {
        e = peers_resolve(ms->e->peers, url.host, on_address, a, &a->peers);
    }
    if (e != ERR_OK) {
        cannot_ask(a, e);
    }
}

static void on_next(void *arg)
{
    struct control_step *c = arg;

    if (c->n_attempts < c->round->ms->plan->n_helpers &&
        c->n_attempts < HELPERS_MAX) {
        try_next(c);
    }
}

static void on_overall(void *arg)
{
    struct control_step *c = arg;

    control_end(c, c->failure ? c->failure : failure_text(FAILURE_TIMEOUT));
}

void control_step_start(struct round *r)
{
    struct measure *ms = r->ms;
    const struct plan *p = ms->plan;

    if (p->n_helpers == 0) {
        ms->m->control_failure = failure_text(FAILURE_NO_HELPERS);
        return;
    }
    struct control_step *c = region_alloc(ms->region, sizeof(*c));
    if (!c) {
        measure_internal(ms, ERR_NOMEM, "control");
        return;
    }
    c->round = r;
    enum err e = build_request(c);
    if (e == ERR_OK) {
        e = loop_timer_new(ms->e->loop, on_overall, c, &c->overall);
    }
    if (e == ERR_OK) {
        e = loop_timer_new(ms->e->loop, on_next, c, &c->next);
    }
    if (e == ERR_OK) {
        e = loop_timer_in(c->overall, CONTROL_US);
    }
    if (e != ERR_OK) {
        measure_internal(ms, e, "control");
        stop_attempts(c);
        return;
    }
    ms->control = c;
    ms->m->control_request = c->request;
    measure_hold(ms);
    try_next(c);
}
