// SPDX-License-Identifier: Apache-2.0
/* One job per request: from its body to a signed answer. */
#include "collector/control/control_service.h"

#include "base/clock.h"
#include "base/hex.h"
#include "base/json_out.h"
#include "base/log.h"
#include "collector/control/control_again.h"
#include "collector/control/control_answer.h"
#include "collector/control/control_prefix.h"
#include "collector/control/control_recent.h"
#include "collector/control/control_shares.h"
#include "collector/control/control_signed.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define JOB_TIMEOUT (20 * US_PER_S)
#define BUSY_WAIT   (5 * US_PER_S) /* for what ends when others end */

struct job {
    struct job *prev, *next;
    struct control_service *control;
    struct http_req *req;
    struct region *region;
    struct control_request q;
    struct ip client;
    bool counted; /* as a part of the client's share */
    int64_t since_us;
    struct engine_job *running;
};

struct control_service {
    struct control_service_config cfg;
    struct job *jobs;
    unsigned in_flight;
    struct control_shares *shares;
    struct control_recent *recent;
};

enum err control_service_new(const struct control_service_config *cfg,
                             struct control_service **out)
{
    struct control_service *c = calloc(1, sizeof(*c));
    if (!c) {
        return ERR_NOMEM;
    }
    c->cfg = *cfg;
    enum err e = control_shares_new(cfg->target_per_minute, &c->shares);
    if (e == ERR_OK) {
        e = control_recent_new(&c->recent);
    }
    if (e != ERR_OK) {
        control_service_free(c);
        return e;
    }
    *out = c;
    return ERR_OK;
}

unsigned control_service_in_flight(const struct control_service *c)
{
    return c->in_flight;
}

static void job_end(struct job *j, uint64_t bytes)
{
    struct control_service *c = j->control;
    int64_t now_us = clock_mono_us();
    if (j->counted) {
        control_shares_held(c->shares, &j->client, now_us - j->since_us,
                            now_us);
        control_shares_end(c->shares, &j->client, bytes, now_us);
    }
    if (j->prev) {
        j->prev->next = j->next;
    } else {
        c->jobs = j->next;
    }
    if (j->next) {
        j->next->prev = j->prev;
    }
    c->in_flight--;
    region_free(j->region);
    free(j);
}

/* `wait_us`: there is no use in coming again before. */
static void answer_busy(struct http_req *req, int64_t wait_us)
{
    int64_t s = (wait_us + US_PER_S - 1) / US_PER_S;
    const char *text = region_printf(req->region, "%lld", (long long)s);
    http_reply_field(req, "Retry-After", text ? text : "5");
    http_answer_detail(req, 503, "Busy");
}

/* X-Parallax-Signature: v1 <minute> <nonce> <signature> <key> */
static enum err sign(struct job *j)
{
    struct control_service *c = j->control;
    int64_t minute = clock_wall_us() / (60 * US_PER_S);
    struct buf text;
    buf_init(&text, CONTROL_SIGNED_MAX);
    enum err e = control_signed(j->req->body, minute, str_c(j->q.nonce),
                                buf_str(&j->req->reply.body), &text);
    if (e == ERR_OK) {
        uint8_t sig[CRYPTO_SIG_LEN];
        char sig_hex[2 * CRYPTO_SIG_LEN + 1];
        char key_hex[2 * CRYPTO_PUB_LEN + 1];
        crypto_sign_msg(buf_str(&text), c->cfg.secret, sig);
        hex_encode(sig, sizeof(sig), sig_hex);
        hex_encode(c->cfg.pub, CRYPTO_PUB_LEN, key_hex);
        const char *value =
            region_printf(j->req->region, "v1 %lld %s %s %s", (long long)minute,
                          j->q.nonce, sig_hex, key_hex);
        if (value) {
            http_reply_field(j->req, "X-Parallax-Signature", value);
        } else {
            e = ERR_NOMEM;
        }
    }
    buf_fini(&text);
    return e;
}

static void finish(struct job *j, enum err e)
{
    struct http_req *req = j->req;
    if (e == ERR_OK && j->q.nonce[0] != '\0') {
        e = sign(j);
    }
    if (e == ERR_OK) {
        http_answer(req, 200);
    } else {
        buf_clear(&req->reply.body);
        answer_busy(req, BUSY_WAIT);
    }
}

static void answer(struct job *j, const struct measurement *m)
{
    struct http_req *req = j->req;
    if (m && m->internal == ERR_BUSY) {
        answer_busy(req, BUSY_WAIT);
        return;
    }
    if (m && m->internal != ERR_OK) {
        /* Our own trouble is no statement about the site. */
        log_warn("control", "cannot measure: %s: %s",
                 m->internal_what ? m->internal_what : "",
                 err_str(m->internal));
        answer_busy(req, BUSY_WAIT);
        return;
    }
    enum err e =
        control_answer_write(&req->reply.body, &j->q, m, j->control->cfg.geo);
    if (e == ERR_OK && m) {
        control_recent_put(j->control->recent, &j->client, &j->q,
                           buf_str(&req->reply.body), clock_mono_us());
    }
    finish(j, e);
}

static uint64_t fetched(const struct measurement *m)
{
    uint64_t n = 0;
    for (size_t i = 0; i < m->n_http; i++) {
        const struct obs_http *h = &m->http[i];
        n += h->received > h->body_bytes ? h->received : h->body_bytes;
    }
    return n;
}

static void on_measured(void *arg, struct measurement *m)
{
    struct job *j = arg;
    j->running = NULL;
    uint64_t bytes = fetched(m);
    answer(j, m);
    region_free(m->region);
    job_end(j, bytes);
}

/* However many names lead there: an address is no more often connected to than
 * sites on it can ask for. */
static bool may_connect(void *arg, const struct ip *ip, enum plan_connect why)
{
    struct job *j = arg;
    return control_shares_connect(j->control->shares, &j->client, ip, why,
                                  clock_mono_us()) == 0;
}

static enum err measure(struct job *j)
{
    const struct plan plan = {
        .kind = PLAN_CONTROL,
        .input = j->q.url.text,
        .url = &j->q.url,
        .extra_addrs = j->q.addrs,
        .n_extra_addrs = j->q.n_addrs,
        .may_connect = may_connect,
        .may_connect_arg = j,
        .tries = j->q.tries,
        .resolver = j->control->cfg.resolver,
        .headers = j->q.headers,
        .n_headers = j->q.n_headers,
        .count_body_bytes = CONTROL_COUNT_MAX,
        .timeout_us = JOB_TIMEOUT,
    };
    return engine_submit(j->control->cfg.engine, &plan, on_measured, j,
                         &j->running);
}

static struct job *job_new(struct control_service *c, struct http_req *req)
{
    struct job *j = calloc(1, sizeof(*j));
    struct region *r = region_new((size_t)1 << 20);
    if (!j || !r) {
        free(j);
        region_free(r);
        return NULL;
    }
    *j = (struct job){.control = c,
                      .req = req,
                      .region = r,
                      .next = c->jobs,
                      .since_us = clock_mono_us()};
    if (c->jobs) {
        c->jobs->prev = j;
    }
    c->jobs = j;
    c->in_flight++;
    return j;
}

/* The other end of the socket, or, if that is a proxy on this machine, whom it
 * names: only what runs here can pretend to be one. */
static struct ip client_of(const struct http_req *req)
{
    struct ip peer = {.family = 0}, named;
    if (!ip_parse(str_c(req->peer), &peer) || !ip_is_loopback(&peer)) {
        return peer;
    }
    struct str last = {NULL, 0};
    for (size_t i = 0; i < req->n_headers; i++) {
        struct str rest = str_c(req->headers[i].value);
        while (strcasecmp(req->headers[i].name, "X-Forwarded-For") == 0 &&
               str_next(&rest, ',', &last)) {
        }
    }
    uint16_t port = 0; /* some name it, too */
    last = str_trim(last);
    return ip_parse(last, &named) || ip_endpoint_parse(last, &named, &port)
               ? named
               : peer;
}

static bool port_allowed(const struct control_service *c, uint16_t port)
{
    static const uint16_t usual[] = {80, 443, 8080, 8443};
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        if (usual[i] == port) {
            return true;
        }
    }
    for (size_t i = 0; i < c->cfg.n_ports; i++) {
        if (c->cfg.ports[i] == port) {
            return true;
        }
    }
    return false;
}

/* What was seen a moment ago, or that it is too soon. */
static void take_again(struct job *j, int64_t wait_us)
{
    const struct control_service *c = j->control;
    struct str recent = control_recent_get(c->recent, &j->q, clock_mono_us());
    if (recent.p) {
        finish(j, control_again_write(&j->req->reply.body, recent, &j->q,
                                      c->cfg.geo));
    } else {
        answer_busy(j->req, wait_us);
    }
    job_end(j, 0);
}

/* Where all places are taken, the one that whoever has most of them, or has had
 * one longest, shall leave to `j`. NULL: none, since nobody has more than he.
 */
static struct job *who_yields(const struct control_service *c,
                              const struct job *j)
{
    struct ip held[CONTROL_SERVICE_MAX_JOBS];
    int64_t since_us[CONTROL_SERVICE_MAX_JOBS];
    struct job *jobs[CONTROL_SERVICE_MAX_JOBS];
    size_t n = 0;
    for (struct job *o = c->jobs; o && n < CONTROL_SERVICE_MAX_JOBS;
         o = o->next) {
        if (o != j) { /* the newest is the first */
            jobs[n] = o;
            since_us[n] = o->since_us;
            held[n++] = o->client;
        }
    }
    size_t i = control_prefix_yields(held, n, &j->client);
    if (i == n) {
        i = control_shares_yields(c->shares, held, since_us, n, &j->client,
                                  clock_mono_us());
    }
    return i < n ? jobs[i] : NULL;
}

static void end_early(struct job *j)
{
    engine_cancel(j->running);
    answer_busy(j->req, BUSY_WAIT);
    job_end(j, 0);
}

static void take(struct job *j)
{
    struct control_service *c = j->control;
    bool full = c->in_flight > CONTROL_SERVICE_MAX_JOBS;
    struct job *yields = full ? who_yields(c, j) : NULL;
    if (full && !yields) {
        take_again(j, BUSY_WAIT);
        return;
    }
    int64_t wait =
        control_shares_ask(c->shares, &j->client, str_c(j->q.url.host),
                           j->q.url.port, clock_mono_us());
    if (wait > 0) {
        take_again(j, wait);
        return;
    }
    if (yields) {
        end_early(yields);
    }
    http_defer(j->req);
    enum err e = measure(j);
    if (e != ERR_OK) {
        log_warn("control", "cannot measure: %s", err_str(e));
        answer_busy(j->req, BUSY_WAIT);
        job_end(j, 0);
    }
}

static void handle_post(struct control_service *c, struct http_req *req)
{
    struct ip client = client_of(req);
    struct job *j = NULL;
    if (control_shares_begin(c->shares, &client, c->in_flight,
                             clock_mono_us())) {
        j = job_new(c, req);
        if (!j) {
            control_shares_end(c->shares, &client, 0, clock_mono_us());
        }
    }
    if (!j) {
        answer_busy(req, BUSY_WAIT);
        return;
    }
    j->client = client;
    j->counted = true;
    struct diag d = {{0}};
    enum err e = control_request_parse(j->region, req->body, &j->q, &d);
    if (e == ERR_PARSE) {
        struct jw w;
        jw_init(&w, &req->reply.body);
        jw_obj(&w);
        jw_kc(&w, "detail", d.text);
        jw_obj_end(&w);
        http_answer(req, 400);
        job_end(j, 0);
    } else if (e != ERR_OK) {
        log_warn("control", "cannot measure: %s", err_str(e));
        answer_busy(req, BUSY_WAIT);
        job_end(j, 0);
    } else if (!control_request_allowed(&j->q) ||
               !port_allowed(c, j->q.url.port)) {
        answer(j, NULL);
        job_end(j, 0);
    } else {
        take(j);
    }
}

void control_service_handle(void *arg, struct http_req *req)
{
    struct control_service *c = arg;
    bool get =
        strcmp(req->method, "GET") == 0 || strcmp(req->method, "HEAD") == 0;
    if (strcmp(req->path, "/") != 0) {
        http_answer_detail(req, 404, "Not Found");
    } else if (get) {
        buf_add_c(&req->reply.body, "{\"message\":\"Hello OONItarian!\"}");
        http_answer(req, 200);
    } else if (strcmp(req->method, "POST") == 0) {
        handle_post(c, req);
    } else {
        http_reply_field(req, "Allow", "GET, POST");
        http_answer_detail(req, 405, "Method Not Allowed");
    }
}

void control_service_free(struct control_service *c)
{
    if (!c) {
        return;
    }
    while (c->jobs) {
        struct job *j = c->jobs;
        c->jobs = j->next;
        if (j->running) {
            engine_cancel(j->running);
        }
        answer_busy(j->req, BUSY_WAIT);
        job_end(j, 0);
    }
    control_shares_free(c->shares);
    control_recent_free(c->recent);
    memset(c->cfg.secret, 0, sizeof(c->cfg.secret));
    free(c);
}
