// SPDX-License-Identifier: Apache-2.0
/* net/client.h as the scenario says: test helpers are `https://hN.test/`,
 * everything else is a DoH server. Also what the engine asks of this machine:
 * its routes, and whether packets can be captured. */
#include "fakes.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/json_out.h"
#include "net/capture.h"
#include "net/client.h"
#include "net/netinfo.h"
#include "wire/dnsmsg.h"
#include <stdlib.h>
#include <string.h>

struct client {
    struct loop *loop;
    struct client_call *calls;
};

struct client_call {
    struct client *client;
    struct client_call *prev, *next;
    struct loop_timer *timer;
    struct client_request req;
    client_done_fn fn;
    void *arg;
    enum ending end;
    int status;
    bool blind;
    struct dns_line dns;
    bool is_dns, timed_out;
    bool in_callback;
    int64_t sent_at;
    char host[256];
    uint16_t type;
};

/* ---- the control's answer
 * ------------------------------------------------------- */

static bool is_true(const struct ip *ip)
{
    for (size_t i = 0; i < world->n_truth; i++) {
        if (ip_eq(&world->truth[i], ip)) {
            return true;
        }
    }
    return false;
}

static void add_endpoint(struct jw *w, const struct ip *ip, uint16_t port)
{
    bool good = is_true(ip) && world->truth_end == END_OK;
    char text[56];

    ip_endpoint(ip, port, text);
    jw_key(w, text);
    jw_obj(w);
    jw_kb(w, "status", good);
    if (good) {
        jw_kc(w, "failure", NULL);
    } else {
        jw_kc(w, "failure", "generic_timeout_error");
    }
    if (port == 443) {
        jw_kc(w, "server_name", world->host);
    }
    jw_obj_end(w);
}

static void add_endpoints(struct jw *w, const struct json *asked, bool tls)
{
    jw_obj(w);
    for (size_t i = 0; i < world->n_truth; i++) {
        add_endpoint(w, &world->truth[i], 443);
        if (!tls) {
            add_endpoint(w, &world->truth[i], 80);
        }
    }
    for (const struct json *n = json_first(asked); n; n = json_next(n)) {
        struct ip ip;
        uint16_t port;
        if (ip_endpoint_parse(json_str(n), &ip, &port) && !is_true(&ip) &&
            !ip_is_bogon(&ip) && (!tls || port == 443)) {
            add_endpoint(w, &ip, port);
        }
    }
    jw_obj_end(w);
}

static void add_names(struct jw *w)
{
    char text[IP_TEXT_MAX];
    bool no_name = world->truth_end == END_NXDOMAIN;

    jw_obj(w);
    if (no_name) {
        jw_kc(w, "failure", "dns_name_error");
    } else {
        jw_kc(w, "failure", NULL);
    }
    jw_key(w, "addrs");
    jw_arr(w);
    for (size_t i = 0; i < world->n_truth && !no_name; i++) {
        ip_format(&world->truth[i], text);
        jw_c(w, text);
    }
    jw_arr_end(w);
    jw_obj_end(w);
}

static void add_page(struct jw *w)
{
    bool good = world->truth_end == END_OK;
    const char *body = world->truth_body;

    jw_obj(w);
    if (good) {
        jw_kc(w, "failure", NULL);
    } else {
        jw_kc(w, "failure", "generic_timeout_error");
    }
    jw_ki(w, "body_length", good ? (int64_t)strlen(body) : -1);
    jw_kc(w, "title", good ? "Example" : "");
    jw_ki(w, "status_code", good ? world->truth_status : -1);
    jw_key(w, "headers");
    jw_obj(w);
    if (good) {
        jw_kc(w, "Content-Type", "text/html");
    }
    jw_obj_end(w);
    jw_obj_end(w);
}

bool control_bytes(struct buf *b, struct str request, bool blind)
{
    enum ending truth = world->truth_end;
    struct json_doc *doc = NULL;
    struct jw w;

    if (json_parse(request, &json_default_limits, &doc, NULL) != ERR_OK) {
        return false;
    }
    const struct json *asked = json_get(json_root(doc), "tcp_connect");
    world->truth_end = blind ? END_SILENCE : truth;
    jw_init(&w, b);
    jw_obj(&w);
    jw_key(&w, "tcp_connect");
    add_endpoints(&w, asked, false);
    jw_key(&w, "tls_handshake");
    add_endpoints(&w, asked, true);
    jw_key(&w, "dns");
    add_names(&w);
    jw_key(&w, "http_request");
    add_page(&w);
    jw_key(&w, "ip_info");
    jw_obj(&w);
    jw_obj_end(&w);
    jw_obj_end(&w);
    json_doc_free(doc);
    world->truth_end = truth;
    return b->failed == ERR_OK;
}

/* ---- calls
 * ---------------------------------------------------------------------- */

static void call_free(struct client_call *c)
{
    if (c->prev) {
        c->prev->next = c->next;
    } else {
        c->client->calls = c->next;
    }
    if (c->next) {
        c->next->prev = c->prev;
    }
    loop_timer_free(c->timer);
    world->calls--;
    free(c);
}

void client_cancel(struct client_call *call)
{
    if (!call->in_callback) {
        call_free(call);
    }
}

bool client_call_sent(const struct client_call *call)
{
    return loop_now_us(call->client->loop) >= call->sent_at;
}

static void on_due(void *arg)
{
    struct client_call *c = arg;
    struct client_response res = {.status = c->status, .primary_ip = ""};
    struct buf b;
    bool made = true;

    buf_init(&b, 1 << 20);
    if (c->timed_out) {
        res.failure = "generic_timeout_error";
    } else if (c->is_dns) {
        made = dns_bytes(&b, &c->dns, c->host, c->type);
    } else if (ending_failure(c->end)) {
        res.failure = ending_failure(c->end);
    } else if (c->end == END_GARBAGE) {
        made = buf_add_c(&b, "<html>") == ERR_OK;
    } else if (c->end == END_NO_DESCRIPTOR) {
        res.internal = ERR_FDLIMIT;
    } else if (c->end == END_OK) {
        made = control_bytes(&b, c->req.body, c->blind);
    }
    if (!made) {
        res.internal = ERR_NOMEM;
    }
    res.body = buf_str(&b);
    c->in_callback = true;
    c->fn(c->arg, &res);
    call_free(c);
    buf_fini(&b);
}

/* The message that stands in a URL (RFC 8484). */
static enum err question_of(const char *url, struct buf *out)
{
    const char *dns = strstr(url, "dns=");
    struct buf text;

    buf_init(&text, 1024);
    for (const char *p = dns ? dns + 4 : ""; *p; p++) {
        buf_add_byte(&text, (uint8_t)(*p == '-' ? '+' : *p == '_' ? '/' : *p));
    }
    while (text.len % 4 != 0 && text.failed == ERR_OK) {
        buf_add_byte(&text, '=');
    }
    enum err e = text.failed ? text.failed : base64_decode(buf_str(&text), out);
    buf_fini(&text);
    return e;
}

/* One answer per call: the earliest that the scenario has. */
static enum err look_up(struct client_call *c, int64_t *after)
{
    const struct dns_line *lines[8];
    struct region *r = region_new(65536);
    struct dns_msg m;
    struct buf q;

    buf_init(&q, 1024);
    enum err e = r ? question_of(c->req.url, &q) : ERR_NOMEM;
    if (e == ERR_OK) {
        e = dnsmsg_parse(r, buf_str(&q), &m, NULL);
    }

    if (e == ERR_OK) {
        str_copy(c->host, sizeof(c->host), m.qname);
        c->type = m.qtype;
        c->is_dns = true;
        dns_lines(VIA_DOH, c->host, c->type, lines);
        c->dns = *lines[0];
        c->timed_out = c->dns.end == END_SILENCE;
        *after = c->timed_out ? c->req.timeout_us : c->dns.after;
    }
    buf_fini(&q);
    region_free(r);
    return e;
}

static void ask_helper(struct client_call *c, int64_t *after)
{
    size_t helper = (size_t)(c->req.url[strlen("https://h")] - '0');

    *after = 100 * US_PER_MS;
    c->end = END_OK;
    for (size_t i = 0; i < world->n_controls; i++) {
        const struct control_line *l = &world->controls[i];
        if (l->helper != helper) {
            continue;
        }
        c->end = l->end;
        c->status = l->status;
        c->blind = l->blind;
        *after = l->after;
        c->sent_at += l->reached;
    }
    if (c->end == END_SILENCE || *after > c->req.timeout_us) {
        c->timed_out = true;
        *after = c->req.timeout_us;
    }
}

enum err client_call(struct client *client, const struct client_request *req,
                     client_done_fn fn, void *arg, struct client_call **out)
{
    struct client_call *c = calloc(1, sizeof(*c));
    int64_t after = 0;
    enum err e = ERR_OK;

    if (!c) {
        return ERR_NOMEM;
    }
    world->calls++;
    *c = (struct client_call){.client = client,
                              .next = client->calls,
                              .req = *req,
                              .fn = fn,
                              .arg = arg,
                              .sent_at = loop_now_us(client->loop),
                              .status = 200};
    if (client->calls) {
        client->calls->prev = c;
    }
    client->calls = c;
    if (strncmp(req->url, "https://h", 9) == 0 && strstr(req->url, ".test/")) {
        ask_helper(c, &after);
    } else {
        e = look_up(c, &after);
    }
    if (e == ERR_OK) {
        e = loop_timer_new(client->loop, on_due, c, &c->timer);
    }
    if (e == ERR_OK) {
        e = loop_timer_in(c->timer, after);
    }
    if (e != ERR_OK) {
        call_free(c);
        return e;
    }
    *out = c;
    return ERR_OK;
}

enum err client_new(struct loop *l, const char *user_agent, struct client **out)
{
    struct client *c = calloc(1, sizeof(*c));

    (void)user_agent;
    if (!c) {
        return ERR_NOMEM;
    }
    c->loop = l;
    *out = c;
    return ERR_OK;
}

void client_free(struct client *c)
{
    while (c && c->calls) {
        call_free(c->calls);
    }
    free(c);
}

void client_bytes(const struct client *c, uint64_t *up, uint64_t *down)
{
    (void)c;
    *up = *down = 0;
}

/* ---- this machine
 * ----------------------------------------------------------------- */

size_t fakes_alive(void)
{
    return world->lookups + world->fetches + world->calls;
}

bool netinfo_leaves_by_default(const struct ip *ip)
{
    (void)ip;
    return !world->own_network;
}

enum err capture_new(struct loop *l, struct capture **out)
{
    (void)l;
    (void)out;
    return ERR_ACCESS;
}

void capture_free(struct capture *c)
{
    (void)c;
}

void capture_collect(struct capture *c, struct measurement *m, int64_t zero_us,
                     const struct capture_flow *flows)
{
    (void)c;
    (void)m;
    (void)zero_us;
    (void)flows;
}
