// SPDX-License-Identifier: Apache-2.0
//
// A packet of a volunteer passes, in this order: the line (down, loss, rate),
// the routers (TTL), directives on addresses, what is left over from earlier
// matches (residual), directives on names and strings.
//
//   client --[1]--[2]--[3]--[4]--[5]-- server      hop N: the censor is router
//   N
#include "box.h"

#include "dnsforge.h"
#include "flow.h"
#include "util.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_TTL    64 // of what a censor forges unless said
#define SEGMENT      1400
#define MAX_RESIDUAL 1024
#define MINUTE_US    (60 * INT64_C(1000000))

struct residual {
    uint32_t client, server;
    uint16_t sport;
    const struct lab_rule *rule;
    int64_t until_us;
};

struct line {
    int64_t free_us; // when the rate lets the next packet through
};

// The connections that a server let one visitor have.
struct visits {
    int64_t at_us[LAB_LIMIT_MAX];
    size_t n;
};

struct lab_box {
    const struct lab_conf *c;
    struct lab_truth *truth;
    lab_box_send_fn send;
    void *arg;
    struct lab_flows *flows;
    struct line line[LAB_MAX_VOLUNTEERS][2];
    int64_t *rule_free_us;  // of throttled rules, for packets without a flow
    struct visits **visits; // of each rule and volunteer; NULL: none yet
    struct residual residual[MAX_RESIDUAL];
    size_t residuals;
    uint64_t dice;
    int64_t start_us; // 0: not yet
};

// One packet on its way.
struct pass {
    struct lab_box *b;
    struct lab_packet p;
    bool up;
    int volunteer;
    int64_t now;
    struct lab_flow *flow;
    struct lab_verdict v;
};

struct lab_box *lab_box_new(const struct lab_conf *c, struct lab_truth *truth,
                            lab_box_send_fn send, void *arg)
{
    struct lab_box *b = lab_alloc(1, sizeof(*b));
    b->c = c;
    b->truth = truth;
    b->send = send;
    b->arg = arg;
    b->flows = lab_flows_new();
    b->rule_free_us = lab_alloc(c->rules, sizeof(*b->rule_free_us));
    b->visits = lab_alloc(c->rules * LAB_MAX_VOLUNTEERS, sizeof(*b->visits));
    b->dice = 1;
    return b;
}

void lab_box_free(struct lab_box *b)
{
    lab_flows_free(b->flows);
    free(b->rule_free_us);
    for (size_t i = 0; i < b->c->rules * LAB_MAX_VOLUNTEERS; i++) {
        free(b->visits[i]);
    }
    free(b->visits);
    free(b);
}

void lab_box_start(struct lab_box *b, int64_t now)
{
    b->start_us = now;
}

static bool chance(struct lab_box *b, double part)
{
    return part > 0 &&
           (double)(lab_rand(&b->dice) >> 11) / 9007199254740992.0 < part;
}

static int volunteer_of(const struct lab_conf *c, uint32_t addr)
{
    for (int i = 0; i < c->volunteers; i++) {
        if (c->volunteer[i].addr == addr || c->volunteer[i].shadow == addr) {
            return i;
        }
    }
    return -1;
}

static void drop(struct pass *s, const struct lab_rule *r, const char *why,
                 const char *name)
{
    s->v.drop = true;
    lab_truth_add(s->b->truth, "drop", r ? &r->where : NULL, why, name, NULL,
                  s->volunteer, &s->p);
}

// Somebody in the server's place takes the connection from here.
static void told(struct pass *s, const struct lab_rule *r, const char *name)
{
    lab_truth_add(s->b->truth, "intercept", &r->where, NULL, name, NULL,
                  s->volunteer, &s->p);
}

// From when a packet passes the censor until a forged one is back with the
// client: both ways over `hop` of the six links.
static int64_t back_us(const struct pass *s)
{
    return s->b->c->rtt_us * s->b->c->hop / (LAB_HOPS + 1);
}

// The TTL with which a forged packet arrives; `ttl` leaves the censor.
static uint8_t arriving_ttl(const struct pass *s, const struct lab_rule *r,
                            bool to_client)
{
    int hop = s->b->c->hop;
    int ttl = r->ttl > 0 ? r->ttl : FIRST_TTL;
    if (r->ttl == LAB_TTL_COPY) {
        // What the true peer's packets arrive with.
        int sent = !to_client                       ? s->p.ttl
                   : s->flow && s->flow->server_ttl ? s->flow->server_ttl
                                                    : FIRST_TTL;
        ttl = sent - LAB_HOPS;
        return (uint8_t)(ttl < 0 ? 0 : ttl);
    }
    ttl -= to_client ? hop - 1 : LAB_HOPS - hop;
    return (uint8_t)(ttl < 0 ? 0 : ttl);
}

static void emit(struct pass *s, const struct lab_rule *r, struct lab_packet *f,
                 const void *data, size_t len, const char *name, bool to_client,
                 int64_t after_us)
{
    uint8_t out[LAB_PACKET_MAX];
    f->ttl = arriving_ttl(s, r, to_client);
    f->id = (uint16_t)lab_rand(&s->b->dice);
    f->proto = s->p.proto;
    f->len = len;
    size_t n = f->proto == IPPROTO_TCP ? lab_packet_tcp(out, f, data, len)
                                       : lab_packet_udp(out, f, data, len);
    if (!n || !f->ttl) {
        return; // died on the way, as it was told to
    }
    s->b->send(s->b->arg, after_us, out, n);
    lab_truth_add(s->b->truth, "inject", &r->where, NULL, name,
                  to_client ? "client" : "server", s->volunteer, f);
}

static struct lab_packet towards_client(const struct lab_packet *p)
{
    return (struct lab_packet){.src = p->dst,
                               .dst = p->src,
                               .sport = p->dport,
                               .dport = p->sport,
                               .seq = p->ack,
                               .ack = p->seq + (uint32_t)p->len};
}

static struct lab_packet towards_server(const struct lab_packet *p)
{
    return (struct lab_packet){.src = p->src,
                               .dst = p->dst,
                               .sport = p->sport,
                               .dport = p->dport,
                               .seq = p->seq + (uint32_t)p->len,
                               .ack = p->ack};
}

// RST or FIN, to whom the directive says. The packet itself goes on.
static void forge_end(struct pass *s, const struct lab_rule *r,
                      const char *name)
{
    uint8_t flag = r->act == LAB_RST ? LAB_TCP_RST : LAB_TCP_FIN;
    if (r->to_client) {
        struct lab_packet f = towards_client(&s->p);
        f.flags = (uint8_t)(flag | LAB_TCP_ACK);
        emit(s, r, &f, NULL, 0, name, true, back_us(s));
    }
    if (r->to_server) {
        struct lab_packet f = towards_server(&s->p);
        f.flags = (uint8_t)(flag | LAB_TCP_ACK);
        // Behind the packet that gave rise to it.
        emit(s, r, &f, NULL, 0, name, false, s->b->c->rtt_us / 2 + 1);
    }
}

// `data` in the server's place, and the end of what it says.
static void forge_answer(struct pass *s, const struct lab_rule *r,
                         const void *data, size_t len, const char *name)
{
    const char *p = data;
    struct lab_packet f = towards_client(&s->p);
    for (size_t at = 0; at < len; at += SEGMENT) {
        size_t n = len - at < SEGMENT ? len - at : SEGMENT;
        f.flags = LAB_TCP_PSH | LAB_TCP_ACK;
        if (at + n == len) {
            f.flags |= LAB_TCP_FIN;
        }
        emit(s, r, &f, p + at, n, name, true, back_us(s));
        f.seq += (uint32_t)n;
    }
    s->flow->cut_server = !s->b->c->on_path;
}

static void forge_page(struct pass *s, const struct lab_rule *r)
{
    static const char head[] = "HTTP/1.0 200 OK\r\n\r\n";
    struct lab_str page = {0};
    lab_str_add(&page, head, sizeof(head) - 1);
    lab_str_add(&page, r->body, r->body_len);
    forge_answer(s, r, page.p, page.len, r->name);
    lab_str_fini(&page);
}

// A fatal alert of TLS 1.2, which 1.3 sends as well before it has keys.
static void forge_alert(struct pass *s, const struct lab_rule *r)
{
    const uint8_t record[] = {21, 3, 3, 0, 2, 2, r->alert};
    forge_answer(s, r, record, sizeof(record), s->flow->name);
}

// An end right behind a packet of the server.
static void forge_late_end(struct pass *s, const struct lab_rule *r,
                           const char *name)
{
    uint8_t flag = r->act == LAB_RST ? LAB_TCP_RST : LAB_TCP_FIN;
    struct lab_packet f = s->p;
    f.seq += (uint32_t)s->p.len;
    f.flags = (uint8_t)(flag | LAB_TCP_ACK);
    if (r->to_client) {
        emit(s, r, &f, NULL, 0, name, true, s->b->c->rtt_us / 2 + 1);
    }
    if (r->to_server) {
        struct lab_packet t = towards_client(&s->p);
        t.flags = (uint8_t)(flag | LAB_TCP_ACK);
        emit(s, r, &t, NULL, 0, name, false, back_us(s));
    }
    s->flow->ended = true;
    s->flow->cut_server = !s->b->c->on_path;
}

// RST or FIN: at what the client says, or once the server has said enough.
static void end(struct pass *s, const struct lab_rule *r, const char *name)
{
    struct lab_flow *f = s->flow;
    if (!r->after_bytes) {
        if (s->up && s->p.len) {
            forge_end(s, r, name);
        }
        return;
    }
    if (f->ended) {
        if (!s->up && f->cut_server) {
            drop(s, r, "true server after the forged end", name);
        }
        return;
    }
    f->down_bytes += s->up ? 0 : s->p.len;
    if (f->down_bytes >= r->after_bytes) {
        forge_late_end(s, r, name);
    }
}

static void forge_icmp(struct pass *s, const struct lab_rule *r)
{
    uint8_t out[LAB_PACKET_MAX];
    const struct lab_conf *c = s->b->c;
    size_t n = lab_packet_icmp(out, c->router[c->hop].addr,
                               FIRST_TTL - (c->hop - 1), 3, 1, &s->p);
    struct lab_packet f;
    s->b->send(s->b->arg, back_us(s), out, n);
    if (lab_packet_parse(&f, out, n)) {
        lab_truth_add(s->b->truth, "inject", &r->where, NULL, NULL, "client",
                      s->volunteer, &f);
    }
}

static void throttle(struct pass *s, const struct lab_rule *r, int64_t *free_us)
{
    if (chance(s->b, r->loss)) {
        drop(s, r, "throttle loss", NULL);
        return;
    }
    int64_t wait = r->delay_us;
    if (r->rate_bps) {
        int64_t from = *free_us > s->now ? *free_us : s->now;
        if (from - s->now > 5000000) {
            drop(s, r, "throttle queue full", NULL);
            return;
        }
        *free_us = from + (int64_t)s->p.raw_len * 8 * 1000000 / r->rate_bps;
        wait += *free_us - s->now;
    }
    if (wait) {
        s->v.after_us += wait;
        lab_truth_add(s->b->truth, "delay", &r->where, NULL, NULL, NULL,
                      s->volunteer, &s->p);
    }
}

static void freeze(struct pass *s, const struct lab_rule *r, const char *name)
{
    s->flow->down_bytes += s->up ? 0 : s->p.len;
    if (s->flow->down_bytes > r->after_bytes) {
        drop(s, r, NULL, name);
    }
}

// What a flow's directive does to a packet after (and with) the match.
static void follow(struct pass *s, const struct lab_rule *r)
{
    struct lab_flow *f = s->flow;
    const char *name = r->on == LAB_ON_SNI ? f->name : r->name;
    switch (r->act) {
    case LAB_DROP:
        if (s->up ? r->to_server : r->to_client) {
            drop(s, r, NULL, name);
        }
        break;
    case LAB_RST:
    case LAB_FIN:
        end(s, r, name);
        break;
    case LAB_PAGE:
    case LAB_ALERT:
        if (s->up && s->p.len) {
            if (r->act == LAB_ALERT) {
                forge_alert(s, r);
            } else {
                forge_page(s, r);
            }
        } else if (!s->up && f->cut_server) {
            drop(s, r, "true server after the forged page", name);
        }
        break;
    case LAB_THROTTLE:
        throttle(s, r, &f->bucket_us);
        break;
    case LAB_MITM:
        if (!f->told) {
            told(s, r, name);
            f->told = true;
        }
        break;
    case LAB_FREEZE:
        freeze(s, r, name);
        break;
    default:
        break;
    }
}

static bool same_place(const struct lab_rule *r, uint32_t addr, uint16_t port)
{
    return (!r->addr || r->addr == addr) && (!r->port || r->port == port);
}

// What a volunteer does not reach before it has logged in: all but HTTP,
// which the portal answers, and the ISP's resolver.
static bool behind_portal(const struct pass *s, uint32_t addr, uint16_t port)
{
    return !(s->p.proto == IPPROTO_TCP && port == 80) &&
           !(addr == s->b->c->isp_resolver && port == 53);
}

// An end from the place of the server that a SYN goes to.
static void refuse(struct pass *s, const struct lab_rule *r, int64_t after_us)
{
    struct lab_packet f = towards_client(&s->p);
    f.seq = 0;
    f.ack = s->p.seq + 1;
    f.flags = LAB_TCP_RST | LAB_TCP_ACK;
    emit(s, r, &f, NULL, 0, NULL, true, after_us);
}

// One more new connection. true: the server lets the visitor have it.
static bool lets_in(struct pass *s, size_t rule)
{
    const struct lab_rule *r = &s->b->c->rule[rule];
    struct visits **at =
        &s->b->visits[rule * LAB_MAX_VOLUNTEERS + (size_t)s->volunteer];
    struct visits *v = *at ? *at : lab_alloc(1, sizeof(*v));
    size_t kept = 0;
    *at = v;
    for (size_t i = 0; i < v->n; i++) {
        if (v->at_us[i] > s->now - MINUTE_US) {
            v->at_us[kept++] = v->at_us[i];
        }
    }
    v->n = kept;
    if (kept >= (size_t)r->per_minute) {
        return false;
    }
    v->at_us[v->n++] = s->now;
    return true;
}

// The server counts its visitors' new connections. true: this one is too many.
static bool limits(struct pass *s, size_t rule, bool syn)
{
    const struct lab_rule *r = &s->b->c->rule[rule];
    if (!syn || s->p.flags & LAB_TCP_ACK || lets_in(s, rule)) {
        return false;
    }
    if (r->act == LAB_LIMIT_RESET) {
        refuse(s, r, s->b->c->rtt_us);
    }
    drop(s, r, "limit", NULL);
    return true;
}

// Directives on addresses. true: one has decided.
static bool on_addresses(struct pass *s)
{
    const struct lab_conf *c = s->b->c;
    uint32_t addr = s->up ? s->p.dst : s->p.src;
    uint16_t port = s->up ? s->p.dport : s->p.sport;
    for (size_t i = 0; i < c->rules; i++) {
        const struct lab_rule *r = &c->rule[i];
        bool syn =
            s->up && s->p.proto == IPPROTO_TCP && s->p.flags & LAB_TCP_SYN;
        if (r->act == LAB_PORTAL) {
            if (behind_portal(s, addr, port)) {
                drop(s, r, "not logged in", NULL);
                return true;
            }
            if (syn && addr != r->addr) {
                told(s, r, NULL);
            }
            continue;
        }
        if (r->on != LAB_ON_IP || !same_place(r, addr, port)) {
            continue;
        }
        if (r->act == LAB_LIMIT_DROP || r->act == LAB_LIMIT_RESET) {
            if (limits(s, i, syn)) {
                return true;
            }
            continue;
        }
        if (r->act == LAB_DROP) {
            drop(s, r, NULL, NULL);
            return true;
        }
        if (r->act == LAB_REJECT && syn) {
            refuse(s, r, back_us(s));
            if (!c->on_path) {
                drop(s, r, NULL, NULL);
            }
            return true;
        }
        if (r->act == LAB_UNREACHABLE && s->up) {
            forge_icmp(s, r);
            if (!c->on_path) {
                drop(s, r, NULL, NULL);
            }
            return true;
        }
        if (r->act == LAB_DELAY && !s->up) {
            s->v.after_us += r->delay_us;
            lab_truth_add(s->b->truth, "delay", &r->where, NULL, NULL, NULL,
                          s->volunteer, &s->p);
            return true;
        }
        if (r->act == LAB_FREEZE && s->flow) {
            freeze(s, r, NULL);
            return true;
        }
        if (r->act == LAB_THROTTLE) {
            throttle(s, r,
                     s->flow ? &s->flow->bucket_us : &s->b->rule_free_us[i]);
            return true;
        }
    }
    return false;
}

static void remember(struct pass *s, const struct lab_rule *r)
{
    struct lab_box *b = s->b;
    if (!b->c->residual_us || r->act == LAB_THROTTLE || r->act == LAB_FREEZE ||
        r->act == LAB_MITM) {
        return;
    }
    // The oldest makes room.
    struct residual *d = &b->residual[b->residuals++ % MAX_RESIDUAL];
    *d = (struct residual){.client = s->p.src,
                           .server = s->p.dst,
                           .sport = s->p.dport,
                           .rule = r,
                           .until_us = s->now + b->c->residual_us};
}

static const struct lab_rule *still_blocked(const struct pass *s)
{
    const struct lab_box *b = s->b;
    size_t n = b->residuals < MAX_RESIDUAL ? b->residuals : MAX_RESIDUAL;
    enum lab_scope scope = b->c->scope;
    for (size_t i = 0; i < n; i++) {
        const struct residual *d = &b->residual[i];
        if (d->until_us > s->now && d->server == s->p.dst &&
            (scope == LAB_SCOPE_SERVER || d->client == s->p.src) &&
            (scope != LAB_SCOPE_TUPLE || d->sport == s->p.dport)) {
            return d->rule;
        }
    }
    return NULL;
}

static bool contains(const struct pass *s, const struct lab_rule *r)
{
    size_t n = strlen(r->name);
    if (!same_place(r, s->p.dst, s->p.dport)) {
        return false;
    }
    if (s->b->c->no_reassembly) {
        return memmem(s->p.data, s->p.len, r->name, n);
    }
    return memmem(s->flow->buf, s->flow->have, r->name, n);
}

// Directives on names and strings in what the client sends.
static const struct lab_rule *on_content(struct pass *s)
{
    const struct lab_conf *c = s->b->c;
    struct lab_flow *f = s->flow;
    if (f->looked || !s->p.len) {
        return NULL;
    }
    bool more = lab_flow_feed(f, &s->p);
    if (c->no_reassembly) {
        f->sni = lab_sni_find(s->p.data, s->p.len, f->name);
    } else if (more && f->sni == LAB_SNI_MORE) {
        f->sni = lab_sni_find(f->buf, f->have, f->name);
    } else if (!more) {
        return NULL;
    }
    for (size_t i = 0; i < c->rules; i++) {
        const struct lab_rule *r = &c->rule[i];
        if ((r->on == LAB_ON_SNI && f->sni == LAB_SNI_FOUND &&
             lab_name_match(r->name, f->name)) ||
            (r->on == LAB_ON_HTTP && contains(s, r))) {
            return r;
        }
    }
    f->looked = f->have == LAB_FLOW_BYTES;
    return NULL;
}

static void tcp_up(struct pass *s)
{
    struct lab_flow *f = s->flow;
    if (!f->rule) {
        const struct lab_rule *r = still_blocked(s);
        f->rule = r ? r : on_content(s);
        if (f->rule && !r) {
            remember(s, f->rule);
        }
    }
    if (f->rule) {
        follow(s, f->rule);
    }
}

// Which directive answers a question of this type; an address of type A is
// also the reason for an empty answer to AAAA.
static const struct lab_rule *
dns_rule(const struct lab_conf *c, const struct lab_question *q, bool *empty)
{
    const struct lab_rule *fallback = NULL;
    for (size_t i = 0; i < c->rules; i++) {
        const struct lab_rule *r = &c->rule[i];
        if (r->on != LAB_ON_DNS || !lab_name_match(r->name, q->name)) {
            continue;
        }
        if (r->act == LAB_DROP) {
            return r;
        }
        bool a = q->type == LAB_DNS_A;
        if (!a && q->type != LAB_DNS_AAAA) {
            continue;
        }
        *empty = r->answer == LAB_ANSWER_EMPTY;
        if (*empty || r->answer == LAB_ANSWER_NXDOMAIN ||
            (a && r->answer == LAB_ANSWER_A) ||
            (!a && r->answer == LAB_ANSWER_AAAA)) {
            return r;
        }
        if (!a && !fallback) {
            fallback = r;
        }
    }
    *empty = true;
    return fallback;
}

static void dns_up(struct pass *s)
{
    struct lab_question q;
    bool empty = false;
    if (!lab_dns_question(s->p.data, s->p.len, &q)) {
        return;
    }
    const struct lab_rule *r = dns_rule(s->b->c, &q, &empty);
    if (!r) {
        return;
    }
    if (r->act == LAB_DROP) {
        drop(s, r, NULL, q.name);
        return;
    }
    uint8_t out[1024];
    size_t rdlen = empty || r->answer == LAB_ANSWER_NXDOMAIN ? 0
                   : r->answer == LAB_ANSWER_A               ? 4
                                                             : 16;
    size_t n = lab_dns_forge(out, sizeof(out), s->p.data, &q,
                             r->answer == LAB_ANSWER_NXDOMAIN, r->rdata, rdlen);
    if (!n) {
        return;
    }
    if (r->wrong_id) {
        out[0] ^= 0x55;
    }
    for (int i = 0; i < (r->twice ? 2 : 1); i++) {
        struct lab_packet f = towards_client(&s->p);
        emit(s, r, &f, out, n, q.name, true,
             back_us(s) + r->delay_us + i * 500);
    }
}

// Routers: a packet whose TTL does not reach the server. true: it ends here.
static bool expires(struct pass *s)
{
    const struct lab_conf *c = s->b->c;
    int ttl = s->p.ttl;
    if (!s->up || ttl > LAB_HOPS) {
        return false;
    }
    s->v.drop = true;
    if (ttl && !c->router[ttl].silent && c->router[ttl].addr) {
        uint8_t out[LAB_PACKET_MAX];
        size_t n = lab_packet_icmp(out, c->router[ttl].addr,
                                   FIRST_TTL - (ttl - 1), 11, 0, &s->p);
        s->b->send(s->b->arg, c->rtt_us * ttl / (LAB_HOPS + 1), out, n);
    }
    return true;
}

// The line itself. true: the packet ends here.
static bool on_the_line(struct pass *s)
{
    struct lab_box *b = s->b;
    const struct lab_conf *c = b->c;
    int64_t since = s->now - b->start_us;
    if (c->down_at_us >= 0 && b->start_us && since >= c->down_at_us &&
        since < c->down_at_us + c->down_for_us) {
        drop(s, NULL, "link down", NULL);
        return true;
    }
    if (chance(b, c->link_loss)) {
        drop(s, NULL, "link loss", NULL);
        return true;
    }
    s->v.after_us = c->rtt_us / 2;
    if (c->link_rate_bps) {
        struct line *l = &b->line[s->volunteer][s->up];
        int64_t from = l->free_us > s->now ? l->free_us : s->now;
        if (from - s->now > 1000000) {
            drop(s, NULL, "link queue full", NULL);
            return true;
        }
        l->free_us =
            from + (int64_t)s->p.raw_len * 8 * 1000000 / c->link_rate_bps;
        s->v.after_us += l->free_us - s->now;
    }
    return false;
}

static void inspect(struct pass *s)
{
    struct lab_flow *f = s->flow;
    if (s->p.fragment || (f && f->rule && !s->up)) {
        if (f && f->rule) {
            follow(s, f->rule);
        }
        return;
    }
    if ((!f || !f->rule) && on_addresses(s)) {
        return;
    }
    if (s->up && f) {
        tcp_up(s);
    } else if (s->up && s->p.proto == IPPROTO_UDP && s->p.dport == 53) {
        dns_up(s);
    }
}

struct lab_verdict lab_box_packet(struct lab_box *b, const uint8_t *raw,
                                  size_t len, bool up, int64_t now)
{
    struct pass s = {.b = b, .up = up, .now = now};
    if (!lab_packet_parse(&s.p, raw, len)) {
        return (struct lab_verdict){.drop = true};
    }
    s.volunteer = volunteer_of(b->c, up ? s.p.src : s.p.dst);
    if (s.volunteer < 0 || volunteer_of(b->c, up ? s.p.dst : s.p.src) >= 0) {
        return (struct lab_verdict){.drop = true}; // not of this line
    }
    if (on_the_line(&s)) {
        return s.v;
    }
    const struct lab_volunteer *v = &b->c->volunteer[s.volunteer];
    if (v->v6 == LAB_V6_UNROUTED && (up ? s.p.src : s.p.dst) == v->shadow) {
        drop(&s, NULL, "ipv6 unrouted", NULL);
        return s.v;
    }
    if (s.p.proto == IPPROTO_TCP && !s.p.fragment) {
        s.flow = lab_flow_get(b->flows, &s.p, up, now);
        if (s.flow && !up) {
            s.flow->server_ttl = s.p.ttl;
        }
    }
    // The censor sees what reaches its router, also what dies behind it.
    if (!up || s.p.ttl >= b->c->hop) {
        inspect(&s);
    }
    if (!s.v.drop) {
        expires(&s);
    }
    return s.v;
}
