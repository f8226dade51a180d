// SPDX-License-Identifier: Apache-2.0
#include "verdict/ooni/classic.h"
#include "verdict/pagediff.h"
#include <stdlib.h>
#include <string.h>

/* ---- lookups ------------------------------------------------------------- */

/* A and AAAA are questions of one transaction: its addresses are those of all
 * answers. Different resolvers or names cannot share one. */
static bool together(const struct vquery *a, const struct vquery *b)
{
    return a->group == b->group && a->depth == b->depth && !b->duplicate &&
           outcome_ok(b->result) && str_eq(a->engine, b->engine) &&
           str_ieq(a->host, b->host);
}

/* Does any (`all`: every) address of the transaction of `q` pass? */
static bool addresses(const struct observations *o, const struct vquery *q,
                      bool (*pass)(const struct vaddr *), bool all)
{
    for (size_t i = 0; i < o->n_queries; i++) {
        const struct vquery *x = &o->queries[i];
        for (size_t k = 0; together(q, x) && k < x->n_addrs; k++) {
            if (pass(&o->addrs[x->addrs[k]]) != all) {
                return !all;
            }
        }
    }
    return all;
}

static bool agrees(const struct vaddr *a)
{
    return a->control || a->control_network;
}

static bool is_loopback(const struct vaddr *a)
{
    return a->loopback;
}

enum match classic_match(const struct observations *o, const struct vquery *q)
{
    if (!q->ctl || !outcome_ok(o->control.dns) || q->n_addrs == 0) {
        return MATCH_NONE;
    }
    return addresses(o, q, agrees, false) ? MATCH_VALID : MATCH_INVALID;
}

static bool no_aaaa(const struct vquery *q)
{
    return q->aaaa && outcome_is(q->result, FAILURE_NO_ANSWER);
}

static bool both_without_answer(const struct observations *o,
                                const struct vquery *q)
{
    return outcome_is(q->result, FAILURE_NO_ANSWER) &&
           outcome_ok(o->control.dns) && o->control.n_addrs == 0;
}

enum lookup classic_lookup(const struct observations *o, const struct vquery *q)
{
    if (q->duplicate) {
        return LOOKUP_NONE;
    }
    if (outcome_ok(q->result)) {
        return q->n_addrs ? LOOKUP_SUCCESS : LOOKUP_NONE;
    }
    /* A DoH failure tells about the DoH server; most names have no AAAA. */
    if (q->doh || no_aaaa(q)) {
        return LOOKUP_NONE;
    }
    if (!q->ctl) {
        return LOOKUP_UNEXPLAINED;
    }
    if (outcome_bad(o->control.dns) || both_without_answer(o, q)) {
        return LOOKUP_EXPECTED;
    }
    return LOOKUP_UNEXPECTED;
}

static const char *text_of(const struct observations *o, struct outcome out)
{
    return region_strndup(o->r, out.failure.p, out.failure.len);
}

static enum err dns_keys(const struct observations *o, struct verdict *v)
{
    size_t valid = 0, invalid = 0, expected = 0, unexpected = 0;
    size_t control_none = 0;
    for (size_t i = 0; i < o->n_queries; i++) {
        const struct vquery *q = &o->queries[i];
        if (!q->classic || q->depth != 0) {
            continue;
        }
        enum lookup kind = classic_lookup(o, q);
        enum match match = classic_match(o, q);
        control_none +=
            kind == LOOKUP_SUCCESS && q->ctl && o->control.n_addrs == 0;
        valid += kind == LOOKUP_SUCCESS && match == MATCH_VALID;
        invalid += kind == LOOKUP_SUCCESS && match == MATCH_INVALID;
        expected += kind == LOOKUP_EXPECTED;
        unexpected += kind == LOOKUP_UNEXPECTED;
        if (outcome_bad(q->result) && !no_aaaa(q) &&
            !v->dns_experiment_failure) {
            v->dns_experiment_failure = text_of(o, q->result);
            if (!v->dns_experiment_failure) {
                return ERR_NOMEM;
            }
        }
    }
    if (!unexpected && !invalid && (valid || expected)) {
        v->dns_consistency = "consistent";
    } else if (invalid || unexpected || control_none) {
        v->dns_consistency = "inconsistent";
    }
    return ERR_OK;
}

/* ---- the walk ------------------------------------------------------------ */

struct step {
    int depth;
    enum vstage stage;
    struct outcome result;
    int64_t id;
    const struct vquery *query; /* one of these two */
    const struct vendpoint *end;
};

static struct outcome last_result(const struct vendpoint *end)
{
    switch (end->stage) {
    case VSTAGE_HTTP:
        return end->http;
    case VSTAGE_TLS:
        return end->tls;
    default:
        return end->tcp;
    }
}

static int by_rank(const void *x, const void *y)
{
    const struct step *a = x, *b = y;
    if (a->depth != b->depth) {
        return a->depth > b->depth ? -1 : 1;
    }
    if (a->stage != b->stage) {
        return a->stage > b->stage ? -1 : 1;
    }
    if (a->result.known != b->result.known) {
        return a->result.known ? -1 : 1; /* unknown comes last */
    }
    int cmp = str_cmp(a->result.failure, b->result.failure);
    if (cmp != 0) {
        return cmp; /* success, the empty string, comes first */
    }
    return a->id > b->id ? -1 : a->id < b->id;
}

static bool classic_endpoint(const struct observations *o,
                             const struct vendpoint *end)
{
    const struct vaddr *a = &o->addrs[end->addr];
    bool unknown_origin = a->owner < 0 && !end->origin_control;
    return end->fetch_body == 1 && (a->classic || unknown_origin);
}

static enum err collect(const struct observations *o, struct step **out,
                        size_t *n)
{
    struct step *steps =
        region_calloc(o->r, o->n_queries + o->n_ends + 1, sizeof(*steps));
    if (!steps) {
        return ERR_NOMEM;
    }
    *n = 0;
    for (size_t i = 0; i < o->n_queries; i++) {
        const struct vquery *q = &o->queries[i];
        if (q->classic && (outcome_bad(q->result) || q->n_addrs > 0)) {
            steps[(*n)++] = (struct step){.depth = q->depth,
                                          .stage = VSTAGE_DNS,
                                          .result = q->result,
                                          .id = q->id,
                                          .query = q};
        }
    }
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (classic_endpoint(o, end)) {
            steps[(*n)++] = (struct step){.depth = end->depth,
                                          .stage = end->stage,
                                          .result = last_result(end),
                                          .id = end->id,
                                          .end = end};
        }
    }
    qsort(steps, *n, sizeof(*steps), by_rank);
    *out = steps;
    return ERR_OK;
}

/* What an observation makes of the verdict. */
enum ending {
    GO_ON, /* nothing: the next one is looked at */
    OK,
    NIL, /* `blocking` is null: nothing to compare with */
    DOWN,
    TCP_IP,
    DNS,
    HTTP_DIFF,
    HTTP_FAILURE
};

static enum ending judge_http(const struct observations *o,
                              const struct vendpoint *end)
{
    const struct outcome *ctl = &o->control.http;
    if (outcome_bad(end->http)) {
        return !ctl->known ? NIL : outcome_bad(*ctl) ? DOWN : HTTP_FAILURE;
    }
    if (!end->resp.final) {
        return GO_ON;
    }
    if (end->tls.known) {
        return OK;
    }
    if (!ctl->known) {
        return NIL;
    }
    struct pagediff diff;
    pagediff_compute(o, end, &diff);
    return diff.different ? HTTP_DIFF : OK;
}

/* TLS and TCP alike: the control's word on the endpoint, else on the page,
 * which version 0.4 compared with: where the control got none either, the site
 * was down.
 */
static enum ending judge_endpoint(const struct observations *o,
                                  struct outcome mine, struct outcome ctl,
                                  enum ending blocked)
{
    if (!outcome_bad(mine)) {
        return GO_ON;
    }
    if (!ctl.known) {
        bool down = o->old && outcome_bad(o->control.http);
        return down ? DOWN : o->control.http.known ? HTTP_FAILURE : NIL;
    }
    return outcome_bad(ctl) ? DOWN : blocked;
}

static bool control_only_loopback(const struct observations *o)
{
    for (size_t i = 0; i < o->n_addrs; i++) {
        if (o->addrs[i].control && !o->addrs[i].loopback) {
            return false;
        }
    }
    return o->control.n_addrs > 0;
}

static enum ending judge_dns(const struct observations *o,
                             const struct vquery *q, bool *silent)
{
    if (outcome_bad(q->result)) {
        if (!q->ctl) {
            /* Without any control this reads "ok" upstream; kept as it is, but
             * for records of old probes, which have no depth and whose control
             * cannot be told to be none. */
            return o->control.http.known      ? DNS
                   : q->depth == OBS_NO_DEPTH ? GO_ON
                                              : OK;
        }
        if (both_without_answer(o, q)) {
            *silent = true;
            return DOWN;
        }
        return outcome_bad(o->control.dns) ? DOWN : DNS;
    }
    if (!addresses(o, q, is_loopback, true) || !q->ctl ||
        !outcome_ok(o->control.dns)) {
        return GO_ON;
    }
    if (control_only_loopback(o)) {
        return DOWN;
    }
    return o->control.n_addrs > 0 ? DNS : GO_ON;
}

/* *silent: the failure of this step is not to stand in the record. */
static enum ending judge(const struct observations *o, const struct step *s,
                         bool *silent)
{
    *silent = false;
    switch (s->stage) {
    case VSTAGE_HTTP:
        *silent = outcome_ok(s->end->http);
        return judge_http(o, s->end);
    case VSTAGE_TLS:
        return judge_endpoint(o, s->end->tls, s->end->exact_tls, HTTP_FAILURE);
    case VSTAGE_TCP:
        return judge_endpoint(o, s->end->tcp, s->end->exact_tcp, TCP_IP);
    case VSTAGE_DNS:
        *silent = outcome_ok(s->query->result);
        return judge_dns(o, s->query, silent);
    }
    return GO_ON;
}

static void settle(struct verdict *v, enum ending ending)
{
    static const char *const names[] = {
        [TCP_IP] = "tcp_ip",
        [DNS] = "dns",
        [HTTP_DIFF] = "http-diff",
        [HTTP_FAILURE] = "http-failure",
    };
    bool inconsistent =
        v->dns_consistency && strcmp(v->dns_consistency, "inconsistent") == 0;
    if (ending == GO_ON) {
        return; /* null, null */
    }
    if (ending == OK) {
        v->blocking = "false"; /* even if the lookup was inconsistent */
        v->accessible = OPT_TRUE;
    } else if (inconsistent) {
        v->blocking = "dns";
        v->accessible = OPT_FALSE;
    } else if (ending == DOWN) {
        v->blocking = "false";
        v->accessible = OPT_FALSE;
    } else if (ending != NIL) {
        v->blocking = names[ending];
        v->accessible = OPT_FALSE;
    }
}

static void page_keys(const struct observations *o, const struct step *steps,
                      size_t n, struct verdict *v)
{
    for (size_t i = 0; i < n; i++) {
        if (steps[i].end && steps[i].end->resp.final) {
            struct pagediff diff;
            pagediff_compute(o, steps[i].end, &diff);
            v->body_length_match = diff.body;
            v->body_proportion = diff.proportion;
            v->status_code_match = diff.status;
            v->headers_match = diff.headers;
            v->title_match = diff.title;
            return;
        }
    }
}

enum err classic_verdict(const struct observations *o, struct verdict *v)
{
    struct step *steps;
    size_t n;
    enum err e = dns_keys(o, v);
    if (!e) {
        e = collect(o, &steps, &n);
    }
    if (e) {
        return e;
    }
    page_keys(o, steps, n, v);
    for (size_t i = 0; i < n; i++) {
        bool silent;
        enum ending ending = judge(o, &steps[i], &silent);
        if (ending == GO_ON) {
            continue;
        }
        if (!silent) {
            v->http_experiment_failure = text_of(o, steps[i].result);
            if (!v->http_experiment_failure) {
                return ERR_NOMEM;
            }
        }
        settle(v, ending);
        break;
    }
    return ERR_OK;
}
