// SPDX-License-Identifier: Apache-2.0
// The world as a whole, once all is read.
#include "conf.h"

#include "builtin.h"
#include "lines.h"
#include "netns.h"
#include "six.h"
#include "util.h"
#include "web.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// What volunteers' IPv6 packets come from in the world: 100.64.N.7, carriers'
// own address space.
#define FIRST_SHADOW 0x64400007u

__attribute__((format(printf, 3, 4))) static bool
wrong(struct lab_conf *c, const struct lab_where *w, const char *fmt, ...)
{
    struct lab_line l = {.conf = c, .where = *w};
    char words[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(words, sizeof(words), fmt, ap);
    va_end(ap);
    return lab_line_fail(&l, "%s", words);
}

const char *lab_addr_wrong(uint32_t addr)
{
    uint32_t a = ntohl(addr);
    uint32_t shadow = a - FIRST_SHADOW;
    if (a >> 24 == 127) {
        return "every machine's own address";
    }
    if (a >> 24 == 0 || a >> 28 >= 14) {
        return "not one machine's address";
    }
    if (a >> 8 == ntohl(inet_addr(LAB_WORLD_END)) >> 8 ||
        addr == inet_addr(LAB_PROXY_ADDR) ||
        (shadow % 256 == 0 && shadow / 256 < LAB_MAX_VOLUNTEERS)) {
        return "the lab's own address";
    }
    return NULL;
}

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

bool lab_exec_has(const struct lab_conf *c, uint32_t addr, uint16_t port)
{
    for (size_t i = 0; i < c->execs; i++) {
        for (int p = 0; c->exec[i].addr == addr && p < c->exec[i].ports; p++) {
            if (c->exec[i].port[p] == port) {
                return true;
            }
        }
    }
    return false;
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

struct lab_volunteer *lab_volunteer_add(struct lab_conf *c, uint32_t addr,
                                        uint32_t asn, const char *cc)
{
    uint32_t shadow = FIRST_SHADOW + (uint32_t)c->volunteers * 256;
    struct lab_volunteer *v = &c->volunteer[c->volunteers++];
    uint32_t net = ntohl(addr) & ~0xffu;
    uint32_t gateway = net + 1 == ntohl(addr) ? net + 254 : net + 1;
    *v = (struct lab_volunteer){
        .addr = addr, .gateway = htonl(gateway), .asn = asn};
    v->shadow = htonl(shadow);
    snprintf(v->cc, sizeof(v->cc), "%s", cc);
    return v;
}

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
    const struct lab_where *on_path = &c->said[LAB_SET_ON_PATH];
    bool must_stop = r->act == LAB_DROP || r->act == LAB_THROTTLE ||
                     r->act == LAB_FREEZE || r->act == LAB_DELAY ||
                     r->act == LAB_MITM || r->act == LAB_PORTAL;
    return !c->on_path || !must_stop ||
           wrong(c, &r->where,
                 "a censor on the path cannot stop packets (on-path at %s:%d)",
                 on_path->file, on_path->line);
}

static void v6_default(const struct lab_conf *c, struct lab_volunteer *v)
{
    if (v->v6 == LAB_V6_UNSAID) {
        v->v6 = c->v6 != LAB_V6_UNSAID ? c->v6
                : c->nat64_bits        ? LAB_V6_NAT64
                                       : LAB_V6_OFF;
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
            return wrong(c, &c->said[LAB_SET_IPV6],
                         "with ipv6 nat64 no volunteer has a v6 of its own");
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
        lab_volunteer_add(c, inet_addr("130.192.91.211"), 137, "IT");
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

// Who would answer in the place of `v`, or of the router it sends through.
static bool in_place(const struct lab_volunteer *v, uint32_t addr)
{
    return v->addr == addr || v->gateway == addr;
}

// `at`: where the server was given; of two places a given one is named.
static bool server_check(struct lab_conf *c, const struct lab_where *at,
                         uint32_t addr)
{
    for (int i = 0; i < c->volunteers; i++) {
        const struct lab_volunteer *v = &c->volunteer[i];
        char text[16];
        if (in_place(v, addr)) {
            return wrong(c, at->file ? at : &v->where,
                         "%s is a server's address and %s's",
                         lab_addr(addr, text),
                         v->addr == addr ? "a volunteer" : "a gateway");
        }
    }
    return true;
}

// No server and no other volunteer is where a volunteer is.
static bool places_check(struct lab_conf *c)
{
    bool ok = server_check(c, &c->said[LAB_SET_ISP], c->isp_resolver);
    for (size_t i = 0; ok && i < c->resolvers; i++) {
        ok = server_check(c, &c->resolver[i].where, c->resolver[i].addr);
    }
    for (size_t i = 0; ok && i < c->hosts; i++) {
        const struct lab_host *h = &c->host[i];
        for (int j = 0; ok && j < h->addrs; j++) {
            ok = server_check(c, &h->where, h->addr[j]);
        }
        for (int j = 0; ok && j < h->regions; j++) {
            ok = server_check(c, &h->where, h->region[j].addr);
        }
    }
    for (size_t i = 0; ok && i < c->execs; i++) {
        ok = server_check(c, &c->exec[i].where, c->exec[i].addr);
    }
    for (int i = 0; ok && i < c->volunteers; i++) {
        for (int j = 0; ok && j < c->volunteers; j++) {
            ok = c->volunteer[i].addr != c->volunteer[j].gateway ||
                 wrong(c, &c->volunteer[i].where,
                       "another volunteer's gateway is there");
        }
    }
    return ok;
}

// Which resolver listens there already; NULL: none, the ISP's has `*isp`.
static const struct lab_resolver *
listens(const struct lab_conf *c, uint32_t addr, uint16_t port, bool *isp)
{
    *isp = addr == c->isp_resolver && port == 53;
    for (size_t i = 0; i < c->resolvers; i++) {
        const struct lab_resolver *r = &c->resolver[i];
        if (r->addr == addr && (port == 53 || (r->doh && port == 443))) {
            return r;
        }
    }
    return NULL;
}

static bool port_free(struct lab_conf *c, struct lab_host *h, uint32_t addr,
                      uint16_t port)
{
    bool isp = false;
    const struct lab_resolver *r = listens(c, addr, port, &isp);
    char text[16];
    return (!r && !isp) || wrong(c,
                                 h->where.file ? &h->where
                                 : r           ? &r->where
                                               : &c->said[LAB_SET_ISP],
                                 "%s:%u is a resolver's and %s's",
                                 lab_addr(addr, text), port, h->name);
}

// A list's host leaves a resolver its port; a given one must not want it.
static bool ports_check(struct lab_conf *c, struct lab_host *h)
{
    bool isp = false;
    int n = 0;
    for (int p = 0; p < h->ports; p++) {
        uint16_t port = h->port[p].port;
        if (h->listed && (listens(c, h->addr[0], port, &isp) || isp)) {
            continue;
        }
        for (int i = 0; i < h->addrs; i++) {
            if (!port_free(c, h, h->addr[i], port)) {
                return false;
            }
        }
        for (int i = 0; i < h->regions; i++) {
            if (!port_free(c, h, h->region[i].addr, port)) {
                return false;
            }
        }
        h->port[n++] = h->port[p];
    }
    h->ports = n;
    return true;
}

static bool taken(const struct lab_conf *c, uint32_t addr)
{
    for (int i = 0; i < c->volunteers; i++) {
        if (in_place(&c->volunteer[i], addr)) {
            return true;
        }
    }
    for (size_t i = 0; i < c->resolvers; i++) {
        if (c->resolver[i].addr == addr) {
            return true;
        }
    }
    for (size_t i = 0; i < c->hosts; i++) {
        for (int j = 0; j < LAB_MAX_ADDRS; j++) {
            if (c->host[i].addr[j] == addr ||
                c->host[i].region[j].addr == addr) {
                return true;
            }
        }
    }
    for (size_t i = 0; i < c->execs; i++) {
        if (c->exec[i].addr == addr) {
            return true;
        }
    }
    return c->isp_resolver == addr;
}

void lab_conf_volunteers(struct lab_conf *c, int n)
{
    // More of the networks there are, each in a /24 of its own.
    int given = c->volunteers;
    uint32_t addr = 0x97180007u + (uint32_t)given * 256; // 151.24.i.7
    for (int i = given; i < n; i++, addr += 256) {
        while (taken(c, htonl(addr)) || taken(c, htonl(addr - 6))) {
            addr += 256;
        }
        const struct lab_volunteer like = c->volunteer[i % given];
        struct lab_volunteer *v =
            lab_volunteer_add(c, htonl(addr), like.asn, like.cc);
        v->v6 = like.v6;
        v6_default(c, v);
    }
    c->volunteers = n;
}

static bool reply_settle(struct lab_conf *c, const struct lab_reply *r)
{
    bool known = false;
    for (size_t i = 0; i < c->hosts; i++) {
        if (lab_name_match(r->host, c->host[i].name)) {
            known = true;
            c->host[i].own = true;
        }
    }
    return known || r->host[0] == '*' ||
           wrong(c, &r->where, "no host %s", r->host);
}

// The first line that means a host counts; the built-in ones are not about
// hosts that a given file defines.
static bool cert_settle(struct lab_conf *c, const struct lab_cert_line *line)
{
    bool known = false;
    for (size_t i = 0; i < c->hosts; i++) {
        struct lab_host *h = &c->host[i];
        if (!lab_name_match(line->name, h->name)) {
            continue;
        }
        known = true;
        if (!h->cert_said && !(line->origin == 1 && h->origin == 0)) {
            h->cert = line->cert;
            h->cert_said = true;
        }
    }
    return known || line->name[0] == '*' ||
           wrong(c, &line->where, "no host %s", line->name);
}

// A program may not want a resolver's port; a host leaves it the others.
static bool exec_check(struct lab_conf *c, const struct lab_exec *e)
{
    for (int p = 0; p < e->ports; p++) {
        bool isp = false;
        char text[16];
        if (listens(c, e->addr, e->port[p], &isp) || isp) {
            return wrong(c, &e->where, "%s:%u is a resolver's",
                         lab_addr(e->addr, text), e->port[p]);
        }
    }
    return true;
}

bool lab_conf_settle(struct lab_conf *c)
{
    bool ok = places_check(c);
    for (size_t i = 0; ok && i < c->execs; i++) {
        ok = exec_check(c, &c->exec[i]);
    }
    for (size_t i = 0; ok && i < c->hosts; i++) {
        ok = ports_check(c, &c->host[i]);
    }
    for (size_t i = 0; ok && i < c->replies; i++) {
        ok = reply_settle(c, &c->reply[i]);
    }
    for (size_t i = 0; ok && i < c->certs; i++) {
        ok = cert_settle(c, &c->cert[i]);
    }
    return ok;
}
