// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"
#include "engine/engine_int.h"
#include "engine/measure.h"
#include "net/capture.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include <stdlib.h>
#include <string.h>

#define JOBS_DEFAULT    8
#define SOCKETS_DEFAULT 256
#define RATE_BYTES      16384 /* less is over before it gets fast */
#define RATES_MIN       3
#define RETRY_US        (100 * US_PER_MS)
#define WHOAMI_US       (45 * US_PER_S)
#define WHOAMI_ASK_US   (4 * US_PER_S) /* as long as a lookup may take */
#define DOH_MIN_S       20
#define DOH_SPREAD_S    20
#define WARM_US         (10 * US_PER_S)
#define WARM_MAX        ((size_t)64 * 1024)

static const char *const default_doh[] = {
    "https://mozilla.cloudflare-dns.com/dns-query",
    "https://dns.nextdns.io/dns-query",
    "https://dns.google/dns-query",
    "https://dns.quad9.net/dns-query",
};

static const char *const default_udp[] = {
    "8.8.8.8:53", "8.8.4.4:53", "9.9.9.9:53",        "149.112.112.112:53",
    "1.1.1.1:53", "1.0.0.1:53", "208.67.222.222:53", "208.67.220.220:53",
};

static void fill_defaults(struct engine_config *cfg)
{
    if (!cfg->doh_urls) {
        cfg->doh_urls = default_doh;
        cfg->n_doh_urls = sizeof(default_doh) / sizeof(default_doh[0]);
    }
    if (!cfg->udp_resolvers) {
        cfg->udp_resolvers = default_udp;
        cfg->n_udp_resolvers = sizeof(default_udp) / sizeof(default_udp[0]);
    }
    if (cfg->limits.jobs == 0) {
        cfg->limits.jobs = JOBS_DEFAULT;
    }
    if (cfg->limits.sockets == 0) {
        cfg->limits.sockets = SOCKETS_DEFAULT;
    }
    if (cfg->limits.body_memory < BODY_KEEP) {
        cfg->limits.body_memory = BODY_KEEP * cfg->limits.jobs;
    }
}

static void on_retry(void *arg);

static enum err open_parts(struct engine *e)
{
    const struct engine_config *cfg = &e->cfg;
    enum err err = budget_init(&e->sockets, e->loop, cfg->limits.sockets);

    if (err == ERR_OK) {
        err = budget_init(&e->bodies, e->loop, cfg->limits.body_memory);
    }
    if (err == ERR_OK) {
        err = loop_timer_new(e->loop, on_retry, e, &e->retry);
    }
    struct resolver_config rc = {
        .resolv_conf = cfg->resolv_conf,
        .sockets = &e->sockets,
        .up = &e->up,
        .down = &e->down,
    };
    if (err == ERR_OK) {
        err = resolver_new(e->loop, &rc, &e->resolver);
    }
    if (err == ERR_OK) {
        err = http_client_new(e->loop, "parallax/" PARALLAX_VERSION, &e->http);
    }
    if (err == ERR_OK) {
        err = peers_new(e->loop, e->resolver, e->http, cfg->doh_urls,
                        cfg->n_doh_urls, &e->peers);
    }
    if (err == ERR_OK) {
        err = fetcher_new(e->loop, cfg->ca_file, &e->up, &e->down, &e->fetcher);
    }
    if (err == ERR_OK && cfg->capture &&
        capture_new(e->loop, &e->capture) != ERR_OK) {
        e->capture = NULL;
        log_debug("engine", "no packet capture on this machine");
    }
    return err;
}

enum err engine_new(struct loop *l, const struct engine_config *cfg,
                    struct engine **out)
{
    enum err err = crypto_setup();

    if (err != ERR_OK) {
        return err;
    }
    struct engine *e = calloc(1, sizeof(*e));
    if (!e) {
        return ERR_NOMEM;
    }
    e->loop = l;
    e->cfg = *cfg;
    fill_defaults(&e->cfg);
    err = open_parts(e);
    if (err != ERR_OK) {
        engine_free(e);
        return err;
    }
    *out = e;
    return ERR_OK;
}

void engine_free(struct engine *e)
{
    if (!e) {
        return;
    }
    e->on_slot = NULL;
    while (e->first) {
        struct engine_job *job = e->first;

        e->first = job->next;
        engine_cancel(job);
    }
    engine_pulse_cancel(e);
    peers_free(e->peers);
    fetcher_free(e->fetcher);
    http_client_free(e->http);
    resolver_free(e->resolver);
    capture_free(e->capture);
    loop_timer_free(e->retry);
    budget_fini(&e->sockets);
    budget_fini(&e->bodies);
    free(e->warm_url);
    free(e);
}

/* ---- jobs -------------------------------------------------------------------
 */

static void job_unlink(struct engine_job *job)
{
    struct engine *e = job->engine;

    if (job->prev) {
        job->prev->next = job->next;
    } else {
        e->first = job->next;
    }
    if (job->next) {
        job->next->prev = job->prev;
    } else {
        e->last = job->prev;
    }
}

static enum err job_start(struct engine_job *job)
{
    enum err err = measure_start(job->engine, job, &job->measure);

    if (err != ERR_OK) {
        return err;
    }
    job->state = JOB_RUNNING;
    job->engine->active++;
    return ERR_OK;
}

enum err engine_submit(struct engine *e, const struct plan *p,
                       engine_done_fn fn, void *arg, struct engine_job **out)
{
    struct engine_job *job = calloc(1, sizeof(*job));

    if (!job) {
        return ERR_NOMEM;
    }
    job->engine = e;
    job->plan = *p;
    job->fn = fn;
    job->arg = arg;
    if (e->active < e->cfg.limits.jobs) {
        enum err err = job_start(job);
        if (err != ERR_OK) {
            free(job);
            return err;
        }
    }
    job->prev = e->last;
    if (e->last) {
        e->last->next = job;
    } else {
        e->first = job;
    }
    e->last = job;
    if (out) {
        *out = job;
    }
    return ERR_OK;
}

/* Starts the next queued job; false if there is none. Without memory for it,
 * it is tried again: nobody else would ever start it. */
static bool start_queued(struct engine *e)
{
    struct engine_job *job = e->first;

    while (job && job->state != JOB_QUEUED) {
        job = job->next;
    }
    if (!job) {
        return false;
    }
    if (job_start(job) != ERR_OK &&
        loop_timer_in(e->retry, RETRY_US) != ERR_OK) {
        log_error("engine", "no memory to start a measurement");
    }
    return true;
}

static void on_retry(void *arg)
{
    struct engine *e = arg;

    while (e->active < e->cfg.limits.jobs && !loop_timer_armed(e->retry) &&
           start_queued(e)) {
        ;
    }
}

/* Queued jobs go first; only then is there a slot for the owner to fill. */
static void slot_free(struct engine *e)
{
    e->active--;
    if (!start_queued(e) && e->on_slot) {
        e->on_slot(e->on_slot_arg);
    }
}

void engine_steps_done(struct engine_job *job)
{
    job->state = JOB_LATE;
    slot_free(job->engine);
}

void engine_delivered(struct engine_job *job, struct measurement *m)
{
    engine_done_fn fn = job->fn;
    void *arg = job->arg;

    job_unlink(job);
    free(job);
    fn(arg, m);
}

void engine_cancel(struct engine_job *job)
{
    struct engine *e = job->engine;
    bool had_slot = job->state == JOB_RUNNING;

    if (job->measure) {
        measure_cancel(job->measure);
    }
    job_unlink(job);
    free(job);
    if (had_slot) {
        slot_free(e);
    }
}

unsigned engine_active(const struct engine *e)
{
    return e->active;
}

void engine_on_slot(struct engine *e, void (*fn)(void *arg), void *arg)
{
    e->on_slot = fn;
    e->on_slot_arg = arg;
}

void engine_note_rate(struct engine *e, const struct fetch_result *res)
{
    int64_t took = res->http.t - res->http.t0;

    if (res->http.failure || res->received < RATE_BYTES || took <= 0) {
        return;
    }
    double rate = (double)res->received * US_PER_S / (double)took;
    e->n_rates++;
    if (rate > e->rate) {
        e->rate = rate;
    }
}

double engine_line_rate(const struct engine *e)
{
    return e->n_rates < RATES_MIN ? 0 : e->rate;
}

void engine_bytes(const struct engine *e, uint64_t *up, uint64_t *down)
{
    uint64_t http_up = 0, http_down = 0;

    http_client_bytes(e->http, &http_up, &http_down);
    *up = e->up + http_up;
    *down = e->down + http_down;
}

bool engine_captures(const struct engine *e)
{
    return e->capture;
}

enum err engine_resolve(struct engine *e, const char *host,
                        engine_resolve_fn fn, void *arg)
{
    return peers_resolve(e->peers, host, fn, arg, NULL);
}

/* ---- the first helper
 * -------------------------------------------------------- */

static void on_warm(void *arg, const struct http_response *res)
{
    (void)arg;
    if (res->failure) {
        log_debug("engine", "the helper cannot be reached: %s", res->failure);
    }
}

static void on_warm_address(void *arg, const char *const *addrs, size_t n,
                            const char *failure)
{
    struct engine *e = arg;
    struct http_request req = {
        .method = "GET",
        .url = e->warm_url,
        .addrs = addrs,
        .n_addrs = n,
        .timeout_us = WARM_US,
        .max_response = WARM_MAX,
        .insecure_loopback = true,
    };

    (void)failure;
    if (n == 0 || http_call(e->http, &req, on_warm, e, NULL) != ERR_OK) {
        log_debug("engine", "the helper is not connected to beforehand");
    }
}

void engine_warm(struct engine *e, const struct control_helper *helper)
{
    struct region *r = region_new(WARM_MAX);
    struct url url;

    free(e->warm_url);
    e->warm_url = strdup(helper->url);
    if (!r || !e->warm_url ||
        url_parse(r, str_c(helper->url), &url, NULL) != ERR_OK ||
        peers_resolve(e->peers, url.host, on_warm_address, e, NULL) != ERR_OK) {
        log_debug("engine", "the helper is not connected to beforehand");
    }
    region_free(r);
}

/* ---- shared by measurements
 * --------------------------------------------------- */

const char *engine_take_doh(struct engine *e, bool at_once)
{
    int64_t now = clock_mono_us();

    if (e->cfg.n_doh_urls == 0 || (now < e->doh_due && !at_once)) {
        return NULL;
    }
    e->doh_due =
        now + (DOH_MIN_S + crypto_random_below(DOH_SPREAD_S)) * US_PER_S;
    return e->cfg.doh_urls[crypto_random_below((uint32_t)e->cfg.n_doh_urls)];
}

const char *engine_pick_udp(struct engine *e)
{
    if (e->cfg.n_udp_resolvers == 0) {
        return NULL;
    }
    return e->cfg
        .udp_resolvers[crypto_random_below((uint32_t)e->cfg.n_udp_resolvers)];
}

static struct whoami_kept *find_whoami(struct engine *e, const char *resolver)
{
    for (size_t i = 0; i < WHOAMI_KEPT; i++) {
        if (e->whoami[i].used && strcmp(e->whoami[i].resolver, resolver) == 0) {
            return &e->whoami[i];
        }
    }
    return NULL;
}

struct ip engine_whoami_get(struct engine *e, const char *resolver)
{
    const struct whoami_kept *k = find_whoami(e, resolver);

    if (!k || k->until < clock_mono_us()) {
        return (struct ip){0};
    }
    return k->ip;
}

static struct whoami_kept *keep_whoami(struct engine *e, const char *resolver)
{
    struct whoami_kept *k = find_whoami(e, resolver);

    if (!k) {
        k = &e->whoami[e->next_whoami];
        e->next_whoami = (e->next_whoami + 1) % WHOAMI_KEPT;
        *k = (struct whoami_kept){.used = true};
        str_copy(k->resolver, sizeof(k->resolver), resolver);
    }
    return k;
}

bool engine_whoami_claim(struct engine *e, const char *resolver)
{
    struct whoami_kept *k = keep_whoami(e, resolver);
    int64_t now = clock_mono_us();

    if (now < k->asked_until) {
        return false;
    }
    k->asked_until = now + WHOAMI_ASK_US;
    return true;
}

void engine_whoami_put(struct engine *e, const char *resolver,
                       const struct ip *ip)
{
    struct whoami_kept *k = keep_whoami(e, resolver);

    k->ip = *ip;
    k->asked_until = 0;
    k->until = clock_mono_us() + WHOAMI_US;
}
