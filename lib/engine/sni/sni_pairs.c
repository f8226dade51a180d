// SPDX-License-Identifier: Apache-2.0
#include "engine/sni/sni_pairs.h"
#include "net/headers.h"
#include "record/failure.h"

#include "base/clock.h"
#include "base/crypto.h"

#include <string.h>

#define PAIRS      3
#define TRANSFERS  (2 * PAIRS)
#define STEP_US    (10 * US_PER_S)
#define WIRE_BYTES ((uint64_t)65536) /* a freeze comes sooner */
#define HOST_EXTRA 2                 /* Host, and what may be missing */

struct compare {
    struct measure *ms;
    struct budget_wait wait;
    bool has_socket;
    struct fetch *fetch;
    unsigned next, transfers;
    unsigned untrusted; /* with the name: a certificate of nobody's */
    bool unnamed;       /* nobody's name is said at all */
    unsigned order;     /* bit N: pair N begins with the name */
    int64_t id;
    const char *bare_url; /* by address: a handshake for it names nobody */
    const char *ip;
    const char *other, *other_url; /* a name that is not the site's */
    const struct obs_header *named, *bare;
    size_t n_named, n_bare;
};

static void go(void *arg);

static bool is_named(const struct compare *c)
{
    bool first = c->next % 2 == 0;

    if (c->unnamed || c->next == TRANSFERS) {
        return false;
    }
    return ((c->order >> (c->next / 2)) & 1u) == (first ? 1u : 0u);
}

/* The last, if it comes to that. */
static bool is_other(const struct compare *c)
{
    return c->next == TRANSFERS;
}

static void end(struct compare *c)
{
    measure_release(c->ms);
}

static void step(struct compare *c)
{
    struct measure *ms = c->ms;

    if (c->untrusted == PAIRS) {
        c->transfers = TRANSFERS + 1;
    }
    if (c->next == c->transfers || ms->m->internal != ERR_OK) {
        end(c);
    } else if (budget_take(&ms->e->sockets, &c->wait, 1, go, c)) {
        go(c);
    }
}

/* A handshake without a name, or with another, says all there is to say. */
static bool on_ready(void *arg)
{
    const struct compare *c = arg;

    return !is_other(c) && !(c->unnamed && c->ms->plan->url->https);
}

static void record(struct compare *c, const struct fetch_result *res)
{
    struct obs_compare *o = measurement_add_compare(c->ms->m);

    if (!o) {
        return;
    }
    *o = (struct obs_compare){
        .named = is_named(c),
        .other = is_other(c) ? c->other : NULL,
        .ip = res->tcp.ip,
        .port = res->tcp.port,
        .t0 = res->tcp.t0,
        .t = res->has_http  ? res->http.t
             : res->has_tls ? res->tls.t
                            : res->tcp.t,
        .connected = res->tcp.failure ? 0 : res->tcp.t,
        .secured = res->has_tls && !res->tls.failure ? res->tls.t : 0,
        .first = res->first,
        .last = res->last,
        .status = res->has_http ? res->http.status : 0,
        .bytes = res->has_http ? res->http.body_bytes : 0,
        .received = res->received,
        .truncated = res->enough,
        .trusted = res->trusted,
        .n_headers = res->has_http ? res->http.n_headers : 0,
        .cert = res->tls.n_certs > 0 ? res->tls.certs[0] : (struct str){0},
        .failure = res->tcp.failure                     ? res->tcp.failure
                   : res->has_tls && res->tls.failure   ? res->tls.failure
                   : res->has_http && res->http.failure ? res->http.failure
                                                        : NULL,
        .id = c->id,
    };
    c->untrusted += o->named && o->failure &&
                    failure_of(str_c(o->failure)) == FAILURE_BAD_AUTHORITY;
}

static void on_done(void *arg, struct fetch_result *res)
{
    struct compare *c = arg;

    c->fetch = NULL;
    c->has_socket = false;
    budget_give(&c->ms->e->sockets, 1);
    if (res->internal != ERR_OK) {
        measure_internal(c->ms, res->internal, res->internal_what);
    } else {
        record(c, res);
    }
    c->next++;
    step(c);
}

static void go(void *arg)
{
    struct compare *c = arg;
    struct measure *ms = c->ms;
    bool named = is_named(c), other = is_other(c);
    struct fetch_request q = {
        .url = named   ? ms->plan->url->text
               : other ? c->other_url
                       : c->bare_url,
        .host = named   ? ms->plan->url->host
                : other ? c->other
                        : c->ip,
        .https = ms->plan->url->https,
        .host_is_ip = !named && !other,
        .any_cert = !named,
        .ip = *ms->plan->compare,
        .port = ms->plan->url->port,
        .headers = named ? c->named : c->bare,
        .n_headers = named ? c->n_named : c->n_bare,
        .keep_bytes = 1,
        .count_bytes = BODY_KEEP,
        .wire_bytes = WIRE_BYTES,
        .tcp_us = STEP_US,
        .tls_us = STEP_US,
        .http_us = STEP_US,
        .region = ms->region,
        .zero_us = ms->zero,
        .on_ready = on_ready,
        .on_done = on_done,
        .arg = c,
    };

    c->has_socket = true;
    c->id = measure_id(ms, ID_TLS);
    enum err e = fetch_start(ms->e->fetcher, &q, &c->fetch);
    if (e != ERR_OK) {
        c->has_socket = false;
        budget_give(&ms->e->sockets, 1);
        measure_internal(ms, e, "connection");
        end(c);
    }
}

/* A name below the same top-level domain that nobody has a reason to shut out:
 * who forges certificates for it forges them for everybody. */
static bool choose_other(struct compare *c)
{
    const char *host = c->ms->plan->url->host, *last = strrchr(host, '.');
    const char *top = last ? last + 1 : "com";
    size_t n = strlen(host), m = strlen(top) + strlen("example.");
    bool ours = n >= m && strncmp(host + n - m, "example.", 8) == 0;
    c->other = region_printf(c->ms->region, "www.%s.%s",
                             ours ? "test" : "example", top);
    c->other_url = region_printf(c->ms->region, "https://%s:%u/", c->other,
                                 c->ms->plan->url->port);
    return c->other && c->other_url;
}

/* The headers again, and the name where the URL has only an address. */
static bool prepare(struct compare *c)
{
    struct measure *ms = c->ms;
    const struct url *url = ms->plan->url;
    char endpoint[56], ip[IP_TEXT_MAX];

    if (http_headers(ms, url, &c->named, &c->n_named) != ERR_OK) {
        return false;
    }
    ip_format(ms->plan->compare, ip);
    ip_endpoint(ms->plan->compare, url->port, endpoint);
    c->ip = region_strdup(ms->region, ip);
    if (c->unnamed) {
        c->bare_url = url->text;
        c->bare = c->named;
        c->n_bare = c->n_named;
        return c->ip;
    }
    struct obs_header *bare =
        region_calloc(ms->region, c->n_named + HOST_EXTRA, sizeof(*bare));
    c->bare_url =
        region_printf(ms->region, "https://%s%s", endpoint, url->target);
    if (!bare || !c->ip || !c->bare_url || !choose_other(c)) {
        return false;
    }
    for (size_t i = 0; i < c->n_named; i++) {
        bare[i] = c->named[i];
    }
    bare[c->n_named] = (struct obs_header){"Host", str_c(url->authority)};
    c->bare = bare;
    c->n_bare = c->n_named + 1;
    return true;
}

void compare_start(struct measure *ms)
{
    struct compare *c = region_calloc(ms->region, 1, sizeof(*c));

    if (!c) {
        measure_internal(ms, ERR_NOMEM, "comparison");
        return;
    }
    c->ms = ms;
    c->unnamed = ms->plan->kind == PLAN_UNNAMED;
    c->transfers = c->unnamed ? 1 : TRANSFERS;
    c->order = crypto_random_below(1u << PAIRS);
    if (!prepare(c)) {
        measure_internal(ms, ERR_NOMEM, "comparison");
        return;
    }
    ms->compare = c;
    measure_hold(ms);
    step(c);
}

void compare_cancel(struct compare *c)
{
    if (!c) {
        return;
    }
    budget_leave(&c->ms->e->sockets, &c->wait);
    if (c->fetch) {
        fetch_cancel(c->fetch);
    }
    if (c->has_socket) {
        budget_give(&c->ms->e->sockets, 1);
    }
    c->has_socket = false;
    c->fetch = NULL;
}
