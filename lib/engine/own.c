// SPDX-License-Identifier: Apache-2.0
#include "engine/own.h"
#include "engine/doh.h"

#include "base/clock.h"
#include "wire/url.h"
#include <stdlib.h>
#include <string.h>

#define KEEP_US    (60 * US_PER_S)
#define KEPT_MAX   16
#define ADDRS_MAX  16
#define REGION_MAX ((size_t)1024 * 1024)
#define HOST_TEXT  256

#define FAILURE_TEXT 128

struct kept {
    char host[HOST_TEXT];
    char text[ADDRS_MAX][IP_TEXT_MAX];
    size_t n;
    int64_t until;
};

struct own_call {
    struct own *own;
    struct own_call *prev, *next;
    struct region *region;
    const char *host;
    own_fn fn;
    void *arg;
    struct lookup *lookup;
    struct doh_lookup *doh;
    struct loop_timer *timer;
    size_t next_doh; /* DoH server to try next */
    const char *failure;
    size_t n;
    char text[ADDRS_MAX][IP_TEXT_MAX];
};

struct own {
    struct loop *loop;
    struct resolver *resolver;
    struct http_client *http;
    const char *const *doh_urls;
    size_t n_doh_urls;
    struct own_call *calls;
    struct kept kept[KEPT_MAX];
    size_t next_kept;
};

enum err own_new(struct loop *l, struct resolver *r, struct http_client *http,
                 const char *const *doh_urls, size_t n_doh_urls,
                 struct own **out)
{
    struct own *o = calloc(1, sizeof *o);

    if (!o)
        return ERR_NOMEM;
    o->loop = l;
    o->resolver = r;
    o->http = http;
    o->doh_urls = doh_urls;
    o->n_doh_urls = n_doh_urls;
    *out = o;
    return ERR_OK;
}

void own_cancel(struct own_call *c)
{
    if (!c)
        return;
    if (c->prev)
        c->prev->next = c->next;
    else
        c->own->calls = c->next;
    if (c->next)
        c->next->prev = c->prev;
    lookup_cancel(c->lookup);
    doh_lookup_cancel(c->doh);
    loop_timer_free(c->timer);
    region_free(c->region);
    free(c);
}

void own_free(struct own *o)
{
    if (!o)
        return;
    while (o->calls) {
        struct own_call *c = o->calls;

        o->calls = c->next;
        own_cancel(c);
    }
    free(o);
}

static struct kept *find_kept(struct own *o, const char *host)
{
    int64_t now = clock_mono_us();

    for (size_t i = 0; i < KEPT_MAX; i++) {
        if (o->kept[i].until > now && strcmp(o->kept[i].host, host) == 0)
            return &o->kept[i];
    }
    return NULL;
}

static void keep(struct own *o, const struct own_call *c)
{
    struct kept *k = &o->kept[o->next_kept];

    if (strlen(c->host) >= HOST_TEXT)
        return;
    o->next_kept = (o->next_kept + 1) % KEPT_MAX;
    str_copy(k->host, sizeof k->host, c->host);
    memcpy(k->text, c->text, sizeof k->text);
    k->n = c->n;
    k->until = clock_mono_us() + KEEP_US;
}

/* Last act of a call, always from its own timer: a lookup must not be freed
 * from inside its callback, and the caller may free everything. */
static void on_answer_due(void *arg)
{
    struct own_call *c = arg;
    const char *addrs[ADDRS_MAX];
    char text[ADDRS_MAX][IP_TEXT_MAX];
    char failure[FAILURE_TEXT];
    size_t n = c->n;
    own_fn fn = c->fn;
    void *fn_arg = c->arg;

    /* all of the call is gone before the owner hears */
    str_copy(failure, sizeof failure,
             c->failure ? c->failure : "dns_no_answer");
    memcpy(text, c->text, sizeof text);
    for (size_t i = 0; i < n; i++)
        addrs[i] = text[i];
    own_cancel(c);
    fn(fn_arg, addrs, n, n > 0 ? NULL : failure);
}

static void answer_soon(struct own_call *c)
{
    if (loop_timer_in(c->timer, 0) != ERR_OK)
        c->failure = "unknown_failure: no timer";
}

static void try_doh(struct own_call *c);

static void take_addrs(struct own_call *c, const struct lookup_result *res)
{
    for (size_t i = 0; i < res->n_addrs && c->n < ADDRS_MAX; i++)
        ip_format(&res->addrs[i], c->text[c->n++]);
    if (c->n > 0)
        keep(c->own, c);
    else
        c->failure = region_strdup(c->region, res->failure);
}

static void on_doh_done(void *arg, const struct lookup_result *res)
{
    struct own_call *c = arg;

    c->doh = NULL; /* frees itself after this callback */
    take_addrs(c, res);
    if (c->n > 0)
        answer_soon(c);
    else
        try_doh(c);
}

static void try_doh(struct own_call *c)
{
    struct own *o = c->own;

    while (c->next_doh < o->n_doh_urls) {
        const char *text = o->doh_urls[c->next_doh++];
        struct url url;
        size_t n = 0;

        if (url_parse(c->region, str_c(text), &url, NULL) != ERR_OK)
            continue;
        const char *const *addrs = doh_bootstrap(url.host, &n);
        if (!addrs)
            continue;
        struct lookup_request q = {
            .via = LOOKUP_DOH,
            .host = c->host,
            .server = text,
            .region = c->region,
            .on_done = on_doh_done,
            .arg = c,
        };
        if (doh_lookup_start(o->http, &q, addrs, n, &c->doh) == ERR_OK)
            return;
    }
    answer_soon(c);
}

static void on_system_done(void *arg, const struct lookup_result *res)
{
    struct own_call *c = arg;

    c->lookup = NULL; /* frees itself after this callback */
    take_addrs(c, res);
    /* a name that does not exist here may be a lie of the network */
    if (c->n > 0)
        answer_soon(c);
    else
        try_doh(c);
}

static enum err start(struct own_call *c)
{
    struct lookup_request q = {
        .via = LOOKUP_SYSTEM,
        .host = c->host,
        .region = c->region,
        .on_done = on_system_done,
        .arg = c,
    };
    const struct kept *k = find_kept(c->own, c->host);
    struct ip literal;

    if (ip_parse(str_c(c->host), &literal)) {
        ip_format(&literal, c->text[c->n++]);
    } else if (k) {
        memcpy(c->text, k->text, sizeof c->text);
        c->n = k->n;
    } else {
        return resolver_lookup(c->own->resolver, &q, &c->lookup);
    }
    return loop_timer_in(c->timer, 0);
}

enum err own_resolve(struct own *o, const char *host, own_fn fn, void *arg,
                     struct own_call **call)
{
    struct own_call *c = calloc(1, sizeof *c);
    enum err e = ERR_NOMEM;

    if (!c)
        return ERR_NOMEM;
    c->own = o;
    c->fn = fn;
    c->arg = arg;
    c->next = o->calls;
    if (o->calls)
        o->calls->prev = c;
    o->calls = c;
    c->region = region_new(REGION_MAX);
    if (c->region)
        c->host = region_strdup(c->region, host);
    if (!c->host)
        goto fail;
    e = loop_timer_new(o->loop, on_answer_due, c, &c->timer);
    if (e == ERR_OK)
        e = start(c);
    if (e != ERR_OK)
        goto fail;
    if (call)
        *call = c;
    return ERR_OK;
fail:
    own_cancel(c);
    return e;
}
