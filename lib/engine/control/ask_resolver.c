// SPDX-License-Identifier: Apache-2.0
/* Lookups by DoH or by UDP, as the plan says. */
#include "engine/control/ask_resolver.h"
#include "engine/query_record.h"
#include "net/doh.h"
#include "record/failure.h"

enum err ask_resolver_init(struct ask_resolver *a)
{
    struct str resolver = str_c(a->ms->plan->resolver);
    struct ip ip;
    uint16_t port;

    if (ip_endpoint_parse(resolver, &ip, &port)) {
        return ERR_OK;
    }
    struct url *url = region_alloc(a->ms->region, sizeof(*url));
    enum err e =
        url ? url_parse(a->ms->region, resolver, url, NULL) : ERR_NOMEM;
    if (e == ERR_OK) {
        a->doh = url;
    }
    return e;
}

static void end(struct ask_resolver *a, const struct ip *addrs, size_t n,
                const char *failure)
{
    a->host = NULL;
    a->on_done(a->arg, addrs, n, failure);
}

/* This machine's fault. */
static void fail(struct ask_resolver *a, enum err e, const char *what)
{
    measure_internal(a->ms, e, what);
    end(a, NULL, 0, failure_text(FAILURE_MISBEHAVING));
}

static void on_exchange(void *arg, const struct dns_exchange *x)
{
    const struct ask_resolver *a = arg;

    if (!x->extra) {
        query_record_add(a->ms, QUERY_MAIN, a->host, x, a->id,
                         measure_tags(a->depth, false, -1));
    }
}

static void on_lookup_done(void *arg, const struct lookup_result *res)
{
    struct ask_resolver *a = arg;

    a->doh_lookup = NULL; /* frees itself after this */
    a->lookup = NULL;
    measure_internal(a->ms, res->internal, "lookup");
    end(a, res->addrs, res->n_addrs, res->failure);
}

/* `addrs` are those of the DoH server. */
static void look_up(struct ask_resolver *a, const char *const *addrs, size_t n)
{
    struct instruments *in = a->ms->in;
    struct lookup_request q = {
        .via = a->doh ? LOOKUP_DOH : LOOKUP_UDP,
        .host = a->host,
        .server = a->ms->plan->resolver,
        .region = a->ms->region,
        .on_exchange = on_exchange,
        .on_done = on_lookup_done,
        .arg = a,
    };
    enum err e = a->doh
                     ? doh_lookup_start(in->http, &q, addrs, n, &a->doh_lookup)
                     : lookup_start(in->resolver, &q, &a->lookup);

    if (e != ERR_OK) {
        fail(a, e, "lookup");
    }
}

static void on_doh_server(void *arg, const char *const *addrs, size_t n,
                          const char *failure)
{
    struct ask_resolver *a = arg;

    (void)failure;
    a->doh_server = NULL;
    if (n > 0) {
        look_up(a, addrs, n);
    } else {
        /* our own resolver is out of reach: no statement about the site */
        fail(a, ERR_NET, "the control's resolver");
    }
}

void ask_resolver_start(struct ask_resolver *a, const char *host, int depth)
{
    a->host = host;
    a->depth = depth;
    a->id = measure_id(a->ms, a->doh ? ID_DOH : ID_UDP);
    if (!a->doh) {
        look_up(a, NULL, 0);
        return;
    }
    enum err e = peers_resolve(a->ms->in->peers, a->doh->host, on_doh_server, a,
                               &a->doh_server);
    if (e != ERR_OK) {
        fail(a, e, "lookup");
    }
}

bool ask_resolver_busy(const struct ask_resolver *a)
{
    return a->host;
}

void ask_resolver_cancel(struct ask_resolver *a)
{
    peers_cancel(a->doh_server);
    lookup_cancel(a->lookup);
    doh_lookup_cancel(a->doh_lookup);
    a->doh_server = NULL;
    a->lookup = NULL;
    a->doh_lookup = NULL;
    a->host = NULL;
}
