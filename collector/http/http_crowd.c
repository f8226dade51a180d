// SPDX-License-Identifier: Apache-2.0
/* One list under one lock; it is walked only when somebody comes, when there is
 * no room left, and four times a second. */
#include "collector/http/http_crowd.h"

#include "base/clock.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define SUMS_TIMES 2 /* places for sums, for each that may be connected */

struct http_crowd_member {
    struct http_crowd_member *prev, *next; /* oldest first */
    uint64_t prefix;                       /* 0: no limit for it */
    int64_t since_us;                      /* of the state */
    size_t bytes;
    int fd;
    enum http_crowd_state state;
    bool cut;
};

/* Of one prefix, or of a larger one. */
struct sum {
    uint64_t key; /* 0: free; of our proxies, all, nothing is summed */
    size_t n, bytes;
};

struct http_crowd {
    struct http_crowd_config cfg;
    struct sum *sums; /* for one question each time */
    size_t n_sums;    /* a power of two */
    pthread_mutex_t lock;
    struct http_crowd_member *first, *last;
    unsigned n; /* those that are not cut off */
    size_t bytes;
    bool ended;
};

enum err http_crowd_new(const struct http_crowd_config *cfg,
                        struct http_crowd **out)
{
    struct http_crowd *c = calloc(1, sizeof(*c));
    if (!c) {
        return ERR_NOMEM;
    }
    c->cfg = *cfg;
    c->n_sums = 1;
    while (c->n_sums <= (size_t)SUMS_TIMES * cfg->max) {
        c->n_sums *= 2;
    }
    c->sums = calloc(c->n_sums, sizeof(*c->sums));
    if (!c->sums || pthread_mutex_init(&c->lock, NULL) != 0) {
        free(c->sums);
        free(c);
        return ERR_NOMEM;
    }
    *out = c;
    return ERR_OK;
}

void http_crowd_free(struct http_crowd *c)
{
    if (c) {
        pthread_mutex_destroy(&c->lock);
        free(c->sums);
        free(c);
    }
}

static struct ip ip_of(const struct sockaddr *peer)
{
    struct ip out = {.family = 0};
    if (peer && peer->sa_family == AF_INET) {
        struct sockaddr_in a;
        memcpy(&a, peer, sizeof(a));
        out.family = 4;
        memcpy(out.b, &a.sin_addr, 4);
    } else if (peer && peer->sa_family == AF_INET6) {
        struct sockaddr_in6 a;
        memcpy(&a, peer, sizeof(a));
        bool v4 = IN6_IS_ADDR_V4MAPPED(&a.sin6_addr);
        out.family = v4 ? 4 : 6;
        memcpy(out.b, &a.sin6_addr.s6_addr[v4 ? 12 : 0], v4 ? 4 : 16);
    }
    return out;
}

/* An IPv4 /24 or IPv6 /48; 0 for loopback, for our proxies, and for what has no
 * address. */
static uint64_t prefix_of(const struct http_crowd_config *cfg,
                          const struct sockaddr *peer)
{
    struct ip ip = ip_of(peer);
    uint64_t out = 0;
    bool many = ip.family == 0 || ip_is_loopback(&ip);
    for (size_t i = 0; i < cfg->n_proxies; i++) {
        many = many || ip_eq(&cfg->proxies[i], &ip);
    }
    for (int i = 0; i < (ip.family == 4 ? 3 : 6); i++) {
        out = out << 8 | ip.b[i];
    }
    return many ? 0 : out | (ip.family == 4 ? 1ULL : 2ULL) << 56;
}

static void cut(struct http_crowd *c, struct http_crowd_member *m)
{
    m->cut = true;
    c->n--;
    c->bytes -= m->bytes;
    m->bytes = 0;
    /* it may have ended already: its owner hears of that */
    (void)shutdown(m->fd, SHUT_RDWR);
}

static bool may_cut(const struct http_crowd_member *m)
{
    return !m->cut && m->state != HTTP_CROWD_WORK;
}

/* The larger network, an IPv4 /16 or IPv6 /32, that a prefix is in: who rents
 * machines, or is given addresses, has many prefixes of it. */
static uint64_t around(uint64_t prefix)
{
    uint64_t family = prefix >> 56, bits = prefix & ((UINT64_C(1) << 56) - 1);
    return prefix == 0 ? 0
                       : (family + 2) << 56 | bits >> (family == 1 ? 8 : 16);
}

static void sums_begin(struct http_crowd *c)
{
    memset(c->sums, 0, c->n_sums * sizeof(*c->sums));
}

/* NULL: there is no room for more, or nothing is summed. */
static struct sum *sum_of(struct http_crowd *c, uint64_t key)
{
    size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32);
    for (size_t i = 0; i < c->n_sums && key != 0; i++) {
        struct sum *s = &c->sums[(at + i) & (c->n_sums - 1)];
        if (s->key == 0 || s->key == key) {
            s->key = key;
            return s;
        }
    }
    return NULL;
}

/* What we have not read yet is not its fault: we are the slow one. */
static bool has_spoken(const struct http_crowd_member *m)
{
    int unread = 0;
    return ioctl(m->fd, FIONREAD, &unread) == 0 && unread > 0;
}

static bool waits_longer(const struct http_crowd_member *m,
                         const struct http_crowd_member *than)
{
    return !than || m->since_us < than->since_us;
}

/* The one that waits longest in its state, of this prefix or (0) of all, but
 * nobody who only just came, nor who has said what we have not read: those are
 * many when there is much to do. */
static struct http_crowd_member *slowest(struct http_crowd *c, uint64_t prefix,
                                         int64_t now_us)
{
    struct http_crowd_member *out = NULL;
    for (struct http_crowd_member *m = c->first; m; m = m->next) {
        int64_t grace = m->state == HTTP_CROWD_HEAD ? c->cfg.head_grace_us
                                                    : c->cfg.request_grace_us;
        if (may_cut(m) && now_us - m->since_us >= grace &&
            (prefix == 0 || m->prefix == prefix) && waits_longer(m, out) &&
            !has_spoken(m)) {
            out = m;
        }
    }
    return out;
}

/* The one that waits longest, of this prefix or (0) of all but our proxies,
 * whatever its age. */
static struct http_crowd_member *oldest(struct http_crowd *c, uint64_t prefix)
{
    struct http_crowd_member *out = NULL;
    for (struct http_crowd_member *m = c->first; m; m = m->next) {
        if (may_cut(m) && m->prefix != 0 &&
            (prefix == 0 || m->prefix == prefix) && waits_longer(m, out)) {
            out = m;
        }
    }
    return out;
}

/* Of those that may be cut off: the larger network that has most, or (within
 * one) the prefix of it that has; 0: none has two. */
static uint64_t most_crowded(struct http_crowd *c, uint64_t within)
{
    size_t most = within ? 0 : 1;
    uint64_t out = 0;
    sums_begin(c);
    for (const struct http_crowd_member *m = c->first; m; m = m->next) {
        uint64_t wide = around(m->prefix);
        bool counts = may_cut(m) && (within == 0 || wide == within);
        struct sum *s = counts ? sum_of(c, within ? m->prefix : wide) : NULL;
        if (s && ++s->n > most) {
            most = s->n;
            out = s->key;
        }
    }
    return out;
}

static unsigned count(const struct http_crowd *c, uint64_t prefix)
{
    unsigned n = 0;
    for (const struct http_crowd_member *m = c->first; m; m = m->next) {
        n += !m->cut && m->prefix == prefix;
    }
    return n;
}

/* Cuts somebody off if there is no room for one more of this prefix. Whoever
 * opens new connections as fast as they are cut off thereby ends its own: never
 * those of another prefix that sends at an ordinary pace. False: there is
 * nobody to cut off. Our proxies come in all the same: what is in front of us
 * makes them wait. */
static bool make_room(struct http_crowd *c, uint64_t prefix, int64_t now_us)
{
    struct http_crowd_member *out = NULL;
    if (prefix != 0 && count(c, prefix) >= c->cfg.per_prefix) {
        out = oldest(c, prefix);
    } else if (c->n < c->cfg.max) {
        return true;
    } else {
        uint64_t wide = most_crowded(c, 0);
        uint64_t crowded = wide ? most_crowded(c, wide) : 0;
        out = slowest(c, crowded, now_us);
        out = out ? out : oldest(c, crowded);
    }
    if (out) {
        cut(c, out);
    }
    return out || prefix == 0;
}

struct http_crowd_member *http_crowd_enter(struct http_crowd *c, int fd,
                                           const struct sockaddr *peer)
{
    struct http_crowd_member *m = calloc(1, sizeof(*m));
    if (!m) {
        return NULL;
    }
    m->fd = fd;
    m->prefix = prefix_of(&c->cfg, peer);
    m->since_us = clock_mono_us();
    pthread_mutex_lock(&c->lock);
    bool room = !c->ended && make_room(c, m->prefix, m->since_us);
    m->prev = c->last;
    *(c->last ? &c->last->next : &c->first) = m;
    c->last = m;
    c->n++;
    if (!room) {
        cut(c, m);
    }
    pthread_mutex_unlock(&c->lock);
    return m;
}

void http_crowd_leave(struct http_crowd *c, struct http_crowd_member *m)
{
    pthread_mutex_lock(&c->lock);
    *(m->prev ? &m->prev->next : &c->first) = m->next;
    *(m->next ? &m->next->prev : &c->last) = m->prev;
    c->n -= !m->cut;
    c->bytes -= m->bytes;
    pthread_mutex_unlock(&c->lock);
    free(m);
}

void http_crowd_state(struct http_crowd *c, struct http_crowd_member *m,
                      enum http_crowd_state state)
{
    int64_t now = clock_mono_us();
    pthread_mutex_lock(&c->lock);
    m->state = state;
    m->since_us = now;
    pthread_mutex_unlock(&c->lock);
}

/* Those behind our proxies are one network here. */
static uint64_t holder(uint64_t prefix)
{
    return prefix ? prefix : UINT64_C(1) << 63;
}

/* What the larger networks hold, and the prefixes. */
static void sum_bytes(struct http_crowd *c)
{
    sums_begin(c);
    for (const struct http_crowd_member *m = c->first; m; m = m->next) {
        struct sum *own = sum_of(c, holder(m->prefix));
        struct sum *wide = m->prefix ? sum_of(c, around(m->prefix)) : NULL;
        if (own) {
            own->bytes += m->bytes;
        }
        if (wide) {
            wide->bytes += m->bytes;
        }
    }
}

static size_t held_by(struct http_crowd *c, uint64_t key)
{
    const struct sum *s = sum_of(c, key);
    return s ? s->bytes : 0;
}

static size_t held_around(struct http_crowd *c, uint64_t prefix)
{
    return held_by(c, prefix ? around(prefix) : holder(0));
}

static bool holds_more(struct http_crowd *c, const struct http_crowd_member *a,
                       const struct http_crowd_member *b)
{
    size_t a_wide = held_around(c, a->prefix),
           b_wide = held_around(c, b->prefix);
    size_t a_all = held_by(c, holder(a->prefix)),
           b_all = held_by(c, holder(b->prefix));
    return a_wide != b_wide ? a_wide > b_wide
           : a_all != b_all ? a_all > b_all
                            : a->bytes > b->bytes;
}

/* Of those who still send, the one that holds most of the prefix that holds
 * most in the larger network that does. */
static struct http_crowd_member *heaviest(struct http_crowd *c)
{
    struct http_crowd_member *out = NULL;
    sum_bytes(c);
    for (struct http_crowd_member *m = c->first; m; m = m->next) {
        if (!m->cut && m->state == HTTP_CROWD_BODY &&
            (!out || holds_more(c, m, out))) {
            out = m;
        }
    }
    return out;
}

bool http_crowd_take(struct http_crowd *c, struct http_crowd_member *m,
                     size_t len)
{
    pthread_mutex_lock(&c->lock);
    if (!m->cut) {
        m->bytes += len;
        c->bytes += len;
    }
    bool fits = !m->cut;
    while (fits && c->bytes > c->cfg.max_bytes) {
        struct http_crowd_member *out = heaviest(c);
        fits = out && out != m;
        if (fits) {
            cut(c, out);
        }
    }
    if (!fits && !m->cut) { /* its owner answers, then it ends */
        c->bytes -= m->bytes;
        m->bytes = 0;
    }
    pthread_mutex_unlock(&c->lock);
    return fits;
}

void http_crowd_give(struct http_crowd *c, struct http_crowd_member *m)
{
    pthread_mutex_lock(&c->lock);
    c->bytes -= m->bytes;
    m->bytes = 0;
    pthread_mutex_unlock(&c->lock);
}

void http_crowd_end(struct http_crowd *c)
{
    pthread_mutex_lock(&c->lock);
    c->ended = true;
    for (struct http_crowd_member *m = c->first; m; m = m->next) {
        if (!m->cut) {
            cut(c, m);
        }
    }
    pthread_mutex_unlock(&c->lock);
}

bool http_crowd_is_empty(struct http_crowd *c)
{
    pthread_mutex_lock(&c->lock);
    bool empty = !c->first;
    pthread_mutex_unlock(&c->lock);
    return empty;
}

void http_crowd_sweep(struct http_crowd *c, int64_t now_us)
{
    pthread_mutex_lock(&c->lock);
    for (struct http_crowd_member *m = c->first; m; m = m->next) {
        int64_t limit =
            m->state == HTTP_CROWD_HEAD ? c->cfg.head_us : c->cfg.request_us;
        if (may_cut(m) && now_us - m->since_us > limit) {
            cut(c, m);
        }
    }
    struct http_crowd_member *out = NULL;
    while (c->n > c->cfg.max && (out = slowest(c, 0, now_us))) {
        cut(c, out);
    }
    pthread_mutex_unlock(&c->lock);
}
