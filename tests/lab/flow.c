// SPDX-License-Identifier: Apache-2.0
#include "flow.h"

#include "util.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096u
#define IDLE_US (300 * INT64_C(1000000))
#define SWEEP   2048u

struct lab_flows {
    struct lab_flow *bucket[BUCKETS];
    unsigned made;
};

struct lab_flows *lab_flows_new(void)
{
    return lab_alloc(1, sizeof(struct lab_flows));
}

static void flow_free(struct lab_flow *f)
{
    free(f->buf);
    free(f->got);
    free(f);
}

void lab_flows_free(struct lab_flows *t)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        while (t->bucket[i]) {
            struct lab_flow *f = t->bucket[i];
            t->bucket[i] = f->next;
            flow_free(f);
        }
    }
    free(t);
}

static void sweep(struct lab_flows *t, int64_t now)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        struct lab_flow **at = &t->bucket[i];
        while (*at) {
            struct lab_flow *f = *at;
            if (now - f->used_us > IDLE_US) {
                *at = f->next;
                flow_free(f);
            } else {
                at = &f->next;
            }
        }
    }
}

static void restart(struct lab_flow *f)
{
    struct lab_flow fresh = {.next = f->next,
                             .client = f->client,
                             .server = f->server,
                             .cport = f->cport,
                             .sport = f->sport};
    free(f->buf);
    free(f->got);
    *f = fresh;
}

struct lab_flow *lab_flow_get(struct lab_flows *t, const struct lab_packet *p,
                              bool up, int64_t now)
{
    struct {
        uint32_t client, server;
        uint16_t cport, sport;
    } key = {up ? p->src : p->dst, up ? p->dst : p->src,
             up ? p->sport : p->dport, up ? p->dport : p->sport};

    size_t slot = lab_hash(&key, sizeof(key)) % BUCKETS;
    struct lab_flow *f = t->bucket[slot];
    while (f && (f->client != key.client || f->server != key.server ||
                 f->cport != key.cport || f->sport != key.sport)) {
        f = f->next;
    }
    bool syn = up && (p->flags & (LAB_TCP_SYN | LAB_TCP_ACK)) == LAB_TCP_SYN;
    if (!f && !up) {
        return NULL;
    }
    if (!f) {
        if (++t->made % SWEEP == 0) {
            sweep(t, now);
        }
        f = lab_alloc(1, sizeof(*f));
        f->client = key.client;
        f->server = key.server;
        f->cport = key.cport;
        f->sport = key.sport;
        f->next = t->bucket[slot];
        t->bucket[slot] = f;
    } else if (syn && (!f->has_base || f->base != p->seq + 1)) {
        restart(f);
    }
    if (syn && !f->has_base) {
        f->base = p->seq + 1;
        f->has_base = true;
    }
    f->used_us = now;
    return f;
}

bool lab_flow_feed(struct lab_flow *f, const struct lab_packet *p)
{
    if (!f->has_base) {
        f->base = p->seq;
        f->has_base = true;
    }
    uint32_t off = p->seq - f->base;
    if (!p->len || off >= LAB_FLOW_BYTES) {
        return false;
    }
    if (!f->buf) {
        f->buf = lab_alloc(1, LAB_FLOW_BYTES);
        f->got = lab_alloc(1, LAB_FLOW_BYTES / 8);
    }
    size_t room = LAB_FLOW_BYTES - off;
    size_t n = p->len < room ? p->len : room;
    memcpy(f->buf + off, p->data, n);
    for (size_t i = off; i < off + n; i++) {
        f->got[i / 8] = (uint8_t)(f->got[i / 8] | 1u << (i & 7));
    }
    size_t before = f->have;
    while (f->have < LAB_FLOW_BYTES &&
           f->got[f->have / 8] & 1u << (f->have & 7)) {
        f->have++;
    }
    return f->have > before;
}
