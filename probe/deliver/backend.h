// SPDX-License-Identifier: Apache-2.0
/* Calls to the collector, or where updates of lists are: by the ways there are
 * (ways.h), finds addresses by the engine's resolver, keeps connections, posts
 * bodies and gets files. Knows nothing of what is in them. One thread.
 *
 *   call -> the first way that does not rest -> answer
 *             ^                |
 *             +--- failure: it rests, the next one
 *
 * Through a proxy only the proxy's own name is looked up here.
 */
#ifndef PARALLAX_PROBE_DELIVER_BACKEND_H
#define PARALLAX_PROBE_DELIVER_BACKEND_H

#include "base/diag.h"
#include "engine/engine.h"
#include "net/client.h"
#include "probe/deliver/ways.h"

struct backend;

/* What came of a call. It is valid during the callback only: who keeps any of
 * it keeps a copy. */
struct backend_answer {
    const char *failure; /* NULL: `status` is valid; never "" */
    enum err internal;   /* not 0: this machine failed */
    int status;
    enum way_kind way; /* by which it came, if it has a status */
    struct str body;
};

typedef void (*backend_fn)(void *arg, const struct backend_answer *a);

/* Borrows loop and engine, which resolves names; free the engine first, so
 * that it no longer calls here. ERR_INVAL as ways_make. */
MUST_USE enum err backend_new(struct loop *l, struct engine *e,
                              const struct ways_config *ways,
                              struct backend **out, struct diag *d);

/* Cancels every call. NULL is allowed. */
void backend_free(struct backend *b);

struct backend_post {
    const char *path;     /* starts with / */
    bool get;             /* GET, without a body */
    struct str body;      /* copied */
    const char *encoding; /* Content-Encoding of the body, or NULL; static */
    int64_t timeout_us;   /* of each way */
    size_t max_response;
};

/* The callback comes once, never from inside this call, unless backend_free
 * or backend_stop comes first. */
MUST_USE enum err backend_post(struct backend *b, const struct backend_post *p,
                               backend_fn fn, void *arg);

/* Forgets every call without callbacks. */
void backend_stop(struct backend *b);

/* Bytes sent and received so far. */
void backend_bytes(const struct backend *b, uint64_t *up, uint64_t *down);

/* The collector's host, for words to a person. */
const char *backend_host(const struct backend *b);
/* How many ways there are. */
size_t backend_ways(const struct backend *b);

#endif
