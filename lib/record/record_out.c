// SPDX-License-Identifier: Apache-2.0
#include "record/record_out.h"
#include "base/json.h"
#include "base/utf8.h"
#include "record/scrub.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRUBBED     "[scrubbed]"
#define TRUNCATED_AT ((size_t)1 << 19) /* OONI's definition of a cut body */
#define SCRATCH_MAX  ((size_t)64 << 20)

/* What one call needs everywhere. */
struct ctx {
    struct jw *w;
    const struct measurement *m;
    struct region *scratch;
    struct scrub all; /* also what merely looks like an address, as long as the
                         public one is unknown */
    struct scrub own; /* our own addresses and nothing else */
};

static void set_error(struct ctx *c, enum err e)
{
    if (!c->w->out->failed) {
        c->w->out->failed = e;
    }
}

/* ---- scrubbing ----------------------------------------------------------- */

static struct str scrub_with(struct ctx *c, const struct scrub *s,
                             struct str text)
{
    if (text.len == 0) {
        return STR("");
    }
    struct str clean = scrub_text(c->scratch, s, text);
    if (!clean.p) {
        set_error(c, ERR_NOMEM);
        return STR("");
    }
    return clean;
}

/* Headers, bodies, free text: everything a stranger wrote. */
static struct str scrub_all(struct ctx *c, struct str text)
{
    return scrub_with(c, &c->all, text);
}

/* Fields whose addresses are observations (URLs, endpoints): only our own. */
static struct str scrub_own(struct ctx *c, const char *text)
{
    return scrub_with(c, &c->own, str_c(text));
}

/* Raw DNS bytes may hold an own address in binary or as text. */
static bool holds_own(struct ctx *c, struct str raw)
{
    for (size_t i = 0; i < c->own.n_own; i++) {
        const struct ip *ip = &c->own.own[i];
        struct str b = {(const char *)ip->b, ip->family == 4 ? 4 : 16};
        if (ip->family != 0 && str_find(raw, b) != SIZE_MAX) {
            return true;
        }
    }
    return scrub_with(c, &c->own, raw).p != raw.p;
}

/* ---- pieces -------------------------------------------------------------- */

static void write_ip(struct ctx *c, const char *key, const struct ip *ip)
{
    char text[IP_TEXT_MAX];
    ip_format(ip, text);
    jw_kc(c->w, key, scrub_is_own(&c->own, ip) ? SCRUBBED : text);
}

static void write_endpoint(struct ctx *c, const char *key, const struct ip *ip,
                           uint16_t port)
{
    char text[56];
    jw_key(c->w, key);
    if (!scrub_is_own(&c->own, ip)) {
        ip_endpoint(ip, port, text);
        jw_c(c->w, text);
        return;
    }
    char *own = region_printf(c->scratch, SCRUBBED ":%u", port);
    jw_c(c->w, own ? own : SCRUBBED);
}

static void write_failure(struct ctx *c, const char *failure)
{
    jw_key(c->w, "failure");
    if (!failure) {
        jw_null(c->w);
    } else if (str_starts(str_c(failure), "unknown_failure")) {
        jw_str(c->w, scrub_all(c, str_c(failure)));
    } else {
        jw_c(c->w, failure);
    }
}

static bool has_tags(const struct obs_tags *t)
{
    return t->classic || t->tcptls_experiment || t->depth >= 0 ||
           t->fetch_body >= 0;
}

static void write_tags(struct jw *w, const struct obs_tags *t)
{
    jw_key(w, "tags");
    jw_arr(w);
    if (t->classic) {
        jw_c(w, "classic");
    }
    if (t->tcptls_experiment) {
        jw_c(w, "tcptls_experiment");
    }
    if (t->depth >= 0) {
        char text[24];
        snprintf(text, sizeof(text), "depth=%d", t->depth);
        jw_c(w, text);
    }
    if (t->fetch_body >= 0) {
        jw_c(w, t->fetch_body ? "fetch_body=true" : "fetch_body=false");
    }
    jw_arr_end(w);
}

static void write_times(struct jw *w, int64_t t0, int64_t t)
{
    if (t0 != 0) {
        jw_key(w, "t0");
        jw_seconds(w, t0);
    }
    jw_key(w, "t");
    jw_seconds(w, t);
}

static void write_id(struct jw *w, int64_t id)
{
    if (id != 0) {
        jw_ki(w, "transaction_id", id);
    }
}

static void write_text(struct jw *w, const char *key, const char *s)
{
    jw_kc(w, key, s ? s : "");
}

/* ---- queries ------------------------------------------------------------- */

static void write_answer(struct ctx *c, const struct dns_answer *a)
{
    struct jw *w = c->w;
    jw_obj(w);
    if (a->asn != 0) {
        jw_ki(w, "asn", a->asn);
    }
    if (a->org && a->org[0]) {
        jw_kc(w, "as_org_name", a->org);
    }
    jw_kc(w, "answer_type", a->type);
    if (a->hostname) {
        jw_ks(w, "hostname", scrub_own(c, a->hostname));
    }
    if (a->ip.family == 4) {
        write_ip(c, "ipv4", &a->ip);
    } else if (a->ip.family == 6) {
        write_ip(c, "ipv6", &a->ip);
    }
    jw_kn(w, "ttl");
    jw_obj_end(w);
}

/* Addresses first, then one CNAME: the order OONI's consumers know. */
static void write_answers(struct ctx *c, const struct obs_query *q)
{
    bool cname = false;
    jw_key(c->w, "answers");
    if (q->n_answers == 0) {
        jw_null(c->w);
        return;
    }
    jw_arr(c->w);
    for (size_t i = 0; i < q->n_answers; i++) {
        if (q->answers[i].ip.family != 0) {
            write_answer(c, &q->answers[i]);
        }
    }
    for (size_t i = 0; i < q->n_answers && !cname; i++) {
        if (q->answers[i].ip.family == 0) {
            write_answer(c, &q->answers[i]);
            cname = true;
        }
    }
    jw_arr_end(c->w);
}

static void write_query(struct ctx *c, const struct obs_query *q)
{
    struct jw *w = c->w;
    jw_obj(w);
    write_answers(c, q);
    jw_kc(w, "engine", q->engine);
    write_failure(c, q->failure);
    jw_ks(w, "hostname", scrub_own(c, q->hostname));
    jw_kc(w, "query_type", q->query_type);
    if (q->raw.len > 0 && !holds_own(c, q->raw)) {
        jw_key(w, "raw_response");
        jw_base64(w, q->raw);
    }
    if (q->rcode != 0) {
        jw_ki(w, "rcode", q->rcode);
    }
    jw_kn(w, "resolver_hostname");
    jw_kn(w, "resolver_port");
    jw_ks(w, "resolver_address", scrub_own(c, q->resolver));
    write_times(w, q->t0, q->t);
    write_tags(w, &q->tags);
    write_id(w, q->id);
    jw_obj_end(w);
}

static void write_queries(struct ctx *c, const char *key, enum query_list list)
{
    jw_key(c->w, key);
    jw_arr(c->w);
    for (size_t i = 0; i < c->m->n_queries; i++) {
        if (c->m->queries[i].list == list) {
            write_query(c, &c->m->queries[i]);
        }
    }
    jw_arr_end(c->w);
}

/* The system's resolver gave the same address for the site. */
static bool is_answer_for_site(const struct ctx *c, const struct ip *ip)
{
    for (size_t i = 0; i < c->m->n_queries; i++) {
        const struct obs_query *q = &c->m->queries[i];
        for (size_t k = 0; q->list == QUERY_MAIN && k < q->n_answers; k++) {
            if (strcmp(q->engine, "getaddrinfo") == 0 &&
                ip_eq(&q->answers[k].ip, ip)) {
                return true;
            }
        }
    }
    return false;
}

static void write_whoami_entry(struct ctx *c, const struct ip *ip)
{
    jw_arr(c->w);
    jw_obj(c->w);
    /* The answer is the address the query came from, which is the volunteer's
     * own where the resolver runs at home. One that is given for the site, too,
     * stands in the record already, and tells that names do not matter here. */
    if (c->all.public_known || is_answer_for_site(c, ip)) {
        write_ip(c, "address", ip);
    } else {
        jw_kc(c->w, "address", SCRUBBED);
    }
    jw_obj_end(c->w);
    jw_arr_end(c->w);
}

static void write_whoami(struct ctx *c)
{
    const struct measurement *m = c->m;
    struct jw *w = c->w;
    jw_key(w, "x_dns_whoami");
    if (m->whoami_system.family == 0 && m->whoami_udp.family == 0) {
        jw_null(w);
        return;
    }
    jw_obj(w);
    jw_key(w, "system_v4");
    if (m->whoami_system.family != 0) {
        write_whoami_entry(c, &m->whoami_system);
    } else {
        jw_null(w);
    }
    jw_key(w, "udp_v4");
    jw_obj(w);
    if (m->whoami_udp.family != 0 && m->whoami_udp_resolver) {
        jw_key(w, m->whoami_udp_resolver);
        write_whoami_entry(c, &m->whoami_udp);
    }
    jw_obj_end(w);
    jw_obj_end(w);
}

static void write_fastest(struct ctx *c)
{
    struct jw *w = c->w;
    if (c->m->n_paces == 0) {
        return;
    }
    jw_key(w, "x_dns_fastest");
    jw_arr(w);
    for (size_t i = 0; i < c->m->n_paces; i++) {
        const struct obs_pace *p = &c->m->paces[i];
        jw_obj(w);
        jw_ks(w, "resolver_address", scrub_own(c, p->resolver));
        jw_key(w, "t");
        jw_seconds(w, p->fastest);
        jw_ki(w, "n", p->n);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

/* ---- endpoints ----------------------------------------------------------- */

static void write_tcp_list(struct ctx *c, bool reconnect)
{
    struct jw *w = c->w;
    jw_key(w, "tcp_connect");
    jw_arr(w);
    for (size_t i = 0; i < c->m->n_tcp; i++) {
        const struct obs_tcp *o = &c->m->tcp[i];
        if (o->reconnect != reconnect) {
            continue;
        }
        jw_obj(w);
        write_ip(c, "ip", &o->ip);
        jw_ki(w, "port", o->port);
        jw_key(w, "status");
        jw_obj(w);
        write_failure(c, o->failure);
        jw_kb(w, "success", !o->failure);
        jw_obj_end(w);
        write_times(w, o->t0, o->t);
        write_tags(w, &o->tags);
        write_id(w, o->id);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

static void write_certs(struct jw *w, const struct obs_tls *o)
{
    jw_key(w, "peer_certificates");
    if (o->n_certs == 0) {
        jw_null(w);
        return;
    }
    jw_arr(w);
    for (size_t i = 0; i < o->n_certs; i++) {
        jw_binary(w, o->certs[i]);
    }
    jw_arr_end(w);
}

static void write_tls_list(struct ctx *c, bool reconnect)
{
    struct jw *w = c->w;
    jw_key(w, "tls_handshakes");
    jw_arr(w);
    for (size_t i = 0; i < c->m->n_tls; i++) {
        const struct obs_tls *o = &c->m->tls[i];
        if (o->reconnect != reconnect) {
            continue;
        }
        jw_obj(w);
        jw_kc(w, "network", "tcp");
        write_endpoint(c, "address", &o->ip, o->port);
        write_text(w, "cipher_suite", o->cipher);
        write_failure(c, o->failure);
        write_text(w, "negotiated_protocol", o->alpn);
        jw_kb(w, "no_tls_verify", false);
        write_certs(w, o);
        write_text(w, "server_name", o->server_name);
        write_times(w, o->t0, o->t);
        write_tags(w, &o->tags);
        write_text(w, "tls_version", o->version);
        write_id(w, o->id);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

static void write_reconnect(struct ctx *c)
{
    bool any = false;
    for (size_t i = 0; i < c->m->n_tcp; i++) {
        any = any || c->m->tcp[i].reconnect;
    }
    for (size_t i = 0; i < c->m->n_tls; i++) {
        any = any || c->m->tls[i].reconnect;
    }
    if (!any) {
        return;
    }
    jw_key(c->w, "x_reconnect");
    jw_obj(c->w);
    write_tcp_list(c, true);
    write_tls_list(c, true);
    jw_obj_end(c->w);
}

/* ---- requests ------------------------------------------------------------ */

struct header_ref {
    const char *name;
    struct str value;
    size_t order;
};

static int by_name(const void *a, const void *b)
{
    const struct header_ref *x = a, *y = b;
    int rc = strcmp(x->name, y->name);
    if (rc != 0) {
        return rc;
    }
    return x->order < y->order ? -1 : 1;
}

/* headers_list has every value, the map the first of each name. */
static void write_headers(struct ctx *c, const struct obs_header *headers,
                          size_t n)
{
    struct jw *w = c->w;
    struct header_ref *refs =
        region_calloc(c->scratch, n ? n : 1, sizeof(*refs));
    if (!refs) {
        set_error(c, ERR_NOMEM);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        refs[i].name = headers[i].name;
        refs[i].value = scrub_all(c, headers[i].value);
        refs[i].order = i;
    }
    qsort(refs, n, sizeof(*refs), by_name);
    jw_key(w, "headers_list");
    jw_arr(w);
    for (size_t i = 0; i < n; i++) {
        jw_arr(w);
        jw_c(w, refs[i].name);
        jw_maybe_binary(w, refs[i].value);
        jw_arr_end(w);
    }
    jw_arr_end(w);
    jw_key(w, "headers");
    jw_obj(w);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && strcmp(refs[i].name, refs[i - 1].name) == 0) {
            continue;
        }
        /* Two names that are not UTF-8 would be written as the same key. */
        if (!utf8_valid(str_c(refs[i].name))) {
            continue;
        }
        jw_key(w, refs[i].name);
        jw_maybe_binary(w, refs[i].value);
    }
    jw_obj_end(w);
}

static void write_http_request(struct ctx *c, const struct obs_http *o)
{
    struct jw *w = c->w;
    jw_key(w, "request");
    jw_obj(w);
    jw_kc(w, "body", "");
    jw_kb(w, "body_is_truncated", false);
    write_headers(c, o->req_headers, o->n_req_headers);
    jw_kc(w, "method", "GET");
    jw_key(w, "tor");
    jw_obj(w);
    jw_kn(w, "exit_ip");
    jw_kn(w, "exit_name");
    jw_kb(w, "is_tor", false);
    jw_obj_end(w);
    jw_kc(w, "x_transport", "tcp");
    jw_ks(w, "url", scrub_own(c, o->url));
    jw_obj_end(w);
}

static void write_http_response(struct ctx *c, const struct obs_http *o)
{
    struct jw *w = c->w;
    jw_key(w, "response");
    jw_obj(w);
    jw_key(w, "body");
    jw_maybe_binary(w, scrub_all(c, o->body));
    jw_kb(w, "body_is_truncated",
          o->body_truncated || o->body.len >= TRUNCATED_AT);
    jw_ki(w, "code", o->status);
    write_headers(c, o->headers, o->n_headers);
    jw_obj_end(w);
}

static void write_requests(struct ctx *c)
{
    struct jw *w = c->w;
    jw_key(w, "requests");
    jw_arr(w);
    for (size_t i = c->m->n_http; i > 0; i--) {
        const struct obs_http *o = &c->m->http[i - 1];
        jw_obj(w);
        jw_kc(w, "network", "tcp");
        write_endpoint(c, "address", &o->ip, o->port);
        if (o->alpn) {
            jw_kc(w, "alpn", o->alpn);
        }
        write_failure(c, o->failure);
        write_http_request(c, o);
        write_http_response(c, o);
        write_times(w, o->t0, o->t);
        if (o->first > 0) {
            jw_key(w, "x_first");
            jw_seconds(w, o->first);
        }
        jw_ki(w, "x_received", (int64_t)o->received);
        write_tags(w, &o->tags);
        write_id(w, o->id);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

/* ---- events and packets -------------------------------------------------- */

static void write_event(struct ctx *c, const struct obs_event *e)
{
    struct jw *w = c->w;
    jw_obj(w);
    if (e->ip.family != 0) {
        write_endpoint(c, "address", &e->ip, e->port);
    }
    write_failure(c, e->failure);
    if (e->num_bytes > 0) {
        jw_ki(w, "num_bytes", (int64_t)e->num_bytes);
    }
    jw_kc(w, "operation", e->operation);
    if (e->proto) {
        jw_kc(w, "proto", e->proto);
    }
    write_times(w, e->t0, e->t);
    write_id(w, e->id);
    if (has_tags(&e->tags)) {
        write_tags(w, &e->tags);
    }
    jw_obj_end(w);
}

struct timed {
    int64_t t;
    size_t index;
};

static int by_time(const void *a, const void *b)
{
    const struct timed *x = a, *y = b;
    if (x->t != y->t) {
        return x->t < y->t ? -1 : 1;
    }
    return x->index < y->index ? -1 : 1;
}

static void write_events(struct ctx *c, enum event_list list)
{
    size_t n = 0;
    struct timed *order = region_calloc(
        c->scratch, c->m->n_events ? c->m->n_events : 1, sizeof(*order));
    if (!order) {
        set_error(c, ERR_NOMEM);
        return;
    }
    for (size_t i = 0; i < c->m->n_events; i++) {
        if (c->m->events[i].list == list) {
            order[n++] = (struct timed){c->m->events[i].t, i};
        }
    }
    qsort(order, n, sizeof(*order), by_time);
    jw_key(c->w, "network_events");
    jw_arr(c->w);
    for (size_t i = 0; i < n; i++) {
        write_event(c, &c->m->events[order[i].index]);
    }
    jw_arr_end(c->w);
}

/* One end of every packet is ours. With our addresses unknown, only those that
 * were connected to are surely not. */
static bool surely_remote(const struct ctx *c, const struct ip *ip)
{
    if (c->own.n_own > 0) {
        return !scrub_is_own(&c->own, ip);
    }
    for (size_t i = 0; i < c->m->n_tcp; i++) {
        if (ip_eq(&c->m->tcp[i].ip, ip)) {
            return true;
        }
    }
    return false;
}

static void write_packet_ip(struct ctx *c, const char *key, const struct ip *ip)
{
    if (surely_remote(c, ip)) {
        write_ip(c, key, ip);
    } else {
        jw_kc(c->w, key, SCRUBBED);
    }
}

static void write_packet(struct ctx *c, const struct obs_packet *p)
{
    struct jw *w = c->w;
    jw_obj(w);
    jw_key(w, "t");
    jw_seconds(w, p->t);
    jw_kc(w, "proto", p->proto);
    write_packet_ip(c, "src", &p->src);
    jw_ki(w, "sport", p->sport);
    write_packet_ip(c, "dst", &p->dst);
    jw_ki(w, "dport", p->dport);
    jw_ki(w, "ttl", p->ttl);
    jw_ki(w, "ip_id", p->ip_id);
    write_text(w, "flags", p->flags);
    jw_ki(w, "seq", p->seq);
    jw_ki(w, "ack", p->ack);
    jw_ki(w, "window", p->window);
    jw_ki(w, "payload", p->payload);
    write_text(w, "why", p->why);
    write_id(w, p->id);
    jw_obj_end(w);
}

static void write_evidence(struct ctx *c)
{
    jw_key(c->w, "x_evidence");
    jw_obj(c->w);
    jw_key(c->w, "packets");
    jw_arr(c->w);
    for (size_t i = 0; i < c->m->n_packets; i++) {
        write_packet(c, &c->m->packets[i]);
    }
    jw_arr_end(c->w);
    jw_obj_end(c->w);
}

static void write_notes(struct ctx *c)
{
    jw_key(c->w, "x_conn_priority_log");
    jw_arr(c->w);
    for (size_t i = 0; i < c->m->n_notes; i++) {
        jw_obj(c->w);
        jw_ks(c->w, "msg", scrub_own(c, c->m->notes[i].msg));
        jw_key(c->w, "t");
        jw_seconds(c->w, c->m->notes[i].t);
        jw_obj_end(c->w);
    }
    jw_arr_end(c->w);
}

/* ---- the control --------------------------------------------------------- */

/* A JSON object copied as it is; null if it is not one, so that a strange
 * answer can never break the record. */
static void write_object(struct ctx *c, const char *key, struct str json)
{
    struct json_doc *doc = NULL;
    struct diag d;
    enum err e = ERR_PARSE;
    jw_key(c->w, key);
    json = str_trim(json);
    if (json.len > 0) {
        json = scrub_with(c, &c->own, json);
    }
    if (json.len > 0) {
        e = json_parse(json, &json_default_limits, &doc, &d);
    }
    if (e == ERR_NOMEM) {
        set_error(c, e); /* what the control said must not get lost */
    }
    if (e != ERR_OK || !json_is_obj(json_root(doc))) {
        jw_null(c->w);
    } else {
        jw_raw(c->w, json);
    }
    json_doc_free(doc);
}

static void write_not_tried(struct ctx *c)
{
    if (c->m->n_not_tried == 0) {
        return;
    }
    jw_kc(c->w, "x_not_tried", "own_network");
    jw_key(c->w, "x_not_tried_addresses");
    jw_arr(c->w);
    for (size_t i = 0; i < c->m->n_not_tried; i++) {
        char text[IP_TEXT_MAX];
        ip_format(&c->m->not_tried[i], text);
        jw_c(c->w,
             scrub_is_own(&c->own, &c->m->not_tried[i]) ? SCRUBBED : text);
    }
    jw_arr_end(c->w);
}

static void write_secondary_dns(struct ctx *c)
{
    struct jw *w = c->w;
    jw_key(w, "x_doh");
    jw_obj(w);
    write_events(c, EVENT_DOH);
    /* DoH is carried by our own client, which keeps no such observations. */
    static const char *const empty[] = {"queries", "requests", "tcp_connect",
                                        "tls_handshakes"};
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        jw_key(w, empty[i]);
        jw_arr(w);
        jw_arr_end(w);
    }
    jw_obj_end(w);
    jw_key(w, "x_do53");
    jw_obj(w);
    write_events(c, EVENT_DO53);
    write_queries(c, "queries", QUERY_DO53);
    jw_obj_end(w);
}

static void write_control(struct ctx *c)
{
    const struct measurement *m = c->m;
    write_object(c, "x_control_request", m->control_request);
    write_object(c, "control", m->control);
    if (m->control_signature.len > 0) {
        write_object(c, "x_control_signature", m->control_signature);
    }
}

static void write_observations(struct ctx *c)
{
    const struct measurement *m = c->m;
    struct jw *w = c->w;
    jw_kc(w, "agent", "redirect");
    jw_ks(w, "client_resolver", scrub_own(c, m->client_resolver));
    jw_kn(w, "retries");
    jw_kn(w, "socksproxy");
    write_events(c, EVENT_MAIN);
    write_whoami(c);
    write_fastest(c);
    write_secondary_dns(c);
    write_queries(c, "x_dns_duplicate_responses", QUERY_DUPLICATE);
    write_queries(c, "x_system_queries", QUERY_SYSTEM);
    write_queries(c, "queries", QUERY_MAIN);
    write_requests(c);
    write_tcp_list(c, false);
    write_tls_list(c, false);
    write_reconnect(c);
    write_control(c);
    write_notes(c);
    write_evidence(c);
    write_not_tried(c);
    record_write_compare(w, m);
    if (m->internal) {
        jw_key(w, "x_internal_error");
        jw_obj(w);
        jw_kc(w, "error", err_str(m->internal));
        write_text(w, "what", m->internal_what);
        jw_obj_end(w);
    }
    /* Last, see record_write. */
    jw_key(w, "control_failure");
    if (m->control_failure) {
        jw_str(w, scrub_all(c, str_c(m->control_failure)));
    } else {
        jw_null(w);
    }
}

enum err record_write_observations(struct jw *w, const struct measurement *m,
                                   const struct record_env *env)
{
    struct ctx c = {.w = w, .m = m};
    if (env->scrub) {
        c.all = *env->scrub; /* none given: everything may be ours */
    }
    c.own = c.all;
    c.own.public_known = true;
    c.scratch = region_new(SCRATCH_MAX);
    if (!c.scratch) {
        return ERR_NOMEM;
    }
    write_observations(&c);
    region_free(c.scratch);
    return w->out->failed;
}
