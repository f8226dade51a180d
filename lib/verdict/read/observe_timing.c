// SPDX-License-Identifier: Apache-2.0
#include "verdict/read/observe_timing.h"
#include "verdict/read/field.h"

#define SYSTEM     "test_keys.x_system_queries"
#define QUERIES    "test_keys.queries"
#define DUPLICATES "test_keys.x_dns_duplicate_responses"
#define FASTEST    "test_keys.x_dns_fastest"

/* An answer came, whatever it said. */
static bool is_answer(struct outcome out)
{
    return outcome_ok(out) || str_starts(out.failure, "dns_");
}

static enum err add(struct observations *o, const struct vexchange *x)
{
    enum err e = region_grow(o->r, (void **)&o->exchanges, &o->cap_exchanges,
                             o->n_exchanges, sizeof(*x), OBS_MAX_EXCHANGES);
    if (!e) {
        o->exchanges[o->n_exchanges++] = *x;
    }
    return e;
}

/* The resolver knows where an alias leads, and no address of that. */
static void read_alias(struct observations *o, const struct json *n,
                       const struct vexchange *x, struct outcome result)
{
    const struct json *answers = json_get(n, "answers");
    bool system = str_starts(json_str(json_get(n, "engine")), "udp") &&
                  json_is_arr(answers) &&
                  outcome_is(result, FAILURE_NO_ANSWER) &&
                  str_eq_c(json_str(json_get(n, "query_type")), "A");
    for (const struct json *a = json_first(answers); a && system;
         a = json_next(a)) {
        struct str alias = json_str(json_get(a, "hostname"));
        if (str_eq_c(json_str(json_get(a, "answer_type")), "CNAME") &&
            alias.len > 0) {
            o->alias_host = observations_name(x->host);
            o->alias = observations_name(alias);
        }
    }
}

static enum err read_exchange(struct observations *o, const struct json *n,
                              const char *list, size_t i, bool further,
                              struct diag *d)
{
    struct vexchange x = {.further = further, .n = 1};
    struct str engine = {0};
    struct outcome result = {0};
    double t0 = 0, t = 0;
    bool unchecked = false;
    enum err e = field_obj(n, AT_I(list, i, NULL), 64, d);
#define GET(fn, key, out)                                                      \
    if (!e) {                                                                  \
        e = fn(json_get(n, key), AT_I(list, i, key), out, d);                  \
    }
    GET(field_str, "engine", &engine)
    GET(field_str, "hostname", &x.host)
    GET(field_str, "resolver_address", &x.resolver)
    GET(field_outcome, "failure", &result)
    GET(field_i64, "transaction_id", &x.id)
    GET(field_num, "t0", &t0)
    GET(field_num, "t", &t)
    GET(field_bool, "x_unchecked", &unchecked)
    if (!e && unchecked) {
        o->unchecked_host = observations_name(x.host);
        o->unchecked = result;
        return ERR_OK;
    }
    read_alias(o, n, &x, result);
    /* a question that only browsers ask shows nothing of addresses */
    bool https = str_eq_c(json_str(json_get(n, "query_type")), "HTTPS");
    if (e || https || !str_eq_c(engine, "udp") || x.resolver.len == 0 ||
        t <= t0 || !is_answer(result)) {
        return e;
    }
    x.took = t - t0;
    x.asked = t0;
    x.servfail = outcome_is(result, FAILURE_SERVFAIL);
    return add(o, &x);
}

static enum err read_list(struct observations *o, const struct json *tk,
                          const char *key, const char *list, bool further,
                          struct diag *d)
{
    const struct json *arr = json_get(tk, key);
    enum err e = field_arr(arr, AT_KEY(list, NULL), OBS_MAX_QUERIES, d);
    size_t i = 0;
    for (const struct json *n = json_first(arr); n && !e; n = json_next(n)) {
        e = read_exchange(o, n, list, i++, further, d);
    }
    return e;
}

/* What other measurements of the same run saw. */
static enum err read_fastest(struct observations *o, const struct json *n,
                             size_t i, struct diag *d)
{
    const char *list = FASTEST;
    struct vexchange x = {.n = 0};
    enum err e = field_obj(n, AT_I(list, i, NULL), 64, d);
    GET(field_str, "resolver_address", &x.resolver)
    GET(field_num, "t", &x.took)
    GET(field_i64, "n", &x.n)
    if (e || x.resolver.len == 0 || x.took <= 0 || x.n <= 0) {
        return e;
    }
    return add(o, &x);
}

static bool was_asked(const struct json *system, struct str host)
{
    for (const struct json *n = json_first(system); n; n = json_next(n)) {
        if (str_ieq(json_str(json_get(n, "hostname")), host) &&
            !str_eq_c(json_str(json_get(n, "query_type")), "HTTPS")) {
            return true;
        }
    }
    return false;
}

/* A record that lists what went to the system's servers shows what its hosts
 * file answered: lookups behind which nothing was sent. */
static void mark_own(struct observations *o, const struct json *tk)
{
    const struct json *system = json_get(tk, "x_system_queries");
    for (size_t i = 0; json_is_arr(system) && i < o->n_queries; i++) {
        struct vquery *q = &o->queries[i];
        q->own =
            q->classic && outcome_ok(q->result) && !was_asked(system, q->host);
    }
}

/* An address that nobody but the hosts file gave is no network's doing. */
static void mark_own_addresses(struct observations *o)
{
    for (int own = 1; own >= 0; own--) {
        for (size_t i = 0; i < o->n_queries; i++) {
            const struct vquery *q = &o->queries[i];
            for (size_t k = 0; q->own == own && k < q->n_addrs; k++) {
                struct vaddr *a = &o->addrs[q->addrs[k]];
                a->own = own && !a->control;
            }
        }
    }
}

enum err observe_timing(struct observations *o, const struct json *tk,
                        struct diag *d)
{
    const struct json *arr = json_get(tk, "x_dns_fastest");
    enum err e = read_list(o, tk, "x_system_queries", SYSTEM, false, d);
    if (!e) {
        e = read_list(o, tk, "queries", QUERIES, false, d);
    }
    if (!e) {
        e = read_list(o, tk, "x_dns_duplicate_responses", DUPLICATES, true, d);
    }
    if (!e) {
        e = field_arr(arr, AT_KEY(FASTEST, NULL), OBS_MAX_TAGS, d);
    }
    size_t i = 0;
    for (const struct json *n = json_first(arr); n && !e; n = json_next(n)) {
        e = read_fastest(o, n, i++, d);
    }
    if (!e) {
        mark_own(o, tk);
        mark_own_addresses(o);
    }
    return e;
}
