// SPDX-License-Identifier: Apache-2.0
#include "verdict/retest_moved.h"

static bool accuses(const struct verdict *v, const struct vendpoint *end)
{
    for (size_t i = 0; i < v->n_reasons; i++) {
        for (size_t k = 0; k < v->reasons[i].n_ids; k++) {
            if (v->reasons[i].ids[k] == end->id) {
                return true;
            }
        }
    }
    return false;
}

static bool has_failed(const struct vendpoint *end)
{
    return outcome_bad(end->tcp) || outcome_bad(end->tls) ||
           outcome_bad(end->http);
}

/* It got further than where `was` failed, and to its end. */
static bool got_further(const struct vendpoint *end,
                        const struct vendpoint *was)
{
    if (has_failed(end)) {
        return false;
    }
    return outcome_bad(was->http)  ? outcome_ok(end->http)
           : outcome_bad(was->tls) ? outcome_ok(end->tls)
                                   : outcome_ok(end->tcp);
}

static bool works_now(const struct observations *again,
                      const struct observations *o, const struct vendpoint *was)
{
    for (size_t i = 0; i < again->n_ends; i++) {
        const struct vendpoint *end = &again->ends[i];
        if (end->port == was->port && got_further(end, was) &&
            ip_eq(&again->addrs[end->addr].ip, &o->addrs[was->addr].ip)) {
            return true;
        }
    }
    return false;
}

bool retest_moved(const struct verdict *v, const struct observations *o,
                  const struct observations *again)
{
    size_t n = 0;
    for (size_t i = 0; i < o->n_ends && v->method != METHOD_DNS; i++) {
        const struct vendpoint *was = &o->ends[i];
        if (!accuses(v, was)) {
            continue;
        }
        if (!has_failed(was) || !works_now(again, o, was)) {
            return false;
        }
        n++;
    }
    return n > 0;
}
