// SPDX-License-Identifier: Apache-2.0
/* The engine's parts, for its own files only. */
#ifndef PARALLAX_ENGINE_ENGINE_INT_H
#define PARALLAX_ENGINE_ENGINE_INT_H

#include "engine/engine.h"
#include "engine/pace.h"
#include "net/budget.h"
#include "net/fetch.h"
#include "net/lookup.h"
#include "net/peers.h"

#define WHOAMI_KEPT 16
#define PULSES_MAX  6 /* questions under way */

#define ENGINE_WHOAMI_NAME "whoami.v4.powerdns.org"

struct capture;
struct measure;
struct pulse;

struct whoami_kept {
    char resolver[56]; /* "" for the system's */
    bool used;
    struct ip ip;        /* family 0: no answer yet */
    int64_t until;       /* the answer holds */
    int64_t asked_until; /* somebody waits for an answer */
};

enum job_state {
    JOB_QUEUED,
    JOB_RUNNING,
    JOB_LATE
};

struct engine_job {
    struct engine *engine;
    struct engine_job *prev, *next;
    enum job_state state;
    struct plan plan;
    engine_done_fn fn;
    void *arg;
    struct measure *measure;
};

struct engine {
    struct loop *loop;
    struct engine_config cfg;
    struct budget sockets, bodies;
    struct resolver *resolver;
    struct http_client *http;
    struct peers *peers;
    char *warm_url; /* of the helper last connected to beforehand */
    struct fetcher *fetcher;
    struct capture *capture; /* NULL: no capture */
    uint64_t up, down;
    struct engine_job *first, *last; /* in order of submission */
    struct loop_timer *retry;        /* a queued job could not be started */
    unsigned active;
    void (*on_slot)(void *arg);
    void *on_slot_arg;
    int64_t doh_due; /* next opportunistic DoH lookup */
    struct whoami_kept whoami[WHOAMI_KEPT];
    size_t next_whoami;
    struct pace pace;
    double rate; /* bytes a second of the fastest page so far */
    size_t n_rates;
    struct pulse *pulses;
    unsigned n_pulses;
};

/* Called by a measurement, from the loop: its steps are done (the slot is
 * free), and later that nothing more will come. */
void engine_steps_done(struct engine_job *job);
void engine_delivered(struct engine_job *job, struct measurement *m);

void engine_pulse_cancel(struct engine *e);

/* A page came from which the speed of the line can be told. */
void engine_note_rate(struct engine *e, const struct fetch_result *res);

/* URL of the DoH server to ask now, or NULL if it is not yet time; `at_once`:
 * it is. */
const char *engine_take_doh(struct engine *e, bool at_once);
const char *engine_pick_udp(struct engine *e);
/* Who a resolver is seen as is asked by one measurement at a time: true says
 * that the caller is to ask now. Others take the answer when they end. */
bool engine_whoami_claim(struct engine *e, const char *resolver);
/* Family 0 if not known. */
struct ip engine_whoami_get(struct engine *e, const char *resolver);
void engine_whoami_put(struct engine *e, const char *resolver,
                       const struct ip *ip);

#endif
