// SPDX-License-Identifier: Apache-2.0
/* The lookups of one round, all at once: by the system's servers, by UDP to a
 * public resolver, by DoH when it is due, and who the resolvers are seen as.
 */
#include "engine/measure.h"
#include "net/capture.h"
#include "record/failure.h"

#include "base/clock.h"
#include "base/geo.h"
#include "wire/dnsmsg.h"
#include <string.h>

enum dns_way {
    WAY_SYSTEM,
    WAY_UDP,
    WAY_DOH,
    WAY_WHOAMI_SYSTEM,
    WAY_WHOAMI_UDP
};

#define WAYS 5

struct dns_task {
    struct dns_step *step;
    enum dns_way way;
    int64_t id;
    const char *server;
    const struct url *doh_url;
    struct lookup *lookup;
    struct doh_lookup *doh;
    struct peers_call *peers; /* finds the DoH server */
    int64_t t0;
};

struct dns_step {
    struct round *round;
    unsigned open;
    const char *failure; /* of the system's way, else another */
    struct dns_task tasks[WAYS];
};

/* ---- records ---------------------------------------------------------------
 */

static void fill_network(struct measure *ms, struct dns_answer *a)
{
    struct geo_entry g;
    char text[IP_TEXT_MAX];

    a->org = "";
    if (a->ip.family == 0 || !ms->e->cfg.geo) {
        return;
    }
    ip_format(&a->ip, text);
    geo_lookup(ms->e->cfg.geo, text, &g);
    a->asn = g.asn;
    if (g.org[0]) {
        const char *org = region_strdup(ms->region, g.org);
        a->org = org ? org : "";
    }
}

struct obs_query *dns_record(struct measure *ms, enum query_list list,
                             const char *host, const struct dns_exchange *x,
                             int64_t id, struct obs_tags tags)
{
    struct obs_query *q = measurement_add_query(ms->m);

    if (!q) {
        return NULL;
    }
    *q = (struct obs_query){
        .list = list,
        .t0 = x->t0 - ms->zero,
        .t = x->t - ms->zero,
        .engine = x->engine,
        .hostname = host,
        .query_type = x->type == DNS_A ? "A" : "AAAA",
        .resolver = x->server,
        .failure = x->failure,
        .rcode = x->rcode,
        .answers = x->answers,
        .n_answers = x->n_answers,
        .raw = x->raw,
        .id = id,
        .tags = tags,
    };
    for (size_t i = 0; i < q->n_answers; i++) {
        fill_network(ms, &q->answers[i]);
    }
    return q;
}

/* The system's way as one query of type ANY, as getaddrinfo would look. */
static void record_system(struct dns_task *task,
                          const struct lookup_result *res)
{
    struct round *r = task->step->round;
    struct measure *ms = r->ms;
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
        .hostname = r->url->host,
        .query_type = "ANY",
        .resolver = "",
        .failure = res->failure,
        .id = task->id,
        .tags = tags_of(r->depth, true, -1),
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
        fill_network(ms, &q->answers[i]);
    }
    if (n > res->n_addrs) {
        q->answers[n - 1].type = "CNAME";
        q->answers[n - 1].hostname = res->cname;
        q->answers[n - 1].org = "";
    }
}

static void annotate(struct dns_task *task, const char *operation, int64_t t,
                     const char *failure)
{
    struct round *r = task->step->round;
    struct obs_event *ev = measurement_add_event(r->ms->m);

    if (!ev) {
        return;
    }
    *ev = (struct obs_event){
        .list = task->way == WAY_DOH ? EVENT_DOH : EVENT_MAIN,
        .t0 = t - r->ms->zero,
        .t = t - r->ms->zero,
        .operation = operation,
        .failure = failure,
        .id = task->id,
        .tags = tags_of(r->depth, task->way == WAY_SYSTEM, -1),
    };
}

/* ---- one lookup ------------------------------------------------------------
 */

static void step_end(struct dns_step *s)
{
    struct round *r = s->round;
    struct measure *ms = r->ms;
    struct names *names = region_alloc(ms->region, sizeof(*names));

    r->dns_failure = r->addrs.n > 0 ? NULL : s->failure;
    if (names) {
        *names =
            (struct names){ms->names, r->url->host, r->addrs, r->dns_failure};
        ms->names = names;
    } else {
        measure_internal(ms, ERR_NOMEM, "names");
    }
    round_on_dns(r);
}

static void task_end(struct dns_task *task)
{
    struct dns_step *s = task->step;
    struct measure *ms = s->round->ms;

    if (--s->open == 0) {
        step_end(s);
    }
    measure_release(ms);
}

static void on_exchange(void *arg, const struct dns_exchange *x)
{
    struct dns_task *task = arg;
    struct round *r = task->step->round;
    bool classic = task->way == WAY_SYSTEM;
    enum query_list list = QUERY_MAIN;

    if (x->extra) {
        list = QUERY_DUPLICATE;
    } else if (classic) {
        list = QUERY_SYSTEM;
    }
    dns_record(r->ms, list, r->url->host, x, task->id,
               tags_of(r->depth, classic, -1));
    if (!x->extra || strcmp(x->engine, "udp") != 0) {
        return;
    }
    struct capture_flow flow = {
        .local_port = x->local_port,
        .udp = true,
        .contradicted = true,
        .t0 = x->t0,
        .id = task->id,
    };
    if (ip_endpoint_parse(str_c(x->server), &flow.remote, &flow.remote_port)) {
        measure_flow_ended(r->ms, &flow);
    }
}

static void add_addrs(struct dns_task *task, const struct lookup_result *res)
{
    static const unsigned origins[WAYS] = {
        [WAY_SYSTEM] = ORIGIN_SYSTEM,
        [WAY_UDP] = ORIGIN_UDP,
        [WAY_DOH] = ORIGIN_DOH,
    };
    struct dns_step *s = task->step;

    for (size_t i = 0; i < res->n_addrs; i++) {
        addr_list_add(s->round->ms, &s->round->addrs, &res->addrs[i],
                      origins[task->way]);
    }
    if (res->failure && (!s->failure || task->way == WAY_SYSTEM)) {
        s->failure = res->failure;
    }
}

static void on_done(void *arg, const struct lookup_result *res)
{
    struct dns_task *task = arg;
    struct measure *ms = task->step->round->ms;

    task->doh = NULL; /* ends after this; a lookup may still listen */
    measure_internal(ms, res->internal, "lookup");
    if (task->way == WAY_SYSTEM) {
        record_system(task, res);
    }
    annotate(task, "resolve_start", res->t0, NULL);
    annotate(task, "resolve_done", res->t, res->failure);
    add_addrs(task, res);
    task_end(task);
}

static void on_closed(void *arg)
{
    struct dns_task *task = arg;

    task->lookup = NULL;
    if (task->way != WAY_DOH) {
        measure_late_release(task->step->round->ms);
    }
}

static void on_whoami(void *arg, const struct lookup_result *res)
{
    struct dns_task *task = arg;
    struct measure *ms = task->step->round->ms;
    bool system = task->way == WAY_WHOAMI_SYSTEM;

    measure_internal(ms, res->internal, "lookup");
    if (res->n_addrs > 0) {
        engine_whoami_put(ms->e, system ? "" : task->server, &res->addrs[0]);
        *(system ? &ms->m->whoami_system : &ms->m->whoami_udp) = res->addrs[0];
    }
    measure_release(ms);
}

static void ask_by_dns(struct dns_task *task)
{
    struct round *r = task->step->round;
    struct measure *ms = r->ms;
    bool whoami = task->way >= WAY_WHOAMI_SYSTEM;
    bool system = task->way == WAY_SYSTEM || task->way == WAY_WHOAMI_SYSTEM;
    struct lookup_request q = {
        .via = system ? LOOKUP_SYSTEM : LOOKUP_UDP,
        .host = whoami ? ENGINE_WHOAMI_NAME : r->url->host,
        .server = task->server,
        .only_a = whoami,
        .linger = !whoami,
        .region = ms->region,
        .on_exchange = whoami ? NULL : on_exchange,
        .on_done = whoami ? on_whoami : on_done,
        .on_closed = on_closed,
        .arg = task,
    };

    enum err e = lookup_start(ms->e->resolver, &q, &task->lookup);
    if (e != ERR_OK) {
        measure_internal(ms, e, "lookup");
        return;
    }
    /* nothing that follows needs to know who the resolvers are */
    if (!whoami) {
        task->step->open++;
    }
    measure_hold(ms);
    measure_late_hold(ms);
}

/* ---- DoH --------------------------------------------------------------------
 */

static void doh_fail(struct dns_task *task, const char *failure)
{
    struct lookup_result res = {
        .t0 = task->t0, .t = clock_mono_us(), .failure = failure};
    struct dns_exchange x = {
        .engine = "doh",
        .server = task->server,
        .type = DNS_A,
        .t0 = res.t0,
        .t = res.t,
        .failure = failure,
    };

    on_exchange(task, &x);
    x.type = DNS_AAAA;
    on_exchange(task, &x);
    on_done(task, &res);
}

static void on_doh_server(void *arg, const char *const *addrs, size_t n,
                          const char *failure)
{
    struct dns_task *task = arg;
    struct round *r = task->step->round;
    struct lookup_request q = {
        .via = LOOKUP_DOH,
        .host = r->url->host,
        .server = task->server,
        .region = r->ms->region,
        .on_exchange = on_exchange,
        .on_done = on_done,
        .on_closed = on_closed,
        .arg = task,
    };

    task->peers = NULL;
    if (n == 0) {
        failure = region_strdup(r->ms->region, failure);
        measure_internal(r->ms, failure ? ERR_OK : ERR_NOMEM, "DoH");
        doh_fail(task, failure);
        return;
    }
    enum err e = doh_lookup_start(r->ms->e->http, &q, addrs, n, &task->doh);
    if (e != ERR_OK) {
        measure_internal(r->ms, e, "DoH");
        task_end(task);
    }
}

static void doh_start(struct dns_task *task)
{
    struct measure *ms = task->step->round->ms;
    struct url url;

    task->t0 = clock_mono_us();
    if (url_parse(ms->region, str_c(task->server), &url, NULL) != ERR_OK ||
        peers_resolve(ms->e->peers, url.host, on_doh_server, task,
                      &task->peers) != ERR_OK) {
        measure_internal(ms, ERR_INVAL, "DoH");
        return;
    }
    task->step->open++;
    measure_hold(ms);
}

/* ---- the step
 * ---------------------------------------------------------------- */

static void task_start(struct dns_step *s, enum dns_way way, enum id_kind kind,
                       const char *server)
{
    struct dns_task *task = &s->tasks[way];

    if (server) {
        server = region_strdup(s->round->ms->region, server);
        if (!server) {
            measure_internal(s->round->ms, ERR_NOMEM, "resolver");
            return;
        }
    }
    *task = (struct dns_task){.step = s, .way = way, .server = server};
    if (way < WAY_WHOAMI_SYSTEM) {
        task->id = measure_id(s->round->ms, kind);
    }
    if (way == WAY_DOH) {
        doh_start(task);
    } else {
        ask_by_dns(task);
    }
}

static void whoami_start(struct dns_step *s, const char *udp)
{
    struct measure *ms = s->round->ms;
    bool anew = ms->plan->whoami_anew;
    struct ip ip = engine_whoami_get(ms->e, "");

    if (ip.family && !anew) {
        ms->m->whoami_system = ip;
    } else if (anew || engine_whoami_claim(ms->e, "")) {
        task_start(s, WAY_WHOAMI_SYSTEM, ID_SYSTEM, NULL);
    }
    ip = engine_whoami_get(ms->e, udp);
    ms->m->whoami_udp_resolver = region_strdup(ms->region, udp);
    if (ip.family && !anew) {
        ms->m->whoami_udp = ip;
    } else if (anew || engine_whoami_claim(ms->e, udp)) {
        task_start(s, WAY_WHOAMI_UDP, ID_UDP, udp);
    }
}

static bool known_already(struct round *r)
{
    for (const struct names *k = r->ms->names; k; k = k->next) {
        if (strcmp(k->host, r->url->host) != 0) {
            continue;
        }
        for (size_t i = 0; i < k->addrs.n; i++) {
            addr_list_add(r->ms, &r->addrs, &k->addrs.items[i].ip,
                          k->addrs.items[i].origin);
        }
        r->dns_failure = k->failure;
        return true;
    }
    return false;
}

void dns_step_start(struct round *r)
{
    struct measure *ms = r->ms;

    if (r->url->literal.family) {
        addr_list_add(ms, &r->addrs, &r->url->literal, ORIGIN_SYSTEM);
        round_on_dns(r);
        return;
    }
    if (known_already(r)) {
        round_on_dns(r);
        return;
    }
    struct dns_step *s = region_alloc(ms->region, sizeof(*s));
    if (!s) {
        measure_internal(ms, ERR_NOMEM, "DNS step");
        return;
    }
    r->dns = s;
    s->round = r;
    const char *udp = engine_pick_udp(ms->e);
    const char *doh = engine_take_doh(ms->e, ms->plan->doh);
    task_start(s, WAY_SYSTEM, ID_SYSTEM, NULL);
    if (udp) {
        task_start(s, WAY_UDP, ID_UDP, udp);
    }
    if (doh) {
        task_start(s, WAY_DOH, ID_DOH, doh);
    }
    if (udp && ms->plan->whoami) {
        whoami_start(s, udp);
    }
    if (s->open == 0) {
        step_end(s);
    }
}

void dns_step_cancel(struct dns_step *s)
{
    if (!s) {
        return;
    }
    for (size_t i = 0; i < WAYS; i++) {
        lookup_cancel(s->tasks[i].lookup);
        doh_lookup_cancel(s->tasks[i].doh);
        peers_cancel(s->tasks[i].peers);
    }
}
