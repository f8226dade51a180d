// SPDX-License-Identifier: Apache-2.0
/* resolver.h as the scenario says. Every answer is made as bytes and read by
 * the real decoder. As in the real one: an exchange holds a socket, the first
 * answer counts, and what comes until 500 ms after the lookup is handed out as
 * extra. */
#include "fakes.h"

#include "base/clock.h"
#include "net/lookup.h"
#include "record/failure.h"
#include "wire/dnsmsg.h"
#include <stdlib.h>
#include <string.h>

#define LOOKUP_US (4 * US_PER_S)
#define LINGER_US (500 * US_PER_MS)

struct resolver {
    struct loop *loop;
    struct budget *sockets;
};

struct lookup;

struct exchange {
    struct lookup *lookup;
    uint16_t type;
    struct budget_wait wait;
    bool has_socket, answered;
    struct loop_timer *limit;

    struct answer {
        struct exchange *exchange;
        const struct dns_line *line;
        struct loop_timer *timer;
    } answers[8];

    size_t n_answers;
    int64_t t0;
};

struct lookup {
    struct resolver *r;
    struct lookup_request q;
    struct exchange part[2];
    unsigned open, busy;
    struct dnsreply_merge merge;
    const char *failure[2];
    enum err internal;
    struct loop_timer *linger;
    int64_t t0, t_end;
    bool dead;
};

/* Names the scenario does not speak of are our own peers': they work. */
static const struct dns_line peers = {
    .end = END_OK,
    .addrs = {{.family = 4, .b = {198, 41, 0, 4}}},
    .n_addrs = 1,
    .after = 1000};
static const struct dns_line nothing = {.end = END_EMPTY, .after = 1000};

static bool is_about(const struct dns_line *d, enum dns_via via,
                     const char *host, uint16_t type)
{
    const char *about = d->host ? d->host : world->host;

    return d->via == via && d->type == type && strcmp(about, host) == 0;
}

size_t dns_lines(enum dns_via via, const char *host, uint16_t type,
                 const struct dns_line *out[8])
{
    size_t n = 0;
    bool known = strcmp(host, world->host) == 0;

    for (size_t i = 0; i < world->n_dns; i++) {
        const struct dns_line *d = &world->dns[i];
        known = known || is_about(d, d->via, host, d->type);
        if (is_about(d, via, host, type) && n < 8) {
            out[n++] = d;
        }
    }
    if (n == 0) {
        out[n++] = known || type != DNS_A ? &nothing : &peers;
    }
    return n;
}

static bool put_name(struct buf *b, const char *name)
{
    struct str rest = str_c(name), label;

    while (str_next(&rest, '.', &label)) {
        if (buf_add_byte(b, (uint8_t)label.len) != ERR_OK ||
            buf_add_str(b, label) != ERR_OK) {
            return false;
        }
    }
    return buf_add_byte(b, 0) == ERR_OK;
}

/* The reply as bytes; false when out of memory. */
bool dns_bytes(struct buf *b, const struct dns_line *d, const char *host,
               uint16_t type)
{
    unsigned rcode = d->end == END_NXDOMAIN   ? DNS_NXDOMAIN
                     : d->end == END_SERVFAIL ? DNS_SERVFAIL
                     : d->end == END_REFUSES  ? DNS_REFUSED
                                              : DNS_NOERROR;

    if (d->end == END_GARBAGE) {
        return buf_add_c(b, "nonsense") == ERR_OK;
    }
    buf_add_u16(b, 1);
    buf_add_u16(b, (uint16_t)(0x8180 | rcode));
    buf_add_u16(b, 1);
    buf_add_u16(b, (uint16_t)d->n_addrs);
    buf_add_u32(b, 0);
    if (!put_name(b, host)) {
        return false;
    }
    buf_add_u16(b, type);
    buf_add_u16(b, 1);
    for (size_t i = 0; i < d->n_addrs; i++) {
        size_t len = d->addrs[i].family == 4 ? 4 : 16;
        buf_add_u16(b, 0xc00c);
        buf_add_u16(b, d->addrs[i].family == 4 ? DNS_A : DNS_AAAA);
        buf_add_u16(b, 1);
        buf_add_u32(b, 300);
        buf_add_u16(b, (uint16_t)len);
        buf_add(b, d->addrs[i].b, len);
    }
    return b->failed == ERR_OK;
}

/* ---- lookups --------------------------------------------------------------
 */

static void exchange_close(struct exchange *x)
{
    struct budget *sockets = x->lookup->r->sockets;

    budget_leave(sockets, &x->wait);
    loop_timer_free(x->limit);
    x->limit = NULL;
    for (size_t i = 0; i < x->n_answers; i++) {
        loop_timer_free(x->answers[i].timer);
    }
    x->n_answers = 0;
    if (x->has_socket) {
        budget_give(sockets, 1);
        world->open--;
    }
    x->has_socket = false;
}

static void lookup_free(struct lookup *l)
{
    exchange_close(&l->part[0]);
    exchange_close(&l->part[1]);
    loop_timer_free(l->linger);
    world->lookups--;
    free(l);
}

void lookup_cancel(struct lookup *l)
{
    if (!l) {
        return;
    }
    l->dead = true;
    if (l->busy == 0) {
        lookup_free(l);
    }
}

static bool leave(struct lookup *l)
{
    if (--l->busy > 0 || !l->dead) {
        return !l->dead;
    }
    lookup_free(l);
    return false;
}

static void lookup_close(void *arg)
{
    struct lookup *l = arg;

    l->busy++;
    if (l->q.on_closed && !l->dead) {
        l->q.on_closed(l->q.arg);
    }
    l->dead = true;
    (void)leave(l); /* gone or not, nothing of it is used below */
}

static void lookup_done(struct lookup *l)
{
    struct lookup_result res = {
        .t0 = l->t0,
        .t = l->t_end,
        .internal = l->internal,
        .addrs = l->merge.addrs,
        .n_addrs = l->merge.n_addrs,
        .cname = l->merge.cname,
    };

    if (res.n_addrs == 0) {
        res.failure = l->failure[0] ? l->failure[0] : l->failure[1];
        if (!res.failure) {
            res.failure = failure_text(FAILURE_NO_ANSWER);
        }
    }
    l->busy++;
    l->q.on_done(l->q.arg, &res);
    if (!leave(l)) {
        return;
    }
    if (l->q.linger &&
        loop_timer_new(l->r->loop, lookup_close, l, &l->linger) == ERR_OK &&
        loop_timer_in(l->linger, LINGER_US) == ERR_OK) {
        return;
    }
    lookup_close(l);
}

static void finish(struct exchange *x, struct dns_exchange *seen)
{
    struct lookup *l = x->lookup;

    x->answered = true;
    loop_timer_stop(x->limit);
    l->t_end = seen->t;
    if (l->part[0].wait.queued || l->part[1].wait.queued) {
        exchange_close(x);
    }
    l->busy++;
    if (l->q.on_exchange) {
        l->q.on_exchange(l->q.arg, seen);
    }
    if (!leave(l)) {
        return;
    }
    dnsreply_merge(&l->merge, seen);
    l->failure[x->type == DNS_A ? 0 : 1] = seen->failure;
    if (--l->open == 0) {
        lookup_done(l);
    }
}

static struct dns_exchange seen_by(const struct exchange *x)
{
    const struct lookup_request *q = &x->lookup->q;

    return (struct dns_exchange){
        .engine = "udp",
        .server = q->server ? q->server : "192.168.1.1:53",
        .type = x->type,
        .t0 = x->t0,
        .t = clock_mono_us(),
        .unchecked = q->unchecked,
        .local_port = 40000,
    };
}

static void on_answer(void *arg)
{
    struct answer *a = arg;
    struct exchange *x = a->exchange;
    struct lookup *l = x->lookup;
    struct dns_exchange seen = seen_by(x);
    struct buf b;

    buf_init(&b, 4096);
    if (dns_bytes(&b, a->line, l->q.host, x->type)) {
        seen.raw = region_str(l->q.region, buf_str(&b));
    }
    buf_fini(&b);
    enum err e = seen.raw.len ? dnsreply_decode(l->q.region, &seen) : ERR_NOMEM;
    if (!x->answered) {
        if (e != ERR_OK) {
            l->internal = e;
        }
        finish(x, &seen);
        return;
    }
    seen.extra = true;
    if (e == ERR_OK && l->q.on_exchange) {
        l->q.on_exchange(l->q.arg, &seen);
    }
}

static void on_limit(void *arg)
{
    struct exchange *x = arg;
    struct dns_exchange seen = seen_by(x);

    seen.failure = failure_text(FAILURE_TIMEOUT);
    finish(x, &seen);
}

static void exchange_go(void *arg)
{
    struct exchange *x = arg;
    struct lookup *l = x->lookup;
    const struct dns_line *lines[8];
    enum dns_via via = l->q.via == LOOKUP_SYSTEM ? VIA_SYSTEM : VIA_UDP;
    size_t n = dns_lines(via, l->q.host, x->type, lines);

    x->has_socket = true;
    if (++world->open > world->open_max) {
        world->open_max = world->open;
    }
    x->t0 = clock_mono_us();
    enum err e = loop_timer_in(x->limit, LOOKUP_US);
    for (size_t i = 0; i < n && e == ERR_OK; i++) {
        struct answer *a = &x->answers[x->n_answers];
        if (lines[i]->end == END_SILENCE) {
            continue;
        }
        a->exchange = x;
        a->line = lines[i];
        e = loop_timer_new(l->r->loop, on_answer, a, &a->timer);
        if (e == ERR_OK) {
            x->n_answers++;
            e = loop_timer_in(a->timer, lines[i]->after);
        }
    }
    if (e == ERR_OK) {
        return;
    }
    l->internal = e;
    fake_arm(x->limit, 0);
}

enum err resolver_new(struct loop *l, const struct resolver_config *cfg,
                      struct resolver **out)
{
    struct resolver *r = calloc(1, sizeof(*r));

    if (!r) {
        return ERR_NOMEM;
    }
    *r = (struct resolver){.loop = l, .sockets = cfg->sockets};
    *out = r;
    return ERR_OK;
}

void resolver_free(struct resolver *r)
{
    free(r);
}

enum err lookup_start(struct resolver *r, const struct lookup_request *q,
                      struct lookup **out)
{
    struct lookup *l = calloc(1, sizeof(*l));

    if (!l) {
        return ERR_NOMEM;
    }
    world->lookups++;
    l->r = r;
    l->q = *q;
    l->t0 = clock_mono_us();
    for (size_t i = 0; i < 2; i++) {
        l->part[i].lookup = l;
        l->part[i].type = i == 0 ? DNS_A : DNS_AAAA;
    }
    l->open = q->only_a || q->only_https ? 1 : 2;
    if (q->only_https) {
        l->part[0].type = DNS_HTTPS;
    }
    enum err e = ERR_OK;
    for (size_t i = 0; i < l->open && e == ERR_OK; i++) {
        struct exchange *x = &l->part[i];
        e = loop_timer_new(r->loop, on_limit, x, &x->limit);
        if (e == ERR_OK &&
            budget_take(r->sockets, &x->wait, 1, exchange_go, x)) {
            exchange_go(x);
        }
    }
    if (e != ERR_OK) {
        lookup_free(l);
        return e;
    }
    *out = l;
    return ERR_OK;
}
