// SPDX-License-Identifier: Apache-2.0
#include "verdict/read/observe_old.h"

#include "base/json.h"

#include <string.h>

#define FIRST_QUERY 10001 /* connections are numbered from 1 */

/* ---- which records ----------------------------------------------------------
 */

bool observe_old_is(const struct json *keys)
{
    static const char *const lists[] = {"queries", "tcp_connect",
                                        "tls_handshakes", "requests"};
    bool some = false;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        const struct json *list = json_get(keys, lists[i]);
        const struct json *n = json_is_arr(list) ? json_first(list) : NULL;
        for (; n; n = json_next(n)) {
            int64_t id = 0;
            if (json_i64(json_get(n, "transaction_id"), &id) && id != 0) {
                return false;
            }
            some = true;
        }
    }
    /* ours never was without them, and says so */
    return some && json_is_null(json_get(keys, "x_control_request"));
}

/* ---- lookups and connections ------------------------------------------------
 */

static bool by_system(struct str engine)
{
    static const char *const names[] = {
        "", "system", "getaddrinfo", "golang_net_resolver", "go", "unknown"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eq_c(engine, names[i])) {
            return true;
        }
    }
    return false;
}

void observe_old_query(const struct observations *o, struct vquery *q)
{
    q->id = FIRST_QUERY + (int64_t)o->n_queries;
    for (size_t i = 0; i < o->n_queries; i++) {
        const struct vquery *other = &o->queries[i];
        if (str_ieq(other->host, q->host) && str_eq(other->engine, q->engine)) {
            q->id = other->id;
            break;
        }
    }
    q->group = q->id;
    q->classic = !q->duplicate && by_system(q->engine);
    bool of_input = o->url.text && str_ieq(q->host, str_c(o->url.host));
    q->depth = of_input ? 0 : 1;
}

void observe_old_connect(const struct observations *o, struct vendpoint *end)
{
    end->id = (int64_t)o->n_ends + 1;
    end->depth = 0;
    end->fetch_body = 1;
}

static bool is_at(const struct observations *o, const struct vendpoint *end,
                  const struct ip *ip, uint16_t port)
{
    return end->port == port && ip_eq(&o->addrs[end->addr].ip, ip);
}

int64_t observe_old_handshake(const struct observations *o,
                              const struct json *handshake)
{
    struct ip ip;
    uint16_t port = 0;
    bool at =
        ip_endpoint_parse(json_str(json_get(handshake, "address")), &ip, &port);
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        bool fits = at ? is_at(o, end, &ip, port) : outcome_ok(end->tcp);
        if (fits && !end->tls.known) {
            return end->id;
        }
    }
    return 0;
}

/* ---- pages ------------------------------------------------------------------
 */

/* All of what came before a page succeeded there. */
static bool stands(const struct vendpoint *end, bool https)
{
    return outcome_ok(end->tcp) && end->stage != VSTAGE_HTTP &&
           (!https || !end->tls.known || outcome_ok(end->tls));
}

static int64_t at_input(struct observations *o, const struct old_request *q,
                        const struct url *url)
{
    struct ip ip;
    uint16_t port = 0;
    bool at =
        ip_endpoint_parse(json_str(json_get(q->entry, "address")), &ip, &port);
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (end->port == url->port && stands(end, url->https) &&
            (!at || is_at(o, end, &ip, port))) {
            return end->id;
        }
    }
    /* A page that did not come says no more than the connections that failed;
     * one that did must have come from somewhere. */
    o->legacy = o->legacy || !outcome_bad(q->result);
    return 0;
}

/* Where the page of a redirect came from: as it says, or else what its name
 * stood for; no address at all if nobody says. */
static enum err address_of(struct observations *o, const struct old_request *q,
                           const struct url *url, uint32_t *index,
                           struct diag *d)
{
    struct ip ip = url->literal;
    uint16_t port = 0;
    if (ip_endpoint_parse(json_str(json_get(q->entry, "address")), &ip,
                          &port)) {
        return observations_addr(o, &ip, index, d);
    }
    for (size_t i = 0; ip.family == 0 && i < o->n_queries; i++) {
        const struct vquery *other = &o->queries[i];
        if (other->n_addrs > 0 && outcome_ok(other->result) &&
            str_ieq(other->host, str_c(url->host))) {
            *index = other->addrs[0];
            return ERR_OK;
        }
    }
    return observations_addr(o, &ip, index, d);
}

static bool before_tls(struct outcome result)
{
    return outcome_is(result, FAILURE_REFUSED) ||
           outcome_is(result, FAILURE_HOST_UNREACHABLE) ||
           outcome_is(result, FAILURE_NETWORK_UNREACHABLE);
}

/* How far it got. Of what is cut off nobody says when: by https, in the
 * handshake, where a name can be read. */
static void set_steps(struct vendpoint *end, const struct old_request *q,
                      const struct url *url)
{
    const struct outcome good = {.known = true};
    end->tcp = before_tls(q->result) ? q->result : good;
    end->stage = VSTAGE_TCP;
    if (url->https && outcome_ok(end->tcp) &&
        (outcome_ok(q->result) || outcome_is_cert(q->result) ||
         outcome_is_cut(q->result))) {
        end->tls = q->result;
        end->stage = VSTAGE_TLS;
        end->server_name = str_c(url->host);
    }
}

/* The name at which a redirect led nowhere. */
static enum err add_lookup(struct observations *o, const struct old_request *q,
                           const struct url *url)
{
    struct vquery v = {.host = str_c(url->host),
                       .engine = STR("system"),
                       .type = STR("A"),
                       .result = q->result};
    observe_old_query(o, &v);
    v.depth = q->depth;
    enum err e =
        region_grow(o->r, (void **)&o->queries, &o->cap_queries, o->n_queries,
                    sizeof(*o->queries), 2 * OBS_MAX_QUERIES);
    if (e == ERR_OK) {
        o->queries[o->n_queries++] = v;
    }
    return e;
}

static bool is_name_failure(struct outcome result)
{
    return outcome_is(result, FAILURE_NXDOMAIN) ||
           outcome_is(result, FAILURE_NO_ANSWER) ||
           outcome_is(result, FAILURE_DNS_REFUSED) ||
           outcome_is(result, FAILURE_SERVFAIL) ||
           outcome_is(result, FAILURE_MISBEHAVING);
}

static enum err at_redirect(struct observations *o, const struct old_request *q,
                            const struct url *url, int64_t *id, struct diag *d)
{
    struct vendpoint end = {
        .depth = q->depth, .fetch_body = 1, .port = url->port};
    if (is_name_failure(q->result)) {
        return add_lookup(o, q, url);
    }
    set_steps(&end, q, url);
    enum err e = address_of(o, q, url, &end.addr, d);
    if (e == ERR_OK) {
        e = region_grow(o->r, (void **)&o->ends, &o->cap_ends, o->n_ends,
                        sizeof(*o->ends), OBS_MAX_ENDPOINTS);
    }
    if (e == ERR_OK) {
        end.id = (int64_t)o->n_ends + 1;
        o->ends[o->n_ends++] = end;
        bool page =
            end.stage == VSTAGE_TLS ? outcome_ok(end.tls) : outcome_ok(end.tcp);
        *id = page ? end.id : 0;
    }
    return e;
}

enum err observe_old_request(struct observations *o,
                             const struct old_request *q, int64_t *id,
                             struct diag *d)
{
    struct url url;
    *id = 0;
    enum err e = url_parse(o->r, q->url, &url, NULL);
    if (e == ERR_NOMEM) {
        return e;
    }
    if (e != ERR_OK) {
        o->legacy = true;
        return ERR_OK;
    }
    if (q->depth > 0) {
        return at_redirect(o, q, &url, id, d);
    }
    *id = at_input(o, q, &url);
    return ERR_OK;
}
