// SPDX-License-Identifier: Apache-2.0
#include "engine/web/ask_prefix.h"
#include "net/lookup.h"

struct ask_prefix {
    struct measure *ms;
    struct lookup *lookup;
    void (*on_done)(void *arg);
    void *arg;
};

static void on_done(void *arg, const struct lookup_result *res)
{
    struct ask_prefix *x = arg;

    measure_internal(x->ms, res->internal, "lookup");
    if (res->internal == ERR_OK) {
        nat64_learn(&x->ms->in->nat64, res->addrs, res->n_addrs);
    }
    x->on_done(x->arg);
}

static void on_closed(void *arg)
{
    struct ask_prefix *x = arg;

    x->lookup = NULL;
    measure_release_late(x->ms);
}

struct ask_prefix *ask_prefix_start(struct measure *ms,
                                    void (*on_done_)(void *arg), void *arg)
{
    struct ask_prefix *x = region_calloc(ms->region, 1, sizeof(*x));

    if (!x) {
        measure_internal(ms, ERR_NOMEM, "lookup");
        return NULL;
    }
    *x = (struct ask_prefix){.ms = ms, .on_done = on_done_, .arg = arg};
    struct lookup_request q = {
        .via = LOOKUP_SYSTEM,
        .host = NAT64_NAME,
        .region = ms->region,
        .on_done = on_done,
        .on_closed = on_closed,
        .arg = x,
    };
    enum err e = lookup_start(ms->in->resolver, &q, &x->lookup);
    if (e != ERR_OK) {
        measure_internal(ms, e, "lookup");
        return NULL;
    }
    measure_hold_late(ms);
    return x;
}

void ask_prefix_cancel(struct ask_prefix *x)
{
    if (x) {
        lookup_cancel(x->lookup);
        x->lookup = NULL;
    }
}
