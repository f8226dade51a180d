// SPDX-License-Identifier: Apache-2.0
/* The fastest answers, a few per resolver, and what a record is told of them.
 */
#include "engine/pace.h"

#include <string.h>

/* One datagram to a resolver and its answer, whatever it said. */
static bool is_answered(const struct obs_query *q)
{
    return strcmp(q->engine, "udp") == 0 && q->resolver && q->resolver[0] &&
           q->list != QUERY_DUPLICATE && q->raw.len > 0 && q->t > q->t0 &&
           strcmp(q->query_type, "HTTPS") != 0;
}

static bool has_further(const struct measurement *m, const struct obs_query *q)
{
    for (size_t i = 0; i < m->n_queries; i++) {
        const struct obs_query *late = &m->queries[i];
        if (late->list == QUERY_DUPLICATE && late->id == q->id &&
            strcmp(late->query_type, q->query_type) == 0) {
            return true;
        }
    }
    return false;
}

static struct pace_entry *find(struct pace *p, const char *resolver)
{
    for (size_t i = 0; i < PACE_KEPT; i++) {
        if (strcmp(p->kept[i].resolver, resolver) == 0) {
            return &p->kept[i];
        }
    }
    return NULL;
}

static void learn(struct pace *p, const struct obs_query *q)
{
    struct pace_entry *e = find(p, q->resolver);

    if (!e) {
        e = &p->kept[p->next];
        p->next = (p->next + 1) % PACE_KEPT;
        *e = (struct pace_entry){.fastest_us = INT64_MAX};
        str_copy(e->resolver, sizeof(e->resolver), q->resolver);
    }
    if (q->t - q->t0 < e->fastest_us) {
        e->fastest_us = q->t - q->t0;
    }
    if (e->n < PACE_MANY) {
        e->n++;
    }
}

static bool told(const struct measurement *m, const char *resolver)
{
    for (size_t i = 0; i < m->n_paces; i++) {
        if (strcmp(m->paces[i].resolver, resolver) == 0) {
            return true;
        }
    }
    return false;
}

static enum err tell(struct pace *p, struct measurement *m,
                     const struct obs_query *q)
{
    const struct pace_entry *e = find(p, q->resolver);

    if (!e || e->fastest_us < 1000 || m->n_paces == MEASUREMENT_MAX_PACES ||
        told(m, q->resolver)) {
        return ERR_OK;
    }
    if (!m->paces) {
        m->paces =
            region_calloc(m->region, MEASUREMENT_MAX_PACES, sizeof(*m->paces));
        if (!m->paces) {
            return ERR_NOMEM;
        }
    }
    m->paces[m->n_paces++] = (struct obs_pace){
        .resolver = q->resolver,
        .fastest = e->fastest_us - e->fastest_us % 1000,
        .n = e->n,
    };
    return ERR_OK;
}

enum err pace_exchange(struct pace *p, struct measurement *m)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < m->n_queries && e == ERR_OK; i++) {
        if (is_answered(&m->queries[i])) {
            e = tell(p, m, &m->queries[i]);
        }
    }
    for (size_t i = 0; i < m->n_queries && e == ERR_OK; i++) {
        const struct obs_query *q = &m->queries[i];
        if (is_answered(q) && !has_further(m, q)) {
            learn(p, q);
        }
    }
    return e;
}
