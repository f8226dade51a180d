// SPDX-License-Identifier: Apache-2.0
/* The ways of looking a host up, and how each of them is written down. */
#include "engine/web/ask_dns.h"
#include "engine/other_names.h"
#include "engine/query_record.h"
#include "engine/web/ask_dns_record.h"
#include "engine/web/ask_prefix.h"
#include "engine/web/doh_example.h"
#include "net/capture.h"
#include "net/doh.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "record/failure.h"
#include "wire/dnsmsg.h"
#include <stdio.h>
#include <string.h>

/* How long the system's servers may take for an answer, and its addresses for a
 * connection, before others are asked, too. */
#define PATIENCE_US (1500 * US_PER_MS)
#define SLOW_US     (3 * US_PER_S)
/* When the system's own resolver asks again (resolv.conf(5), timeout). */
#define REPEAT_US (5 * US_PER_S)

/* One name asked of two resolvers at the same moment is nobody's habit but
 * ours: they are asked one after the other, so far apart. */
#define SPACE_MIN_MS    80
#define SPACE_SPREAD_MS 320

#define KNOWN_US (45 * US_PER_S) /* what the system's resolver did counts */

enum way_kind {
    WAY_SYSTEM,
    WAY_UDP,
    WAY_DOH,
    WAY_HTTPS,   /* the system's, for the record that browsers ask for first */
    WAY_ANOTHER, /* the system's, about another name: is it alive? */
    WAY_UNCHECKED, /* the system's, and signatures need not be checked */
    WAYS
};

enum stage {
    ONLY_SYSTEM, /* has been asked */
    SPACED,      /* others are to be asked, one after the other */
    ALL          /* have been asked */
};

struct way {
    struct ask_dns *ask;
    enum way_kind kind;
    int64_t id;
    const char *server; /* NULL: the system's */
    const char *host;
    struct lookup *lookup;
    struct doh_lookup *doh;
    struct peers_call *doh_server; /* finds the DoH server's address */
    const char *const *addrs;      /* of the DoH server, as text */
    size_t n_addrs;
    int64_t t0;
};

struct ask_dns {
    struct ask_dns_request q;
    struct addr_list found; /* until on_done */
    struct addr_list more;  /* after it */
    unsigned open;          /* of the site's addresses, without a result */
    enum stage stage;
    bool told;         /* on_done was called */
    bool has_addrs;    /* from the system's resolver */
    bool fails;        /* which says that it cannot find out */
    bool found_by_doh; /* which DoH can */
    struct doh_example *example;
    struct ask_prefix *prefix; /* by which this line writes IPv4 addresses */
    const char *servers[WAYS]; /* that are to be asked yet */
    const char *udp;           /* the one that is asked by UDP, as listed */
    struct loop_timer *timer;  /* of the stage */
    struct way ways[WAYS];
};

static struct obs_tags tags_of(const struct way *w)
{
    return measure_tags(w->ask->q.depth,
                        w->kind == WAY_SYSTEM || w->kind == WAY_UNCHECKED, -1);
}

/* The name is not looked up: nobody learns what would have been answered. */
static void cannot_ask(const struct ask_dns *a, enum err e, const char *what)
{
    measure_internal(a->q.ms, e, what);
    instruments_lost(a->q.ms->in, e);
}

/* ---- whom to ask, and when ----------------------------------------------- */

static void arm(struct ask_dns *a, int64_t us)
{
    if (loop_timer_in(a->timer, us) != ERR_OK) {
        measure_internal(a->q.ms, ERR_NOMEM, "timer");
    }
}

/* Tells what the ways gave, as soon as nothing more is to come. */
static void tell(struct ask_dns *a)
{
    if (a->open > 0 || a->stage == SPACED) {
        return;
    }
    if (a->told) {
        a->q.on_more(a->q.arg, &a->more);
        return;
    }
    a->told = true;
    a->q.on_done(a->q.arg, &a->found);
    if (a->stage == ONLY_SYSTEM) {
        arm(a, SLOW_US);
    }
}

/* False: there will be no timer, and nobody else is asked. */
static bool space(struct ask_dns *a)
{
    int64_t ms = SPACE_MIN_MS + crypto_random_below(SPACE_SPREAD_MS);
    enum err e = loop_timer_in(a->timer, ms * US_PER_MS);

    measure_internal(a->q.ms, e, "timer");
    return e == ERR_OK;
}

static void ask_others(struct ask_dns *a)
{
    struct measure *ms = a->q.ms;

    if (a->stage != ONLY_SYSTEM) {
        return;
    }
    /* what is silent again says more if it is known to answer */
    a->udp = ms->plan->again ? public_dns_udp_heard(&ms->in->public_dns)
                             : public_dns_udp(&ms->in->public_dns);
    a->servers[WAY_UDP] = a->udp;
    /* what is denied, or not answered, again and again: only what nobody on the
     * line can read tells why */
    bool at_once = ms->plan->doh || (ms->plan->again && !a->has_addrs);
    if (a->q.depth == 0 || at_once) {
        a->servers[WAY_DOH] = public_dns_doh(&ms->in->public_dns, at_once);
    }
    if (!a->servers[WAY_UDP] && !a->servers[WAY_DOH]) {
        a->stage = ALL;
        return;
    }
    a->stage = space(a) ? SPACED : ALL;
    if (a->stage == SPACED) {
        task_hold(a->q.task);
    }
}

static void way_start(struct ask_dns *a, enum way_kind kind, const char *server,
                      const char *host);

/* The next of those that are to be asked. */
static void ask_next(struct ask_dns *a)
{
    struct task *task = a->q.task;
    enum way_kind kind = a->servers[WAY_UDP] ? WAY_UDP : WAY_DOH;
    const char *server = a->servers[kind];

    a->servers[kind] = NULL;
    way_start(a, kind, server, a->q.host);
    if (a->servers[WAY_DOH] && space(a)) {
        return;
    }
    a->stage = ALL;
    tell(a);
    task_release(task);
}

static void on_timer(void *arg)
{
    struct ask_dns *a = arg;

    if (a->stage == SPACED) {
        ask_next(a);
    } else if (!task_is_over(a->q.task)) {
        ask_others(a);
    }
}

void ask_dns_more(struct ask_dns *a)
{
    if (task_is_over(a->q.task)) {
        return;
    }
    ask_others(a);
    if (a->stage == ALL && a->told && a->open == 0) {
        a->q.on_more(a->q.arg, &a->more);
    }
}

void ask_dns_settle(struct ask_dns *a)
{
    if (a->stage == ONLY_SYSTEM) {
        loop_timer_stop(a->timer);
    }
}

/* A translator may have a prefix that no public site can be in: then the
 * address that it stands for is looked at. */
static bool looks_wrong(const struct lookup_result *res)
{
    for (size_t i = 0; i < res->n_addrs; i++) {
        bool translated = false;
        for (size_t k = 0; k < res->n_addrs; k++) {
            translated =
                translated || ip_embeds(&res->addrs[i], &res->addrs[k]);
        }
        if (!translated && ip_is_bogon(&res->addrs[i])) {
            return true;
        }
    }
    return res->n_addrs == 0;
}

/* ---- one way ------------------------------------------------------------- */

static void way_end(struct way *w)
{
    struct ask_dns *a = w->ask;
    struct task *task = a->q.task;

    a->open--;
    tell(a);
    task_release(task);
}

static void on_exchange(void *arg, const struct dns_exchange *x)
{
    const struct way *w = arg;
    struct measure *ms = w->ask->q.ms;
    enum query_list list = QUERY_MAIN;

    if (w->kind == WAY_HTTPS) {
        if (!x->extra) {
            query_record_add(ms, QUERY_SYSTEM, w->host, x, w->id,
                             measure_tags(w->ask->q.depth, true, -1));
        }
        return;
    }
    if (x->extra) {
        list = QUERY_DUPLICATE;
    } else if (w->kind == WAY_SYSTEM || w->kind == WAY_UNCHECKED) {
        list = QUERY_SYSTEM;
    }
    query_record_add(ms, list, w->ask->q.host, x, w->id, tags_of(w));
    if (x->extra && w->kind == WAY_SYSTEM) {
        ask_dns_more(w->ask);
    }
    if (!x->extra || strcmp(x->engine, "udp") != 0) {
        return;
    }
    struct capture_flow flow = {
        .local_port = x->local_port,
        .udp = true,
        .contradicted = true,
        .t0 = x->t0,
        .id = w->id,
    };
    if (ip_endpoint_parse(str_c(x->server), &flow.remote, &flow.remote_port)) {
        measure_flow_ended(ms, &flow);
    }
}

static bool is_failure(const struct lookup_result *res, enum failure f)
{
    return res->failure && failure_of(str_c(res->failure)) == f;
}

static void on_prefix(void *arg)
{
    struct ask_dns *a = arg;
    struct task *task = a->q.task;

    a->open--;
    tell(a);
    task_release(task);
}

/* Where there is a translator, connections need to know its prefix. */
static void need_prefix(struct ask_dns *a, const struct lookup_result *res)
{
    struct measure *ms = a->q.ms;

    if (ms->in->nat64.known || !nat64_shows(res->addrs, res->n_addrs)) {
        return;
    }
    a->prefix = ask_prefix_start(ms, on_prefix, a);
    if (a->prefix) {
        a->open++;
        task_hold(a->q.task);
    }
}

static enum other_kind kind_of(const struct measure *ms)
{
    return ms->plan->sensitive ? OTHER_SENSITIVE : OTHER_SITE;
}

/* A public resolver that answered lives, and heard this name already. */
static void udp_done(const struct way *w, const struct lookup_result *res)
{
    struct measure *ms = w->ask->q.ms;

    other_names_put(&ms->in->public_names, w->host, kind_of(ms), res);
    if (res->n_addrs > 0) {
        public_dns_answered(&ms->in->public_dns, w->ask->udp);
    }
}

/* What follows from the answer of the system's servers. */
static void system_done(struct ask_dns *a, const struct lookup_result *res)
{
    struct measure *ms = a->q.ms;
    struct other_names *others = &ms->in->other_names;

    if (a->stage == ONLY_SYSTEM) {
        loop_timer_stop(a->timer);
    }
    instruments_lost(ms->in, res->internal);
    other_names_put(others, a->q.host, kind_of(ms), res);
    a->fails = is_failure(res, FAILURE_SERVFAIL);
    a->has_addrs = res->n_addrs > 0;
    need_prefix(a, res);
    if (ms->plan->all_resolvers || looks_wrong(res)) {
        ask_others(a);
    }
    if (ms->plan->again && res->n_addrs == 0) {
        const char *name = other_names_draw(others, a->q.host, false);
        if (name) {
            way_start(a, WAY_ANOTHER, NULL, name);
        }
    }
}

static void doh_done(const struct way *w, const struct lookup_result *res)
{
    struct ask_dns *a = w->ask;

    a->found_by_doh = res->n_addrs > 0;
    if (res->failure && !str_starts(str_c(res->failure), "dns_") &&
        res->internal == ERR_OK && w->n_addrs > 0) {
        a->example = doh_example_start(a->q.ms, a->q.task, w->id, w->server,
                                       w->addrs, w->n_addrs);
    }
}

/* The resolver fails, an encrypted lookup does not. Are signatures the reason?
 * Only the resolver itself can tell, and it is asked only in a further
 * measurement, since no browser asks so. */
static void try_unchecked(struct ask_dns *a)
{
    if (a->q.ms->plan->again && a->fails && a->found_by_doh &&
        !a->ways[WAY_UNCHECKED].host) {
        way_start(a, WAY_UNCHECKED, NULL, a->q.host);
    }
}

static void on_done(void *arg, const struct lookup_result *res)
{
    static const unsigned origins[WAYS] = {
        [WAY_SYSTEM] = ORIGIN_SYSTEM,
        [WAY_UDP] = ORIGIN_UDP,
        [WAY_DOH] = ORIGIN_DOH,
    };
    struct way *w = arg;
    struct ask_dns *a = w->ask;
    struct measure *ms = a->q.ms;

    w->doh = NULL; /* ends after this; a lookup may still listen */
    measure_internal(ms, res->internal, "lookup");
    if (w->kind == WAY_SYSTEM) {
        ask_dns_record_system(ms, a->q.host, w->id, tags_of(w), res);
    }
    ask_dns_record_events(ms, w->kind == WAY_DOH, w->id, tags_of(w), res);
    for (size_t i = 0; i < res->n_addrs; i++) {
        enum err e = addr_list_add(ms->region, a->told ? &a->more : &a->found,
                                   &res->addrs[i], origins[w->kind]);
        measure_internal(ms, e, "addresses");
    }
    if (w->kind == WAY_SYSTEM) {
        system_done(a, res);
    } else if (w->kind == WAY_DOH) {
        doh_done(w, res);
    } else if (w->kind == WAY_UDP) {
        udp_done(w, res);
    }
    try_unchecked(a);
    way_end(w);
}

static void on_closed(void *arg)
{
    struct way *w = arg;

    w->lookup = NULL;
    measure_release_late(w->ask->q.ms);
}

/* Nobody waits for it: what browsers do with it is not done here. */
static void on_https(void *arg, const struct lookup_result *res)
{
    const struct way *w = arg;

    measure_internal(w->ask->q.ms, res->internal, "lookup");
}

static void on_another(void *arg, const struct lookup_result *res)
{
    struct way *w = arg;
    struct measure *ms = w->ask->q.ms;

    measure_internal(ms, res->internal, "lookup");
    instruments_lost(ms->in, res->internal);
    other_names_put(&ms->in->other_names, w->host, OTHER_PEER, res);
    task_release(w->ask->q.task);
}

/* Nobody waits for it but the record. */
static void on_unchecked(void *arg, const struct lookup_result *res)
{
    const struct way *w = arg;

    measure_internal(w->ask->q.ms, res->internal, "lookup");
    task_release(w->ask->q.task);
}

static void ask_resolver(struct way *w)
{
    static void (*const done[WAYS])(void *, const struct lookup_result *) = {
        [WAY_SYSTEM] = on_done,         [WAY_UDP] = on_done,
        [WAY_HTTPS] = on_https,         [WAY_ANOTHER] = on_another,
        [WAY_UNCHECKED] = on_unchecked,
    };
    struct ask_dns *a = w->ask;
    bool another = w->kind == WAY_ANOTHER, https = w->kind == WAY_HTTPS;
    bool waits = w->kind == WAY_SYSTEM || w->kind == WAY_UDP;
    struct lookup_request q = {
        .via = w->server ? LOOKUP_UDP : LOOKUP_SYSTEM,
        .host = w->host,
        .server = w->server,
        .only_a = another || w->kind == WAY_UNCHECKED,
        .only_https = https,
        .repeat_us = w->kind == WAY_SYSTEM ? REPEAT_US : 0,
        .unchecked = w->kind == WAY_UNCHECKED,
        .linger = waits,
        .region = a->q.ms->region,
        .on_exchange = another ? NULL : on_exchange,
        .on_done = done[w->kind],
        .on_closed = on_closed,
        .arg = w,
    };

    enum err e = lookup_start(a->q.ms->in->resolver, &q, &w->lookup);
    if (e != ERR_OK) {
        cannot_ask(a, e, "lookup");
        return;
    }
    measure_hold_late(a->q.ms);
    if (https) {
        return;
    }
    /* nothing that follows needs to know what came of the others */
    a->open += waits ? 1 : 0;
    task_hold(a->q.task);
}

/* ---- DoH ----------------------------------------------------------------- */

static void doh_fail(struct way *w, const char *failure)
{
    struct lookup_result res = {
        .t0 = w->t0, .t = clock_mono_us(), .failure = failure};
    struct dns_exchange x = {
        .engine = "doh",
        .server = w->server,
        .type = DNS_A,
        .t0 = res.t0,
        .t = res.t,
        .failure = failure,
    };

    on_exchange(w, &x);
    x.type = DNS_AAAA;
    on_exchange(w, &x);
    on_done(w, &res);
}

/* NULL: the server is not asked again. */
static const char *const *keep_addrs(struct measure *ms,
                                     const char *const *addrs, size_t n)
{
    const char **kept = region_calloc(ms->region, n, sizeof(*kept));

    for (size_t i = 0; kept && i < n; i++) {
        kept[i] = region_strdup(ms->region, addrs[i]);
        if (!kept[i]) {
            kept = NULL;
        }
    }
    measure_internal(ms, kept ? ERR_OK : ERR_NOMEM, "DoH");
    return kept;
}

static void on_doh_server(void *arg, const char *const *addrs, size_t n,
                          const char *failure)
{
    struct way *w = arg;
    struct measure *ms = w->ask->q.ms;
    struct lookup_request q = {
        .via = LOOKUP_DOH,
        .host = w->ask->q.host,
        .server = w->server,
        .region = ms->region,
        .on_exchange = on_exchange,
        .on_done = on_done,
        .arg = w,
    };

    w->doh_server = NULL;
    if (n == 0) {
        /* that the server's own name is denied says nothing of the site's */
        failure = str_starts(str_c(failure), "dns_")
                      ? failure_text(FAILURE_MISBEHAVING)
                      : region_strdup(ms->region, failure);
        measure_internal(ms, failure ? ERR_OK : ERR_NOMEM, "DoH");
        doh_fail(w, failure);
        return;
    }
    w->addrs = keep_addrs(ms, addrs, n);
    w->n_addrs = w->addrs ? n : 0;
    enum err e = doh_lookup_start(ms->in->http, &q, addrs, n, &w->doh);
    if (e != ERR_OK) {
        measure_internal(ms, e, "DoH");
        way_end(w);
    }
}

static void ask_doh(struct way *w)
{
    struct ask_dns *a = w->ask;
    struct measure *ms = a->q.ms;
    struct url url;

    w->t0 = clock_mono_us();
    if (url_parse(ms->region, str_c(w->server), &url, NULL) != ERR_OK ||
        peers_resolve(ms->in->peers, url.host, on_doh_server, w,
                      &w->doh_server) != ERR_OK) {
        measure_internal(ms, ERR_INVAL, "DoH");
        return;
    }
    a->open++;
    task_hold(a->q.task);
}

/* ---- all ways ------------------------------------------------------------ */

/* On a line that has IPv4 behind a translator only, a resolver by IPv4 is asked
 * at what the translator makes of its address. NULL: no memory. */
static const char *reach(struct measure *ms, const char *server)
{
    struct ip ip, written;
    uint16_t port;
    char text[56];

    if (ip_endpoint_parse(str_c(server), &ip, &port) &&
        nat64_write(&ms->in->nat64, &ip, &written)) {
        ip_endpoint(&written, port, text);
        server = text;
    }
    return region_strdup(ms->region, server);
}

static void way_start(struct ask_dns *a, enum way_kind kind, const char *server,
                      const char *host)
{
    static const enum id_kind ids[WAYS] = {
        [WAY_SYSTEM] = ID_SYSTEM,
        [WAY_UDP] = ID_UDP,
        [WAY_DOH] = ID_DOH,
        [WAY_HTTPS] = ID_SYSTEM,
    };
    struct measure *ms = a->q.ms;
    struct way *w = &a->ways[kind];

    if (server) {
        server = reach(ms, server);
        if (!server) {
            cannot_ask(a, ERR_NOMEM, "resolver");
            return;
        }
    }
    host = region_strdup(ms->region, host);
    if (!host) {
        cannot_ask(a, ERR_NOMEM, "resolver");
        return;
    }
    *w = (struct way){.ask = a, .kind = kind, .server = server, .host = host};
    if (kind == WAY_SYSTEM || kind == WAY_UNCHECKED) {
        w->id = a->ways[WAY_HTTPS].id; /* both are one lookup of a browser's */
    } else if (kind != WAY_ANOTHER) {
        w->id = measure_id(ms, ids[kind]);
    }
    if (kind == WAY_DOH) {
        ask_doh(w);
    } else {
        ask_resolver(w);
    }
}

void ask_dns_tell_others(struct measure *ms)
{
    int64_t since = ms->plan->again ? ms->zero : ms->zero - KNOWN_US;

    other_names_tell(&ms->in->other_names, ms->m, since);
    /* names that were answered may be missing from these */
    if (instruments_lacks(ms->in, since)) {
        measure_internal(ms, ERR_NOMEM, "names of the run");
    }
}

/* Firefox asks for the service at another port than 80 and 443 by a name of its
 * own (RFC 9460, 2.3). */
static void way_start_https(struct ask_dns *a)
{
    char name[DNS_NAME_MAX];
    int n = 0;

    if (a->q.port != 80 && a->q.port != 443) {
        n = snprintf(name, sizeof(name), "_%u._https.%s", (unsigned)a->q.port,
                     a->q.host);
    }
    /* a name that gets too long for this is asked about as it is */
    bool whole = n > 0 && (size_t)n < sizeof(name) - 1;
    way_start(a, WAY_HTTPS, NULL, whole ? name : a->q.host);
}

struct ask_dns *ask_dns_start(const struct ask_dns_request *q)
{
    struct measure *ms = q->ms;
    struct ask_dns *a = region_calloc(ms->region, 1, sizeof(*a));

    if (!a) {
        measure_internal(ms, ERR_NOMEM, "DNS step");
        return NULL;
    }
    a->q = *q;
    enum err e = loop_timer_new(ms->in->loop, on_timer, a, &a->timer);
    if (e != ERR_OK) {
        cannot_ask(a, e, "DNS step");
        return NULL;
    }
    way_start_https(a);
    way_start(a, WAY_SYSTEM, NULL, q->host);
    if (a->open > 0) {
        arm(a, PATIENCE_US);
    } else {
        a->stage = ALL;
        tell(a);
    }
    return a;
}

void ask_dns_cancel(struct ask_dns *a)
{
    if (a) {
        loop_timer_free(a->timer);
        a->timer = NULL;
    }
    if (a) {
        doh_example_cancel(a->example);
        ask_prefix_cancel(a->prefix);
    }
    for (size_t i = 0; a && i < WAYS; i++) {
        lookup_cancel(a->ways[i].lookup);
        doh_lookup_cancel(a->ways[i].doh);
        peers_cancel(a->ways[i].doh_server);
    }
}
