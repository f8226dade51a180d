// SPDX-License-Identifier: Apache-2.0
#include "probe/plan/network_id.h"

#include "base/fs.h"
#include "base/hex.h"

#include <stdio.h>
#include <string.h>

#define TABLE_MAX   ((size_t)1 << 20)
#define FLAG_UP     0x1
#define FLAG_REJECT 0x200
#define LINK_LOCAL  0xA9FE /* 169.254.0.0/16, which each link may have */

/* A row of /proc/net/route; addresses are the kernel's numbers. */
struct route {
    struct str iface;
    uint32_t to, router, flags, metric, mask;
};

static bool next_word(struct str *rest, struct str *word)
{
    while (rest->len && (rest->p[0] == ' ' || rest->p[0] == '\t')) {
        *rest = str_sub(*rest, 1, rest->len);
    }
    size_t n = 0;
    while (n < rest->len && rest->p[n] != ' ' && rest->p[n] != '\t') {
        n++;
    }
    *word = str_sub(*rest, 0, n);
    *rest = str_sub(*rest, n, rest->len);
    return n > 0;
}

static bool read_hex(struct str s, uint32_t *out)
{
    uint32_t v = 0;
    if (s.len == 0 || s.len > 8) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        int digit = hex_digit(s.p[i]);
        if (digit < 0) {
            return false;
        }
        v = v << 4 | (uint32_t)digit;
    }
    *out = v;
    return true;
}

/* False at the end. Rows that make no sense, the heading among them, are passed
 * over. */
static bool next_route(struct str *text, struct route *out)
{
    struct str line, word[8];
    while (str_next(text, '\n', &line)) {
        int64_t metric = 0;
        size_t n = 0;
        while (n < 8 && next_word(&line, &word[n])) {
            n++;
        }
        struct route r = {.iface = word[0]};
        if (n == 8 && read_hex(word[1], &r.to) &&
            read_hex(word[2], &r.router) && read_hex(word[3], &r.flags) &&
            str_to_i64(word[6], 0, UINT32_MAX, &metric) == ERR_OK &&
            read_hex(word[7], &r.mask)) {
            r.metric = (uint32_t)metric;
            *out = r;
            return true;
        }
    }
    return false;
}

static bool usable(const struct route *r)
{
    return r->flags & FLAG_UP && !(r->flags & FLAG_REJECT);
}

static bool default_route(struct str text, struct route *out)
{
    struct route r;
    bool found = false;
    while (next_route(&text, &r)) {
        if (usable(&r) && r.mask == 0 && r.to == 0 &&
            (!found || r.metric < out->metric)) {
            *out = r;
            found = true;
        }
    }
    return found;
}

/* The number is the address as it lies in memory. */
static void dotted(uint32_t address, char out[16])
{
    uint8_t b[4];
    memcpy(b, &address, sizeof(b));
    snprintf(out, 16, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
}

/* The hardware address of `router`, unless it is one that somebody made up (its
 * second bit is set) or not known. */
static bool hardware_of(struct str arp, const char *router, struct str *out)
{
    struct str line, word[4];
    while (str_next(&arp, '\n', &line)) {
        size_t n = 0;
        while (n < 4 && next_word(&line, &word[n])) {
            n++;
        }
        if (n < 4 || !str_eq_c(word[0], router) || word[3].len != 17) {
            continue;
        }
        bool made_up = (hex_digit(word[3].p[1]) & 2) != 0;
        *out = word[3];
        return !made_up && !str_eq_c(word[3], "00:00:00:00:00:00");
    }
    return false;
}

static void add_ranges(const struct route *way, struct str text,
                       struct buf *out)
{
    struct route r;
    char to[16], mask[16], router[16];
    dotted(way->router, router);
    buf_printf(out, "router %s", router);
    while (next_route(&text, &r)) {
        uint8_t b[4];
        memcpy(b, &r.to, sizeof(b));
        if (usable(&r) && r.router == 0 && r.mask != 0 &&
            str_eq(r.iface, way->iface) && (b[0] << 8 | b[1]) != LINK_LOCAL) {
            dotted(r.to, to);
            dotted(r.mask, mask);
            buf_printf(out, " range %s/%s", to, mask);
        }
    }
}

/* Columns: destination prefixlen source prefixlen router metric refcnt use
 * flags iface. A router's own address on the link is made of its hardware
 * address, or drawn once. */
static bool add_router6(struct str text, struct buf *out)
{
    struct str line, word[10];
    while (str_next(&text, '\n', &line)) {
        uint32_t bits = 1, flags = 0;
        size_t n = 0;
        while (n < 10 && next_word(&line, &word[n])) {
            n++;
        }
        if (n == 10 && read_hex(word[1], &bits) && bits == 0 &&
            read_hex(word[8], &flags) && flags & FLAG_UP &&
            !(flags & FLAG_REJECT) && !str_eq_c(word[9], "lo")) {
            buf_printf(out, "router6 " STR_FMT, STR_ARG(word[4]));
            return true;
        }
    }
    return false;
}

enum err network_id_of(const struct network_tables *t, struct buf *out)
{
    struct route way = {.metric = 0};
    char router[16];
    struct str hardware;
    if (!default_route(t->route, &way)) {
        return add_router6(t->route6, out) ? out->failed : ERR_NOTFOUND;
    }
    dotted(way.router, router);
    if (way.router && hardware_of(t->arp, router, &hardware)) {
        return buf_printf(out, "hardware " STR_FMT, STR_ARG(hardware));
    }
    if (!way.router) {
        return buf_printf(out, "link " STR_FMT, STR_ARG(way.iface));
    }
    add_ranges(&way, t->route, out);
    return out->failed;
}

/* A table that cannot be read is as good as empty: there is no network then. */
static struct str table(const char *path, struct buf *b)
{
    buf_init(b, TABLE_MAX);
    return fs_read(path, TABLE_MAX, b, NULL) == ERR_OK ? buf_str(b)
                                                       : (struct str){NULL, 0};
}

enum err network_id_find(struct buf *out)
{
    struct buf route, arp, route6;
    struct network_tables t = {
        .route = table("/proc/net/route", &route),
        .arp = table("/proc/net/arp", &arp),
        .route6 = table("/proc/net/ipv6_route", &route6),
    };
    enum err e = network_id_of(&t, out);
    buf_fini(&route);
    buf_fini(&arp);
    buf_fini(&route6);
    return e;
}
