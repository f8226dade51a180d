// SPDX-License-Identifier: Apache-2.0
// The lines of world files about what nobody's software does of itself: own
// server programs, servers that count visitors, zones at fault, NAT64 with a
// prefix of the network's own.
#include "lines.h"

#include "six.h"
#include "util.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_port(struct lab_line *l, struct lab_exec *e, const char *w)
{
    char *end;
    unsigned long v = strtoul(w, &end, 10);
    if (end == w || *end || !v || v > 65535) {
        return lab_line_fail(l, "\"%s\" is not a port", w);
    }
    for (int i = 0; i < e->ports; i++) {
        if (e->port[i] == v) {
            return lab_line_fail(l, "port %s twice", w);
        }
    }
    if (e->ports == LAB_MAX_ADDRS) {
        return lab_line_fail(l, "more than %d ports", LAB_MAX_ADDRS);
    }
    e->port[e->ports++] = (uint16_t)v;
    return true;
}

// ADDR:PORT[,PORT]
static bool read_where(struct lab_line *l, struct lab_exec *e)
{
    char *w = lab_line_next(l);
    char *colon = w ? strchr(w, ':') : NULL;
    if (!colon) {
        return lab_line_fail(l, "exec: ADDR:PORT is missing");
    }
    *colon = 0;
    if (!lab_line_place(l, w, &e->addr)) {
        return false;
    }
    char *save = NULL;
    for (char *p = strtok_r(colon + 1, ",", &save); p;
         p = strtok_r(NULL, ",", &save)) {
        if (!read_port(l, e, p)) {
            return false;
        }
    }
    return e->ports || lab_line_fail(l, "exec: the port is missing");
}

// A file beside the world file, or else a program of the system.
static char *find_program(struct lab_line *l, const char *w)
{
    char *path = w[0] == '/' ? lab_strdup(w) : lab_printf("%s/%s", l->dir, w);
    if (access(path, F_OK) == 0) {
        char *full = realpath(path, NULL);
        if (!full || access(full, X_OK) != 0) {
            lab_line_fail(l, "%s: cannot be run", w);
            return NULL;
        }
        free(path);
        return full;
    }
    free(path);
    if (strchr(w, '/')) {
        lab_line_fail(l, "%s: no such program", w);
        return NULL;
    }
    return lab_strdup(w);
}

static bool same_ports(struct lab_line *l, const struct lab_exec *e)
{
    const struct lab_conf *c = l->conf;
    for (size_t i = 0; i < c->execs; i++) {
        for (int a = 0; c->exec[i].addr == e->addr && a < e->ports; a++) {
            if (lab_exec_has(c, e->addr, e->port[a])) {
                return lab_line_fail(l, "port %u there is taken by %s:%d",
                                     e->port[a], c->exec[i].where.file,
                                     c->exec[i].where.line);
            }
        }
    }
    return true;
}

// exec ADDR:PORT[,PORT] PROGRAM [ARG]...
static bool read_exec(struct lab_line *l)
{
    struct lab_conf *c = l->conf;
    struct lab_exec e = {.where = l->where};
    if (!read_where(l, &e) || !same_ports(l, &e)) {
        return false;
    }
    const char *w = lab_line_next(l);
    if (!w) {
        return lab_line_fail(l, "exec: the program is missing");
    }
    e.argv = lab_alloc(LAB_LINE_WORDS + 1, sizeof(char *));
    e.argv[0] = find_program(l, w);
    if (!e.argv[0]) {
        return false;
    }
    for (int i = 1; (w = lab_line_next(l)); i++) {
        e.argv[i] = lab_strdup(w);
    }
    e.dir = realpath(l->dir, NULL);
    if (!e.dir) {
        return lab_line_fail(l, "%s: no such directory", l->dir);
    }
    c->exec = lab_grow(c->exec, c->execs, &c->execs_cap, sizeof(*c->exec));
    c->exec[c->execs++] = e;
    return true;
}

// limit ADDR[:PORT] N/min drop|reset
static bool read_limit(struct lab_line *l)
{
    struct lab_conf *c = l->conf;
    struct lab_rule r = {
        .where = l->where, .on = LAB_ON_IP, .ttl = LAB_TTL_COPY};
    if (!lab_line_addr_port(l, &r.addr, &r.port)) {
        return false;
    }
    const char *w = lab_line_next(l);
    char *end = NULL;
    unsigned long n = w ? strtoul(w, &end, 10) : 0;
    if (!n || n > LAB_LIMIT_MAX || strcmp(end, "/min") != 0) {
        return lab_line_fail(l, "limit: \"%s\" is not N/min, N from 1 to %d",
                             w ? w : "", LAB_LIMIT_MAX);
    }
    r.act = lab_line_is(l, "reset") ? LAB_LIMIT_RESET : LAB_LIMIT_DROP;
    if (r.act == LAB_LIMIT_DROP && !lab_line_is(l, "drop")) {
        return lab_line_fail(l, "limit: drop or reset");
    }
    r.per_minute = (int)n;
    c->rule = lab_grow(c->rule, c->rules, &c->rules_cap, sizeof(*c->rule));
    c->rule[c->rules++] = r;
    return true;
}

// zone NAME silent|lame|rfc8020|bogus [isp|public]
static bool read_zone(struct lab_line *l)
{
    static const char *const word[] = {"silent", "lame", "rfc8020", "bogus"};
    struct lab_conf *c = l->conf;
    struct lab_zone_fault z = {.where = l->where, .zones = LAB_ZONE_ALL};
    if (!lab_line_name(l, &z.name)) {
        return false;
    }
    if (z.name[0] == '*') {
        return lab_line_fail(l, "zone: an exact name is needed");
    }
    for (size_t i = 0; i < c->zones; i++) {
        if (strcmp(c->zone[i].name, z.name) == 0) {
            return lab_line_fail(l, "%s is at fault already at %s:%d", z.name,
                                 c->zone[i].where.file, c->zone[i].where.line);
        }
    }
    int kind = 0;
    while (kind < 4 && !lab_line_is(l, word[kind])) {
        kind++;
    }
    if (kind == 4) {
        return lab_line_fail(l, "zone: silent, lame, rfc8020 or bogus");
    }
    z.kind = (enum lab_zone_kind)kind;
    if (lab_line_is(l, "isp")) {
        z.zones = LAB_ZONE_ISP;
    } else if (lab_line_is(l, "public")) {
        z.zones = LAB_ZONE_PUBLIC | LAB_ZONE_CONTROL;
    } else if (z.kind == LAB_ZONE_RFC8020) {
        z.zones = LAB_ZONE_ISP; // somebody has to resolve it
    }
    c->zone = lab_grow(c->zone, c->zones, &c->zones_cap, sizeof(*c->zone));
    c->zone[c->zones++] = z;
    return true;
}

// nat64 PREFIX/LEN
static bool read_nat64(struct lab_line *l)
{
    struct lab_conf *c = l->conf;
    char *w = lab_line_next(l);
    char *slash = w ? strchr(w, '/') : NULL;
    char *end = NULL;
    long bits = slash ? strtol(slash + 1, &end, 10) : 0;
    if (!lab_line_once(l, LAB_SET_NAT64, "NAT64's prefix")) {
        return false;
    }
    if (slash) {
        *slash = 0;
    }
    if (!slash || *end || !lab_six_nat64_bits(bits) ||
        inet_pton(AF_INET6, w, c->nat64) != 1) {
        return lab_line_fail(l, "nat64: PREFIX/LEN, LEN one of 32, 40, 48, 56, "
                                "64 and 96 (RFC 6052)");
    }
    c->nat64_bits = (int)bits;
    uint8_t own[16];
    lab_six_site(0, own);
    if ((c->nat64[0] & 0xe0) != 0x20 && c->nat64[0] != 0xfd &&
        c->nat64[0] != 0) {
        return lab_line_fail(l, "nat64: not an address that packets leave to");
    }
    if (memcmp(c->nat64, own, 4) == 0) {
        return lab_line_fail(l, "nat64: the lab's own addresses lie there");
    }
    return true;
}

const struct lab_directive lab_world_own_directives[] = {
    {"exec", read_exec},   {"limit", read_limit}, {"zone", read_zone},
    {"nat64", read_nat64}, {NULL, NULL},
};
