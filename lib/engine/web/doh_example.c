// SPDX-License-Identifier: Apache-2.0
#include "engine/web/doh_example.h"
#include "net/doh.h"
#include "record/failure.h"
#include <string.h>

/* Exists for ever (RFC 2606). */
#define EXAMPLE "example.com"

struct doh_example {
    struct measure *ms;
    struct task *task;
    int64_t id;
    struct doh_lookup *lookup;
};

/* Whatever is said of the name, it is an answer. */
static bool is_answer(const struct lookup_result *res)
{
    enum failure f =
        res->failure ? failure_of(str_c(res->failure)) : FAILURE_NO_ANSWER;

    return f == FAILURE_NO_ANSWER || f == FAILURE_NXDOMAIN;
}

static void on_done(void *arg, const struct lookup_result *res)
{
    struct doh_example *x = arg;
    struct measurement *m = x->ms->m;

    x->lookup = NULL;
    measure_internal(x->ms, res->internal, "DoH");
    for (size_t i = 0; i < m->n_queries && res->internal == ERR_OK; i++) {
        struct obs_query *q = &m->queries[i];
        if (q->id == x->id && strcmp(q->engine, "doh") == 0) {
            q->example_asked = true;
            q->example_answered = is_answer(res);
        }
    }
    task_release(x->task);
}

struct doh_example *doh_example_start(struct measure *ms, struct task *task,
                                      int64_t id, const char *server,
                                      const char *const *addrs, size_t n_addrs)
{
    struct doh_example *x = region_calloc(ms->region, 1, sizeof(*x));

    if (!x) {
        measure_internal(ms, ERR_NOMEM, "DoH");
        return NULL;
    }
    *x = (struct doh_example){.ms = ms, .task = task, .id = id};
    struct lookup_request q = {
        .via = LOOKUP_DOH,
        .host = EXAMPLE,
        .server = server,
        .only_a = true,
        .region = ms->region,
        .on_done = on_done,
        .arg = x,
    };
    enum err e = doh_lookup_start(ms->in->http, &q, addrs, n_addrs, &x->lookup);
    if (e != ERR_OK) {
        measure_internal(ms, e, "DoH");
        return NULL;
    }
    task_hold(task);
    return x;
}

void doh_example_cancel(struct doh_example *x)
{
    if (x) {
        doh_lookup_cancel(x->lookup);
        x->lookup = NULL;
    }
}
