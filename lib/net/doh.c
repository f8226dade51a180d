// SPDX-License-Identifier: Apache-2.0
/* One lookup by DoH: a GET for A and one for AAAA, at the same time, as Firefox
 * sends them (headers, subnet, padding; seen in a capture of version 153). */
#include "net/doh.h"
#include "record/failure.h"

#include "base/base64.h"
#include "base/clock.h"
#include "wire/dnsmsg.h"
#include <stdlib.h>
#include <string.h>

#define DOH_US       (4 * US_PER_S)
#define DOH_BODY_MAX ((size_t)65535)
#define DOH_PADDING  128

struct doh_part {
    struct doh_lookup *lookup;
    struct client_call *call;
    struct buf msg;
    struct dns_exchange x;
};

struct doh_lookup {
    struct lookup_request q;
    struct doh_part part[2]; /* A, AAAA */
    unsigned open;
    struct dnsreply_merge merge;
    enum err internal;
    int64_t t0, t_end;
    bool dead;
    unsigned busy;
};

static void doh_free(struct doh_lookup *l)
{
    for (size_t i = 0; i < 2; i++) {
        if (l->part[i].call) {
            client_cancel(l->part[i].call);
        }
        buf_fini(&l->part[i].msg);
    }
    free(l);
}

void doh_lookup_cancel(struct doh_lookup *l)
{
    if (!l) {
        return;
    }
    l->dead = true;
    if (l->busy == 0) {
        doh_free(l);
    }
}

static void doh_done(struct doh_lookup *l)
{
    struct lookup_result res = {
        .t0 = l->t0,
        .t = l->t_end,
        .internal = l->internal,
        .addrs = l->merge.addrs,
        .n_addrs = l->merge.n_addrs,
        .cname = l->merge.cname,
    };

    if (l->merge.n_addrs == 0) {
        res.failure =
            l->part[0].x.failure ? l->part[0].x.failure : l->part[1].x.failure;
        if (!res.failure) {
            res.failure = failure_text(FAILURE_NO_ANSWER);
        }
    }
    l->busy++;
    l->q.on_done(l->q.arg, &res);
    if (!l->dead && l->q.on_closed) {
        l->q.on_closed(l->q.arg);
    }
    l->busy--;
    doh_free(l);
}

static void on_response(void *arg, const struct client_response *res)
{
    struct doh_part *p = arg;
    struct doh_lookup *l = p->lookup;

    p->call = NULL;
    p->x.t = clock_mono_us();
    l->t_end = p->x.t;
    if (res->internal != ERR_OK) {
        l->internal = res->internal;
        p->x.failure = failure_text(FAILURE_MISBEHAVING);
    } else if (res->failure) {
        p->x.failure = region_strdup(l->q.region, res->failure);
        if (!p->x.failure) {
            l->internal = ERR_NOMEM;
        }
    } else if (res->status != 200) {
        p->x.failure = failure_text(FAILURE_MISBEHAVING);
    } else {
        p->x.raw = region_str(l->q.region, res->body);
        if (p->x.raw.len != res->body.len ||
            dnsreply_decode(l->q.region, &p->x) != ERR_OK) {
            l->internal = ERR_NOMEM;
        }
    }
    dnsreply_merge(&l->merge, &p->x);

    l->busy++;
    if (l->q.on_exchange) {
        l->q.on_exchange(l->q.arg, &p->x);
    }
    l->busy--;
    if (l->dead) {
        if (l->busy == 0) {
            doh_free(l);
        }
        return;
    }
    if (--l->open == 0) {
        doh_done(l);
    }
}

/* RFC 8484, section 6: base64 with the alphabet of URLs, without padding. */
static const char *query_url(struct region *r, const char *server,
                             struct str msg)
{
    struct buf text;
    char *url = NULL;

    buf_init(&text, 2048);
    if (base64_add(&text, msg) == ERR_OK) {
        size_t len = text.len;
        while (len > 0 && text.p[len - 1] == '=') {
            len--;
        }
        url = region_printf(r, "%s%cdns=%.*s", server,
                            strchr(server, '?') ? '&' : '?', (int)len,
                            (const char *)text.p);
    }
    buf_fini(&text);
    for (char *p = url ? url + strlen(server) : NULL; p && *p; p++) {
        *p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
    }
    return url;
}

static enum err ask(struct client *http, struct doh_part *p, uint16_t type,
                    const char *const *addrs, size_t n_addrs)
{
    static const struct client_header headers[] = {
        {"Accept", "application/dns-message"},
        {"Accept-Encoding", ""},
        {"Pragma", "no-cache"},
        {"Cache-Control", "no-cache"},
        {"TE", "trailers"},
    };
    static const struct dns_query_opts opts = {.no_subnet = true,
                                               .pad_to = DOH_PADDING};
    const struct lookup_request *q = &p->lookup->q;

    p->x = (struct dns_exchange){
        .engine = "doh", .server = q->server, .type = type};
    p->x.t0 = clock_mono_us();
    /* id 0 is what RFC 8484 asks for: the connection tells answers apart */
    enum err e = dnsmsg_query(&p->msg, 0, q->host, type, &opts);
    if (e != ERR_OK) {
        return e;
    }
    const char *url = query_url(q->region, q->server, buf_str(&p->msg));
    if (!url) {
        return ERR_NOMEM;
    }
    struct client_request req = {
        .method = "GET",
        .url = url,
        .headers = headers,
        .n_headers = sizeof(headers) / sizeof(headers[0]),
        .addrs = addrs,
        .n_addrs = n_addrs,
        .timeout_us = DOH_US,
        .max_response = DOH_BODY_MAX,
        .insecure_loopback = true,
        .nameless = true,
    };
    return client_call(http, &req, on_response, p, &p->call);
}

enum err doh_lookup_start(struct client *http, const struct lookup_request *q,
                          const char *const *addrs, size_t n_addrs,
                          struct doh_lookup **out)
{
    struct doh_lookup *l = calloc(1, sizeof(*l));
    enum err e = ERR_OK;

    if (!l) {
        return ERR_NOMEM;
    }
    l->q = *q;
    l->t0 = clock_mono_us();
    for (size_t i = 0; i < 2; i++) {
        l->part[i].lookup = l;
        buf_init(&l->part[i].msg, 1024);
    }
    for (unsigned i = 0; i < (q->only_a ? 1u : 2u) && e == ERR_OK; i++) {
        e = ask(http, &l->part[i], i == 0 ? DNS_A : DNS_AAAA, addrs, n_addrs);
        l->open++;
    }
    if (e != ERR_OK) {
        doh_free(l);
        return e;
    }
    *out = l;
    return ERR_OK;
}

/* Anycast addresses published by their operators. */
const char *const *doh_bootstrap(const char *host, size_t *n)
{
    static const char *const google[] = {"8.8.8.8", "8.8.4.4"};
    static const char *const quad9[] = {"9.9.9.9", "149.112.112.112"};
    static const char *const mozilla[] = {"172.64.41.4", "162.159.61.4"};
    static const char *const cloudflare[] = {"1.1.1.1", "1.0.0.1"};

    *n = 2;
    if (strcmp(host, "dns.google") == 0) {
        return google;
    }
    if (strcmp(host, "dns.quad9.net") == 0) {
        return quad9;
    }
    if (strcmp(host, "mozilla.cloudflare-dns.com") == 0) {
        return mozilla;
    }
    if (strcmp(host, "cloudflare-dns.com") == 0) {
        return cloudflare;
    }
    *n = 0;
    return NULL;
}
