// SPDX-License-Identifier: Apache-2.0
/* Names looked up for ourselves: one question at a time for each, the answer
 * told to all who wait for it. */
#include "net/peers.h"
#include "net/doh.h"
#include "net/lookup.h"
#include "record/failure.h"

#include "base/clock.h"
#include "base/log.h"
#include "wire/url.h"
#include <stdlib.h>
#include <string.h>

#define KEEP_US    (60 * US_PER_S)
#define KEPT_MAX   16
#define ADDRS_MAX  16
#define REGION_MAX ((size_t)1024 * 1024)
#define HOST_TEXT  256

#define FAILURE_LEN 128

struct kept {
    char host[HOST_TEXT];
    char text[ADDRS_MAX][IP_TEXT_MAX];
    size_t n;
    int64_t until;
};

/* One name being looked up, for all who wait for it. */
struct asking {
    struct peers *peers;
    struct asking *next;
    struct region *region;
    const char *host;
    struct lookup *lookup;
    struct lookup *https; /* type 65, which a browser asks for first */
    bool told;            /* all who wait were; only that one is left */
    struct doh_lookup *doh;
    struct loop_timer *timer;
    size_t next_doh; /* DoH server to try next */
    const char *failure;
    size_t n;
    char text[ADDRS_MAX][IP_TEXT_MAX];
};

struct peers_call {
    struct peers *peers;
    struct peers_call *prev, *next;
    struct asking *asking; /* NULL: answered by what follows */
    peers_fn fn;
    void *arg;
    struct loop_timer *timer;
    char failure[FAILURE_LEN];
    size_t n;
    char text[ADDRS_MAX][IP_TEXT_MAX];
};

struct peers {
    struct loop *loop;
    struct resolver *resolver;
    struct client *http;
    const char *const *doh_urls;
    size_t n_doh_urls;
    void (*on_system)(void *arg, const char *host,
                      const struct lookup_result *res);
    void *on_system_arg;
    struct peers_call *calls;
    struct asking *askings;
    struct kept kept[KEPT_MAX];
    size_t next_kept;
};

enum err peers_new(struct loop *l, struct resolver *r, struct client *http,
                   const char *const *doh_urls, size_t n_doh_urls,
                   struct peers **out)
{
    struct peers *p = calloc(1, sizeof(*p));

    if (!p) {
        return ERR_NOMEM;
    }
    p->loop = l;
    p->resolver = r;
    p->http = http;
    p->doh_urls = doh_urls;
    p->n_doh_urls = n_doh_urls;
    *out = p;
    return ERR_OK;
}

void peers_listen(struct peers *p,
                  void (*fn)(void *arg, const char *host,
                             const struct lookup_result *res),
                  void *arg)
{
    p->on_system = fn;
    p->on_system_arg = arg;
}

/* What is being looked up for it goes on: others may wait for it, too. */
void peers_cancel(struct peers_call *c)
{
    if (!c) {
        return;
    }
    if (c->prev) {
        c->prev->next = c->next;
    } else {
        c->peers->calls = c->next;
    }
    if (c->next) {
        c->next->prev = c->prev;
    }
    loop_timer_free(c->timer);
    free(c);
}

static void asking_free(struct asking *a)
{
    struct asking **at = &a->peers->askings;

    while (*at && *at != a) {
        at = &(*at)->next;
    }
    if (*at) {
        *at = a->next;
    }
    lookup_cancel(a->lookup);
    lookup_cancel(a->https);
    doh_lookup_cancel(a->doh);
    loop_timer_free(a->timer);
    region_free(a->region);
    free(a);
}

void peers_free(struct peers *p)
{
    if (!p) {
        return;
    }
    while (p->calls) {
        peers_cancel(p->calls);
    }
    while (p->askings) {
        asking_free(p->askings);
    }
    free(p);
}

static struct kept *find_kept(struct peers *p, const char *host)
{
    int64_t now = clock_mono_us();

    for (size_t i = 0; i < KEPT_MAX; i++) {
        if (p->kept[i].until > now && strcmp(p->kept[i].host, host) == 0) {
            return &p->kept[i];
        }
    }
    return NULL;
}

static void keep(const struct asking *a)
{
    struct peers *p = a->peers;
    struct kept *k = &p->kept[p->next_kept];

    if (strlen(a->host) >= HOST_TEXT) {
        return;
    }
    p->next_kept = (p->next_kept + 1) % KEPT_MAX;
    str_copy(k->host, sizeof(k->host), a->host);
    memcpy(k->text, a->text, sizeof(k->text));
    k->n = a->n;
    k->until = clock_mono_us() + KEEP_US;
}

/* ---- a name being looked up --------------------------------------------- */

/* Last act of a call, always from its own timer: the caller may free
 * everything. */
static void on_answer_due(void *arg)
{
    struct peers_call *c = arg;
    const char *addrs[ADDRS_MAX];
    struct peers_call own = *c;

    /* all of the call is gone before the owner hears */
    for (size_t i = 0; i < own.n; i++) {
        addrs[i] = own.text[i];
    }
    peers_cancel(c);
    own.fn(own.arg, addrs, own.n, own.n > 0 ? NULL : own.failure);
}

/* Tells all who wait; from its own timer, because a lookup must not be freed
 * from inside its callback. */
static void on_asked(void *arg)
{
    struct asking *a = arg;

    for (struct peers_call *c = a->told ? NULL : a->peers->calls; c;
         c = c->next) {
        if (c->asking != a) {
            continue;
        }
        c->asking = NULL;
        c->n = a->n;
        memcpy(c->text, a->text, sizeof(c->text));
        str_copy(c->failure, sizeof(c->failure),
                 a->failure ? a->failure : failure_text(FAILURE_NO_ANSWER));
        if (loop_timer_in(c->timer, 0) != ERR_OK) {
            log_error("engine", "no timer for an answer");
        }
    }
    a->told = true;
    if (!a->https) {
        asking_free(a);
    }
}

static void asked_soon(struct asking *a)
{
    if (loop_timer_in(a->timer, 0) != ERR_OK) {
        log_error("engine", "no timer for an answer");
    }
}

static void try_doh(struct asking *a);

static void take_addrs(struct asking *a, const struct lookup_result *res)
{
    for (size_t i = 0; i < res->n_addrs && a->n < ADDRS_MAX; i++) {
        ip_format(&res->addrs[i], a->text[a->n++]);
    }
    if (a->n > 0) {
        keep(a);
    } else {
        a->failure = region_strdup(a->region, res->failure);
    }
    /* a name that does not exist here may be a lie of the network */
    if (a->n > 0) {
        asked_soon(a);
    } else {
        try_doh(a);
    }
}

static void on_doh_done(void *arg, const struct lookup_result *res)
{
    struct asking *a = arg;

    a->doh = NULL; /* frees itself after this callback */
    take_addrs(a, res);
}

static void try_doh(struct asking *a)
{
    struct peers *p = a->peers;

    while (a->next_doh < p->n_doh_urls) {
        const char *text = p->doh_urls[a->next_doh++];
        struct url url;
        size_t n = 0;

        if (url_parse(a->region, str_c(text), &url, NULL) != ERR_OK) {
            continue;
        }
        const char *const *addrs = doh_bootstrap(url.host, &n);
        if (!addrs) {
            continue;
        }
        struct lookup_request q = {
            .via = LOOKUP_DOH,
            .host = a->host,
            .server = text,
            .region = a->region,
            .on_done = on_doh_done,
            .arg = a,
        };
        if (doh_lookup_start(p->http, &q, addrs, n, &a->doh) == ERR_OK) {
            return;
        }
    }
    asked_soon(a);
}

static void on_system_done(void *arg, const struct lookup_result *res)
{
    struct asking *a = arg;
    const struct peers *p = a->peers;

    a->lookup = NULL; /* frees itself after this callback */
    if (p->on_system) {
        p->on_system(p->on_system_arg, a->host, res);
    }
    take_addrs(a, res);
}

/* Nobody waits for it. */
static void on_https_done(void *arg, const struct lookup_result *res)
{
    (void)arg;
    (void)res;
}

/* An answer to a closed socket would be refused by an ICMP error, which no
 * browser sends: it stays open until the answer came, or none will. */
static void on_https_closed(void *arg)
{
    struct asking *a = arg;

    a->https = NULL;
    if (a->told) {
        asked_soon(a);
    }
}

static enum err ask_https(struct asking *a)
{
    struct lookup_request q = {
        .via = LOOKUP_SYSTEM,
        .host = a->host,
        .only_https = true,
        .region = a->region,
        .on_done = on_https_done,
        .on_closed = on_https_closed,
        .arg = a,
    };

    return lookup_start(a->peers->resolver, &q, &a->https);
}

static enum err ask(struct peers *p, const char *host, struct asking **out)
{
    struct asking *a = calloc(1, sizeof(*a));
    enum err e = ERR_NOMEM;

    if (!a) {
        return ERR_NOMEM;
    }
    a->peers = p;
    a->region = region_new(REGION_MAX);
    if (a->region) {
        a->host = region_strdup(a->region, host);
    }
    if (a->host) {
        e = loop_timer_new(p->loop, on_asked, a, &a->timer);
    }
    if (e == ERR_OK) {
        e = ask_https(a);
    }
    if (e == ERR_OK) {
        struct lookup_request q = {
            .via = LOOKUP_SYSTEM,
            .host = a->host,
            .region = a->region,
            .on_done = on_system_done,
            .arg = a,
        };
        e = lookup_start(p->resolver, &q, &a->lookup);
    }
    if (e != ERR_OK) {
        asking_free(a);
        return e;
    }
    a->next = p->askings;
    p->askings = a;
    *out = a;
    return ERR_OK;
}

/* ---- calls -------------------------------------------------------------- */

static enum err start(struct peers_call *c, const char *host)
{
    struct peers *p = c->peers;
    const struct kept *k = find_kept(p, host);
    struct ip literal;

    if (ip_parse(str_c(host), &literal)) {
        ip_format(&literal, c->text[c->n++]);
        return loop_timer_in(c->timer, 0);
    }
    if (k) {
        memcpy(c->text, k->text, sizeof(c->text));
        c->n = k->n;
        return loop_timer_in(c->timer, 0);
    }
    for (struct asking *a = p->askings; a && !c->asking; a = a->next) {
        if (!a->told && strcmp(a->host, host) == 0) {
            c->asking = a;
        }
    }
    return c->asking ? ERR_OK : ask(p, host, &c->asking);
}

enum err peers_resolve(struct peers *p, const char *host, peers_fn fn,
                       void *arg, struct peers_call **call)
{
    struct peers_call *c = calloc(1, sizeof(*c));

    if (!c) {
        return ERR_NOMEM;
    }
    c->peers = p;
    c->fn = fn;
    c->arg = arg;
    c->next = p->calls;
    if (p->calls) {
        p->calls->prev = c;
    }
    p->calls = c;
    enum err e = loop_timer_new(p->loop, on_answer_due, c, &c->timer);
    if (e == ERR_OK) {
        e = start(c, host);
    }
    if (e != ERR_OK) {
        peers_cancel(c);
        return e;
    }
    if (call) {
        *call = c;
    }
    return ERR_OK;
}
