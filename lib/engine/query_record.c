// SPDX-License-Identifier: Apache-2.0
/* From an exchange to a query of the record. */
#include "engine/query_record.h"

#include "base/geo.h"
#include "wire/dnsmsg.h"

void query_record_network(struct measure *ms, struct dns_answer *a)
{
    const struct geo *geo = ms->in->cfg.geo;
    struct geo_entry g;
    char text[IP_TEXT_MAX];

    a->org = "";
    if (a->ip.family == 0 || !geo) {
        return;
    }
    ip_format(&a->ip, text);
    geo_lookup(geo, text, &g);
    a->asn = g.asn;
    if (g.org[0]) {
        const char *org = region_strdup(ms->region, g.org);
        a->org = org ? org : "";
    }
}

void query_record_add(struct measure *ms, enum query_list list,
                      const char *host, const struct dns_exchange *x,
                      int64_t id, struct obs_tags tags)
{
    struct obs_query *q = measurement_add_query(ms->m);

    if (!q) {
        return;
    }
    *q = (struct obs_query){
        .list = list,
        .t0 = x->t0 - ms->zero,
        .t = x->t - ms->zero,
        .engine = x->engine,
        .hostname = host,
        .query_type = dnsmsg_type_name(x->type),
        .resolver = x->server,
        .failure = x->failure,
        .rcode = x->rcode,
        .answers = x->answers,
        .n_answers = x->n_answers,
        .raw = x->raw,
        .unchecked = x->unchecked,
        .id = id,
        .tags = tags,
    };
    for (size_t i = 0; i < q->n_answers; i++) {
        query_record_network(ms, &q->answers[i]);
    }
}
