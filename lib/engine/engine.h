// SPDX-License-Identifier: Apache-2.0
/* Measures URLs: DNS, TCP, TLS, HTTP from every address, with raw evidence.
 * One loop, no threads, no globals; several engines per process. Probe and
 * control differ only in the plan. Steps, constants, ids and tags follow Web
 * Connectivity 0.5 (see docs/methodology.md).
 */
#ifndef PARALLAX_ENGINE_ENGINE_H
#define PARALLAX_ENGINE_ENGINE_H

#include "base/geo.h"
#include "base/loop.h"
#include "record/measurement.h"
#include "wire/url.h"

struct engine;
struct engine_job;

/* Limits of one engine, shared by all its jobs. */
struct engine_limits {
    unsigned jobs;       /* measured at the same time */
    unsigned sockets;    /* open at the same time, DNS included */
    size_t body_memory;  /* bytes of page bodies in flight; a fetch that
                            finds no room waits before it connects */
    size_t region_bytes; /* per measurement */
};

struct engine_config {
    struct engine_limits limits;
    const char *ca_file;         /* NULL: SSL_CERT_FILE, else the system's */
    const struct geo *geo;       /* borrowed; NULL: no ASNs */
    const char *const *doh_urls; /* NULL: the default four */
    size_t n_doh_urls;
    const char *const *udp_resolvers; /* "ip:port"; NULL: the default eight */
    size_t n_udp_resolvers;
    const char *resolv_conf; /* NULL: /etc/resolv.conf */
    bool capture;            /* try libpcap; silently off without the right */
    bool allow_special;      /* never set by a product: unit tests only */
};

enum plan_kind {
    PLAN_PROBE,
    PLAN_CONTROL,
    PLAN_COMPARE, /* one address, with and without the name (compare.h) */
    PLAN_UNNAMED  /* one address, once, without any name: is it open? */
};

struct control_helper {
    const char *url;
    const char *type; /* "https", "cloudfront" */
};

/* What to do with one URL. Borrowed until the job is done. */
struct plan {
    enum plan_kind kind;
    const char *input;    /* original string */
    const char *category; /* or NULL */
    const struct url *url;
    /* probe */
    const struct control_helper *helpers; /* in the order to be tried */
    size_t n_helpers;
    bool whoami;      /* ask whoami.v4.powerdns.org */
    bool doh;         /* look the name up over HTTPS, too, even if it is not
                         yet time for that */
    bool whoami_anew; /* even if the answer is known: do they answer now? */
    const char *client_resolver;
    int64_t first_id; /* added to every transaction id: those of a further
                         measurement differ from the first one's */
    const struct ip *compare; /* PLAN_COMPARE, PLAN_UNNAMED: the address; for
                                 the latter it stands in the URL, too */
    /* control: addresses to connect to besides those it resolves */
    const struct ip *extra_addrs;
    size_t n_extra_addrs;
    const char *resolver;             /* control: DoH URL or "ip:port" */
    const struct obs_header *headers; /* accept, accept-language, user-agent
                                         of the request it stands for */
    size_t n_headers;
    uint64_t count_body_bytes; /* control: 16 MiB; 0 = stop at the snapshot */
    int64_t timeout_us;        /* control: whole job; 0 = the steps' own */
};

typedef void (*engine_done_fn)(void *arg, struct measurement *m);

MUST_USE enum err engine_new(struct loop *l, const struct engine_config *cfg,
                             struct engine **out);
/* Cancels every job without callbacks. */
void engine_free(struct engine *e);
/* Starts or queues a job. The callback gets the finished measurement and owns
 * it from then on (region_free(m->region)); it runs exactly once unless the job
 * is cancelled. A slot is free again as soon as the steps are done: waiting for
 * late DNS answers holds the measurement back, not the slot. */
MUST_USE enum err engine_submit(struct engine *e, const struct plan *p,
                                engine_done_fn fn, void *arg,
                                struct engine_job **job);
void engine_cancel(struct engine_job *job);
/* Jobs that hold a slot; when below limits.jobs the next can be submitted. */
unsigned engine_active(const struct engine *e);
/* Called whenever a slot becomes free (to submit the next site). */
void engine_on_slot(struct engine *e, void (*fn)(void *arg), void *arg);
/* Bytes of payload sent and received by measurements so far. */
void engine_bytes(const struct engine *e, uint64_t *up, uint64_t *down);
/* How fast this line is at least: bytes a second of the fastest page so far of
 * at least 16 KiB, from the request to its end; 0 unknown: fewer than three. */
double engine_line_rate(const struct engine *e);
/* Asks the system's and a public resolver a question that they answer, at most
 * a few at a time: what is heard of it counts in engine_bytes, and shows that
 * the line is alive. */
MUST_USE enum err engine_pulse(struct engine *e);
/* Connects to a test helper before the first site needs it: its address and
 * the handshake would otherwise come on top of that site's own. Best effort. */
void engine_warm(struct engine *e, const struct control_helper *helper);
/* True if packets are being captured. */
bool engine_captures(const struct engine *e);

/* Resolves a name for our own traffic (check-in, upload) with the system's
 * servers, falling back to DoH; never recorded. Addresses are text, valid
 * during the callback; n = 0 means failure (failure string given). */
typedef void (*engine_resolve_fn)(void *arg, const char *const *addrs, size_t n,
                                  const char *failure);
MUST_USE enum err engine_resolve(struct engine *e, const char *host,
                                 engine_resolve_fn fn, void *arg);

#endif
