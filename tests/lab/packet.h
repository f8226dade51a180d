// SPDX-License-Identifier: Apache-2.0
// IPv4 packets: taken apart with every length checked, and forged whole
// (header and checksums). Ports, seq and ack in host order, addresses in
// network order. Pure; nothing here sends anything.
#ifndef LAB_PACKET_H
#define LAB_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAB_TCP_FIN 0x01
#define LAB_TCP_SYN 0x02
#define LAB_TCP_RST 0x04
#define LAB_TCP_PSH 0x08
#define LAB_TCP_ACK 0x10

#define LAB_PACKET_MAX 1600

struct lab_packet {
    uint8_t proto;
    uint8_t ttl;
    uint16_t id;
    uint32_t src, dst;
    uint16_t sport, dport; // 0 when neither TCP nor UDP
    uint8_t type, code;    // ICMP
    uint32_t seq, ack;
    uint8_t flags;
    const uint8_t *data; // payload of TCP, UDP or ICMP, inside the packet
    size_t len;
    const uint8_t *raw;
    size_t raw_len;
    bool fragment; // not the first: no ports
};

// false: not a whole IPv4 packet.
bool lab_packet_parse(struct lab_packet *p, const uint8_t *raw, size_t len);

// Makes a packet from `like` (addresses, ports, seq, ack, flags, ttl, id)
// and a payload; returns its length, 0 if it does not fit.
size_t lab_packet_tcp(uint8_t out[LAB_PACKET_MAX],
                      const struct lab_packet *like, const void *data,
                      size_t len);
size_t lab_packet_udp(uint8_t out[LAB_PACKET_MAX],
                      const struct lab_packet *like, const void *data,
                      size_t len);
// An ICMP error of `type` and `code` about `about`, sent by `from`.
size_t lab_packet_icmp(uint8_t out[LAB_PACKET_MAX], uint32_t from, int ttl,
                       int type, int code, const struct lab_packet *about);

#endif
