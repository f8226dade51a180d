// SPDX-License-Identifier: Apache-2.0
#include "packet.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v & 0xffff);
}

bool lab_packet_parse(struct lab_packet *p, const uint8_t *raw, size_t len)
{
    if (len < 20 || raw[0] >> 4 != 4) {
        return false;
    }
    size_t head = (size_t)(raw[0] & 15) * 4;
    size_t total = get16(raw + 2);
    if (head < 20 || total < head || total > len) {
        return false;
    }
    *p = (struct lab_packet){.proto = raw[9],
                             .ttl = raw[8],
                             .id = get16(raw + 4),
                             .raw = raw,
                             .raw_len = total};
    memcpy(&p->src, raw + 12, 4);
    memcpy(&p->dst, raw + 16, 4);
    p->fragment = (get16(raw + 6) & 0x1fff) != 0;
    const uint8_t *in = raw + head;
    size_t left = total - head;
    if (p->fragment) {
        return true;
    }
    if (p->proto == IPPROTO_TCP && left >= 20) {
        size_t off = (size_t)(in[12] >> 4) * 4;
        if (off < 20 || off > left) {
            return false;
        }
        p->seq = get32(in + 4);
        p->ack = get32(in + 8);
        p->flags = in[13];
        p->data = in + off;
        p->len = left - off;
    } else if (p->proto == IPPROTO_UDP && left >= 8) {
        size_t n = get16(in + 4);
        if (n < 8 || n > left) {
            return false;
        }
        p->data = in + 8;
        p->len = n - 8;
    } else if (p->proto == IPPROTO_ICMP && left >= 8) {
        p->type = in[0];
        p->code = in[1];
        p->data = in + 8;
        p->len = left - 8;
        return true;
    } else {
        return p->proto != IPPROTO_TCP && p->proto != IPPROTO_UDP;
    }
    p->sport = get16(in);
    p->dport = get16(in + 2);
    return true;
}

static uint32_t sum(uint32_t acc, const uint8_t *p, size_t len)
{
    for (; len > 1; p += 2, len -= 2) {
        acc += get16(p);
    }
    return len ? acc + (uint32_t)(p[0] << 8) : acc;
}

static uint16_t fold(uint32_t acc)
{
    while (acc >> 16) {
        acc = (acc & 0xffff) + (acc >> 16);
    }
    return (uint16_t)~acc;
}

static void ip_head(uint8_t *out, const struct lab_packet *like, int proto,
                    size_t total)
{
    memset(out, 0, 20);
    out[0] = 0x45;
    put16(out + 2, (uint32_t)total);
    put16(out + 4, like->id);
    out[8] = like->ttl;
    out[9] = (uint8_t)proto;
    memcpy(out + 12, &like->src, 4);
    memcpy(out + 16, &like->dst, 4);
    put16(out + 10, fold(sum(0, out, 20)));
}

// Checksum of TCP or UDP at `at`, with the pseudo header of `out`.
static uint16_t transport_sum(const uint8_t *out, size_t len)
{
    uint32_t acc = sum(0, out + 12, 8);
    acc += out[9];
    acc += (uint32_t)len;
    return fold(sum(acc, out + 20, len));
}

size_t lab_packet_tcp(uint8_t out[LAB_PACKET_MAX],
                      const struct lab_packet *like, const void *data,
                      size_t len)
{
    if (len > LAB_PACKET_MAX - 40) {
        return 0;
    }
    ip_head(out, like, IPPROTO_TCP, 40 + len);
    uint8_t *t = out + 20;
    memset(t, 0, 20);
    put16(t, like->sport);
    put16(t + 2, like->dport);
    put32(t + 4, like->seq);
    put32(t + 8, like->ack);
    t[12] = 5 << 4;
    t[13] = like->flags;
    put16(t + 14, like->flags & LAB_TCP_RST ? 0 : 8192);
    if (len) {
        memcpy(t + 20, data, len);
    }
    put16(t + 16, transport_sum(out, 20 + len));
    return 40 + len;
}

size_t lab_packet_udp(uint8_t out[LAB_PACKET_MAX],
                      const struct lab_packet *like, const void *data,
                      size_t len)
{
    if (len > LAB_PACKET_MAX - 28) {
        return 0;
    }
    ip_head(out, like, IPPROTO_UDP, 28 + len);
    uint8_t *u = out + 20;
    put16(u, like->sport);
    put16(u + 2, like->dport);
    put16(u + 4, (uint32_t)(8 + len));
    put16(u + 6, 0);
    if (len) {
        memcpy(u + 8, data, len);
    }
    uint16_t s = transport_sum(out, 8 + len);
    put16(u + 6, s ? s : 0xffff);
    return 28 + len;
}

size_t lab_packet_icmp(uint8_t out[LAB_PACKET_MAX], uint32_t from, int ttl,
                       int type, int code, const struct lab_packet *about)
{
    // The header of the packet it is about and eight bytes of its payload.
    size_t quote = (size_t)(about->raw[0] & 15) * 4 + 8;
    quote = quote < about->raw_len ? quote : about->raw_len;
    struct lab_packet like = {
        .src = from, .dst = about->src, .ttl = (uint8_t)ttl};
    ip_head(out, &like, IPPROTO_ICMP, 28 + quote);
    memset(out + 20, 0, 8);
    out[20] = (uint8_t)type;
    out[21] = (uint8_t)code;
    memcpy(out + 28, about->raw, quote);
    put16(out + 22, fold(sum(0, out + 20, 8 + quote)));
    return 28 + quote;
}
