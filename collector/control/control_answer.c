// SPDX-License-Identifier: Apache-2.0
/* Answers of the control, piece by piece. */
#include "collector/control/control_answer.h"

#include "base/crypto.h"
#include "base/hex.h"
#include "base/json_out.h"
#include "base/sketch.h"
#include "base/utf8.h"
#include "record/failure.h"
#include "verdict/pagediff_title.h"

#include <stdio.h>

#define HOST_TEXT_MAX 600

/* ---- failures in the words of this protocol
 * ----------------------------------
 */

static const char *tcp_failure(const char *failure)
{
    switch (failure_of(str_c(failure))) {
    case FAILURE_NONE:
        return NULL;
    case FAILURE_TIMEOUT:
        return failure;
    case FAILURE_REFUSED:
        return failure_text(FAILURE_HELPER_REFUSED);
    default:
        return failure_text(FAILURE_HELPER_CONNECT);
    }
}

static const char *page_failure(const char *failure)
{
    enum failure f = failure_of(str_c(failure));
    if (f == FAILURE_NONE || f == FAILURE_TIMEOUT) {
        return failure;
    }
    if (f == FAILURE_REFUSED) {
        return failure_text(FAILURE_HELPER_REFUSED);
    }
    return failure_text(failure_is_name(f) ? FAILURE_HELPER_LOOKUP
                                           : FAILURE_HELPER_UNKNOWN);
}

static const char *lookup_failure(const char *failure)
{
    switch (failure_of(str_c(failure))) {
    case FAILURE_NONE:
    case FAILURE_NO_ANSWER: /* no address is an answer */
        return NULL;
    case FAILURE_NXDOMAIN:
        return failure_text(FAILURE_HELPER_NO_NAME);
    case FAILURE_DNS_REFUSED:
    case FAILURE_SERVFAIL:
    case FAILURE_MISBEHAVING:
        return failure_text(FAILURE_HELPER_DNS_SERVER);
    default:
        return failure_text(FAILURE_HELPER_UNKNOWN);
    }
}

/* ---- answer -----------------------------------------------------------------
 */

struct address {
    struct ip ip;
    int64_t flags;
};

struct answer {
    const struct control_request *q;
    const struct measurement *m; /* NULL: nothing was tried */
    struct address addrs[2 * CONTROL_ADDRS_MAX];
    size_t n_addrs;
    const char *dns_failure;
};

static void add_address(struct answer *a, const struct ip *ip, int64_t flag)
{
    for (size_t i = 0; i < a->n_addrs; i++) {
        if (ip_eq(&a->addrs[i].ip, ip)) {
            a->addrs[i].flags |= flag;
            return;
        }
    }
    if (a->n_addrs == sizeof(a->addrs) / sizeof(a->addrs[0])) {
        return;
    }
    a->addrs[a->n_addrs++] = (struct address){
        *ip, flag | (ip_is_bogon(ip) ? CONTROL_ADDR_BOGON : 0)};
}

static void collect_lookups(struct answer *a)
{
    bool any_ok = false;
    const char *first = NULL;
    for (size_t i = 0; a->m && i < a->m->n_queries; i++) {
        const struct obs_query *query = &a->m->queries[i];
        if (query->list != QUERY_MAIN || query->tags.depth > 0) {
            continue;
        }
        any_ok = any_ok || !query->failure;
        first = first ? first : query->failure;
        for (size_t k = 0; k < query->n_answers; k++) {
            if (query->answers[k].ip.family != 0) {
                add_address(a, &query->answers[k].ip, CONTROL_ADDR_OURS);
            }
        }
    }
    a->dns_failure = any_ok ? NULL : lookup_failure(first);
}

static void collect(struct answer *a)
{
    for (size_t i = 0; i < a->q->n_addrs; i++) {
        add_address(a, &a->q->addrs[i], CONTROL_ADDR_PROBE);
    }
    if (a->q->url.literal.family != 0) {
        /* nothing was resolved: OONI's helper lists no address either */
        add_address(a, &a->q->url.literal, CONTROL_ADDR_PROBE);
    }
    collect_lookups(a);
    for (size_t i = 0; a->m && i < a->m->n_tls; i++) {
        const struct obs_tls *tls = &a->m->tls[i];
        for (size_t k = 0; k < a->n_addrs && !tls->failure; k++) {
            if (ip_eq(&a->addrs[k].ip, &tls->ip)) {
                a->addrs[k].flags |= CONTROL_ADDR_VALID;
            }
        }
    }
}

/* Is an earlier entry about the same endpoint? Keys may stand only once. */
static bool tcp_seen(const struct measurement *m, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (ip_eq(&m->tcp[i].ip, &m->tcp[n].ip) &&
            m->tcp[i].port == m->tcp[n].port) {
            return true;
        }
    }
    return false;
}

static bool tls_seen(const struct measurement *m, size_t n)
{
    if (m->tls[n].retried) {
        return true; /* what was tried again counts */
    }
    for (size_t i = 0; i < n; i++) {
        if (!m->tls[i].retried && ip_eq(&m->tls[i].ip, &m->tls[n].ip) &&
            m->tls[i].port == m->tls[n].port) {
            return true;
        }
    }
    return false;
}

/* A machine without IPv6, or without a way to such addresses, has not tried. */
static bool was_tried(const struct obs_tcp *tcp)
{
    return !failure_is_no_way(failure_of(str_c(tcp->failure)));
}

static void write_tcp(struct jw *w, const struct measurement *m)
{
    jw_key(w, "tcp_connect");
    jw_obj(w);
    for (size_t i = 0; m && i < m->n_tcp; i++) {
        char endpoint[56];
        if (tcp_seen(m, i) || !was_tried(&m->tcp[i])) {
            continue;
        }
        ip_endpoint(&m->tcp[i].ip, m->tcp[i].port, endpoint);
        jw_key(w, endpoint);
        jw_obj(w);
        jw_kb(w, "status", !m->tcp[i].failure);
        jw_kc(w, "failure", tcp_failure(m->tcp[i].failure));
        jw_obj_end(w);
    }
    jw_obj_end(w);
}

static void write_tls(struct jw *w, const struct measurement *m)
{
    if (!m || m->n_tls == 0) {
        return;
    }
    jw_key(w, "tls_handshake");
    jw_obj(w);
    for (size_t i = 0; i < m->n_tls; i++) {
        const struct obs_tls *tls = &m->tls[i];
        char endpoint[56];
        if (tls_seen(m, i)) {
            continue;
        }
        ip_endpoint(&tls->ip, tls->port, endpoint);
        jw_key(w, endpoint);
        jw_obj(w);
        jw_kc(w, "server_name", tls->server_name ? tls->server_name : "");
        jw_kb(w, "status", !tls->failure);
        jw_kc(w, "failure", tls->failure);
        jw_obj_end(w);
    }
    jw_obj_end(w);
}

static const struct obs_http *last_page(const struct measurement *m)
{
    for (size_t i = m ? m->n_http : 0; i > 0; i--) {
        if (!m->http[i - 1].retried) {
            return &m->http[i - 1];
        }
    }
    return NULL;
}

static const struct obs_header *page_header(const struct obs_http *h,
                                            const char *name)
{
    for (size_t i = 0; i < h->n_headers; i++) {
        if (str_ieq_c(str_c(h->headers[i].name), name)) {
            return &h->headers[i];
        }
    }
    return NULL;
}

/* HTTP/3 as the first response offers it: `h3=":443"` or `h3="host:443"`. */
static void write_h3(struct jw *w, const struct answer *a)
{
    const struct measurement *m = a->m;
    const struct obs_header *alt =
        m && m->n_http > 0 ? page_header(&m->http[0], "Alt-Svc") : NULL;
    size_t at = alt ? str_find(alt->value, STR("h3=\"")) : SIZE_MAX;
    char endpoint[HOST_TEXT_MAX] = "";
    if (at != SIZE_MAX) {
        struct str rest = str_sub(alt->value, at + 4, SIZE_MAX);
        struct str where = str_sub(rest, 0, str_find_char(rest, '"'));
        if (where.len > 1 && where.len < 300) {
            snprintf(endpoint, sizeof(endpoint), "%s" STR_FMT,
                     where.p[0] == ':' ? a->q->url.host : "", STR_ARG(where));
        }
    }
    struct str s = str_c(endpoint);
    jw_key(w, "discovered_h3_endpoint");
    jw_str(w, utf8_valid(s) ? s : STR(""));
}

static void write_headers(struct jw *w, const struct obs_http *h)
{
    jw_key(w, "headers");
    jw_obj(w);
    for (size_t i = 0; h && i < h->n_headers; i++) {
        const struct obs_header *f = &h->headers[i];
        bool first = page_header(h, f->name) == f;
        if (first && utf8_valid(str_c(f->name)) && utf8_valid(f->value)) {
            jw_ks(w, f->name, f->value);
        }
    }
    jw_obj_end(w);
}

static void write_page(struct jw *w, const struct answer *a)
{
    const struct obs_http *h = last_page(a->m);
    const char *failure =
        h ? page_failure(h->failure)
          : failure_text(a->dns_failure ? FAILURE_HELPER_LOOKUP
                                        : FAILURE_HELPER_UNKNOWN);
    bool ok = h && !failure;
    struct str title = ok ? pagediff_title(h->body) : STR("");
    jw_key(w, "http_request");
    jw_obj(w);
    uint64_t length = ok ? h->body_bytes : 0;
    length = length < CONTROL_COUNT_MAX ? length : CONTROL_COUNT_MAX;
    jw_ki(w, "body_length", ok ? (int64_t)length : -1);
    write_h3(w, a);
    jw_kc(w, "failure", failure);
    jw_ks(w, "title", utf8_valid(title) ? title : STR(""));
    write_headers(w, ok ? h : NULL);
    jw_ki(w, "status_code", ok ? h->status : -1);
    jw_obj_end(w);
}

static void write_dns(struct jw *w, const struct answer *a)
{
    jw_key(w, "dns");
    jw_obj(w);
    jw_kc(w, "failure", a->dns_failure);
    jw_key(w, "addrs");
    jw_arr(w);
    for (size_t i = 0; i < a->n_addrs; i++) {
        char text[IP_TEXT_MAX];
        if (a->addrs[i].flags & CONTROL_ADDR_OURS) {
            ip_format(&a->addrs[i].ip, text);
            jw_c(w, text);
        }
    }
    jw_arr_end(w);
    jw_obj_end(w);
}

static void write_ip_info(struct jw *w, const struct answer *a,
                          const struct geo *geo)
{
    if (a->n_addrs == 0) {
        return;
    }
    jw_key(w, "ip_info");
    jw_obj(w);
    for (size_t i = 0; i < a->n_addrs; i++) {
        char text[IP_TEXT_MAX];
        struct geo_entry entry = {0};
        ip_format(&a->addrs[i].ip, text);
        geo_lookup(geo, text, &entry);
        jw_key(w, text);
        jw_obj(w);
        jw_ki(w, "asn", entry.asn);
        jw_ki(w, "flags", a->addrs[i].flags);
        jw_obj_end(w);
    }
    jw_obj_end(w);
}

static void write_hash(struct jw *w, struct str bytes)
{
    uint8_t hash[SHA256_LEN];
    char hex[2 * SHA256_LEN + 1];
    crypto_sha256(bytes, hash);
    hex_encode(hash, sizeof(hash), hex);
    jw_c(w, hex);
}

static void write_sketch(struct jw *w, struct str page)
{
    struct sketch s;
    char text[SKETCH_TEXT];
    sketch_make(page, &s);
    sketch_text(&s, text);
    jw_kc(w, "body_sketch", text);
}

/* Why there is no page, in the words of records: the protocol has few. What
 * came of one that was cut off. */
static void write_no_page(struct jw *w, const struct obs_http *h)
{
    jw_kc(w, "page_failure", h->failure);
    if (h->status > 0) {
        jw_ki(w, "page_status", h->status);
        jw_ki(w, "page_length", (int64_t)h->body_bytes);
    }
}

static void write_first(struct jw *w, const struct ip *ip, uint16_t port,
                        const char *failure)
{
    char endpoint[56];
    ip_endpoint(ip, port, endpoint);
    jw_kc(w, endpoint, failure);
}

/* Connections that were cut off before an answer began, and tried again. A key
 * may stand only once: the first page alone, and handshakes of other endpoints.
 */
static void write_firsts(struct jw *w, const struct measurement *m)
{
    const struct obs_http *page = NULL;
    jw_key(w, "first_failures");
    jw_obj(w);
    for (size_t i = 0; m && i < m->n_http && !page; i++) {
        page = m->http[i].retried ? &m->http[i] : NULL;
    }
    if (page) {
        write_first(w, &page->ip, page->port, page->failure);
    }
    for (size_t i = 0; m && i < m->n_tls; i++) {
        bool seen = page && ip_eq(&m->tls[i].ip, &page->ip) &&
                    m->tls[i].port == page->port;
        for (size_t k = 0; k < i && !seen; k++) {
            seen = m->tls[k].retried && ip_eq(&m->tls[k].ip, &m->tls[i].ip) &&
                   m->tls[k].port == m->tls[i].port;
        }
        if (m->tls[i].retried && !seen) {
            write_first(w, &m->tls[i].ip, m->tls[i].port, m->tls[i].failure);
        }
    }
    jw_obj_end(w);
}

static bool leaf_hash(struct str der, uint8_t out[SHA256_LEN])
{
    crypto_sha256(der, out);
    return true;
}

/* A hash of what each endpoint showed. */
static void write_leafs(struct jw *w, const struct measurement *m,
                        const char *key,
                        bool (*hash_of)(struct str, uint8_t[SHA256_LEN]))
{
    jw_key(w, key);
    jw_obj(w);
    for (size_t i = 0; m && i < m->n_tls; i++) {
        uint8_t hash[SHA256_LEN];
        char endpoint[56], hex[2 * SHA256_LEN + 1];
        if (m->tls[i].n_certs == 0 || tls_seen(m, i) ||
            !hash_of(m->tls[i].certs[0], hash)) {
            continue;
        }
        ip_endpoint(&m->tls[i].ip, m->tls[i].port, endpoint);
        hex_encode(hash, sizeof(hash), hex);
        jw_kc(w, endpoint, hex);
    }
    jw_obj_end(w);
}

/* What the protocol has no place for: leaf certificates and who issued them,
 * where the page was found in the end and what it was. */
static void write_ours(struct jw *w, const struct answer *a)
{
    const struct measurement *m = a->m;
    const struct obs_http *h = last_page(m);
    jw_key(w, "x_parallax");
    jw_obj(w);
    jw_kc(w, "version", PARALLAX_VERSION);
    if (h && !h->failure) {
        jw_kc(w, "final_url", h->url);
        jw_key(w, "body_sha256");
        write_hash(w, h->body);
        jw_ki(w, "body_hashed", (int64_t)h->body.len);
        write_sketch(w, h->body);
    } else if (h) {
        write_no_page(w, h);
    }
    write_firsts(w, m);
    write_leafs(w, m, "certificates", leaf_hash);
    write_leafs(w, m, "issuers", crypto_issuer_sha256);
    jw_obj_end(w);
}

int64_t control_answer_flags(const struct ip *ip)
{
    return CONTROL_ADDR_PROBE | (ip_is_bogon(ip) ? CONTROL_ADDR_BOGON : 0);
}

enum err control_answer_write(struct buf *out, const struct control_request *q,
                              const struct measurement *m,
                              const struct geo *geo)
{
    struct answer a = {.q = q, .m = m};
    collect(&a);
    struct jw w;
    jw_init(&w, out);
    jw_obj(&w);
    write_tcp(&w, m);
    write_tls(&w, m);
    jw_key(&w, "quic_handshake");
    jw_obj(&w);
    jw_obj_end(&w);
    write_page(&w, &a);
    jw_kn(&w, "http3_request");
    write_dns(&w, &a);
    write_ip_info(&w, &a, geo);
    write_ours(&w, &a);
    jw_obj_end(&w);
    return out->failed;
}
