// SPDX-License-Identifier: Apache-2.0
// The lines of world files.
#include "lines.h"

#include "builtin.h"
#include "six.h"
#include "util.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool read_addrs(struct lab_line *l, struct lab_host *h)
{
    char *w = lab_line_next(l);
    char *save = NULL;
    for (char *a = w ? strtok_r(w, ",", &save) : NULL; a;
         a = strtok_r(NULL, ",", &save)) {
        uint32_t addr = 0;
        if (!lab_line_place(l, a, &addr)) {
            return false;
        }
        for (int i = 0; i < h->addrs; i++) {
            if (h->addr[i] == addr) {
                return lab_line_fail(l, "%s twice", a);
            }
        }
        if (h->addrs == LAB_MAX_ADDRS) {
            return lab_line_fail(l, "more than %d addresses", LAB_MAX_ADDRS);
        }
        h->addr[h->addrs++] = addr;
    }
    return h->addrs || lab_line_fail(l, "the address is missing");
}

static bool read_ports(struct lab_line *l, struct lab_host *h)
{
    char *w = lab_line_next(l);
    char *save = NULL;
    h->ports = 0;
    for (char *p = w ? strtok_r(w, ",", &save) : NULL; p;
         p = strtok_r(NULL, ",", &save)) {
        char *end;
        unsigned long v = strtoul(p, &end, 10);
        if (*end || !v || v > 65535 || h->ports == LAB_MAX_ADDRS) {
            return lab_line_fail(l, "\"%s\" is not a port", p);
        }
        h->port[h->ports++] = (struct lab_port){.port = (uint16_t)v,
                                                .tls = v == 443 || v == 8443};
    }
    return h->ports || lab_line_fail(l, "the ports are missing");
}

static void asn_add(struct lab_conf *c, uint32_t addr, int prefix, uint32_t asn,
                    const char *org, const char *cc)
{
    c->asn = lab_grow(c->asn, c->asns, &c->asns_cap, sizeof(*c->asn));
    struct lab_asn *a = &c->asn[c->asns++];
    *a = (struct lab_asn){
        .addr = addr, .prefix = prefix, .asn = asn, .org = lab_strdup(org)};
    snprintf(a->cc, sizeof(a->cc), "%s", cc);
}

static bool is_cc(const char *w)
{
    return w && strlen(w) == 2 && strspn(w, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 2;
}

struct network {
    long asn; // 0: not said
    const char *org;
    const char *cc;
};

static bool read_asn(struct lab_line *l, struct network *n)
{
    if (!lab_line_int(l, "asn", 1, 4294967295, &n->asn)) {
        return false;
    }
    n->org = lab_line_next(l);
    if (!n->org) {
        return lab_line_fail(l, "asn: the organisation is missing");
    }
    n->cc = "";
    if (lab_line_is(l, "cc")) {
        n->cc = lab_line_next(l);
        if (!is_cc(n->cc)) {
            return lab_line_fail(l, "cc: \"%s\" is not a country's code",
                                 n->cc ? n->cc : "");
        }
    }
    return true;
}

static void network_add(struct lab_conf *c, const struct lab_host *h,
                        const struct network *n)
{
    for (int i = 0; n->asn && i < h->addrs; i++) {
        asn_add(c, h->addr[i], 32, (uint32_t)n->asn, n->org, n->cc);
    }
    for (int i = 0; n->asn && i < h->regions; i++) {
        asn_add(c, h->region[i].addr, 32, (uint32_t)n->asn, n->org, n->cc);
    }
}

// region NAME=ADDR: NAME is who asks, a resolver's kind or a country.
static bool read_region(struct lab_line *l, struct lab_host *h)
{
    char *w = lab_line_next(l);
    char *value = w ? strchr(w, '=') : NULL;
    struct lab_region r = {0};
    if (!value) {
        return lab_line_fail(l, "region: \"NAME=ADDR\" is missing");
    }
    *value++ = 0;
    r.zones = !strcmp(w, "isp")       ? LAB_ZONE_ISP
              : !strcmp(w, "public")  ? LAB_ZONE_PUBLIC
              : !strcmp(w, "control") ? LAB_ZONE_CONTROL
                                      : 0;
    if (!r.zones && !is_cc(w)) {
        return lab_line_fail(
            l, "region: \"%s\" is not isp, public, control or a country", w);
    }
    if (!lab_line_place(l, value, &r.addr)) {
        return false;
    }
    if (h->regions == LAB_MAX_ADDRS) {
        return lab_line_fail(l, "more than %d regions", LAB_MAX_ADDRS);
    }
    snprintf(r.cc, sizeof(r.cc), "%s", r.zones ? "" : w);
    h->region[h->regions++] = r;
    return true;
}

static bool read_host(struct lab_line *l)
{
    char *names = lab_line_next(l);
    struct lab_host like = {.ports = 2, .port = {{80, false}, {443, true}}};
    if (!names || !read_addrs(l, &like)) {
        return names ? false : lab_line_fail(l, "the name is missing");
    }
    struct network network = {0};
    while (lab_line_peek(l)) {
        bool ok;
        if (lab_line_option(l, "port")) {
            ok = read_ports(l, &like);
        } else if (lab_line_option(l, "asn")) {
            ok = read_asn(l, &network);
        } else if (lab_line_is(l, "region")) {
            ok = read_region(l, &like);
        } else {
            ok = lab_line_end(l);
        }
        if (!ok) {
            return false;
        }
    }
    network_add(l->conf, &like, &network);
    char *save = NULL;
    for (char *n = strtok_r(names, ",", &save); n;
         n = strtok_r(NULL, ",", &save)) {
        struct lab_line one = {
            .conf = l->conf, .where = l->where, .word = {n}, .words = 1};
        char *name = NULL;
        if (!lab_line_name(&one, &name)) {
            return false;
        }
        if (name[0] == '*') {
            return lab_line_fail(l, "a host needs an exact name");
        }
        // What was read first counts: given files come before our own.
        const struct lab_host *old = lab_host_find(l->conf, name);
        if (old && old->origin == l->conf->origin) {
            return lab_line_fail(l, "%s is there already", name);
        }
        if (!old) {
            struct lab_host *h = lab_host_add(l->conf, name);
            if (!l->conf->origin) {
                h->where = l->where;
            }
            memcpy(h->addr, like.addr, sizeof(h->addr));
            memcpy(h->port, like.port, sizeof(h->port));
            memcpy(h->region, like.region, sizeof(h->region));
            h->regions = like.regions;
            h->addrs = like.addrs;
            h->ports = like.ports;
        }
        free(name);
    }
    return true;
}

static struct lab_reply *reply_add(struct lab_line *l)
{
    struct lab_conf *c = l->conf;
    c->reply =
        lab_grow(c->reply, c->replies, &c->replies_cap, sizeof(*c->reply));
    struct lab_reply *r = &c->reply[c->replies];
    *r = (struct lab_reply){
        .where = l->where, .origin = c->origin, .id = (int)c->replies};
    c->replies++;
    return r;
}

static bool read_header(struct lab_line *l, struct lab_reply *r)
{
    char *w = lab_line_next(l);
    char *colon = w ? strchr(w, ':') : NULL;
    if (!colon || colon == w || w[strcspn(w, "\\$\r\n")]) {
        return lab_line_fail(l, "header: \"Key: value\" is missing");
    }
    *colon++ = 0;
    colon += strspn(colon, " ");
    if (strcasecmp(w, "Location") == 0) {
        r->redirect = lab_strdup(colon);
        return true;
    }
    r->header = reallocarray(r->header, r->headers + 1, sizeof(char *));
    if (!r->header) {
        lab_fail("out of memory");
    }
    // As nginx writes a string.
    struct lab_str out = {0};
    lab_str_fmt(&out, "%s \"", w);
    for (; *colon; colon++) {
        lab_str_fmt(&out, "%s%c", *colon == '"' ? "\\" : "", *colon);
    }
    lab_str_puts(&out, "\"");
    r->header[r->headers++] = out.p;
    return true;
}

static bool read_path(struct lab_line *l, struct lab_reply *r)
{
    const char *w = lab_line_next(l);
    size_t star = w ? strcspn(w, "*") : 0;
    if (!w || (w[0] != '/' && strcmp(w, "*") != 0) ||
        w[strcspn(w, " \"\\${};")] || (w[star] && w[star + 1])) {
        return lab_line_fail(l, "\"%s\" is not a path", w ? w : "");
    }
    r->path = lab_strdup(w);
    return true;
}

static bool read_content(struct lab_line *l, struct lab_reply *r)
{
    const char *w = lab_line_peek(l);
    const char *own = w ? lab_builtin_file(w) : NULL;
    if (own) {
        lab_line_next(l);
        r->body = lab_strdup(own);
        r->body_len = strlen(own);
        return true;
    }
    return lab_line_content(l, &r->body, &r->body_len);
}

// Random bytes, so that nothing on the way can make them fewer.
static void random_body(struct lab_reply *r, size_t size)
{
    uint64_t state = lab_hash(r->host, strlen(r->host));
    r->body = lab_alloc(size + 8, 1);
    r->body_len = size;
    for (size_t i = 0; i < size; i += 8) {
        uint64_t v = lab_rand(&state);
        memcpy(r->body + i, &v, 8);
    }
}

bool lab_world_page(struct lab_line *l)
{
    struct lab_reply *r = reply_add(l);
    long status = 0;
    if (!lab_line_name(l, &r->host) || !read_path(l, r)) {
        return false;
    }
    if (lab_line_is(l, "proxy")) {
        r->proxy = lab_line_is(l, "collector") ? LAB_PROXY_COLLECTOR
                   : lab_line_is(l, "control") ? LAB_PROXY_CONTROL
                                               : LAB_PROXY_NONE;
        return r->proxy || lab_line_fail(l, "proxy: collector or control");
    }
    if (!lab_line_int(l, "status", 200, 599, &status)) {
        return false;
    }
    r->status = (int)status;
    while (lab_line_peek(l)) {
        bool ok = true;
        int64_t size = 0;
        if (lab_line_option(l, "size")) {
            ok = lab_line_bytes(l, NULL, &size);
            if (ok) {
                random_body(r, (size_t)size);
            }
        } else if (lab_line_option(l, "redirect")) {
            const char *url = lab_line_next(l);
            ok = url || lab_line_fail(l, "redirect: the URL is missing");
            r->redirect = url ? lab_strdup(url) : NULL;
        } else if (lab_line_is(l, "header")) {
            ok = read_header(l, r);
        } else if (!r->body) {
            ok = read_content(l, r);
        } else {
            ok = lab_line_end(l);
        }
        if (!ok) {
            return false;
        }
    }
    return true;
}

static bool read_serve_word(struct lab_line *l, struct lab_reply *r)
{
    long status = 0;
    int64_t v = 0;
    if (lab_line_option(l, "status")) {
        if (!lab_line_int(l, "status", 200, 599, &status)) {
            return false;
        }
        r->status = (int)status;
    } else if (lab_line_option(l, "file")) {
        return read_content(l, r);
    } else if (lab_line_is(l, "header")) {
        return read_header(l, r);
    } else if (lab_line_option(l, "slow")) {
        return lab_line_bytes(l, "/s", &r->rate);
    } else if (r->odd) {
        return lab_line_end(l);
    } else if (lab_line_is(l, "endless")) {
        r->odd = LAB_ODD_ENDLESS;
    } else if (lab_line_is(l, "close-early")) {
        r->odd = LAB_ODD_CLOSE_EARLY;
    } else if (lab_line_is(l, "headers")) {
        r->odd = LAB_ODD_HEADERS;
        if (!lab_line_bytes(l, NULL, &v)) {
            return false;
        }
        r->odd_size = (size_t)v;
    } else {
        return lab_line_end(l);
    }
    return true;
}

// What is endless, cut short or all headers has a status and nothing else.
static bool serve_agrees(struct lab_line *l, const struct lab_reply *r)
{
    if (r->odd && (r->body || r->headers || r->redirect || r->rate)) {
        return lab_line_fail(l, "serve: endless, close-early and headers go "
                                "with a status only");
    }
    return !r->redirect || (r->status >= 300 && r->status < 400) ||
           lab_line_fail(l, "a Location header needs a status of 3xx");
}

static bool read_serve(struct lab_line *l)
{
    struct lab_reply *r = reply_add(l);
    r->serve = true;
    if (!lab_line_name(l, &r->host)) {
        return false;
    }
    const char *next = lab_line_peek(l);
    if (next && (next[0] == '/' || next[0] == '*') && !read_path(l, r)) {
        return false;
    }
    if (lab_line_is(l, "to")) {
        if (!lab_line_is(l, "client")) {
            return lab_line_fail(l, "serve: \"to client\"");
        }
        r->to_client = true;
    }
    if (!lab_line_peek(l)) {
        return lab_line_fail(l, "serve: what to serve is missing");
    }
    while (lab_line_peek(l)) {
        if (!read_serve_word(l, r)) {
            return false;
        }
    }
    if ((r->body || r->headers) && !r->status) {
        r->status = 200;
    }
    return serve_agrees(l, r);
}

static bool read_cert(struct lab_line *l)
{
    static const char *const word[] = {"ok", "expired", "wrong-name",
                                       "untrusted", "self-signed"};
    struct lab_conf *c = l->conf;
    struct lab_cert_line line = {.where = l->where, .origin = c->origin};
    if (!lab_line_name(l, &line.name)) {
        return false;
    }
    for (size_t i = 0; i < c->certs; i++) {
        if (c->cert[i].origin == c->origin &&
            strcmp(c->cert[i].name, line.name) == 0) {
            return lab_line_fail(l, "%s has its certificate already at %s:%d",
                                 line.name, c->cert[i].where.file,
                                 c->cert[i].where.line);
        }
    }
    for (int i = 0; i <= LAB_CERT_SELF_SIGNED; i++) {
        if (lab_line_is(l, word[i])) {
            line.cert = (enum lab_cert)i;
            c->cert =
                lab_grow(c->cert, c->certs, &c->certs_cap, sizeof(*c->cert));
            c->cert[c->certs++] = line;
            return true;
        }
    }
    return lab_line_fail(l, "cert: ok, expired, wrong-name, untrusted or "
                            "self-signed");
}

// A pattern, because the hosts of a list come after the lines.
static bool read_tls(struct lab_line *l)
{
    struct lab_conf *c = l->conf;
    char *name = NULL;
    if (!lab_line_name(l, &name)) {
        return false;
    }
    if (!lab_line_is(l, "1.2")) {
        return lab_line_fail(l, "tls: 1.2");
    }
    c->tls12 = lab_grow(c->tls12, c->tls12s, &c->tls12_cap, sizeof(char *));
    c->tls12[c->tls12s++] = name;
    return true;
}

static bool read_resolver(struct lab_line *l)
{
    struct lab_conf *c = l->conf;
    if (lab_line_is(l, "isp")) {
        const char *next = lab_line_peek(l);
        struct in_addr a;
        if (!next || inet_pton(AF_INET, next, &a) != 1) {
            return lab_scenario_resolver(l);
        }
        if (c->isp_resolver && c->origin) {
            lab_line_next(l); // a given file has said it
            return true;
        }
        return lab_line_once(l, LAB_SET_ISP, "the ISP's resolver") &&
               lab_line_place(l, NULL, &c->isp_resolver);
    }
    if (!lab_line_is(l, "public")) {
        return lab_line_fail(l, "resolver: isp or public is missing");
    }
    struct lab_resolver r = {.origin = c->origin};
    if (!c->origin) {
        r.where = l->where;
    }
    if (!lab_line_place(l, NULL, &r.addr) ||
        (lab_line_is(l, "doh") && !lab_line_name(l, &r.doh))) {
        return false;
    }
    for (size_t i = 0; i < c->resolvers; i++) {
        if (c->resolver[i].addr == r.addr) {
            return c->resolver[i].origin != c->origin ||
                   lab_line_fail(l, "this resolver is there already");
        }
    }
    c->resolver = lab_grow(c->resolver, c->resolvers, &c->resolvers_cap,
                           sizeof(*c->resolver));
    c->resolver[c->resolvers++] = r;
    return true;
}

static bool read_route(struct lab_line *l)
{
    long n = 0;
    uint32_t addr = 0;
    if (!lab_line_int(l, "route", 1, LAB_HOPS, &n) ||
        !lab_line_place(l, NULL, &addr)) {
        return false;
    }
    struct lab_router *r = &l->conf->router[n];
    bool silent = lab_line_is(l, "silent");
    if (!r->addr) {
        r->addr = addr;
        r->origin = l->conf->origin;
        r->silent = r->silent || silent;
    } else if (r->origin == l->conf->origin) {
        return lab_line_fail(l, "router %ld has its address already", n);
    }
    return true;
}

// [v6 ADDR | v6 unrouted]
static bool read_v6(struct lab_line *l, struct lab_volunteer *v)
{
    if (!lab_line_is(l, "v6")) {
        return true;
    }
    if (lab_line_is(l, "unrouted")) {
        v->v6 = LAB_V6_UNROUTED;
        return true;
    }
    const char *w = lab_line_next(l);
    v->v6 = LAB_V6_ON;
    v->addr6_given = true;
    if (!w || inet_pton(AF_INET6, w, v->addr6) != 1 ||
        (v->addr6[0] & 0xe0) != 0x20 || lab_six_is_site(v->addr6)) {
        return lab_line_fail(
            l, "v6: \"%s\" is not a volunteer's IPv6 address, or unrouted",
            w ? w : "");
    }
    return true;
}

static bool read_volunteer(struct lab_line *l)
{
    struct lab_conf *c = l->conf;
    uint32_t addr = 0;
    long asn = 0;
    if (!lab_line_place(l, NULL, &addr)) {
        return false;
    }
    if (!lab_line_is(l, "asn") ||
        !lab_line_int(l, "asn", 1, 4294967295, &asn)) {
        return lab_line_fail(l, "volunteer ADDR asn N cc CC");
    }
    const char *cc = lab_line_is(l, "cc") ? lab_line_next(l) : NULL;
    if (!is_cc(cc)) {
        return lab_line_fail(l, "volunteer ADDR asn N cc CC");
    }
    for (int i = 0; i < c->volunteers; i++) {
        if (c->volunteer[i].addr == addr) {
            return lab_line_fail(l, "this volunteer is there already");
        }
    }
    if (c->volunteers == LAB_MAX_VOLUNTEERS) {
        return lab_line_fail(l, "more than %d volunteers", LAB_MAX_VOLUNTEERS);
    }
    struct lab_volunteer *v = lab_volunteer_add(c, addr, (uint32_t)asn, cc);
    v->where = l->where;
    if (!read_v6(l, v)) {
        return false;
    }
    for (int i = 0; v->addr6_given && i < c->volunteers - 1; i++) {
        if (c->volunteer[i].addr6_given &&
            memcmp(c->volunteer[i].addr6, v->addr6, 16) == 0) {
            return lab_line_fail(l, "another volunteer has this IPv6 address");
        }
    }
    return true;
}

const struct lab_directive lab_world_directives[] = {
    {"host", read_host},           {"serve", read_serve},
    {"cert", read_cert},           {"tls", read_tls},
    {"resolver", read_resolver},   {"route", read_route},
    {"volunteer", read_volunteer}, {NULL, NULL},
};
