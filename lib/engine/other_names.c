// SPDX-License-Identifier: Apache-2.0
/* A short memory of names and of the addresses they were given. */
#include "engine/other_names.h"

#include "base/clock.h"
#include "base/str.h"
#include <string.h>

static struct other_name *place_for(struct other_names *o, const char *host)
{
    for (size_t i = 0; i < OTHER_NAMES_KEPT; i++) {
        if (strcmp(o->kept[i].host, host) == 0) {
            return &o->kept[i];
        }
    }
    struct other_name *n = &o->kept[o->next];
    o->next = (o->next + 1) % OTHER_NAMES_KEPT;
    *n = (struct other_name){.n_addrs = 0};
    str_copy(n->host, sizeof(n->host), host);
    return n;
}

void other_names_put(struct other_names *o, const char *host,
                     enum other_kind kind, const struct lookup_result *res)
{
    if (res->n_addrs == 0 || res->hosts_file ||
        strlen(host) >= sizeof(o->kept[0].host)) {
        return;
    }
    struct other_name *n = place_for(o, host);
    n->t = clock_mono_us();
    n->kind = kind > n->kind ? kind : n->kind;
    n->n_addrs = 0;
    while (n->n_addrs < res->n_addrs && n->n_addrs < OTHER_NAMES_ADDRS) {
        n->addrs[n->n_addrs] = res->addrs[n->n_addrs];
        n->n_addrs++;
    }
}

static bool is_system(const struct obs_query *q)
{
    return q->list == QUERY_MAIN && strcmp(q->engine, "getaddrinfo") == 0;
}

static bool is_own(const struct measurement *m, const char *host)
{
    for (size_t i = 0; i < m->n_queries; i++) {
        if (is_system(&m->queries[i]) &&
            strcmp(m->queries[i].hostname, host) == 0) {
            return true;
        }
    }
    return false;
}

static bool was_given(const struct measurement *m, const struct ip *ip)
{
    for (size_t i = 0; i < m->n_queries; i++) {
        const struct obs_query *q = &m->queries[i];
        for (size_t k = 0; is_system(q) && k < q->n_answers; k++) {
            if (ip_eq(&q->answers[k].ip, ip)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_alike(const struct measurement *m, const struct other_name *n)
{
    for (size_t i = 0; i < n->n_addrs; i++) {
        if (was_given(m, &n->addrs[i])) {
            return true;
        }
    }
    return false;
}

void other_names_tell(const struct other_names *o, struct measurement *m,
                      int64_t since)
{
    for (size_t i = 0; i < OTHER_NAMES_KEPT; i++) {
        const struct other_name *n = &o->kept[i];

        if (!n->host[0] || n->t < since || is_own(m, n->host)) {
            continue;
        }
        unsigned *count =
            is_alike(m, n) ? &m->others_alike : &m->others_elsewhere;
        *count += *count < OTHER_NAMES_MANY;
    }
}

const char *other_names_draw(struct other_names *o, const char *host, bool site)
{
    struct other_name *best = NULL;

    for (size_t i = 0; i < OTHER_NAMES_KEPT; i++) {
        struct other_name *n = &o->kept[i];

        if (n->host[0] && (n->kind != OTHER_PEER || !site) &&
            (!host ||
             (strcmp(n->host, host) != 0 && n->kind != OTHER_SENSITIVE)) &&
            (!best || n->used < best->used)) {
            best = n;
        }
    }
    if (!best) {
        return NULL;
    }
    best->used = clock_mono_us();
    return best->host;
}
