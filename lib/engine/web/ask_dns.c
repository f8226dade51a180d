// SPDX-License-Identifier: Apache-2.0
/* The ways of looking a host up, and how each of them is written down. */
#include "engine/web/ask_dns.h"
#include "engine/query_record.h"
#include "net/capture.h"
#include "net/doh.h"

#include "base/clock.h"
#include "wire/dnsmsg.h"
#include <string.h>

enum way_kind {
    WAY_SYSTEM,
    WAY_UDP,
    WAY_DOH,
    WAY_WHOAMI_SYSTEM,
    WAY_WHOAMI_UDP,
    WAYS
};

struct way {
    struct ask_dns *ask;
    enum way_kind kind;
    int64_t id;
    const char *server; /* NULL: the system's */
    struct lookup *lookup;
    struct doh_lookup *doh;
    struct peers_call *doh_server; /* finds the DoH server's address */
    int64_t t0;
};

struct ask_dns {
    struct ask_dns_request q;
    struct addr_list found;
    unsigned open; /* ways without a result; whoami does not count */
    struct way ways[WAYS];
};

/* ---- records ------------------------------------------------------------- */

static struct obs_tags tags_of(const struct way *w)
{
    return measure_tags(w->ask->q.depth, w->kind == WAY_SYSTEM, -1);
}

/* The system's way as one query of type ANY, as getaddrinfo would look. */
static void record_system(const struct way *w, const struct lookup_result *res)
{
    struct measure *ms = w->ask->q.ms;
    struct obs_query *q = measurement_add_query(ms->m);
    size_t n = res->n_addrs + (res->cname && res->n_addrs > 0 ? 1 : 0);

    if (!q) {
        return;
    }
    *q = (struct obs_query){
        .list = QUERY_MAIN,
        .t0 = res->t0 - ms->zero,
        .t = res->t - ms->zero,
        .engine = "getaddrinfo",
        .hostname = w->ask->q.host,
        .query_type = "ANY",
        .resolver = "",
        .failure = res->failure,
        .id = w->id,
        .tags = tags_of(w),
    };
    if (n == 0) {
        return;
    }
    q->answers = region_calloc(ms->region, n, sizeof(*q->answers));
    if (!q->answers) {
        measure_internal(ms, ERR_NOMEM, "answers");
        return;
    }
    q->n_answers = n;
    for (size_t i = 0; i < res->n_addrs; i++) {
        q->answers[i].type = res->addrs[i].family == 4 ? "A" : "AAAA";
        q->answers[i].ip = res->addrs[i];
        query_record_network(ms, &q->answers[i]);
    }
    if (n > res->n_addrs) {
        q->answers[n - 1].type = "CNAME";
        q->answers[n - 1].hostname = res->cname;
        q->answers[n - 1].org = "";
    }
}

static void record_event(const struct way *w, const char *operation, int64_t t,
                         const char *failure)
{
    struct measure *ms = w->ask->q.ms;
    struct obs_event *ev = measurement_add_event(ms->m);

    if (!ev) {
        return;
    }
    *ev = (struct obs_event){
        .list = w->kind == WAY_DOH ? EVENT_DOH : EVENT_MAIN,
        .t0 = t - ms->zero,
        .t = t - ms->zero,
        .operation = operation,
        .failure = failure,
        .id = w->id,
        .tags = tags_of(w),
    };
}

/* ---- one way ------------------------------------------------------------- */

static void way_end(struct way *w)
{
    struct ask_dns *a = w->ask;
    struct task *task = a->q.task;

    if (--a->open == 0) {
        a->q.on_done(a->q.arg, &a->found);
    }
    task_release(task);
}

static void on_exchange(void *arg, const struct dns_exchange *x)
{
    const struct way *w = arg;
    struct measure *ms = w->ask->q.ms;
    enum query_list list = QUERY_MAIN;

    if (x->extra) {
        list = QUERY_DUPLICATE;
    } else if (w->kind == WAY_SYSTEM) {
        list = QUERY_SYSTEM;
    }
    query_record_add(ms, list, w->ask->q.host, x, w->id, tags_of(w));
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

static void on_done(void *arg, const struct lookup_result *res)
{
    static const unsigned origins[WAYS] = {
        [WAY_SYSTEM] = ORIGIN_SYSTEM,
        [WAY_UDP] = ORIGIN_UDP,
        [WAY_DOH] = ORIGIN_DOH,
    };
    struct way *w = arg;
    struct measure *ms = w->ask->q.ms;

    w->doh = NULL; /* ends after this; a lookup may still listen */
    measure_internal(ms, res->internal, "lookup");
    if (w->kind == WAY_SYSTEM) {
        record_system(w, res);
    }
    record_event(w, "resolve_start", res->t0, NULL);
    record_event(w, "resolve_done", res->t, res->failure);
    for (size_t i = 0; i < res->n_addrs; i++) {
        enum err e = addr_list_add(ms->region, &w->ask->found, &res->addrs[i],
                                   origins[w->kind]);
        measure_internal(ms, e, "addresses");
    }
    way_end(w);
}

static void on_closed(void *arg)
{
    struct way *w = arg;

    w->lookup = NULL;
    measure_release_late(w->ask->q.ms);
}

static void on_whoami(void *arg, const struct lookup_result *res)
{
    struct way *w = arg;
    struct measure *ms = w->ask->q.ms;
    bool system = w->kind == WAY_WHOAMI_SYSTEM;

    measure_internal(ms, res->internal, "lookup");
    if (res->n_addrs > 0) {
        whoami_put(&ms->in->whoami, system ? "" : w->server, &res->addrs[0]);
        *(system ? &ms->m->whoami_system : &ms->m->whoami_udp) = res->addrs[0];
    }
    task_release(w->ask->q.task);
}

static void ask_resolver(struct way *w)
{
    struct ask_dns *a = w->ask;
    bool whoami = w->kind >= WAY_WHOAMI_SYSTEM;
    struct lookup_request q = {
        .via = w->server ? LOOKUP_UDP : LOOKUP_SYSTEM,
        .host = whoami ? WHOAMI_NAME : a->q.host,
        .server = w->server,
        .only_a = whoami,
        .linger = !whoami,
        .region = a->q.ms->region,
        .on_exchange = whoami ? NULL : on_exchange,
        .on_done = whoami ? on_whoami : on_done,
        .on_closed = on_closed,
        .arg = w,
    };

    enum err e = lookup_start(a->q.ms->in->resolver, &q, &w->lookup);
    if (e != ERR_OK) {
        measure_internal(a->q.ms, e, "lookup");
        return;
    }
    /* nothing that follows needs to know who the resolvers are */
    if (!whoami) {
        a->open++;
    }
    task_hold(a->q.task);
    measure_hold_late(a->q.ms);
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
        failure = region_strdup(ms->region, failure);
        measure_internal(ms, failure ? ERR_OK : ERR_NOMEM, "DoH");
        doh_fail(w, failure);
        return;
    }
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

static void way_start(struct ask_dns *a, enum way_kind kind, const char *server)
{
    static const enum id_kind ids[WAYS] = {
        [WAY_SYSTEM] = ID_SYSTEM,
        [WAY_UDP] = ID_UDP,
        [WAY_DOH] = ID_DOH,
    };
    struct measure *ms = a->q.ms;
    struct way *w = &a->ways[kind];

    if (server) {
        server = region_strdup(ms->region, server);
        if (!server) {
            measure_internal(ms, ERR_NOMEM, "resolver");
            return;
        }
    }
    *w = (struct way){.ask = a, .kind = kind, .server = server};
    if (kind < WAY_WHOAMI_SYSTEM) {
        w->id = measure_id(ms, ids[kind]);
    }
    if (kind == WAY_DOH) {
        ask_doh(w);
    } else {
        ask_resolver(w);
    }
}

static void whoami_start(struct ask_dns *a, const char *udp)
{
    struct measure *ms = a->q.ms;
    struct whoami *known = &ms->in->whoami;
    bool anew = ms->plan->whoami_anew;
    struct ip ip = whoami_get(known, "");

    if (ip.family && !anew) {
        ms->m->whoami_system = ip;
    } else if (anew || whoami_claim(known, "")) {
        way_start(a, WAY_WHOAMI_SYSTEM, NULL);
    }
    ip = whoami_get(known, udp);
    ms->m->whoami_udp_resolver = region_strdup(ms->region, udp);
    if (ip.family && !anew) {
        ms->m->whoami_udp = ip;
    } else if (anew || whoami_claim(known, udp)) {
        way_start(a, WAY_WHOAMI_UDP, udp);
    }
}

void ask_dns_fill_whoami(struct measure *ms)
{
    struct measurement *m = ms->m;

    if (!ms->plan->whoami || ms->plan->whoami_anew) {
        return;
    }
    if (m->whoami_system.family == 0) {
        m->whoami_system = whoami_get(&ms->in->whoami, "");
    }
    if (m->whoami_udp.family == 0 && m->whoami_udp_resolver) {
        m->whoami_udp = whoami_get(&ms->in->whoami, m->whoami_udp_resolver);
    }
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
    const char *udp = public_dns_udp(&ms->in->public_dns);
    const char *doh = public_dns_doh(&ms->in->public_dns, ms->plan->doh);
    way_start(a, WAY_SYSTEM, NULL);
    if (udp) {
        way_start(a, WAY_UDP, udp);
    }
    if (doh) {
        way_start(a, WAY_DOH, doh);
    }
    if (udp && ms->plan->whoami) {
        whoami_start(a, udp);
    }
    if (a->open == 0) {
        q->on_done(q->arg, &a->found);
    }
    return a;
}

void ask_dns_cancel(struct ask_dns *a)
{
    for (size_t i = 0; a && i < WAYS; i++) {
        lookup_cancel(a->ways[i].lookup);
        doh_lookup_cancel(a->ways[i].doh);
        peers_cancel(a->ways[i].doh_server);
    }
}
