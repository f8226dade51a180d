// SPDX-License-Identifier: Apache-2.0
/* Every limit is a meter that runs ahead of the clock by what was taken, and is
 * full when it is ahead by the burst (GCRA). */
#include "collector/control/control_shares.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "collector/control/control_prefix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENTS    8192
#define TARGETS    16384
#define PARTS      131072
#define WAYS       8 /* places that a key may stand at */
#define PER_MINUTE (60 * US_PER_S)
#define TARGET_MAX 300 /* bytes of text that name a target */
/* Many people are in one prefix, and few of them are here at once. */
#define PREFIX_TIMES 9

/* A client, or the prefix of a network that many may be in. */
struct client {
    uint8_t key[16];
    unsigned jobs;
    int64_t requests_us, bytes_us, held_us; /* meters */
    int64_t seen_us;
};

struct target {
    uint8_t key[16];
    int64_t asked_us; /* meter */
};

/* What one client, or one prefix, has had of one target. */
struct part {
    uint8_t key[16];
    int64_t asked_us; /* meter */
    int64_t last_us;  /* when it was let in */
};

struct control_shares {
    unsigned per_minute;
    uint8_t salt[16]; /* so that nobody can choose who stands where */
    struct client clients[CLIENTS];
    struct target targets[TARGETS];
    struct part parts[PARTS];
};

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

enum err control_shares_new(unsigned per_minute, struct control_shares **out)
{
    struct control_shares *s = calloc(1, sizeof(*s));
    if (!s) {
        return ERR_NOMEM;
    }
    s->per_minute = per_minute;
    crypto_random(s->salt, sizeof(s->salt));
    *out = s;
    return ERR_OK;
}

void control_shares_free(struct control_shares *s)
{
    free(s);
}

static size_t place(const struct control_shares *s, struct str what,
                    uint8_t key[16], size_t places)
{
    struct sha256 h;
    uint8_t hash[SHA256_LEN];
    uint32_t n = 0;
    crypto_sha256_init(&h);
    crypto_sha256_add(&h, (struct str){(const char *)s->salt, sizeof(s->salt)});
    crypto_sha256_add(&h, what);
    crypto_sha256_end(&h, hash);
    memcpy(key, hash, 16);
    memcpy(&n, hash + 16, sizeof(n));
    return n % (places / WAYS) * WAYS;
}

/* The place of a client or prefix; that of one whose meters are at rest, or the
 * one seen longest ago, if it has none. NULL: all have requests in flight. */
static struct client *client_of(struct control_shares *s, const struct ip *ip,
                                size_t level)
{
    uint8_t key[16], who[CONTROL_PREFIX_MAX];
    struct client *out = NULL;
    struct str prefix = control_prefix(ip, level, who);
    struct client *c = &s->clients[place(s, prefix, key, CLIENTS)];
    for (size_t i = 0; i < WAYS; i++, c++) {
        if (memcmp(c->key, key, sizeof(key)) == 0) {
            return c;
        }
        if (c->jobs == 0 && (!out || c->seen_us < out->seen_us)) {
            out = c;
        }
    }
    if (out) {
        *out = (struct client){.jobs = 0};
        memcpy(out->key, key, sizeof(key));
    }
    return out;
}

/* After how long the meter, run on, will not be ahead by more than `burst_us`;
 * 0: it is not. */
static int64_t wait_of(int64_t at, int64_t cost_us, int64_t burst_us,
                       int64_t now)
{
    int64_t ahead = (at > now ? at : now) + cost_us - now;
    return ahead > burst_us ? ahead - burst_us : 0;
}

/* So many times what one client may have. */
static int64_t times_of(size_t level)
{
    return (int64_t)1 << 2 * level;
}

static bool has_room(const struct client *c, size_t level, unsigned in_flight,
                     int64_t now_us)
{
    unsigned others = in_flight > c->jobs ? in_flight - c->jobs : 0;
    unsigned most = others < CONTROL_SHARES_JOBS_MOST
                        ? CONTROL_SHARES_JOBS_MOST - others
                        : 0;
    if (most < CONTROL_SHARES_JOBS_LEAST) {
        most = CONTROL_SHARES_JOBS_LEAST;
    }
    const int64_t one = US_PER_S / CONTROL_SHARES_RATE;
    const int64_t ahead =
        CONTROL_SHARES_BYTES / CONTROL_SHARES_BYTES_RATE * US_PER_S;
    return (level > 0 || c->jobs < most) && c->bytes_us - now_us <= ahead &&
           wait_of(c->requests_us, one / times_of(level),
                   CONTROL_SHARES_BURST * one, now_us) == 0;
}

bool control_shares_begin(struct control_shares *s, const struct ip *client,
                          unsigned in_flight, int64_t now_us)
{
    const int64_t one = US_PER_S / CONTROL_SHARES_RATE;
    struct client *held[CONTROL_PREFIX_LEVELS];
    size_t n = control_prefix_levels(client);
    for (size_t i = 0; i < n; i++) {
        held[i] = client_of(s, client, i);
        if (!held[i]) {
            return false;
        }
        held[i]->seen_us = now_us;
        if (!has_room(held[i], i, in_flight, now_us)) {
            return false;
        }
    }
    for (size_t i = 0; i < n; i++) {
        int64_t from = most(held[i]->requests_us, now_us);
        held[i]->requests_us = from + one / times_of(i);
        held[i]->jobs++;
    }
    return true;
}

void control_shares_end(struct control_shares *s, const struct ip *client,
                        uint64_t bytes, int64_t now_us)
{
    const uint64_t bytes_most = UINT64_C(1) << 40;
    int64_t n = (int64_t)(bytes < bytes_most ? bytes : bytes_most);
    for (size_t i = 0; i < control_prefix_levels(client); i++) {
        struct client *c = client_of(s, client, i);
        if (!c || c->jobs == 0) {
            continue;
        }
        int64_t cost = n / times_of(i) * US_PER_S / CONTROL_SHARES_BYTES_RATE;
        c->jobs--;
        c->bytes_us = most(c->bytes_us, now_us) + cost;
    }
}

/* The largest prefix of a client. */
static struct client *widest(struct control_shares *s, const struct ip *client)
{
    return client_of(s, client, control_prefix_levels(client) - 1);
}

void control_shares_held(struct control_shares *s, const struct ip *client,
                         int64_t us, int64_t now_us)
{
    struct client *c = widest(s, client);
    if (c && us > 0) {
        int64_t room = most(now_us + CONTROL_SHARES_HELD_MOST - c->held_us, 0);
        int64_t longest = CONTROL_SHARES_HELD_MOST / CONTROL_SHARES_HELD_TIMES;
        int64_t add = CONTROL_SHARES_HELD_TIMES * (us < longest ? us : longest);
        c->held_us = most(c->held_us, now_us) + (add < room ? add : room);
    }
}

/* How long this one's prefix has had places, with those that it has. */
static int64_t held_lately(const struct client *c, const struct client **owners,
                           const int64_t *since_us, size_t n, int64_t now_us)
{
    int64_t out = c ? most(c->held_us - now_us, 0) : 0;
    for (size_t i = 0; i < n && c; i++) {
        out += owners[i] == c
                   ? CONTROL_SHARES_HELD_TIMES * most(now_us - since_us[i], 0)
                   : 0;
    }
    return out;
}

size_t control_shares_yields(struct control_shares *s, const struct ip *held,
                             const int64_t *since_us, size_t n,
                             const struct ip *next, int64_t now_us)
{
    const struct client **owners = calloc(n + 1, sizeof(const struct client *));
    size_t out = n;
    if (!owners) {
        return n;
    }
    for (size_t i = 0; i < n; i++) {
        owners[i] = widest(s, &held[i]);
    }
    int64_t longest =
        held_lately(widest(s, next), owners, since_us, n, now_us) +
        CONTROL_SHARES_HELD_TIMES * CONTROL_SHARES_HELD_LEAST;
    for (size_t i = 0; i < n; i++) {
        int64_t had = held_lately(owners[i], owners, since_us, n, now_us);
        if (had >= longest) { /* the oldest stands behind */
            longest = had;
            out = i;
        }
    }
    free(owners);
    return out;
}

static struct target *target_of(struct control_shares *s, struct str what)
{
    uint8_t key[16];
    struct target *t = &s->targets[place(s, what, key, TARGETS)], *out = t;
    for (size_t i = 0; i < WAYS; i++, t++) {
        if (memcmp(t->key, key, sizeof(key)) == 0) {
            return t;
        }
        if (t->asked_us < out->asked_us) {
            out = t;
        }
    }
    *out = (struct target){.asked_us = 0};
    memcpy(out->key, key, sizeof(key));
    return out;
}

static struct part *part_of(struct control_shares *s, const struct ip *client,
                            size_t level, struct str what)
{
    uint8_t key[16], prefix[CONTROL_PREFIX_MAX];
    char text[TARGET_MAX + CONTROL_PREFIX_MAX];
    struct str who = control_prefix(client, level, prefix);
    memcpy(text, who.p, who.len);
    memcpy(text + who.len, what.p, what.len);
    struct str both = {text, who.len + what.len};
    struct part *p = &s->parts[place(s, both, key, PARTS)], *out = p;
    for (size_t i = 0; i < WAYS; i++, p++) {
        if (memcmp(p->key, key, sizeof(key)) == 0) {
            return p;
        }
        if (p->last_us < out->last_us) {
            out = p;
        }
    }
    *out = (struct part){.last_us = 0};
    memcpy(out->key, key, sizeof(key));
    return out;
}

/* How often something may be asked: one more each `every_us`, and `burst_us` /
 * `every_us` at once. */
struct rate {
    int64_t every_us, burst_us;
    bool leave; /* for pages, twice as much as one has had */
};

/* 0, or after how long `p` may have one more of `t`: only while it has had no
 * more than is left, and not the last one if it had one a minute ago. (That
 * one, where there is only one at a time, is the next one's in turn.) */
static int64_t fair(const struct target *t, const struct part *p,
                    const struct rate *r, int64_t now)
{
    int64_t one = r->every_us;
    int64_t left = r->burst_us - most(t->asked_us - now, 0);
    int64_t had = most(p->asked_us - now, 0);
    int64_t wait = most(one - left, (had + one - left + 1) / 2);
    if (r->leave) {
        wait = most(wait, (2 * (had + one) - left + 2) / 3);
    }
    int64_t since = now - p->last_us;
    if (p->last_us > 0 && since < PER_MINUTE && r->burst_us >= 2 * one) {
        int64_t two = 2 * one - left;
        wait = most(wait, two < PER_MINUTE - since ? two : PER_MINUTE - since);
    }
    return most(wait, 0);
}

/* The same for a prefix, which many may be in who do not know each other: it
 * may have PREFIX_TIMES as much as it leaves, not counting the last one, which
 * is for those that have had none for a minute. */
static int64_t fair_prefix(const struct target *t, const struct part *p,
                           const struct rate *r, int64_t now)
{
    int64_t one = r->every_us;
    int64_t left = r->burst_us - most(t->asked_us - now, 0);
    int64_t had = most(p->asked_us - now, 0);
    int64_t since = now - p->last_us;
    if (p->last_us == 0 || since >= PER_MINUTE || r->burst_us < 2 * one) {
        return most(one - left, 0);
    }
    int64_t over = had + one - PREFIX_TIMES * (left - one);
    int64_t wait =
        most((over + PREFIX_TIMES) / (PREFIX_TIMES + 1), 2 * one - left);
    return most(wait < PER_MINUTE - since ? wait : PER_MINUTE - since, 0);
}

/* 0 if it may be asked once more for `client`, or after how long. */
static int64_t wait_for(struct control_shares *s, const struct ip *client,
                        struct str what, const struct rate *r, int64_t now_us)
{
    const struct target *t = target_of(s, what);
    int64_t wait = 0;
    for (size_t i = 0; i < control_prefix_levels(client); i++) {
        const struct part *p = part_of(s, client, i, what);
        wait = most(wait, i == 0 ? fair(t, p, r, now_us)
                                 : fair_prefix(t, p, r, now_us));
    }
    return wait;
}

static void take(struct control_shares *s, const struct ip *client,
                 struct str what, const struct rate *r, int64_t now_us)
{
    struct target *t = target_of(s, what);
    t->asked_us = most(t->asked_us, now_us) + r->every_us;
    for (size_t i = 0; i < control_prefix_levels(client); i++) {
        struct part *p = part_of(s, client, i, what);
        p->asked_us = most(p->asked_us, now_us) + r->every_us;
        p->last_us = now_us;
    }
}

/* So many a minute, and those of `at_once_us` at once. */
static struct rate rate_of(unsigned per_minute, int64_t at_once_us)
{
    int64_t every = PER_MINUTE / per_minute;
    return (struct rate){every, most(at_once_us, every), false};
}

int64_t control_shares_ask(struct control_shares *s, const struct ip *client,
                           struct str host, uint16_t port, int64_t now_us)
{
    char text[TARGET_MAX];
    int n = snprintf(text, sizeof(text), STR_FMT " %u", STR_ARG(host), port);
    if (n <= 0 || (size_t)n >= sizeof(text)) {
        return PER_MINUTE; /* no name is so long */
    }
    struct rate r = rate_of(s->per_minute, PER_MINUTE);
    struct str what = {text, (size_t)n};
    int64_t wait = wait_for(s, client, what, &r, now_us);
    if (wait == 0) {
        take(s, client, what, &r, now_us);
    }
    return wait;
}

/* Bytes of an address that name it, its network, and a larger one. */
static const size_t named_v4[] = {4, 3, 2}, named_v6[] = {16, 8, 6};
#define WIDTHS (sizeof(named_v4) / sizeof(named_v4[0]))

/* The address, or its network, and how often it may be connected to. */
struct purse {
    char text[4 + sizeof(((struct ip *)NULL)->b)];
    struct str what;
    struct rate rate;
};

static void purse_of(const struct control_shares *s, const struct ip *ip,
                     size_t width, enum plan_connect why, struct purse *out)
{
    bool named = why == PLAN_CONNECT_NAMED;
    size_t n = ip->family == 4 ? named_v4[width] : named_v6[width];
    unsigned times = named ? CONTROL_SHARES_NAMED : CONTROL_SHARES_SITES;
    for (size_t i = 0; i < width; i++) {
        times *= CONTROL_SHARES_WIDER;
    }
    out->text[0] = '\0'; /* no host begins so */
    out->text[1] = named ? 'n' : 'a';
    out->text[2] = (char)(ip->family << 4);
    memcpy(out->text + 3, ip->b, n);
    out->what = (struct str){out->text, 3 + n};
    out->rate =
        rate_of(times * s->per_minute, named ? PER_MINUTE : 2 * PER_MINUTE);
    out->rate.leave = why == PLAN_CONNECT_BESIDE;
}

int64_t control_shares_connect(struct control_shares *s,
                               const struct ip *client, const struct ip *ip,
                               enum plan_connect why, int64_t now_us)
{
    struct purse p[WIDTHS];
    int64_t wait = 0;
    for (size_t i = 0; i < WIDTHS; i++) {
        purse_of(s, ip, i, why, &p[i]);
        wait = most(wait, wait_for(s, client, p[i].what, &p[i].rate, now_us));
    }
    for (size_t i = 0; i < WIDTHS && wait == 0; i++) {
        take(s, client, p[i].what, &p[i].rate, now_us);
    }
    return wait;
}
