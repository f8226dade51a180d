// SPDX-License-Identifier: Apache-2.0
#include "verdict/families.h"

static bool is_at(const struct observations *o, const struct vendpoint *end,
                  int depth, int family, uint16_t port)
{
    return end->depth == depth && o->addrs[end->addr].ip.family == family &&
           (port == 0 || end->port == port);
}

bool families_works(const struct observations *o, int depth, int family,
                    uint16_t port)
{
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (outcome_ok(end->tcp) && is_at(o, end, depth, family, port)) {
            return true;
        }
    }
    return false;
}

/* A line with an IPv6 address may lead nowhere: IPv6 works where something of
 * it got through, or where it is all there is (NAT64). */
static bool ipv6_shown(const struct observations *o)
{
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vaddr *a = &o->addrs[o->ends[i].addr];
        if (ip_is_nat64(&a->ip, NULL) || a->translated ||
            (a->ip.family == 6 && outcome_ok(o->ends[i].tcp))) {
            return true;
        }
    }
    for (size_t i = 0; i < o->n_exchanges; i++) {
        if (str_starts(o->exchanges[i].resolver, "[")) {
            return true;
        }
    }
    return false;
}

/* The router at home answers questions by IPv4 also where nothing of IPv4 leads
 * out of the house, so its private address shows nothing. */
bool families_ipv4_shown(const struct observations *o)
{
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vaddr *a = &o->addrs[o->ends[i].addr];
        if (a->ip.family == 4 && !a->bogon && outcome_ok(o->ends[i].tcp)) {
            return true;
        }
    }
    for (size_t i = 0; i < o->n_exchanges; i++) {
        struct ip ip;
        uint16_t port;
        if (ip_endpoint_parse(o->exchanges[i].resolver, &ip, &port) &&
            ip.family == 4 && !ip_is_bogon(&ip)) {
            return true;
        }
    }
    return false;
}

/* Systems have many words for that, so what a censor does is what is listed. */
bool families_no_route(const struct vendpoint *end)
{
    return end->unsent || (outcome_bad(end->tcp) && !outcome_is_cut(end->tcp) &&
                           !outcome_is(end->tcp, FAILURE_REFUSED));
}

/* There are addresses of a family that this line has a way to. */
static bool has_way(const struct observations *o, const struct vendpoint *like,
                    int family)
{
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (is_at(o, end, like->depth, family, like->port) &&
            !families_no_route(end)) {
            return true;
        }
    }
    return false;
}

/* IPv6 often leads nowhere, and IPv4 does on a line with IPv6 only: where one
 * is shown to work and the other is not, the one counts. */
bool families_counts(const struct observations *o, const struct vendpoint *end)
{
    if (outcome_ok(end->tcp)) {
        return true;
    }
    if (o->addrs[end->addr].ip.family == 6) {
        return ipv6_shown(o) &&
               (!has_way(o, end, 4) || !families_ipv4_shown(o));
    }
    if (families_works(o, end->depth, 6, end->port) ||
        (families_no_route(end) && has_way(o, end, 6))) {
        return false;
    }
    return families_ipv4_shown(o) || !ipv6_shown(o);
}
