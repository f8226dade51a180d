// SPDX-License-Identifier: Apache-2.0
#include "engine/web/ask_dns_record.h"
#include "engine/query_record.h"

void ask_dns_record_system(struct measure *ms, const char *host, int64_t id,
                           struct obs_tags tags,
                           const struct lookup_result *res)
{
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
        .hostname = host,
        .query_type = "ANY",
        .resolver = "",
        .failure = res->failure,
        .id = id,
        .tags = tags,
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

static void add_event(struct measure *ms, const struct obs_event *event)
{
    struct obs_event *ev = measurement_add_event(ms->m);

    if (ev) {
        *ev = *event;
    }
}

void ask_dns_record_events(struct measure *ms, bool doh, int64_t id,
                           struct obs_tags tags,
                           const struct lookup_result *res)
{
    struct obs_event ev = {
        .list = doh ? EVENT_DOH : EVENT_MAIN,
        .t0 = res->t0 - ms->zero,
        .t = res->t0 - ms->zero,
        .operation = "resolve_start",
        .id = id,
        .tags = tags,
    };

    add_event(ms, &ev);
    ev.t0 = ev.t = res->t - ms->zero;
    ev.operation = "resolve_done";
    ev.failure = res->failure;
    add_event(ms, &ev);
}
