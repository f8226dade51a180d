// SPDX-License-Identifier: Apache-2.0
#include "six.h"

#include "util.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define HEAD4 20u
#define HEAD6 40u
// The most of a packet that an ICMP error quotes.
#define QUOTE 512u

enum {
    ICMP4_REPLY = 0,
    ICMP4_UNREACHABLE = 3,
    ICMP4_ECHO = 8,
    ICMP4_EXPIRED = 11,
    ICMP6_UNREACHABLE = 1,
    ICMP6_EXPIRED = 3,
    ICMP6_ECHO = 128,
    ICMP6_REPLY = 129
};

static void embed(const char *prefix, uint32_t addr, uint8_t out[16])
{
    inet_pton(AF_INET6, prefix, out);
    memcpy(out + 12, &addr, 4);
}

bool lab_six_nat64_bits(long bits)
{
    return bits == 96 || (bits >= 32 && bits <= 64 && bits % 8 == 0);
}

// Where byte `n` of an IPv4 address stands behind a prefix: byte 8 is left out
// (RFC 6052, 2.2).
static size_t place(int bits, size_t n)
{
    size_t at = (size_t)bits / 8 + n;
    return bits < 96 && at >= 8 ? at + 1 : at;
}

static void translate(const struct lab_conf *c, uint32_t addr, uint8_t out[16])
{
    if (!c->nat64_bits) {
        embed(LAB_SIX_NAT64, addr, out);
        return;
    }
    memset(out, 0, 16);
    memcpy(out, c->nat64, (size_t)c->nat64_bits / 8);
    for (size_t n = 0; n < 4; n++) {
        out[place(c->nat64_bits, n)] = ((const uint8_t *)&addr)[n];
    }
}

const char *lab_six_prefix(const struct lab_conf *c, char out[64])
{
    char text[46];
    uint8_t prefix[16];
    translate(c, 0, prefix);
    snprintf(out, 64, "%s/%d", lab_six_text(prefix, text),
             c->nat64_bits ? c->nat64_bits : 96);
    return out;
}

static bool is_below(const uint8_t addr[16], const char *prefix)
{
    uint8_t p[16];
    inet_pton(AF_INET6, prefix, p);
    return memcmp(addr, p, 12) == 0;
}

bool lab_six_is_site(const uint8_t addr[16])
{
    return is_below(addr, LAB_SIX_SITES);
}

void lab_six_volunteer(uint32_t addr, uint8_t out[16])
{
    embed(LAB_SIX_VOLUNTEERS, addr, out);
}

void lab_six_site(uint32_t addr, uint8_t out[16])
{
    embed(LAB_SIX_SITES, addr, out);
}

const char *lab_six_text(const uint8_t addr[16], char out[46])
{
    return inet_ntop(AF_INET6, addr, out, 46);
}

int lab_six_shadow(const struct lab_conf *c, uint32_t addr)
{
    for (int i = 0; i < c->volunteers; i++) {
        if (c->volunteer[i].shadow == addr) {
            return i;
        }
    }
    return -1;
}

bool lab_six_any(const struct lab_conf *c, enum lab_v6 mode)
{
    for (int i = 0; i < c->volunteers; i++) {
        if (c->volunteer[i].v6 == mode) {
            return true;
        }
    }
    return false;
}

bool lab_six_on(const struct lab_conf *c)
{
    return lab_six_names(c) || lab_six_any(c, LAB_V6_NAT64);
}

bool lab_six_names(const struct lab_conf *c)
{
    return lab_six_any(c, LAB_V6_ON) || lab_six_any(c, LAB_V6_UNROUTED);
}

// With NAT64 only the ISP's resolver has an address that is not translated.
void lab_six_server(const struct lab_conf *c, int i, uint32_t addr,
                    uint8_t out[16])
{
    bool nat64 = c->volunteer[i].v6 == LAB_V6_NAT64 && addr != c->isp_resolver;
    if (nat64) {
        translate(c, addr, out);
    } else {
        lab_six_site(addr, out);
    }
}

static uint32_t sum(uint32_t acc, const uint8_t *p, size_t len)
{
    for (; len > 1; p += 2, len -= 2) {
        acc += (uint32_t)(p[0] << 8 | p[1]);
    }
    return len ? acc + (uint32_t)(p[0] << 8) : acc;
}

static uint32_t fold(uint32_t acc)
{
    while (acc >> 16) {
        acc = (acc & 0xffff) + (acc >> 16);
    }
    return acc;
}

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

// The checksum at `at` when the addresses it covers change: what was wrong
// stays wrong.
static void resum(uint8_t *at, uint32_t old, uint32_t new)
{
    uint32_t acc = (uint32_t)(~(at[0] << 8 | at[1]) & 0xffff);
    acc += (~fold(old) & 0xffff) + fold(new);
    put16(at, ~fold(acc) & 0xffff);
}

// Puts the checksum of TCP or UDP right for other addresses.
static bool readdress(uint8_t *p, size_t len, int proto, uint32_t old,
                      uint32_t new)
{
    size_t at = proto == IPPROTO_TCP ? 16 : 6;
    if (len < (proto == IPPROTO_TCP ? 20u : 8u)) {
        return false;
    }
    if (proto == IPPROTO_TCP || p[6] || p[7]) {
        resum(p + at, old, new);
    }
    return true;
}

static void head4(uint8_t *out, size_t total, int ttl, int proto, uint32_t src,
                  uint32_t dst)
{
    memset(out, 0, HEAD4);
    out[0] = 0x45;
    put16(out + 2, (uint32_t)total);
    out[6] = 0x40; // IPv6 knows no fragments on the way
    out[8] = (uint8_t)ttl;
    out[9] = (uint8_t)proto;
    memcpy(out + 12, &src, 4);
    memcpy(out + 16, &dst, 4);
    put16(out + 10, ~fold(sum(0, out, HEAD4)) & 0xffff);
}

static void head6(uint8_t *out, size_t len, int ttl, int proto,
                  const uint8_t src[16], const uint8_t dst[16])
{
    memset(out, 0, HEAD6);
    out[0] = 0x60;
    put16(out + 4, (uint32_t)len);
    out[6] = (uint8_t)proto;
    out[7] = (uint8_t)ttl;
    memcpy(out + 8, src, 16);
    memcpy(out + 24, dst, 16);
}

// The IPv4 address of a server in the words of volunteer `i`.
static bool server_of(const struct lab_conf *c, int i, const uint8_t addr[16],
                      uint32_t *out)
{
    int bits = c->nat64_bits ? c->nat64_bits : 96;
    uint8_t known[16];
    for (size_t n = 0; n < 4; n++) {
        ((uint8_t *)out)[n] = addr[place(bits, n)];
    }
    lab_six_server(c, i, *out, known);
    if (memcmp(known, addr, 16) == 0) {
        return true;
    }
    memcpy(out, addr + 12, 4); // the resolver is not translated
    lab_six_server(c, i, *out, known);
    return memcmp(known, addr, 16) == 0;
}

static int volunteer_of(const struct lab_conf *c, const uint8_t addr[16])
{
    for (int i = 0; i < c->volunteers; i++) {
        const struct lab_volunteer *v = &c->volunteer[i];
        if (v->v6 != LAB_V6_OFF && memcmp(v->addr6, addr, 16) == 0) {
            return i;
        }
    }
    return -1;
}

size_t lab_six_up(const struct lab_conf *c, const uint8_t *raw, size_t len,
                  uint8_t *out, size_t max, int *volunteer)
{
    if (len < HEAD6 || raw[0] >> 4 != 6) {
        return 0;
    }
    size_t n = (size_t)raw[4] << 8 | raw[5];
    int proto = raw[6];
    int i = volunteer_of(c, raw + 8);
    uint32_t dst = 0;
    if (i < 0 || n > len - HEAD6 || HEAD4 + n > max ||
        !server_of(c, i, raw + 24, &dst)) {
        return 0;
    }
    *volunteer = i;
    uint8_t *body = out + HEAD4;
    memcpy(body, raw + HEAD6, n);
    if (proto == IPPROTO_ICMPV6) {
        if (n < 8 || body[0] != ICMP6_ECHO) {
            return 0; // errors about what servers sent: nobody misses them
        }
        proto = IPPROTO_ICMP;
        body[0] = ICMP4_ECHO;
        put16(body + 2, 0);
        put16(body + 2, ~fold(sum(0, body, n)) & 0xffff);
        head4(out, HEAD4 + n, raw[7], proto, c->volunteer[i].shadow, dst);
        return HEAD4 + n;
    }
    head4(out, HEAD4 + n, raw[7], proto, c->volunteer[i].shadow, dst);
    if ((proto != IPPROTO_TCP && proto != IPPROTO_UDP) ||
        !readdress(body, n, proto, sum(0, raw + 8, 32), sum(0, out + 12, 8))) {
        return 0;
    }
    return HEAD4 + n;
}

// `dst` of the packet a router complains about is the server's.
static size_t quote6(const struct lab_conf *c, int i, const uint8_t *in,
                     size_t len, uint8_t *out)
{
    if (len < HEAD4 || in[0] >> 4 != 4) {
        return 0;
    }
    size_t head = (size_t)(in[0] & 15) * 4;
    if (head < HEAD4 || head > len) {
        return 0;
    }
    size_t n = len - head < QUOTE ? len - head : QUOTE;
    size_t whole = ((size_t)in[2] << 8 | in[3]) - head;
    uint8_t server[16];
    uint32_t dst;
    memcpy(&dst, in + 16, 4);
    lab_six_server(c, i, dst, server);
    int proto = in[9] == IPPROTO_ICMP ? IPPROTO_ICMPV6 : in[9];
    head6(out, whole & 0xffff, in[8], proto, c->volunteer[i].addr6, server);
    memcpy(out + HEAD6, in + head, n);
    if (proto == IPPROTO_ICMPV6 && n && out[HEAD6] == ICMP4_ECHO) {
        out[HEAD6] = ICMP6_ECHO;
    } else if (proto == IPPROTO_UDP && n >= 8) {
        readdress(out + HEAD6, n, proto, sum(0, in + 12, 8),
                  sum(0, out + 8, 32));
    }
    return HEAD6 + n;
}

bool lab_six_error(uint8_t *type, uint8_t *code)
{
    if (*type != ICMP4_UNREACHABLE && *type != ICMP4_EXPIRED) {
        return false;
    }
    bool port = *type == ICMP4_UNREACHABLE && *code == 3;
    *type = *type == ICMP4_EXPIRED ? ICMP6_EXPIRED : ICMP6_UNREACHABLE;
    *code = port ? 4 : 0;
    return true;
}

// ICMP in the place of `out`'s body; returns the body's new length.
static size_t icmp6(const struct lab_conf *c, int i, const uint8_t *in,
                    size_t n, uint8_t *body, size_t max)
{
    if (n < 8 || n > max || max < 8 + HEAD6 + QUOTE) {
        return 0;
    }
    uint8_t type = in[0];
    uint8_t code = in[1];
    if (type == ICMP4_REPLY) {
        memcpy(body, in, n);
        body[0] = ICMP6_REPLY;
    } else if (lab_six_error(&type, &code)) {
        size_t q = quote6(c, i, in + 8, n - 8, body + 8);
        if (!q) {
            return 0;
        }
        memset(body, 0, 8);
        body[0] = type;
        body[1] = code;
        n = 8 + q;
    } else {
        return 0;
    }
    return n;
}

size_t lab_six_down(const struct lab_conf *c, int i, const uint8_t *raw,
                    size_t len, uint8_t *out, size_t max)
{
    if (len < HEAD4 || raw[0] >> 4 != 4 || max < HEAD6) {
        return 0;
    }
    size_t head = (size_t)(raw[0] & 15) * 4;
    size_t total = (size_t)raw[2] << 8 | raw[3];
    // More fragments, or not the first: not translated.
    if (head < HEAD4 || total < head || total > len || raw[6] & 0x3f ||
        raw[7]) {
        return 0;
    }
    size_t n = total - head;
    uint8_t server[16];
    uint32_t src;
    memcpy(&src, raw + 12, 4);
    lab_six_server(c, i, src, server);
    const uint8_t *dst = c->volunteer[i].addr6;
    uint8_t *body = out + HEAD6;
    if (raw[9] == IPPROTO_ICMP) {
        n = icmp6(c, i, raw + head, n, body, max - HEAD6);
        if (!n) {
            return 0;
        }
        head6(out, n, raw[8], IPPROTO_ICMPV6, server, dst);
        put16(body + 2, 0);
        uint32_t acc = sum((uint32_t)n + IPPROTO_ICMPV6, out + 8, 32);
        put16(body + 2, ~fold(sum(acc, body, n)) & 0xffff);
        return HEAD6 + n;
    }
    if (n > max - HEAD6) {
        return 0;
    }
    memcpy(body, raw + head, n);
    head6(out, n, raw[8], raw[9], server, dst);
    if ((raw[9] != IPPROTO_TCP && raw[9] != IPPROTO_UDP) ||
        !readdress(body, n, raw[9], sum(0, raw + 12, 8), sum(0, out + 8, 32))) {
        return 0;
    }
    return HEAD6 + n;
}
