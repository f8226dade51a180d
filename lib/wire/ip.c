// SPDX-License-Identifier: Apache-2.0
/* Addresses read and written, and what class they belong to. */
#include "wire/ip.h"

#include "base/ascii.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

struct prefix4 {
    uint8_t b[4];
    unsigned bits;
};

struct prefix6 {
    uint8_t b[16];
    unsigned bits;
};

/* OONI's list. 127.0.53.53 (name collisions) lies within 127/8. */
static const struct prefix4 bogons4[] = {
    {{0}, 8},
    {{10}, 8},
    {{100, 64}, 10},
    {{127}, 8},
    {{169, 254}, 16},
    {{172, 16}, 12},
    {{192, 0, 0}, 24},
    {{192, 0, 2}, 24},
    {{192, 168}, 16},
    {{198, 18}, 15},
    {{198, 51, 100}, 24},
    {{203, 0, 113}, 24},
    {{224}, 4},
    {{240}, 4},
};

static const struct prefix6 bogons6[] = {
    {{0}, 96},                      /* ::, ::1 and the IPv4-compatible ones */
    {{[10] = 0xff, 0xff}, 96},      /* IPv4-mapped */
    {{0x01, 0x00}, 64},             /* discard only */
    {{0x20, 0x01, 0x00, 0x10}, 28}, /* ORCHID */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0xfc}, 7},                    /* unique local */
    {{0xfe, 0x80}, 10},             /* link-local */
    {{0xfe, 0xc0}, 10},             /* site-local */
    {{0xff}, 8},                    /* multicast */
};

/* Within 2000::/3, what the IANA registry does not call globally reachable;
 * the parts of 2001::/23 that are global are listed after it. */
static const struct prefix6 special6[] = {
    {{0x20, 0x01, 0x00, 0x00}, 23},
    {{0x20, 0x01, 0x0d, 0xb8}, 32},
    {{0x3f, 0xff, 0x00}, 20},
};

static const struct prefix6 global_in_special6[] = {
    {{0x20, 0x01, 0x00, 0x01, [15] = 1}, 128},
    {{0x20, 0x01, 0x00, 0x01, [15] = 2}, 128},
    {{0x20, 0x01, 0x00, 0x01, [15] = 3}, 128},
    {{0x20, 0x01, 0x00, 0x03}, 32},
    {{0x20, 0x01, 0x00, 0x04, 0x01, 0x12}, 48},
    {{0x20, 0x01, 0x00, 0x20}, 28},
    {{0x20, 0x01, 0x00, 0x30}, 28},
};

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static bool in_prefix(const uint8_t *addr, const uint8_t *net, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(addr, net, whole) != 0) {
        return false;
    }
    return rest == 0 || ((addr[whole] ^ net[whole]) >> (8 - rest)) == 0;
}

static bool in_any4(const uint8_t *addr, const struct prefix4 *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (in_prefix(addr, list[i].b, list[i].bits)) {
            return true;
        }
    }
    return false;
}

static bool in_any6(const uint8_t *addr, const struct prefix6 *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (in_prefix(addr, list[i].b, list[i].bits)) {
            return true;
        }
    }
    return false;
}

static bool is_6to4(const struct ip *ip)
{
    return ip->b[0] == 0x20 && ip->b[1] == 0x02;
}

static bool is_teredo(const struct ip *ip)
{
    static const uint8_t net[4] = {0x20, 0x01};
    return memcmp(ip->b, net, 4) == 0;
}

bool ip_is_nat64(const struct ip *ip, struct ip *v4)
{
    static const uint8_t net[12] = {0x00, 0x64, 0xff, 0x9b};
    if (ip->family != 6 || memcmp(ip->b, net, 12) != 0) {
        return false;
    }
    if (v4) {
        *v4 = (struct ip){.family = 4};
        memcpy(v4->b, ip->b + 12, 4);
    }
    return true;
}

bool ip_is_mapped(const struct ip *ip)
{
    return in_prefix(ip->b, bogons6[1].b, 96);
}

static bool is_zero(const uint8_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (b[i] != 0) {
            return false;
        }
    }
    return true;
}

struct ip ip_essence(const struct ip *ip)
{
    struct ip v4 = {.family = 4};
    if (ip->family != 6) {
        return *ip;
    }
    bool compatible = is_zero(ip->b, 12) && ip->b[12] != 0;
    if (ip_is_mapped(ip) || ip_is_nat64(ip, NULL) || compatible) {
        memcpy(v4.b, ip->b + 12, 4);
        return v4;
    }
    if (is_6to4(ip)) {
        memcpy(v4.b, ip->b + 2, 4);
        return v4;
    }
    return *ip;
}

bool ip_parse(struct str text, struct ip *out)
{
    char z[IP_TEXT_MAX];
    struct ip ip = {0};
    if (text.len == 0 || text.len >= sizeof(z) || memchr(text.p, 0, text.len)) {
        return false;
    }
    memcpy(z, text.p, text.len);
    z[text.len] = '\0';
    if (inet_pton(AF_INET, z, ip.b) == 1) {
        ip.family = 4;
    } else if (inet_pton(AF_INET6, z, ip.b) == 1) {
        ip.family = 6;
    } else {
        return false;
    }
    *out = ip;
    return true;
}

void ip_format(const struct ip *ip, char out[IP_TEXT_MAX])
{
    out[0] = '\0';
    if (ip->family == 0) {
        return;
    }
    /* Cannot fail: the family is known and the buffer is large enough. */
    if (!inet_ntop(ip->family == 4 ? AF_INET : AF_INET6, ip->b, out,
                   IP_TEXT_MAX)) {
        out[0] = '\0';
    }
}

bool ip_eq(const struct ip *a, const struct ip *b)
{
    if (a->family != b->family) {
        return false;
    }
    return memcmp(a->b, b->b, a->family == 4 ? 4 : 16) == 0;
}

static bool bogon4(const uint8_t *b)
{
    return in_any4(b, bogons4, LEN(bogons4));
}

bool ip_is_bogon(const struct ip *ip)
{
    if (ip->family == 4) {
        return bogon4(ip->b);
    }
    if (ip->family != 6) {
        return false;
    }
    if (in_any6(ip->b, bogons6, LEN(bogons6))) {
        return true;
    }
    if (is_6to4(ip)) {
        return bogon4(ip->b + 2);
    }
    /* The list names Teredo prefixes, hence the server's address only. */
    return is_teredo(ip) && bogon4(ip->b + 4);
}

bool ip_is_loopback(const struct ip *ip)
{
    static const uint8_t one[16] = {[15] = 1};
    if (ip->family == 4) {
        return ip->b[0] == 127;
    }
    if (ip->family != 6) {
        return false;
    }
    return memcmp(ip->b, one, 16) == 0 ||
           (ip_is_mapped(ip) && ip->b[12] == 127);
}

static bool never4(const uint8_t *b)
{
    static const uint8_t broadcast[4] = {255, 255, 255, 255};
    /* Linux takes a connection to 0.0.0.0 as one to itself. */
    return b[0] == 0 || b[0] == 127 || (b[0] == 169 && b[1] == 254) ||
           (b[0] & 0xf0) == 0xe0 || memcmp(b, broadcast, 4) == 0;
}

bool ip_is_never(const struct ip *ip)
{
    if (ip->family == 4) {
        return never4(ip->b);
    }
    if (ip->family != 6) {
        return true;
    }
    if (ip_is_mapped(ip) || ip_is_nat64(ip, NULL) || is_zero(ip->b, 12)) {
        return never4(ip->b + 12); /* covers :: and ::1, both in 0/8 */
    }
    return ip->b[0] == 0xff || (ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80);
}

static bool special4(const uint8_t *b)
{
    static const uint8_t relay[3] = {192, 88, 99}; /* RFC 7526 */
    return bogon4(b) || memcmp(b, relay, 3) == 0;
}

bool ip_is_special(const struct ip *ip)
{
    uint8_t client[4];
    if (ip->family == 4) {
        return special4(ip->b);
    }
    if (ip->family != 6) {
        return true;
    }
    if (ip_is_nat64(ip, NULL)) {
        return special4(ip->b + 12);
    }
    if ((ip->b[0] & 0xe0) != 0x20) { /* 2000::/3 is all that is handed out */
        return true;
    }
    if (is_6to4(ip)) {
        return special4(ip->b + 2);
    }
    if (is_teredo(ip)) {
        for (size_t i = 0; i < 4; i++) {
            client[i] = (uint8_t)~ip->b[12 + i]; /* RFC 4380: inverted */
        }
        return special4(ip->b + 4) || special4(client);
    }
    return in_any6(ip->b, special6, LEN(special6)) &&
           !in_any6(ip->b, global_in_special6, LEN(global_in_special6));
}

void ip_endpoint(const struct ip *ip, uint16_t port, char out[56])
{
    char text[IP_TEXT_MAX];
    ip_format(ip, text);
    snprintf(out, 56, ip->family == 6 ? "[%s]:%u" : "%s:%u", text, port);
}

bool ip_endpoint_parse(struct str text, struct ip *ip, uint16_t *port)
{
    struct str host;
    struct ip parsed;
    int64_t n;
    size_t colon = text.len;
    while (colon > 0 && text.p[colon - 1] != ':') {
        colon--;
    }
    if (colon == 0) {
        return false;
    }
    host = str_sub(text, 0, colon - 1);
    text = str_sub(text, colon, text.len);
    if (text.len == 0 || !ascii_isdigit(text.p[0]) ||
        str_to_i64(text, 0, 65535, &n) != ERR_OK) {
        return false;
    }
    bool brackets =
        host.len > 2 && host.p[0] == '[' && host.p[host.len - 1] == ']';
    if (brackets) {
        host = str_sub(host, 1, host.len - 2);
    }
    if (!ip_parse(host, &parsed) || brackets != (parsed.family == 6)) {
        return false;
    }
    *ip = parsed;
    *port = (uint16_t)n;
    return true;
}

/* The address follows the prefix and jumps over byte 8, which is zero, as is
 * what follows; behind 96 bits it is the end. */
static bool embeds_at(const struct ip *ip, const struct ip *v4, size_t at)
{
    size_t k = 0;
    for (size_t i = at; i < 16; i++) {
        bool jumped = i == 8 && at < 12;
        uint8_t want = !jumped && k < 4 ? v4->b[k++] : 0;
        if (ip->b[i] != want) {
            return false;
        }
    }
    return true;
}

unsigned ip_prefix_bits(const struct ip *ip, const struct ip *v4)
{
    static const size_t at[] = {4, 5, 6, 7, 9, 12};
    static const uint8_t teredo[4] = {0x20, 0x01};
    if (ip->family != 6 || v4->family != 4 ||
        memcmp(ip->b, teredo, sizeof(teredo)) == 0) {
        return 0;
    }
    for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
        if (embeds_at(ip, v4, at[i])) {
            return (unsigned)(at[i] == 9 ? 8 : at[i]) * 8;
        }
    }
    return 0;
}

bool ip_embeds(const struct ip *ip, const struct ip *v4)
{
    return ip_prefix_bits(ip, v4) != 0;
}

/* Where byte `k` of the IPv4 address stands: byte 8 is left out. */
static size_t place(unsigned bits, size_t k)
{
    size_t at = bits / 8 + k;
    return bits < 96 && at >= 8 ? at + 1 : at;
}

void ip_translate(const struct ip *prefix, unsigned bits, const struct ip *v4,
                  struct ip *out)
{
    *out = (struct ip){.family = 6};
    memcpy(out->b, prefix->b, bits / 8);
    for (size_t k = 0; k < 4; k++) {
        out->b[place(bits, k)] = v4->b[k];
    }
}

bool ip_untranslate(const struct ip *prefix, unsigned bits, const struct ip *ip,
                    struct ip *v4)
{
    struct ip meant = {.family = 4}, again;
    for (size_t k = 0; k < 4; k++) {
        meant.b[k] = ip->b[place(bits, k)];
    }
    ip_translate(prefix, bits, &meant, &again);
    if (!ip_eq(&again, ip)) {
        return false;
    }
    *v4 = meant;
    return true;
}
