// SPDX-License-Identifier: Apache-2.0
#include "verdict/ooni/flags.h"
#include "verdict/ooni/classic.h"
#include "verdict/pagediff.h"

#define DNS_BOGON      1
#define DNS_UNEXPECTED 2
#define DNS_ADDRS      4

#define BLOCK_DNS     1
#define BLOCK_TCP     2
#define BLOCK_TLS     4
#define BLOCK_HTTP    8
#define BLOCK_DIFF    16
#define BLOCK_SUCCESS 32

#define NULL_DNS         1
#define NULL_TCP         2
#define NULL_TLS         4
#define NULL_NO_CONTROL  8
#define NULL_DNS_SUCCESS 16

/* A handshake that succeeded vouches for the lookup its address came from. */
static bool vouched(const struct observations *o, int64_t group)
{
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        int owner = o->addrs[end->addr].owner;
        if (outcome_ok(end->tls) && owner >= 0 &&
            o->queries[owner].group == group) {
            return true;
        }
    }
    return false;
}

static void dns_flags(const struct observations *o, struct verdict *v)
{
    for (size_t i = 0; i < o->n_queries; i++) {
        const struct vquery *q = &o->queries[i];
        if (q->depth != 0) {
            continue;
        }
        switch (classic_lookup(o, q)) {
        case LOOKUP_EXPECTED:
            v->x_null_null_flags |= NULL_DNS;
            break;
        case LOOKUP_UNEXPECTED:
            v->x_dns_flags |= DNS_UNEXPECTED;
            break;
        case LOOKUP_SUCCESS:
            if (q->ctl && o->control.n_addrs == 0) {
                v->x_null_null_flags |= NULL_DNS_SUCCESS;
            }
            for (size_t k = 0; k < q->n_addrs; k++) {
                v->x_dns_flags |= o->addrs[q->addrs[k]].bogon ? DNS_BOGON : 0;
            }
            if (classic_match(o, q) == MATCH_INVALID && !vouched(o, q->group)) {
                v->x_dns_flags |= DNS_ADDRS;
            }
            break;
        default:
            break;
        }
    }
    if (v->x_dns_flags & (DNS_UNEXPECTED | DNS_ADDRS)) {
        v->x_blocking_flags |= BLOCK_DNS;
    }
}

/* Many home networks have IPv6 addresses and no way out. */
static bool no_ipv6(const struct observations *o, const struct vendpoint *end)
{
    return o->addrs[end->addr].ip.family == 6 &&
           (outcome_is(end->tcp, FAILURE_NETWORK_UNREACHABLE) ||
            outcome_is(end->tcp, FAILURE_HOST_UNREACHABLE));
}

static void endpoint_flags(const struct observations *o,
                           const struct vendpoint *end, struct verdict *v)
{
    if (end->depth == 0 && outcome_bad(end->tcp)) {
        if (outcome_ok(end->exact_tcp) && !no_ipv6(o, end)) {
            v->x_blocking_flags |= BLOCK_TCP;
        }
        if (outcome_bad(end->exact_tcp)) {
            v->x_null_null_flags |= NULL_TCP;
        }
    }
    if (end->depth == 0 && outcome_bad(end->tls)) {
        if (outcome_ok(end->exact_tls)) {
            v->x_blocking_flags |= BLOCK_TLS;
        }
        if (outcome_bad(end->exact_tls)) {
            v->x_null_null_flags |= NULL_TLS;
        }
    }
    if (outcome_bad(end->http) && outcome_ok(o->control.http)) {
        v->x_blocking_flags |= BLOCK_HTTP;
    }
}

/* The control got a page in the end, we did not: what failed after the first
 * redirect explains it, though no control looked at those endpoints. */
static void redirect_flags(const struct observations *o, struct verdict *v)
{
    for (size_t i = 0; i < o->n_queries; i++) {
        const struct vquery *q = &o->queries[i];
        if (q->depth > 0 && outcome_bad(q->result) &&
            classic_lookup(o, q) != LOOKUP_NONE) {
            v->x_blocking_flags |= BLOCK_DNS;
        }
    }
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (end->depth <= 0) {
            continue;
        }
        if (outcome_bad(end->tcp) && !no_ipv6(o, end)) {
            v->x_blocking_flags |= BLOCK_TCP;
        }
        if (outcome_bad(end->tls)) {
            v->x_blocking_flags |= BLOCK_TLS;
        }
    }
}

static void final_flags(const struct observations *o,
                        const struct vendpoint *end, struct verdict *v)
{
    if (end->tls.known) {
        v->x_blocking_flags |= BLOCK_SUCCESS;
        if (!o->control.http.known) {
            v->x_null_null_flags |= NULL_NO_CONTROL;
        }
    } else if (o->control.http.known) {
        struct pagediff diff;
        pagediff_compute(o, end, &diff);
        v->x_blocking_flags |= diff.different ? BLOCK_DIFF : BLOCK_SUCCESS;
    }
}

void flags_verdict(const struct observations *o, struct verdict *v)
{
    bool final = false;
    dns_flags(o, v);
    for (size_t i = 0; i < o->n_ends; i++) {
        endpoint_flags(o, &o->ends[i], v);
        final = final || o->ends[i].resp.final;
    }
    if (!final && outcome_ok(o->control.http)) {
        redirect_flags(o, v);
    }
    for (size_t i = 0; i < o->n_ends; i++) {
        if (o->ends[i].resp.final) {
            final_flags(o, &o->ends[i], v);
        }
    }
}
