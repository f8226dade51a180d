// SPDX-License-Identifier: Apache-2.0
/* One URL being measured. A measurement is made of rounds, one per redirect
 * depth; a round looks the name up and opens flows, one per address and port.
 *
 *   round 0: DNS -> flows --fetch--> redirect -> round 1: DNS -> flows ...
 *             \-> control call -> flows to addresses only the control knows
 *
 * Everything that runs counts in `pending`; when it is zero the steps are done
 * and the slot is free. Lookups that still listen count in `late`; when that is
 * zero too the measurement is delivered. Both are looked at from a timer of
 * its own, so no callback ever frees what its caller still uses.
 */
#ifndef PARALLAX_ENGINE_MEASURE_H
#define PARALLAX_ENGINE_MEASURE_H

#include "engine/engine_int.h"
#include "engine/web/selector.h"
#include "net/cookies.h"
#include "net/doh.h"

#define BODY_KEEP ((size_t)524288)
#define ADDRS_MAX 128 /* of one name, all origins together */

enum id_kind {
    ID_SYSTEM,
    ID_UDP,
    ID_DOH,
    ID_CLEAR,
    ID_TLS,
    ID_KINDS
};

struct addr {
    struct ip ip;
    unsigned origin; /* ORIGIN_* */
};

struct addr_list {
    struct addr *items;
    size_t n, cap;
};

/* Names looked up in this measurement. */
struct names {
    struct names *next;
    const char *host;
    struct addr_list addrs;
    const char *failure;
};

struct flow {
    struct flow *next;
    struct round *round;
    struct addr addr;
    uint16_t port;
    bool https;
    bool fetch_body; /* may fetch the page */
    bool tcp_only;   /* a bogon: connect and no more */
    bool reconnect;  /* second connection, to fetch after all */
    bool ready;
    int64_t id;
    struct budget_wait wait;
    bool has_socket, started;
    struct fetch *fetch;
    const char *url;
    const struct obs_header *headers;
    size_t n_headers;
};

struct round {
    struct round *next;
    struct measure *ms;
    const struct url *url;
    int depth;
    struct addr_list addrs;
    const char *dns_failure;
    struct dns_step *dns;
    struct selector selector;
    struct loop_timer *timer; /* the selector's 500 ms */
    struct flow *flows, **last_flow;
    unsigned fetching; /* flows under way that may fetch */
    struct budget_wait body_wait;
    bool body_held, fetched;
};

struct capture_flow;
struct control_step;
struct control_plan;
struct compare;

struct measure {
    struct engine *e;
    struct engine_job *job;
    const struct plan *plan;
    struct measurement *m;
    struct region *region;
    int64_t zero;
    unsigned pending, late;
    bool steps_done;
    struct loop_timer *timer;
    struct round *rounds;
    struct names *names;
    int64_t ids[ID_KINDS];
    int redirects_left;
    struct cookie_jar jar;
    struct control_step *control;
    struct control_plan *control_plan;
    struct compare *compare;
    struct capture_flow *flows; /* ended, for the capture; newest first */
    struct loop_timer *capture_timer;
};

MUST_USE enum err measure_start(struct engine *e, struct engine_job *job,
                                struct measure **out);
/* Stops everything and frees it, the observations too. */
void measure_cancel(struct measure *ms);

int64_t measure_now(const struct measure *ms);
int64_t measure_id(struct measure *ms, enum id_kind kind);
/* This machine failed: the first such failure is kept. */
void measure_internal(struct measure *ms, enum err e, const char *what);
void measure_hold(struct measure *ms);    /* pending++ */
void measure_release(struct measure *ms); /* pending-- */
void measure_late_hold(struct measure *ms);
void measure_late_release(struct measure *ms);
void measure_note(struct measure *ms, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Takes note of a flow that ended, if packets are captured. One with something
 * to show holds the measurement back for the packets that follow. */
void measure_flow_ended(struct measure *ms, const struct capture_flow *f);
/* A copy that lives as long as the record; NULL when out of memory. */
const struct url *measure_url(struct measure *ms, const struct url *url);
/* Adds or merges the origin; false when out of memory. */
bool addr_list_add(struct measure *ms, struct addr_list *l, const struct ip *ip,
                   unsigned origin);
struct obs_tags tags_of(int depth, bool classic, int fetch_body);

/* step_dns.c: fills round->addrs and dns_failure, then calls rounds_on_dns. */
void dns_step_start(struct round *r);
void dns_step_cancel(struct dns_step *s);
/* Adds a query to the record, networks of its addresses filled in. */
struct obs_query *dns_record(struct measure *ms, enum query_list list,
                             const char *host, const struct dns_exchange *x,
                             int64_t id, struct obs_tags tags);

/* step_endpoint.c */
void round_start(struct measure *ms, const struct url *url, int depth);
void round_on_dns(struct round *r);
/* Opens flows to these addresses of the round. */
void round_open(struct round *r, const struct addr *addrs, size_t n);
void round_cancel(struct round *r);

/* step_http.c */
/* Headers of a GET for `url` by this measurement, cookies included. */
MUST_USE enum err http_headers(struct measure *ms, const struct url *url,
                               const struct obs_header **out, size_t *n);
/* The page of a round was fetched (or not): takes cookies, follows. */
void http_fetched(struct round *r, struct obs_http *http);

/* step_control.c */
void control_step_start(struct round *r);
void control_step_cancel(struct control_step *c);

/* plan_control.c */
void control_plan_start(struct measure *ms);
void control_plan_cancel(struct control_plan *c);

#endif
