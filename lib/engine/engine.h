// SPDX-License-Identifier: Apache-2.0
/* Measures URLs: DNS, TCP, TLS, HTTP from every address, with raw evidence.
 * One loop, no threads, no globals; several engines per process. Probe and
 * control differ only in the plan. Steps, constants, ids and tags follow Web
 * Connectivity 0.5 (see docs/methodology.md).
 */
#ifndef PARALLAX_ENGINE_ENGINE_H
#define PARALLAX_ENGINE_ENGINE_H

#include "base/loop.h"
#include "engine/engine_config.h"
#include "engine/plan.h"

struct engine;
struct engine_job;

typedef void (*engine_done_fn)(void *arg, struct measurement *m);

/* `l` and what `cfg` points to are borrowed. ERR_NOMEM, or what the libraries
 * for the network say when they cannot be set up. */
MUST_USE enum err engine_new(struct loop *l, const struct engine_config *cfg,
                             struct engine **out);
/* Cancels every job without callbacks. NULL allowed. */
void engine_free(struct engine *e);
/* Starts or queues a job. The callback gets the finished measurement and owns
 * it from then on (region_free(m->region)); it runs exactly once, from the
 * loop, unless the job is cancelled. A slot is free again as soon as the steps
 * are done: waiting for late DNS answers holds the measurement back, not the
 * slot. `job` may be NULL. ERR_NOMEM. */
MUST_USE enum err engine_submit(struct engine *e, const struct plan *p,
                                engine_done_fn fn, void *arg,
                                struct engine_job **job);
/* No callback afterwards. */
void engine_cancel(struct engine_job *job);
/* Jobs that hold a slot; when below limits.jobs the next can be submitted. */
unsigned engine_active(const struct engine *e);
/* Called whenever a slot becomes free (to submit the next site). */
void engine_on_slot(struct engine *e, void (*fn)(void *arg), void *arg);
/* Bytes of payload sent and received by measurements so far. */
void engine_bytes(const struct engine *e, uint64_t *up, uint64_t *down);
/* How fast this line is at least, in bytes a second; 0: not known yet
 * (line_rate.h). */
double engine_line_rate(const struct engine *e);
/* What came in cleartext from `ip` at a visit of `host` had nothing of that
 * site: records of others that were led there are told of it as a count. */
void engine_note_notice(struct engine *e, const char *host,
                        const struct ip *ip);
/* Or it was an error of the server's, or an edge's refusal: likewise. */
void engine_note_ill(struct engine *e, const char *host, const struct ip *ip);
/* Asks a public resolver or the system's about a name that was answered before,
 * at most a few at a time: what is heard of it counts in engine_bytes, and
 * shows that the line is alive. Nothing is asked while no name was answered. */
MUST_USE enum err engine_check_line(struct engine *e);
/* Connects to a test helper before the first site needs it: its address and
 * the handshake would otherwise come on top of that site's own. Best effort. */
void engine_warm(struct engine *e, const struct control_helper *helper);

/* Addresses are text; with n = 0 `failure` says why. All of it is valid during
 * the callback only. */
typedef void (*engine_resolve_fn)(void *arg, const char *const *addrs, size_t n,
                                  const char *failure);
/* Resolves a name for our own traffic (check-in, upload) with the system's
 * servers, falling back to DoH; never recorded. Calls `fn` once, from the
 * loop. ERR_NOMEM; or as netinfo_servers. */
MUST_USE enum err engine_resolve(struct engine *e, const char *host,
                                 engine_resolve_fn fn, void *arg);

#endif
