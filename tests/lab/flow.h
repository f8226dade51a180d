// SPDX-License-Identifier: Apache-2.0
// What the middlebox remembers of a TCP connection: the first bytes the
// client sent, put together from segments in any order, and the directive
// that has taken hold of it.
#ifndef LAB_FLOW_H
#define LAB_FLOW_H

#include "conf.h"
#include "packet.h"
#include "sni.h"

#define LAB_FLOW_BYTES 16384

struct lab_flow {
    struct lab_flow *next;
    uint32_t client, server;
    uint16_t cport, sport;
    uint32_t base; // sequence number of the first byte
    bool has_base;
    uint8_t *buf;
    uint8_t *got; // one bit per byte of buf
    size_t have;  // bytes without a hole from the start
    enum lab_sni sni;
    char name[256];
    bool looked; // enough seen, nothing more to find
    const struct lab_rule *rule;
    bool cut_server;   // drop what the true server still says
    bool ended;        // by a forged end
    bool told;         // truth.jsonl has the interception
    size_t down_bytes; // since the rule took hold
    int64_t bucket_us; // when a throttled line is free again
    uint8_t server_ttl;
    int64_t used_us;
};

struct lab_flows;

struct lab_flows *lab_flows_new(void);
void lab_flows_free(struct lab_flows *t);
// The flow of a packet of the client (`up`) or of the server. A SYN of the
// client starts afresh. NULL: none, and not a client's packet.
struct lab_flow *lab_flow_get(struct lab_flows *t, const struct lab_packet *p,
                              bool up, int64_t now);
// Takes the payload in. true: there are more bytes in `buf` than before.
bool lab_flow_feed(struct lab_flow *f, const struct lab_packet *p);

#endif
