// SPDX-License-Identifier: Apache-2.0
/* libpcap on the loop: a ring of packets as they passed, and the search in it
 * when a measurement ends.
 */
#include "net/capture.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/cur.h"
#include "base/log.h"
#include <pcap/pcap.h>
#include <pcap/sll.h>
#include <stdlib.h>
#include <string.h>

#define RING           4096 /* packets remembered, about 300 KB */
#define SNAPLEN        160
#define KERNEL_BUFFER  (1024 * 1024)
#define AROUND         6 /* packets kept on each side of a reset */
#define PER_FLOW_MAX   24
#define FLOW_PACKETS   64 /* of one flow looked at */
#define BATCH          512
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd

#define TCP_FIN 0x01u
#define TCP_SYN 0x02u
#define TCP_RST 0x04u
#define TCP_PSH 0x08u
#define TCP_ACK 0x10u
#define TCP_URG 0x20u

/* Full data segments say nothing about interference; they would only push
 * what does out of the ring. Of our own it matters whether they left. */
static const char filter_text[] =
    "udp port 53 or (tcp and (less 600 or outbound or tcp[13] & 7 != 0))";

struct capture {
    pcap_t *pcap;
    int link;
    struct loop_io *io;
    size_t n; /* packets seen; the ring holds the last RING of them */
    struct capture_packet ring[RING];
};

/* ---- reading packets -------------------------------------------------------
 */

static bool parse_transport(struct cur *c, unsigned proto, uint32_t len,
                            struct capture_packet *p)
{
    if (proto == 17) {
        p->udp = true;
        p->sport = cur_u16(c);
        p->dport = cur_u16(c);
        p->payload = len > 8 ? len - 8 : 0;
        return !c->bad;
    }
    if (proto != 6) {
        return false;
    }
    p->sport = cur_u16(c);
    p->dport = cur_u16(c);
    p->seq = cur_u32(c);
    p->ack = cur_u32(c);
    uint32_t header = (uint32_t)(cur_u8(c) >> 4) * 4;
    p->flags = cur_u8(c);
    p->window = cur_u16(c);
    p->payload = len > header ? len - header : 0;
    return !c->bad;
}

static bool parse_ipv4(struct cur *c, struct capture_packet *p)
{
    uint32_t header = (uint32_t)(cur_u8(c) & 15) * 4;

    cur_skip(c, 1);
    uint32_t total = cur_u16(c);
    p->ip_id = cur_u16(c);
    uint16_t fragment = cur_u16(c);
    p->ttl = cur_u8(c);
    unsigned proto = cur_u8(c);
    cur_skip(c, 2);
    struct str src = cur_bytes(c, 4), dst = cur_bytes(c, 4);
    if (c->bad || header < 20 || total < header || (fragment & 0x1fff) != 0) {
        return false;
    }
    cur_skip(c, header - 20);
    p->src.family = p->dst.family = 4;
    memcpy(p->src.b, src.p, 4);
    memcpy(p->dst.b, dst.p, 4);
    return parse_transport(c, proto, total - header, p);
}

static bool parse_ipv6(struct cur *c, struct capture_packet *p)
{
    cur_skip(c, 4);
    uint32_t len = cur_u16(c);
    unsigned proto = cur_u8(c);
    p->ttl = cur_u8(c);
    struct str src = cur_bytes(c, 16), dst = cur_bytes(c, 16);
    if (c->bad) {
        return false;
    }
    p->src.family = p->dst.family = 6;
    memcpy(p->src.b, src.p, 16);
    memcpy(p->dst.b, dst.p, 16);
    return parse_transport(c, proto, len, p);
}

bool capture_parse(struct str ip_packet, struct capture_packet *out)
{
    struct cur c = cur_of(ip_packet.p, ip_packet.len);
    struct capture_packet p = {0};
    bool ok = false;

    if (ip_packet.len == 0) {
        return false;
    }
    unsigned version = (uint8_t)ip_packet.p[0] >> 4;
    if (version == 4) {
        ok = parse_ipv4(&c, &p);
    } else if (version == 6) {
        ok = parse_ipv6(&c, &p);
    }
    if (ok) {
        *out = p;
    }
    return ok;
}

static void on_packet(u_char *arg, const struct pcap_pkthdr *h,
                      const u_char *bytes)
{
    struct capture *c = (struct capture *)arg;
    struct capture_packet p;
    size_t header = c->link == DLT_LINUX_SLL2 ? SLL2_HDR_LEN : SLL_HDR_LEN;

    if (h->caplen <= header ||
        !capture_parse(
            (struct str){(const char *)bytes + header, h->caplen - header},
            &p)) {
        return;
    }
    int64_t wall = (int64_t)h->ts.tv_sec * US_PER_S + h->ts.tv_usec;
    p.t = wall - clock_wall_us() + clock_mono_us();
    c->ring[c->n++ % RING] = p;
}

static void drain(struct capture *c)
{
    while (pcap_dispatch(c->pcap, BATCH, on_packet, (u_char *)c) == BATCH) {
        ;
    }
}

static void on_ready(void *arg, int fd, unsigned what)
{
    (void)fd;
    (void)what;
    pcap_dispatch(((struct capture *)arg)->pcap, BATCH, on_packet, arg);
}

/* ---- opening ----------------------------------------------------------------
 */

static enum err open_device(struct capture *c)
{
    char text[PCAP_ERRBUF_SIZE];
    struct bpf_program prog;

    c->pcap = pcap_create("any", text);
    if (!c->pcap) {
        return ERR_NOMEM;
    }
    pcap_set_snaplen(c->pcap, SNAPLEN);
    pcap_set_promisc(c->pcap, 0);
    pcap_set_timeout(c->pcap, 100);
    pcap_set_buffer_size(c->pcap, KERNEL_BUFFER);
    /* without it the kernel holds packets back until its block is full */
    pcap_set_immediate_mode(c->pcap, 1);
    if (pcap_activate(c->pcap) < 0 || pcap_setnonblock(c->pcap, 1, text) != 0) {
        return ERR_ACCESS;
    }
    c->link = pcap_datalink(c->pcap);
    if (c->link != DLT_LINUX_SLL && c->link != DLT_LINUX_SLL2) {
        return ERR_ACCESS;
    }
    if (pcap_compile(c->pcap, &prog, filter_text, 1, PCAP_NETMASK_UNKNOWN) !=
        0) {
        return ERR_INTERNAL;
    }
    int rc = pcap_setfilter(c->pcap, &prog);
    pcap_freecode(&prog);
    return rc == 0 ? ERR_OK : ERR_ACCESS;
}

enum err capture_new(struct loop *l, struct capture **out)
{
    struct capture *c = calloc(1, sizeof(*c));

    if (!c) {
        return ERR_NOMEM;
    }
    enum err e = open_device(c);
    if (e == ERR_OK) {
        e = loop_io_new(l, pcap_get_selectable_fd(c->pcap), LOOP_READ, on_ready,
                        c, &c->io);
    }
    if (e != ERR_OK) {
        capture_free(c);
        return e;
    }
    *out = c;
    return ERR_OK;
}

void capture_free(struct capture *c)
{
    if (!c) {
        return;
    }
    loop_io_free(c->io);
    if (c->pcap) {
        pcap_close(c->pcap);
    }
    free(c);
}

/* ---- evidence
 * ----------------------------------------------------------------- */

static const char *flags_text(const struct capture_packet *p)
{
    static const struct {
        uint8_t bits;
        const char *text;
    } known[] = {
        {TCP_SYN, "SYN"},
        {TCP_SYN | TCP_ACK, "SYN,ACK"},
        {TCP_ACK, "ACK"},
        {TCP_PSH | TCP_ACK, "PSH,ACK"},
        {TCP_FIN | TCP_ACK, "FIN,ACK"},
        {TCP_FIN | TCP_PSH | TCP_ACK, "FIN,PSH,ACK"},
        {TCP_RST, "RST"},
        {TCP_RST | TCP_ACK, "RST,ACK"},
        {TCP_FIN, "FIN"},
        {TCP_RST | TCP_PSH | TCP_ACK, "RST,PSH,ACK"},
    };

    if (p->udp) {
        return "";
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].bits == (p->flags & 0x3f)) {
            return known[i].text;
        }
    }
    return p->flags & TCP_RST ? "RST,other" : "other";
}

static void keep(struct measurement *m, const struct capture_packet *p,
                 int64_t zero_us, int64_t id, const char *why)
{
    struct obs_packet *o = measurement_add_packet(m);

    if (!o) {
        return;
    }
    *o = (struct obs_packet){
        .t = p->t - zero_us,
        .src = p->src,
        .dst = p->dst,
        .sport = p->sport,
        .dport = p->dport,
        .ttl = p->ttl,
        .ip_id = p->ip_id,
        .proto = p->udp ? "udp" : "tcp",
        .flags = flags_text(p),
        .seq = p->seq,
        .ack = p->ack,
        .window = p->window,
        .payload = p->payload,
        .id = id,
        .why = why,
    };
}

static bool from_remote(const struct capture_flow *f,
                        const struct capture_packet *p)
{
    return p->udp == f->udp && p->sport == f->remote_port &&
           p->dport == f->local_port && ip_eq(&p->src, &f->remote);
}

static bool to_remote(const struct capture_flow *f,
                      const struct capture_packet *p)
{
    return p->udp == f->udp && p->dport == f->remote_port &&
           p->sport == f->local_port && ip_eq(&p->dst, &f->remote);
}

/* The loopback interface shows every packet twice. */
static bool is_same(const struct capture_packet *a,
                    const struct capture_packet *b)
{
    return a->sport == b->sport && a->seq == b->seq && a->ack == b->ack &&
           a->flags == b->flags && a->ip_id == b->ip_id &&
           a->payload == b->payload && b->t - a->t < US_PER_MS;
}

/* Packets of a flow in order. */
static size_t packets_of(const struct capture *c, const struct capture_flow *f,
                         const struct capture_packet *out[FLOW_PACKETS])
{
    size_t first = c->n > RING ? c->n - RING : 0, n = 0;

    for (size_t i = first; i < c->n && n < FLOW_PACKETS; i++) {
        const struct capture_packet *p = &c->ring[i % RING];

        /* a millisecond of grace for the conversion of clocks */
        if (p->t < f->t0 - US_PER_MS ||
            !(from_remote(f, p) || to_remote(f, p))) {
            continue;
        }
        if (n == 0 || !is_same(out[n - 1], p)) {
            out[n++] = p;
        }
    }
    return n;
}

static const char *why_of(const struct capture_flow *f,
                          const struct capture_packet *p,
                          const struct capture_packet *syn_ack)
{
    if (f->udp) {
        return f->contradicted && from_remote(f, p) ? "dns_contradiction"
                                                    : NULL;
    }
    if (!from_remote(f, p)) {
        return NULL;
    }
    bool odd_ttl = syn_ack && p->ttl != syn_ack->ttl;
    if (p->flags & TCP_RST && (f->failed || odd_ttl)) {
        return "rst";
    }
    if (p->flags & TCP_FIN && (f->failed || odd_ttl)) {
        return "fin";
    }
    return NULL;
}

static void collect_flow(const struct capture *c, struct measurement *m,
                         int64_t zero_us, const struct capture_flow *f)
{
    const struct capture_packet *p[FLOW_PACKETS], *syn_ack = NULL;
    size_t n = packets_of(c, f, p), first = SIZE_MAX, last = 0, kept = 0;

    for (size_t i = 0; i < n && !f->udp; i++) {
        if (!syn_ack && from_remote(f, p[i]) &&
            (p[i]->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK)) {
            syn_ack = p[i];
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (!why_of(f, p[i], syn_ack)) {
            continue;
        }
        if (first == SIZE_MAX) {
            first = i;
        }
        last = i;
    }
    if (first == SIZE_MAX) {
        return;
    }
    for (size_t i = 0; i < n && kept < PER_FLOW_MAX; i++) {
        const char *why = why_of(f, p[i], syn_ack);
        bool near = i + AROUND >= first && i <= last + AROUND;

        /* the SYN,ACK shows what the true server's packets look like */
        if (!near && p[i] != syn_ack) {
            continue;
        }
        keep(m, p[i], zero_us, f->id, why ? why : "context");
        kept++;
    }
}

/* Was everything seen since then? Nothing was lost, and something is left in
 * the ring from before, or the ring was never full. */
static bool saw_all_since(struct capture *c, int64_t t)
{
    struct pcap_stat lost;

    if (pcap_stats(c->pcap, &lost) != 0 || lost.ps_drop > 0 || c->n == 0) {
        return false;
    }
    return c->n <= RING || c->ring[c->n % RING].t < t;
}

/* A SYN to where the flow was to lead; one of another flow to the same place
 * counts as well. */
static bool is_syn_of(const struct capture_flow *f,
                      const struct capture_packet *p)
{
    return !p->udp && (p->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN &&
           p->t >= f->t0 - US_PER_MS && p->dport == f->remote_port &&
           ip_eq(&p->dst, &f->remote);
}

static bool syn_left(const struct capture *c, const struct capture_flow *f)
{
    for (size_t i = c->n > RING ? c->n - RING : 0; i < c->n; i++) {
        const struct capture_packet *p = &c->ring[i % RING];

        if (is_syn_of(f, p)) {
            return true;
        }
    }
    return false;
}

/* Was the SYN of that port answered to this machine, and the answer not taken?
 * Whoever takes it acknowledges it. */
static bool was_not_taken(const struct capture *c, const struct capture_flow *f,
                          const struct capture_packet *syn)
{
    struct capture_flow own = *f;
    bool answered = false;
    own.local_port = syn->sport;
    for (size_t i = c->n > RING ? c->n - RING : 0; i < c->n; i++) {
        const struct capture_packet *p = &c->ring[i % RING];
        bool acks = (p->flags & TCP_ACK) != 0;

        if (to_remote(&own, p) && acks && p->t >= syn->t) {
            return false;
        }
        answered =
            answered || (from_remote(&own, p) && acks && (p->flags & TCP_SYN) &&
                         !(p->flags & TCP_RST) && p->ack == syn->seq + 1);
    }
    return answered;
}

static bool held_the_answer(const struct capture *c,
                            const struct capture_flow *f)
{
    for (size_t i = c->n > RING ? c->n - RING : 0; i < c->n; i++) {
        const struct capture_packet *p = &c->ring[i % RING];

        if (is_syn_of(f, p) && was_not_taken(c, f, p)) {
            return true;
        }
    }
    return false;
}

static void tell_whether_sent(struct capture *c, struct measurement *m,
                              const struct capture_flow *f)
{
    if (!saw_all_since(c, f->t0)) {
        return;
    }
    for (size_t i = 0; i < m->n_tcp; i++) {
        if (m->tcp[i].id == f->id) {
            m->tcp[i].sent = syn_left(c, f) ? SENT_YES : SENT_NO;
            m->tcp[i].held = held_the_answer(c, f) ? HELD_ANSWER : HELD_NOTHING;
        }
    }
}

/* The client speaks first, in TLS and in HTTP. */
static bool said_something(const struct capture *c,
                           const struct capture_flow *f)
{
    for (size_t i = c->n > RING ? c->n - RING : 0; i < c->n; i++) {
        const struct capture_packet *p = &c->ring[i % RING];

        if (p->t >= f->t0 - US_PER_MS && to_remote(f, p) && p->payload > 0) {
            return true;
        }
    }
    return false;
}

static void tell_whether_said(struct capture *c, struct measurement *m,
                              const struct capture_flow *f)
{
    if (f->udp || !f->failed || !saw_all_since(c, f->t0) ||
        said_something(c, f)) {
        return;
    }
    for (size_t i = 0; i < m->n_tcp; i++) {
        if (m->tcp[i].id == f->id && !m->tcp[i].failure) {
            m->tcp[i].held = HELD_DATA;
        }
    }
}

void capture_collect(struct capture *c, struct measurement *m, int64_t zero_us,
                     const struct capture_flow *flows)
{
    drain(c);
    for (const struct capture_flow *f = flows; f; f = f->next) {
        if (f->unconnected) {
            tell_whether_sent(c, m, f);
        } else if (f->local_port != 0) {
            collect_flow(c, m, zero_us, f);
            tell_whether_said(c, m, f);
        }
    }
}

const char *capture_version(void)
{
    return pcap_lib_version();
}
