// SPDX-License-Identifier: Apache-2.0
/* One transfer after the other, with the name, without it, and once with
 * another name if no handshake with the name succeeds. */
#include "engine/sni/sni_pairs.h"
#include "engine/browser.h"
#include "record/failure.h"

#include "base/clock.h"
#include "base/crypto.h"

#include <string.h>

#define PAIRS     3
#define TRANSFERS (2 * PAIRS)
#define STEP_US   (10 * US_PER_S)
/* Once a page has come without the name, nobody waits in silence for one with
 * it longer than so many such pages took. */
#define PATIENCE    4
#define SHORTEST_US (4 * US_PER_S)
#define WIRE_BYTES  ((uint64_t)65536) /* a line that freezes does so sooner */
/* After so many handshakes of each kind that were cut off nobody goes on: it is
 * not the name, and each may have taken its time in silence. */
#define SHUT_NAMED   1
#define SHUT_UNNAMED 2
/* For a handshake, once one was cut off: a lost packet is sent again several
 * times in this time. */
#define HANDSHAKE_US (5 * US_PER_S)
#define HOST_EXTRA   2 /* headers more where the URL has only an address */

struct sni_pairs {
    struct task task;
    struct measure *ms;
    struct budget_wait wait;
    bool has_socket;
    struct fetch *fetch;
    unsigned next, transfers;
    unsigned refused; /* transfers with the name whose certificate nobody
                         vouches for, or that ended before a handshake */
    unsigned shut_named, shut_unnamed; /* cut off before a handshake was over */
    bool unnamed;    /* one transfer, of a URL that has only an address */
    unsigned order;  /* bit N: pair N begins with the name */
    int64_t slowest; /* page without the name, from connecting; 0: none */
    int64_t id;
    const char *bare_url; /* by address: a handshake for it names nobody */
    const char *ip;
    const char *other, *other_url; /* a name that is not the site's */
    const struct obs_header *named, *bare;
    size_t n_named, n_bare;
};

static void go(void *arg);

static bool is_named(const struct sni_pairs *p)
{
    bool first = p->next % 2 == 0;

    if (p->unnamed || p->next == TRANSFERS) {
        return false;
    }
    return ((p->order >> (p->next / 2)) & 1u) == (first ? 1u : 0u);
}

/* The last one, made only if no handshake with the name succeeded, for want of
 * a certificate in order. */
static bool is_other(const struct sni_pairs *p)
{
    return p->next == TRANSFERS;
}

static void step(struct sni_pairs *p)
{
    struct measure *ms = p->ms;

    if (p->refused == PAIRS) {
        p->transfers = TRANSFERS + 1;
    }
    bool in_vain =
        p->slowest == 0 && p->next == p->shut_named + p->shut_unnamed &&
        p->shut_named >= SHUT_NAMED && p->shut_unnamed >= SHUT_UNNAMED;
    if (p->next == p->transfers || in_vain || ms->m->internal != ERR_OK) {
        task_release(&p->task);
    } else if (budget_take(&ms->in->sockets, &p->wait, 1, go, p)) {
        go(p);
    }
}

/* Is a page to be asked for? Of another name, or of an address alone over
 * https, the handshake says all. */
static bool on_ready(void *arg)
{
    const struct sni_pairs *p = arg;

    return !is_other(p) && !(p->unnamed && p->ms->plan->url->https);
}

static bool is_refusal(struct str failure)
{
    return failure_of(failure) == FAILURE_BAD_AUTHORITY ||
           failure_of(failure) == FAILURE_BAD_HOST ||
           failure_of(failure) == FAILURE_NO_TLS || failure_is_alert(failure);
}

/* It was cut off before the handshake was over. */
static bool is_shut(const struct sni_pairs *p, const struct obs_compare *o)
{
    return p->ms->plan->url->https && o->connected && !o->secured &&
           failure_is_cut(failure_of(str_c(o->failure)));
}

/* So long may it take until something comes. */
static int64_t patience(const struct sni_pairs *p)
{
    int64_t enough = PATIENCE * p->slowest;
    if (!is_named(p) || p->slowest == 0 || enough > STEP_US) {
        return STEP_US;
    }
    return enough < SHORTEST_US ? SHORTEST_US : enough;
}

static void record(struct sni_pairs *p, const struct fetch_result *res)
{
    struct obs_compare *o = measurement_add_compare(p->ms->m);

    if (!o) {
        return;
    }
    *o = (struct obs_compare){
        .named = is_named(p),
        .other = is_other(p) ? p->other : NULL,
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
        .id = p->id,
    };
    if (!o->named && !o->other && !o->failure && o->t - o->t0 > p->slowest) {
        p->slowest = o->t - o->t0;
    }
    bool shut = o->failure && is_shut(p, o);
    p->shut_named += o->named && shut;
    p->shut_unnamed += !o->named && !o->other && shut;
    p->refused +=
        o->named && (shut || (o->failure && is_refusal(str_c(o->failure))));
}

static void on_done(void *arg, struct fetch_result *res)
{
    struct sni_pairs *p = arg;

    p->fetch = NULL;
    p->has_socket = false;
    budget_give(&p->ms->in->sockets, 1);
    if (res->internal != ERR_OK) {
        measure_internal(p->ms, res->internal, res->internal_what);
    } else {
        record(p, res);
    }
    p->next++;
    step(p);
}

static void go(void *arg)
{
    struct sni_pairs *p = arg;
    struct measure *ms = p->ms;
    const struct url *site = ms->plan->url;
    bool named = is_named(p), other = is_other(p);
    const char *url = p->bare_url, *host = p->ip;

    if (named) {
        url = site->text;
        host = site->host;
    } else if (other) {
        url = p->other_url;
        host = p->other;
    }
    int64_t step = patience(p);
    bool cut = p->shut_named + p->shut_unnamed > 0;
    struct fetch_request q = {
        .url = url,
        .host = host,
        .https = site->https,
        .host_is_ip = !named && !other,
        .any_cert = !named,
        .ip = *ms->plan->compare,
        .port = site->port,
        .headers = named ? p->named : p->bare,
        .n_headers = named ? p->n_named : p->n_bare,
        .keep_bytes = 1,
        .count_bytes = BODY_KEEP,
        .wire_bytes = WIRE_BYTES,
        .tcp_us = step,
        .tls_us = cut && step > HANDSHAKE_US ? HANDSHAKE_US : step,
        .http_us = STEP_US,
        .idle_us = step,
        .region = ms->region,
        .zero_us = ms->zero,
        .on_ready = on_ready,
        .on_done = on_done,
        .arg = p,
    };

    p->has_socket = true;
    p->id = measure_id(ms, ID_TLS);
    enum err e = fetch_start(ms->in->fetcher, &q, &p->fetch);
    if (e != ERR_OK) {
        p->has_socket = false;
        budget_give(&ms->in->sockets, 1);
        measure_internal(ms, e, "connection");
        task_release(&p->task);
    }
}

/* A name below the same top-level domain that nobody has a reason to shut out:
 * who forges certificates for it forges them for everybody. */
static bool choose_other(struct sni_pairs *p)
{
    const char *host = p->ms->plan->url->host, *last = strrchr(host, '.');
    const char *top = last ? last + 1 : "com";
    size_t n = strlen(host), m = strlen(top) + strlen("example.");
    bool ours = n >= m && strncmp(host + n - m, "example.", 8) == 0;
    p->other = region_printf(p->ms->region, "www.%s.%s",
                             ours ? "test" : "example", top);
    p->other_url = region_printf(p->ms->region, "https://%s:%u/", p->other,
                                 p->ms->plan->url->port);
    return p->other && p->other_url;
}

/* The headers again, and the name where the URL has only an address. */
static bool prepare(struct sni_pairs *p)
{
    struct measure *ms = p->ms;
    const struct url *url = ms->plan->url;
    char endpoint[56], ip[IP_TEXT_MAX];
    struct browser browser;

    browser_init(&browser, ms);
    if (browser_headers(&browser, url, &p->named, &p->n_named) != ERR_OK) {
        return false;
    }
    ip_format(ms->plan->compare, ip);
    ip_endpoint(ms->plan->compare, url->port, endpoint);
    p->ip = region_strdup(ms->region, ip);
    if (p->unnamed) {
        p->bare_url = url->text;
        p->bare = p->named;
        p->n_bare = p->n_named;
        return p->ip;
    }
    struct obs_header *bare =
        region_calloc(ms->region, p->n_named + HOST_EXTRA, sizeof(*bare));
    p->bare_url =
        region_printf(ms->region, "https://%s%s", endpoint, url->target);
    if (!bare || !p->ip || !p->bare_url || !choose_other(p)) {
        return false;
    }
    for (size_t i = 0; i < p->n_named; i++) {
        bare[i] = p->named[i];
    }
    bare[p->n_named] = (struct obs_header){"Host", str_c(url->authority)};
    p->bare = bare;
    p->n_bare = p->n_named + 1;
    return true;
}

static enum err pairs_start(void *self)
{
    struct sni_pairs *p = self;

    p->unnamed = p->ms->plan->kind == PLAN_UNNAMED;
    p->transfers = p->unnamed ? 1 : TRANSFERS;
    p->order = crypto_random_below(1u << PAIRS);
    if (!prepare(p)) {
        return ERR_NOMEM;
    }
    task_hold(&p->task);
    step(p);
    return ERR_OK;
}

static void pairs_cancel(void *self)
{
    struct sni_pairs *p = self;

    budget_leave(&p->ms->in->sockets, &p->wait);
    fetch_cancel(p->fetch);
    if (p->has_socket) {
        budget_give(&p->ms->in->sockets, 1);
    }
    p->has_socket = false;
    p->fetch = NULL;
}

enum err sni_pairs_add(struct measure *ms)
{
    static const struct task_kind kind = {
        .name = "comparison",
        .start = pairs_start,
        .cancel = pairs_cancel,
    };
    struct sni_pairs *p = region_calloc(ms->region, 1, sizeof(*p));

    if (!p) {
        return ERR_NOMEM;
    }
    p->ms = ms;
    measure_add(ms, &p->task, &kind, p);
    return ERR_OK;
}
