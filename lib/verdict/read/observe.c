// SPDX-License-Identifier: Apache-2.0
#include "verdict/read/observe.h"
#include "record/scrub.h"
#include "verdict/read/field.h"
#include "verdict/read/observe_control.h"
#include "verdict/read/observe_http.h"
#include "verdict/read/observe_old.h"
#include "verdict/read/observe_packets.h"
#include "verdict/read/observe_run.h"
#include "verdict/read/observe_timing.h"
#include "verdict/read/observe_tls.h"

#define TK         "test_keys"
#define QUERIES    TK ".queries"
#define DUPLICATES TK ".x_dns_duplicate_responses"
#define CONNECTS   TK ".tcp_connect"

/* ---- lookups ------------------------------------------------------------- */

struct tags {
    int depth;
    int fetch_body;
};

static enum err read_tags(const struct json *n, struct at at, struct tags *out,
                          struct diag *d)
{
    *out = (struct tags){.depth = OBS_NO_DEPTH, .fetch_body = -1};
    enum err e = field_arr(n, at, OBS_MAX_TAGS, d);
    if (e) {
        return e;
    }
    for (const struct json *t = json_first(n); t; t = json_next(t)) {
        struct str s;
        e = field_str(t, at, &s, d);
        if (e) {
            return e;
        }
        int64_t depth = 0;
        if (str_starts(s, "depth=") &&
            !str_to_i64(str_sub(s, 6, s.len), 0, 1000, &depth)) {
            out->depth = (int)depth;
        } else if (str_starts(s, "fetch_body=")) {
            out->fetch_body = str_eq_c(s, "fetch_body=true");
        }
    }
    return ERR_OK;
}

static enum err add_answer(struct observations *o, struct vquery *q,
                           uint32_t *addrs, const struct json *a, struct at at,
                           struct diag *d)
{
    struct str type, text;
    int64_t asn = 0;
    enum err e = field_obj(a, at, 64, d);
    if (!e) {
        e = field_str(json_get(a, "answer_type"), at, &type, d);
    }
    if (e) {
        return e;
    }
    if (str_eq_c(type, "CNAME")) {
        e = field_str(json_get(a, "hostname"), at, &text, d);
        if (!e && !q->cname.p) {
            q->cname = text;
        }
        return e;
    }
    bool v4 = str_eq_c(type, "A");
    if (!v4 && !str_eq_c(type, "AAAA")) {
        return ERR_OK;
    }
    e = field_str(json_get(a, v4 ? "ipv4" : "ipv6"), at, &text, d);
    if (!e) {
        e = field_i64(json_get(a, "asn"), at, &asn, d);
    }
    if (e) {
        return e;
    }
    struct ip ip;
    if (!ip_parse(text, &ip)) {
        /* A scrubbed address says nothing; anything else is damage. */
        return str_eq_c(text, SCRUBBED)
                   ? ERR_OK
                   : field_fail(at, "not an IP address", d);
    }
    q->doubtful = q->doubtful || (ip.family == 4) != v4 ||
                  json_str(json_get(a, v4 ? "ipv6" : "ipv4")).len > 0;
    uint32_t index;
    e = observations_addr(o, &ip, &index, d);
    if (e) {
        return e;
    }
    if (asn > 0 && asn <= UINT32_MAX && !o->addrs[index].asn) {
        o->addrs[index].asn = (uint32_t)asn;
    }
    for (size_t i = 0; i < q->n_addrs; i++) {
        if (addrs[i] == index) {
            return ERR_OK;
        }
    }
    addrs[q->n_addrs++] = index;
    return ERR_OK;
}

static enum err read_answers(struct observations *o, struct vquery *q,
                             const struct json *n, struct at at, struct diag *d)
{
    at.key = "answers";
    enum err e = field_arr(n, at, OBS_MAX_ANSWERS, d);
    size_t len = json_len(n);
    if (e || len == 0) {
        return e;
    }
    o->n_answers += len;
    if (o->n_answers > OBS_MAX_ANSWERS) {
        return field_fail(at, "too many answers in one record", d);
    }
    uint32_t *addrs = region_calloc(o->r, len, sizeof(*addrs));
    if (!addrs) {
        return ERR_NOMEM;
    }
    for (const struct json *a = json_first(n); a && !e; a = json_next(a)) {
        e = add_answer(o, q, addrs, a, at, d);
    }
    q->addrs = addrs;
    return e;
}

static void classify_query(struct vquery *q)
{
    q->classic = !q->duplicate && (str_eq_c(q->engine, "getaddrinfo") ||
                                   str_eq_c(q->engine, "golang_net_resolver"));
    q->doh = str_eq_c(q->engine, "doh");
    q->aaaa = str_eq_c(q->type, "AAAA");
}

static enum err read_query(struct observations *o, const struct json *n,
                           const char *list, size_t i, bool duplicate,
                           struct diag *d)
{
    struct vquery q = {.duplicate = duplicate};
    struct tags tags = {0};
    enum err e = json_is_obj(n)
                     ? ERR_OK
                     : field_fail(AT_I(list, i, NULL), "want an object", d);
#define GET(fn, key, out)                                                      \
    if (!e) {                                                                  \
        e = fn(json_get(n, key), AT_I(list, i, key), out, d);                  \
    }
    GET(field_str, "hostname", &q.host)
    GET(field_str, "engine", &q.engine)
    GET(field_str, "query_type", &q.type)
    GET(field_outcome, "failure", &q.result)
    GET(field_i64, "transaction_id", &q.id)
    GET(field_num, "t0", &q.t0)
    GET(field_num, "t", &q.t)
    GET(read_tags, "tags", &tags)
    GET(field_bool, "x_answers_example", &q.example_answered)
    q.example_asked = !json_is_null(json_get(n, "x_answers_example"));
    if (!e && q.host.len == 0) {
        e = field_fail(AT_I(list, i, "hostname"), "missing", d);
    }
    if (!e) {
        q.host = observations_name(q.host);
        q.depth = tags.depth;
        q.resolver = json_str(json_get(n, "resolver_address"));
        /* Without an id a lookup stands for itself. */
        q.group = q.id ? q.id : INT64_MIN + (int64_t)o->n_queries;
        classify_query(&q);
        if (o->old) {
            observe_old_query(o, &q);
        }
        e = read_answers(o, &q, json_get(n, "answers"), AT_I(list, i, NULL), d);
    }
    if (!e) {
        e = region_grow(o->r, (void **)&o->queries, &o->cap_queries,
                        o->n_queries, sizeof(*o->queries), 2 * OBS_MAX_QUERIES);
    }
    if (!e) {
        o->queries[o->n_queries++] = q;
    }
    return e;
}

static enum err read_queries(struct observations *o, const struct json *arr,
                             const char *list, bool duplicate, struct diag *d)
{
    enum err e = field_arr(arr, AT_KEY(list, NULL), OBS_MAX_QUERIES, d);
    size_t i = 0;
    for (const struct json *n = json_first(arr); n && !e; n = json_next(n)) {
        e = read_query(o, n, list, i++, duplicate, d);
    }
    return e;
}

/* Who resolved an address first owns it. */
static void own_addresses(struct observations *o)
{
    for (size_t i = 0; i < o->n_queries; i++) {
        const struct vquery *q = &o->queries[i];
        if (q->duplicate || !outcome_ok(q->result)) {
            continue;
        }
        for (size_t k = 0; k < q->n_addrs; k++) {
            struct vaddr *a = &o->addrs[q->addrs[k]];
            if (a->owner < 0) {
                a->owner = (int)i;
            }
            a->classic = a->classic || q->classic;
        }
    }
}

/* ---- endpoints ----------------------------------------------------------- */

/* What the entry says twice, and what packets showed of it. */
static void read_status(const struct json *n, const struct json *status,
                        struct vendpoint *end)
{
    bool success = false, sent = true;
    struct str held = json_str(json_get(n, "x_held"));
    bool unsent = (json_bool(json_get(n, "x_sent"), &sent) && !sent) ||
                  str_eq_c(held, "answer");
    end->unsent = unsent && outcome_bad(end->tcp);
    end->unsaid = str_eq_c(held, "data");
    end->doubtful = (json_bool(json_get(status, "success"), &success) &&
                     end->tcp.known && success != outcome_ok(end->tcp)) ||
                    (unsent && outcome_ok(end->tcp)) ||
                    (end->unsaid && outcome_bad(end->tcp));
}

static enum err read_connect(struct observations *o, const struct json *n,
                             size_t i, struct diag *d)
{
    struct vendpoint end = {.stage = VSTAGE_TCP};
    struct str text;
    struct tags tags = {0};
    int64_t port = 0;
    const char *list = CONNECTS;
    const struct json *status = json_get(n, "status");
    enum err e = json_is_obj(n)
                     ? ERR_OK
                     : field_fail(AT_I(list, i, NULL), "want an object", d);
    GET(field_str, "ip", &text)
    GET(field_i64, "port", &port)
    GET(field_i64, "transaction_id", &end.id)
    GET(field_num, "t0", &end.t0)
    GET(field_num, "t", &end.t)
    GET(read_tags, "tags", &tags)
    if (!e && !json_is_obj(status)) {
        e = field_fail(AT_I(list, i, "status"), "want an object", d);
    }
    if (!e) {
        e = field_outcome(json_get(status, "failure"),
                          AT_I(list, i, "status.failure"), &end.tcp, d);
    }
    if (e) {
        return e;
    }
    if (port < 0 || port > 65535) {
        return field_fail(AT_I(list, i, "port"), "not a port", d);
    }
    struct ip ip;
    if (!ip_parse(text, &ip)) {
        return str_eq_c(text, SCRUBBED)
                   ? ERR_OK
                   : field_fail(AT_I(list, i, "ip"), "not an IP address", d);
    }
    e = observations_addr(o, &ip, &end.addr, d);
    if (!e) {
        e = region_grow(o->r, (void **)&o->ends, &o->cap_ends, o->n_ends,
                        sizeof(*o->ends), OBS_MAX_ENDPOINTS);
    }
    if (e) {
        return e;
    }
    end.port = (uint16_t)port;
    end.depth = tags.depth;
    end.fetch_body = tags.fetch_body;
    read_status(n, status, &end);
    end.doubtful = end.doubtful || ip_is_mapped(&ip);
    if (o->old) {
        observe_old_connect(o, &end);
    }
    o->legacy = o->legacy || end.id == 0;
    o->ends[o->n_ends++] = end;
    return ERR_OK;
}

/* Two entries for one connection, of which one at most can be true. */
static bool is_unlike(const struct vendpoint *a, const struct vendpoint *b)
{
    return a->addr != b->addr || a->port != b->port ||
           outcome_ok(a->tcp) != outcome_ok(b->tcp);
}

static enum err read_connects(struct observations *o, const struct json *tk,
                              struct diag *d)
{
    const struct json *arr = json_get(tk, "tcp_connect");
    enum err e = field_arr(arr, AT_KEY(CONNECTS, NULL), OBS_MAX_ENDPOINTS, d);
    size_t i = 0;
    for (const struct json *n = json_first(arr); n && !e; n = json_next(n)) {
        e = read_connect(o, n, i++, d);
    }
    /* An id that stands twice: the later entry is the one that counts. */
    size_t kept = 0;
    for (size_t k = 0; k < o->n_ends && !e; k++) {
        const struct vendpoint *end = &o->ends[k];
        struct vendpoint *last = observations_endpoint(o, end->id);
        if (end->id == 0 || last == end) {
            o->ends[kept++] = *end;
        } else if (is_unlike(end, last)) {
            last->doubtful = true;
        }
    }
    if (!e) {
        o->n_ends = kept;
    }
    return e;
}

/* ---- the rest ------------------------------------------------------------ */

/* Records of before the counts of a run have the system's answer for a name of
 * no site instead. */
static void read_session(struct observations *o, const struct json *record,
                         const struct json *tk)
{
    const struct json *who = json_get(tk, "x_dns_whoami");
    const struct json *mine = json_first(json_get(who, "system_v4"));
    o->others_answered = o->others_answered || mine;
    if (!ip_parse(json_str(json_get(mine, "address")), &o->whoami_ip)) {
        o->whoami_ip = (struct ip){.family = 0};
    }
    o->internal = !json_is_null(json_get(tk, "x_internal_error"));
    o->not_followed = !json_is_null(json_get(tk, "x_not_followed"));
    o->clock_doubtful = str_eq_c(
        json_str(json_path(record, "annotations.clock_trust")), "none");
    /* of another type, or absent: false */
    (void)json_bool(json_get(tk, "x_control_deferred"), &o->control_deferred);
}

/* The name and scheme that were measured, from what the control was asked or
 * else from the input. A record whose input is no URL still has observations;
 * only our own verdict needs it. */
static void read_url(struct observations *o, const struct json *tk)
{
    struct str asked =
        json_str(json_path(tk, "x_control_request.http_request"));
    if (asked.len == 0 || url_parse(o->r, asked, &o->url, NULL) != ERR_OK) {
        if (url_parse(o->r, o->input, &o->url, NULL) != ERR_OK) {
            o->url = (struct url){0};
        }
    }
}

enum err observe(struct region *r, const struct json *record,
                 struct observations *o, struct diag *d)
{
    enum err e = observe_keys(r, record, json_get(record, "test_keys"), o, d);
    o->names_site = true;
    return e;
}

/* What is laid beside lookups and connections. */
/* "AS137"; 0: unknown. */
static uint32_t asn_of(struct str text)
{
    int64_t n = 0;
    return str_starts(text, "AS") && str_to_i64(str_sub(text, 2, text.len), 0,
                                                UINT32_MAX, &n) == ERR_OK
               ? (uint32_t)n
               : 0;
}

static enum err read_beside(struct observations *o, const struct json *tk,
                            struct diag *d)
{
    enum err e = observe_packets(o, tk, d);
    if (!e) {
        e = observe_timing(o, tk, d);
    }
    return e ? e : observe_run(o, tk, d);
}

static enum err read_all(struct region *r, const struct json *record,
                         const struct json *tk, const struct json *ctl,
                         struct observations *o, struct diag *d)
{
    *o = (struct observations){.r = r};
    struct outcome control = {0};
    struct str name;
    if (!json_is_obj(record)) {
        return diag_set(d, ERR_PARSE, "the record is not an object");
    }
    if (!json_is_obj(tk)) {
        return field_fail(AT_KEY(TK, NULL), "missing or not an object", d);
    }
    enum err e = field_str(json_get(record, "test_name"),
                           AT_KEY("test_name", NULL), &name, d);
    if (!e && name.p && !str_eq_c(name, "web_connectivity")) {
        e = field_fail(AT_KEY("test_name", NULL), "want web_connectivity", d);
    }
    if (!e) {
        e = field_str(json_get(record, "input"), AT_KEY("input", NULL),
                      &o->input, d);
    }
    if (!e) {
        e = field_outcome(json_get(tk, "control_failure"),
                          AT_KEY(TK, "control_failure"), &control, d);
        o->control_failure = control.failure;
    }
    o->old = observe_old_is(tk);
    if (!e) {
        read_url(o, tk);
        e = read_queries(o, json_get(tk, "queries"), QUERIES, false, d);
    }
    if (!e) {
        e = read_queries(o, json_get(tk, "x_dns_duplicate_responses"),
                         DUPLICATES, true, d);
    }
    if (!e) {
        own_addresses(o);
        e = read_connects(o, tk, d);
    }
    if (!e) {
        e = observe_tls(o, tk, d);
    }
    if (!e) {
        e = observe_http(o, tk, d);
    }
    if (!e) {
        o->other = observe_control_other(tk);
        e = observe_control(o, tk, ctl, d);
    }
    if (!e) {
        e = read_beside(o, tk, d);
    }
    if (!e) {
        o->cc = json_str(json_get(record, "probe_cc"));
        o->asn = asn_of(json_str(json_get(record, "probe_asn")));
        read_session(o, record, tk);
    }
    return e;
}

enum err observe_keys(struct region *r, const struct json *record,
                      const struct json *tk, struct observations *o,
                      struct diag *d)
{
    return read_all(r, record, tk, json_get(tk, "control"), o, d);
}

enum err observe_best(const struct json *record, const struct json *tk,
                      struct observations *o, struct diag *d)
{
    bool names_site = o->names_site;
    if (o->other != OTHER_PAGE && o->other != OTHER_FOUND) {
        return ERR_OK;
    }
    enum err e = read_all(o->r, record, tk,
                          json_path(tk, "x_other_control.control"), o, d);
    o->names_site = names_site;
    return e;
}
