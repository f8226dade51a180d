// SPDX-License-Identifier: Apache-2.0
// The lines of world files, and the world as a whole once all is read.
#include "lines.h"

#include "builtin.h"
#include "six.h"
#include "util.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool lab_name_match(const char *pattern, const char *name)
{
    if (pattern[0] == '*' && !pattern[1]) {
        return true;
    }
    if (pattern[0] == '*' && pattern[1] == '.') {
        size_t tail = strlen(pattern + 1);
        size_t len = strlen(name);
        return len > tail && strcasecmp(name + len - tail, pattern + 1) == 0;
    }
    return strcasecmp(pattern, name) == 0;
}

struct lab_host *lab_host_find(const struct lab_conf *c, const char *name)
{
    for (size_t i = 0; i < c->hosts; i++) {
        if (strcmp(c->host[i].name, name) == 0) {
            return &c->host[i];
        }
    }
    return NULL;
}

struct lab_host *lab_host_add(struct lab_conf *c, const char *name)
{
    c->host = lab_grow(c->host, c->hosts, &c->hosts_cap, sizeof(*c->host));
    struct lab_host *h = &c->host[c->hosts++];
    struct in_addr a;
    *h = (struct lab_host){.name = lab_strdup(name),
                           .origin = c->origin,
                           .own = true,
                           .no_dns = inet_pton(AF_INET, name, &a) == 1};
    return h;
}

bool lab_host_has_tls(const struct lab_host *h)
{
    for (int i = 0; i < h->ports; i++) {
        if (h->port[i].tls) {
            return true;
        }
    }
    return false;
}

static bool read_addrs(struct lab_line *l, struct lab_host *h)
{
    char *w = lab_line_next(l);
    char *save = NULL;
    for (char *a = w ? strtok_r(w, ",", &save) : NULL; a;
         a = strtok_r(NULL, ",", &save)) {
        struct in_addr in;
        if (inet_pton(AF_INET, a, &in) != 1) {
            return lab_line_fail(l, "\"%s\" is not an IPv4 address", a);
        }
        if (h->addrs == LAB_MAX_ADDRS) {
            return lab_line_fail(l, "more than %d addresses", LAB_MAX_ADDRS);
        }
        h->addr[h->addrs++] = in.s_addr;
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
    struct in_addr in;
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
    if (inet_pton(AF_INET, value, &in) != 1) {
        return lab_line_fail(l, "\"%s\" is not an IPv4 address", value);
    }
    if (h->regions == LAB_MAX_ADDRS) {
        return lab_line_fail(l, "more than %d regions", LAB_MAX_ADDRS);
    }
    r.addr = in.s_addr;
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
        if (lab_line_is(l, "port")) {
            ok = read_ports(l, &like);
        } else if (lab_line_is(l, "asn")) {
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
        if (lab_line_is(l, "size")) {
            ok = lab_line_bytes(l, NULL, &size);
            if (ok) {
                random_body(r, (size_t)size);
            }
        } else if (lab_line_is(l, "redirect")) {
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
    if (lab_line_is(l, "status")) {
        if (!lab_line_int(l, "status", 200, 599, &status)) {
            return false;
        }
        r->status = (int)status;
    } else if (lab_line_is(l, "file")) {
        return read_content(l, r);
    } else if (lab_line_is(l, "header")) {
        return read_header(l, r);
    } else if (lab_line_is(l, "slow")) {
        return lab_line_bytes(l, "/s", &r->rate);
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
    return !r->redirect || (r->status >= 300 && r->status < 400) ||
           lab_line_fail(l, "a Location header needs a status of 3xx");
}

static bool read_cert(struct lab_line *l)
{
    static const char *const word[] = {"ok", "expired", "wrong-name",
                                       "untrusted", "self-signed"};
    char *name = NULL;
    if (!lab_line_name(l, &name)) {
        return false;
    }
    const char *kind = lab_line_next(l);
    for (int i = 0; kind && i <= LAB_CERT_SELF_SIGNED; i++) {
        if (strcmp(kind, word[i]) == 0) {
            // Certificates of hosts of a list are named before the list is
            // read: such a line makes no host, lab_conf_finish looks.
            struct lab_host *h = lab_host_find(l->conf, name);
            if (h && h->origin == l->conf->origin) {
                h->cert = (enum lab_cert)i;
            } else if (!h) {
                return lab_line_fail(l, "no host %s before this line", name);
            }
            free(name);
            return true;
        }
    }
    return lab_line_fail(l, "cert: ok, expired, wrong-name, untrusted or "
                            "self-signed");
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
        uint32_t addr = 0;
        bool ok = lab_line_addr(l, &addr);
        if (!c->isp_resolver) {
            c->isp_resolver = addr;
        }
        return ok;
    }
    if (!lab_line_is(l, "public")) {
        return lab_line_fail(l, "resolver: isp or public is missing");
    }
    struct lab_resolver r = {.origin = c->origin};
    if (!lab_line_addr(l, &r.addr) ||
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
        !lab_line_addr(l, &addr)) {
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

static struct lab_volunteer *volunteer_add(struct lab_conf *c, uint32_t addr,
                                           uint32_t asn, const char *cc)
{
    // 100.64.N.7: carriers' own address space, which no host may have.
    uint32_t shadow = 0x64400007u + (uint32_t)c->volunteers * 256;
    struct lab_volunteer *v = &c->volunteer[c->volunteers++];
    uint32_t net = ntohl(addr) & ~0xffu;
    uint32_t gateway = net + 1 == ntohl(addr) ? net + 254 : net + 1;
    *v = (struct lab_volunteer){
        .addr = addr, .gateway = htonl(gateway), .asn = asn};
    v->shadow = htonl(shadow);
    snprintf(v->cc, sizeof(v->cc), "%s", cc);
    return v;
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
    if (!lab_line_addr(l, &addr)) {
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
    struct lab_volunteer *v = volunteer_add(c, addr, (uint32_t)asn, cc);
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
    {"host", read_host},   {"serve", read_serve},
    {"cert", read_cert},   {"resolver", read_resolver},
    {"route", read_route}, {"volunteer", read_volunteer},
    {NULL, NULL},
};

void lab_conf_init(struct lab_conf *c)
{
    *c = (struct lab_conf){.rtt_us = 4000,
                           .hop = 2,
                           .down_at_us = -1,
                           .first = 0x2d400001,
                           .last = 0x2d400000};
}

static bool rule_check(struct lab_conf *c, const struct lab_rule *r)
{
    bool must_stop = r->act == LAB_DROP || r->act == LAB_THROTTLE ||
                     r->act == LAB_FREEZE || r->act == LAB_DELAY ||
                     r->act == LAB_MITM || r->act == LAB_PORTAL;
    if (c->on_path && must_stop) {
        snprintf(c->error, sizeof(c->error),
                 "%s:%d: a censor on the path cannot stop packets (on-path "
                 "at %s:%d)",
                 r->where.file, r->where.line, c->on_path_at.file,
                 c->on_path_at.line);
        return false;
    }
    return true;
}

static bool reply_check(struct lab_conf *c, const struct lab_reply *r)
{
    bool known = false;
    for (size_t i = 0; i < c->hosts; i++) {
        if (lab_name_match(r->host, c->host[i].name)) {
            known = true;
            c->host[i].own = true;
        }
    }
    if (!known && r->host[0] != '*') {
        snprintf(c->error, sizeof(c->error), "%s:%d: no host %s", r->where.file,
                 r->where.line, r->host);
    }
    return known || r->host[0] == '*';
}

static void v6_default(const struct lab_conf *c, struct lab_volunteer *v)
{
    if (v->v6 == LAB_V6_UNSAID) {
        v->v6 = c->v6 == LAB_V6_UNSAID ? LAB_V6_OFF : c->v6;
    }
    if (!v->addr6_given) {
        lab_six_volunteer(v->addr, v->addr6);
    }
}

static bool v6_finish(struct lab_conf *c)
{
    for (int i = 0; i < c->volunteers; i++) {
        struct lab_volunteer *v = &c->volunteer[i];
        if (c->v6 == LAB_V6_NAT64 && v->v6 != LAB_V6_UNSAID) {
            snprintf(c->error, sizeof(c->error),
                     "%s:%d: with ipv6 nat64 no volunteer has a v6 of its own",
                     c->v6_at.file, c->v6_at.line);
            return false;
        }
        v6_default(c, v);
    }
    return true;
}

bool lab_conf_finish(struct lab_conf *c)
{
    c->origin = 1;
    if (!lab_lines_text(c, "built-in world", ".", lab_builtin_world)) {
        return false;
    }
    if (!c->volunteers) {
        volunteer_add(c, inet_addr("130.192.91.211"), 137, "IT");
    }
    if (!v6_finish(c)) {
        return false;
    }
    for (size_t i = 0; i < c->rules; i++) {
        struct lab_rule *r = &c->rule[i];
        if (r->on == LAB_ON_IP && !r->addr) {
            r->addr = c->isp_resolver;
        }
        if (!rule_check(c, r)) {
            return false;
        }
    }
    return true;
}

void lab_conf_volunteers(struct lab_conf *c, int n)
{
    // More of the networks there are, each in a /24 of its own.
    int given = c->volunteers;
    for (int i = given; i < n; i++) {
        const struct lab_volunteer like = c->volunteer[i % given];
        uint32_t addr = 0x97180007u + (uint32_t)i * 256; // 151.24.i.7
        struct lab_volunteer *v =
            volunteer_add(c, htonl(addr), like.asn, like.cc);
        v->v6 = like.v6;
        v6_default(c, v);
    }
    c->volunteers = n;
}

bool lab_conf_check_replies(struct lab_conf *c)
{
    for (size_t i = 0; i < c->replies; i++) {
        if (!reply_check(c, &c->reply[i])) {
            return false;
        }
    }
    return true;
}
