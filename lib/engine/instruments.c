// SPDX-License-Identifier: Apache-2.0
/* The instruments are set up and put away. */
#include "engine/instruments.h"

#include "net/capture.h"
#include "net/headers.h"

#include "base/clock.h"
#include "base/log.h"

#define JOBS_DEFAULT    8
#define SOCKETS_DEFAULT 256

static void fill_defaults(struct engine_limits *limits)
{
    if (limits->jobs == 0) {
        limits->jobs = JOBS_DEFAULT;
    }
    if (limits->sockets == 0) {
        limits->sockets = SOCKETS_DEFAULT;
    }
    if (limits->body_memory < BODY_KEEP) {
        limits->body_memory = BODY_KEEP * limits->jobs;
    }
}

static enum err open_budgets(struct instruments *in)
{
    enum err e = budget_init(&in->sockets, in->loop, in->cfg.limits.sockets);

    return e != ERR_OK
               ? e
               : budget_init(&in->bodies, in->loop, in->cfg.limits.body_memory);
}

void instruments_lost(struct instruments *in, enum err e)
{
    if (e != ERR_OK) {
        in->lost = clock_mono_us();
    }
}

bool instruments_lacks(const struct instruments *in, int64_t since)
{
    return in->lost > 0 && in->lost >= since;
}

static void on_peer(void *arg, const char *host,
                    const struct lookup_result *res)
{
    struct instruments *in = arg;

    instruments_lost(in, res->internal);
    other_names_put(&in->other_names, host, OTHER_PEER, res);
}

static enum err open_network(struct instruments *in)
{
    struct resolver_config rc = {
        .resolv_conf = in->cfg.resolv_conf,
        .sockets = &in->sockets,
        .up = &in->up,
        .down = &in->down,
    };
    enum err e = resolver_new(in->loop, &rc, &in->resolver);

    if (e == ERR_OK) {
        e = client_new(in->loop, headers_user_agent(), &in->http);
    }
    if (e == ERR_OK) {
        e = peers_new(in->loop, in->resolver, in->http, in->public_dns.doh,
                      in->public_dns.n_doh, &in->peers);
    }
    if (e == ERR_OK) {
        peers_listen(in->peers, on_peer, in);
        e = fetcher_new(in->loop, in->cfg.ca_file, &in->up, &in->down,
                        &in->fetcher);
    }
    if (e == ERR_OK && in->cfg.capture &&
        capture_new(in->loop, &in->capture) != ERR_OK) {
        in->capture = NULL;
        log_debug("engine", "no packet capture on this machine");
    }
    return e;
}

enum err instruments_init(struct instruments *in, struct loop *l,
                          const struct engine_config *cfg)
{
    *in = (struct instruments){.loop = l, .cfg = *cfg};
    fill_defaults(&in->cfg.limits);
    public_dns_init(&in->public_dns, cfg->doh_urls, cfg->n_doh_urls,
                    cfg->udp_resolvers, cfg->n_udp_resolvers);
    enum err e = open_budgets(in);
    if (e == ERR_OK) {
        e = bogons_init(&in->bogons, l);
    }
    if (e == ERR_OK) {
        e = open_network(in);
    }
    if (e != ERR_OK) {
        instruments_fini(in);
    }
    return e;
}

void instruments_fini(struct instruments *in)
{
    peers_free(in->peers);
    fetcher_free(in->fetcher);
    client_free(in->http);
    resolver_free(in->resolver);
    capture_free(in->capture);
    bogons_fini(&in->bogons);
    run_facts_fini(&in->run_facts);
    budget_fini(&in->sockets);
    budget_fini(&in->bodies);
}

void instruments_bytes(const struct instruments *in, uint64_t *up,
                       uint64_t *down)
{
    uint64_t http_up = 0, http_down = 0;

    client_bytes(in->http, &http_up, &http_down);
    *up = in->up + http_up;
    *down = in->down + http_down;
}
