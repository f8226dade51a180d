// SPDX-License-Identifier: Apache-2.0
#include "engine/run_facts.h"

#include "wire/host.h"
#include <stdlib.h>
#include <string.h>

#define ADDRS 4 /* kept of one name */

struct run_name {
    uint64_t host;
    uint64_t domain; /* registrable */
    uint64_t brand;  /* its first label: sisters in other countries share it */
    struct ip addrs[ADDRS]; /* that the system's resolver gave */
    size_t n_addrs;
    struct hash_list resolvers; /* others that gave addresses */
    struct hash_list led;       /* hosts that redirects led to */
    struct hash_list networks;
    struct ip notice; /* where a page had nothing of it; family 0: nowhere */
    struct ip ill;    /* where what answers is ill; likewise */
    uint64_t foreign; /* the page that came in cleartext and was not the
                         control's; 0: none did */
    bool own;         /* in cleartext its own came, or what leads there */
};

/* Pages of a host that came from an endpoint and were its own, or handshakes
 * there that proved it. */
struct run_page {
    uint64_t host;
    struct ip ip;
    uint16_t port;
    unsigned n;
};

void run_facts_fini(struct run_facts *f)
{
    free(f->names);
    free(f->pages);
    *f = (struct run_facts){.n_names = 0};
}

static bool is_system(const struct obs_query *q)
{
    return q->list == QUERY_MAIN && strcmp(q->engine, "getaddrinfo") == 0;
}

static bool is_of(const struct obs_query *q, const char *host)
{
    return strcmp(q->hostname, host) == 0;
}

/* ---- names --------------------------------------------------------------- */

static struct run_name name_of(const struct run_visit *v)
{
    const char *domain = host_registrable(v->hosts[0]);

    return (struct run_name){
        .host = hash_list_hash(str_c(v->hosts[0])),
        .domain = hash_list_hash(str_c(domain)),
        .brand = hash_list_hash((struct str){domain, strcspn(domain, ".")}),
    };
}

static bool is_unrelated(const struct run_name *a, const struct run_name *b)
{
    return a->domain != b->domain && a->brand != b->brand;
}

static void see_queries(struct run_name *n, const struct run_visit *v)
{
    for (size_t i = 0; i < v->m->n_queries; i++) {
        const struct obs_query *q = &v->m->queries[i];
        if (!is_of(q, v->hosts[0]) || q->list != QUERY_MAIN) {
            continue;
        }
        for (size_t k = 0; k < q->n_answers; k++) {
            const struct ip *ip = &q->answers[k].ip;
            if (ip->family && is_system(q) && n->n_addrs < ADDRS) {
                n->addrs[n->n_addrs++] = *ip;
            } else if (ip->family && !is_system(q)) {
                hash_list_add(&n->resolvers, str_c(q->resolver));
            }
        }
    }
}

static void see_redirects(struct run_name *n, const struct run_visit *v)
{
    for (size_t i = 1; i < v->n_hosts; i++) {
        if (strcmp(v->hosts[i], v->hosts[0]) != 0) {
            hash_list_add(&n->led, str_c(v->hosts[i]));
        }
    }
}

static const char *host_at(const struct run_visit *v, int depth)
{
    return depth >= 0 && (size_t)depth < v->n_hosts ? v->hosts[depth] : NULL;
}

static bool is_verified(const struct measurement *m, const struct obs_http *h)
{
    for (size_t i = 0; i < m->n_tls; i++) {
        if (m->tls[i].id == h->id && !m->tls[i].failure) {
            return true;
        }
    }
    return false;
}

static bool in_cleartext(const struct obs_http *h)
{
    return h->url && strncmp(h->url, "http://", 7) == 0;
}

/* The visit ended with a page over TLS, of the site itself. */
static bool ends_at_home(const struct run_name *n, const struct run_visit *v,
                         const struct obs_http *last)
{
    const char *host = host_at(v, last->tags.depth);

    return host && !last->failure && is_verified(v->m, last) &&
           hash_list_hash(str_c(host_registrable(host))) == n->domain;
}

static void see_cleartext(struct run_name *n, const struct run_visit *v)
{
    const struct measurement *m = v->m;
    const struct obs_http *last = m->n_http ? &m->http[m->n_http - 1] : NULL;

    for (size_t i = 0; i < m->n_http; i++) {
        const struct obs_http *h = &m->http[i];
        if (h->failure || !in_cleartext(h)) {
            continue;
        }
        if (h != last) {
            n->own = n->own || ends_at_home(n, v, last);
        } else if (v->alike) {
            n->own = true;
        } else if (h->status / 100 == 2 && h->body.len > 0) {
            n->foreign = hash_list_hash(h->body);
        }
    }
}

/* Room for one more, up to `max`. */
static enum err grow(void **items, size_t *cap, size_t n, size_t size,
                     size_t max)
{
    size_t more = *cap ? 2 * *cap : 64;

    if (n < *cap || *cap == max) {
        return ERR_OK;
    }
    more = more < max ? more : max;
    void *p = realloc(*items, more * size);
    if (!p) {
        return ERR_NOMEM;
    }
    *items = p;
    *cap = more;
    return ERR_OK;
}

static enum err keep_name(struct run_facts *f, const struct run_name *n)
{
    for (size_t i = 0; i < f->n_names; i++) {
        if (f->names[i].host == n->host) {
            struct run_name was = f->names[i];
            f->names[i] = *n;
            f->names[i].notice = was.notice;
            f->names[i].ill = was.ill;
            f->names[i].own = was.own || n->own;
            f->names[i].foreign = n->foreign ? n->foreign : was.foreign;
            hash_list_join(&f->names[i].resolvers, &was.resolvers);
            return ERR_OK;
        }
    }
    enum err e = grow((void **)&f->names, &f->cap_names, f->n_names,
                      sizeof(*f->names), RUN_FACTS_NAMES);
    if (e != ERR_OK) {
        return e;
    }
    f->names[f->next_name] = *n;
    f->n_names += f->n_names == f->next_name;
    f->next_name = (f->next_name + 1) % RUN_FACTS_NAMES;
    return ERR_OK;
}

/* ---- pages --------------------------------------------------------------- */

static struct run_page *find_page(const struct run_facts *f, uint64_t host,
                                  const struct ip *ip, uint16_t port)
{
    for (size_t i = 0; i < f->n_pages; i++) {
        struct run_page *p = &f->pages[i];
        if (p->host == host && p->port == port && ip_eq(&p->ip, ip)) {
            return p;
        }
    }
    return NULL;
}

/* A page came over that handshake: it is counted as one. */
static bool has_page(const struct measurement *m, int64_t id)
{
    for (size_t i = 0; i < m->n_http; i++) {
        if (m->http[i].id == id && !m->http[i].failure) {
            return true;
        }
    }
    return false;
}

static enum err keep_page(struct run_facts *f, uint64_t host,
                          const struct ip *ip, uint16_t port)
{
    struct run_page *p = find_page(f, host, ip, port);

    if (p) {
        p->n += p->n < RUN_FACTS_MANY;
        return ERR_OK;
    }
    enum err e = grow((void **)&f->pages, &f->cap_pages, f->n_pages,
                      sizeof(*f->pages), RUN_FACTS_PAGES);
    if (e != ERR_OK) {
        return e;
    }
    f->pages[f->next_page] = (struct run_page){host, *ip, port, 1};
    f->n_pages += f->n_pages == f->next_page;
    f->next_page = (f->next_page + 1) % RUN_FACTS_PAGES;
    return ERR_OK;
}

/* A server that counts its visitors' connections counts handshakes as well: of
 * a site visited in cleartext, port 443 is tried beside it. */
static enum err keep_handshakes(struct run_facts *f, const struct run_visit *v)
{
    const struct measurement *m = v->m;
    enum err e = ERR_OK;

    for (size_t i = 0; i < m->n_tls && e == ERR_OK; i++) {
        const struct obs_tls *t = &m->tls[i];
        const char *host = host_at(v, t->tags.depth);
        if (host && !t->failure && !has_page(m, t->id)) {
            e = keep_page(f, hash_list_hash(str_c(host)), &t->ip, t->port);
        }
    }
    return e;
}

/* A page over TLS was the host's own; one in cleartext, if it is the last of
 * the visit, where the control got it, too. */
static enum err keep_pages(struct run_facts *f, const struct run_visit *v)
{
    const struct measurement *m = v->m;
    enum err e = ERR_OK;

    for (size_t i = 0; i < m->n_http && e == ERR_OK; i++) {
        const struct obs_http *h = &m->http[i];
        const char *host = host_at(v, h->tags.depth);
        bool last = i + 1 == m->n_http;
        if (host && !h->failure &&
            (is_verified(m, h) || (!h->alpn && last && v->alike))) {
            e = keep_page(f, hash_list_hash(str_c(host)), &h->ip, h->port);
        }
    }
    return e == ERR_OK ? keep_handshakes(f, v) : e;
}

enum err run_facts_note(struct run_facts *f, const struct run_visit *v)
{
    if (v->n_hosts == 0) {
        return ERR_OK;
    }
    struct run_name n = name_of(v);
    see_queries(&n, v);
    see_redirects(&n, v);
    see_cleartext(&n, v);
    n.networks = v->control;
    run_networks_seen(&n.networks, v->m, v->hosts[0], v->geo);
    enum err e = keep_name(f, &n);
    return e == ERR_OK ? keep_pages(f, v) : e;
}

/* ---- telling ------------------------------------------------------------- */

static unsigned one_more(unsigned n)
{
    return n + (n < RUN_FACTS_MANY);
}

static bool was_given(const struct run_name *n, const struct ip *ip)
{
    for (size_t i = 0; i < n->n_addrs; i++) {
        if (ip_eq(&n->addrs[i], ip)) {
            return true;
        }
    }
    return false;
}

static void tell_address(const struct run_facts *f, const struct run_name *me,
                         const struct ip *ip, struct obs_run *run)
{
    struct obs_run_address a = {.ip = *ip};

    for (size_t i = 0; i < run->n_addresses; i++) {
        if (ip_eq(&run->addresses[i].ip, ip)) {
            return;
        }
    }
    for (size_t i = 0; i < f->n_names; i++) {
        const struct run_name *n = &f->names[i];
        if (n->host == me->host || !was_given(n, ip)) {
            continue;
        }
        a.names = one_more(a.names);
        if (ip_eq(&n->notice, ip)) {
            a.notices = one_more(a.notices);
        }
        if (ip_eq(&n->ill, ip)) {
            a.ill = one_more(a.ill);
        }
        if (is_unrelated(n, me) && n->networks.n > 0 && me->networks.n > 0 &&
            !hash_list_meet(&n->networks, &me->networks)) {
            a.other_networks = one_more(a.other_networks);
        }
    }
    if (a.names > 0 && run->n_addresses < RUN_FACTS_TOLD) {
        run->addresses[run->n_addresses++] = a;
    }
}

static void tell_resolver(const struct run_facts *f, const struct run_name *me,
                          const char *resolver, struct obs_run *run)
{
    struct obs_run_resolver r = {.resolver = resolver};
    uint64_t h = hash_list_hash(str_c(resolver));

    for (size_t i = 0; i < run->n_resolvers; i++) {
        if (strcmp(run->resolvers[i].resolver, resolver) == 0) {
            return;
        }
    }
    for (size_t i = 0; i < f->n_names; i++) {
        const struct run_name *n = &f->names[i];
        if (n->host != me->host && hash_list_has(&n->resolvers, h)) {
            r.names = one_more(r.names);
        }
    }
    if (r.names > 0 && run->n_resolvers < RUN_FACTS_TOLD) {
        run->resolvers[run->n_resolvers++] = r;
    }
}

static void tell_queries(const struct run_facts *f, const struct run_visit *v,
                         const struct run_name *me, struct obs_run *run)
{
    for (size_t i = 0; i < v->m->n_queries; i++) {
        const struct obs_query *q = &v->m->queries[i];
        if (q->list == QUERY_MAIN && !is_system(q)) {
            tell_resolver(f, me, q->resolver, run);
        }
        for (size_t k = 0; is_system(q) && k < q->n_answers; k++) {
            if (q->answers[k].ip.family) {
                tell_address(f, me, &q->answers[k].ip, run);
            }
        }
    }
}

/* What came from an endpoint, for a host and for others. */
static struct obs_run_page pages_at(const struct run_facts *f, const char *host,
                                    const struct ip *ip, uint16_t port)
{
    uint64_t h = hash_list_hash(str_c(host));
    struct obs_run_page at = {.ip = *ip, .port = port};

    for (size_t i = 0; i < f->n_pages; i++) {
        const struct run_page *p = &f->pages[i];
        if (p->port != port || !ip_eq(&p->ip, ip)) {
            continue;
        }
        if (p->host == h) {
            at.pages = p->n;
        } else {
            at.others += p->n;
            at.others = at.others < RUN_FACTS_MANY ? at.others : RUN_FACTS_MANY;
        }
    }
    return at;
}

static bool is_told(const struct obs_run *run, const struct obs_run_page *at)
{
    for (size_t i = 0; i < run->n_pages; i++) {
        if (run->pages[i].port == at->port &&
            ip_eq(&run->pages[i].ip, &at->ip)) {
            return true;
        }
    }
    return false;
}

static void tell_pages(const struct run_facts *f, const struct run_visit *v,
                       struct obs_run *run)
{
    for (size_t i = 0; i < v->m->n_tcp && run->n_pages < RUN_FACTS_TOLD; i++) {
        const struct obs_tcp *t = &v->m->tcp[i];
        const char *host = host_at(v, t->tags.depth);
        if (!host) {
            continue;
        }
        struct obs_run_page at = pages_at(f, host, &t->ip, t->port);
        if (at.pages + at.others > 0 && !is_told(run, &at)) {
            run->pages[run->n_pages++] = at;
        }
    }
}

static void tell_led(const struct run_facts *f, const struct run_visit *v,
                     const struct run_name *me, struct obs_run *run)
{
    for (size_t i = 1; i < v->n_hosts; i++) {
        struct obs_run_led led = {.depth = (int)i};
        uint64_t h = hash_list_hash(str_c(v->hosts[i]));
        for (size_t k = 0; k < f->n_names; k++) {
            const struct run_name *n = &f->names[k];
            if (is_unrelated(n, me) && hash_list_has(&n->led, h)) {
                led.names = one_more(led.names);
            }
        }
        if (led.names > 0 && run->n_led < RUN_FACTS_TOLD) {
            run->led[run->n_led++] = led;
        }
    }
}

static void tell_cleartext(const struct run_facts *f, const struct run_name *me,
                           struct obs_run *run)
{
    for (size_t i = 0; me->foreign && i < f->n_names; i++) {
        const struct run_name *n = &f->names[i];
        if (n->foreign == me->foreign && is_unrelated(n, me)) {
            run->cleartext.same = one_more(run->cleartext.same);
        }
        if (n->own) {
            run->cleartext.own = one_more(run->cleartext.own);
        }
    }
}

enum err run_facts_tell(const struct run_facts *f, const struct run_visit *v)
{
    struct obs_run *run = &v->m->run;
    struct region *r = v->m->region;

    if (v->n_hosts == 0) {
        return ERR_OK;
    }
    run->addresses = region_calloc(r, RUN_FACTS_TOLD, sizeof(*run->addresses));
    run->resolvers = region_calloc(r, RUN_FACTS_TOLD, sizeof(*run->resolvers));
    run->pages = region_calloc(r, RUN_FACTS_TOLD, sizeof(*run->pages));
    run->led = region_calloc(r, RUN_FACTS_TOLD, sizeof(*run->led));
    if (!run->addresses || !run->resolvers || !run->pages || !run->led) {
        return ERR_NOMEM;
    }
    struct run_name me = name_of(v);
    me.networks = v->control;
    run_networks_seen(&me.networks, v->m, v->hosts[0], v->geo);
    see_cleartext(&me, v);
    tell_queries(f, v, &me, run);
    tell_pages(f, v, run);
    tell_led(f, v, &me, run);
    tell_cleartext(f, &me, run);
    return ERR_OK;
}

static struct run_name *find_name(const struct run_facts *f, const char *host)
{
    uint64_t h = hash_list_hash(str_c(host));

    for (size_t i = 0; i < f->n_names; i++) {
        if (f->names[i].host == h) {
            return &f->names[i];
        }
    }
    return NULL;
}

enum err run_facts_tell_address(const struct run_facts *f,
                                struct measurement *m, const char *host,
                                const struct ip *ip)
{
    const struct run_name *me = find_name(f, host);

    m->run.addresses =
        region_calloc(m->region, RUN_FACTS_TOLD, sizeof(*m->run.addresses));
    if (!m->run.addresses) {
        return ERR_NOMEM;
    }
    if (me) {
        tell_address(f, me, ip, &m->run);
    }
    return ERR_OK;
}

void run_facts_notice(struct run_facts *f, const char *host,
                      const struct ip *ip)
{
    struct run_name *n = find_name(f, host);

    if (n) {
        n->notice = *ip;
    }
}

void run_facts_ill(struct run_facts *f, const char *host, const struct ip *ip)
{
    struct run_name *n = find_name(f, host);

    if (n) {
        n->ill = *ip;
    }
}

void run_facts_heard(struct run_facts *f, const char *host,
                     const char *resolver)
{
    struct run_name *n = find_name(f, host);

    if (n) {
        hash_list_add(&n->resolvers, str_c(resolver));
    }
}
