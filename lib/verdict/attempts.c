// SPDX-License-Identifier: Apache-2.0
#include "verdict/attempts.h"
#include "verdict/families.h"

/* Our own host, or the router at home, knows of no way at once. On a line where
 * resolvers of the Internet answer within few milliseconds a router beyond the
 * house is as near as NEAR of these. */
#define LOCAL_S 0.002
#define NEAR    (1.0 / 6)

/* Nothing beyond the house answers so soon. */
#define BESIDE_S 0.001

bool attempts_refused(struct outcome out)
{
    return outcome_is(out, FAILURE_REFUSED) || outcome_is(out, FAILURE_RESET);
}

struct attempts *attempts_of(struct judging *j, int depth, int fetch_body)
{
    const struct observations *o = j->o;
    struct attempts *g = region_alloc(j->r, sizeof(*g));
    if (!g) {
        j->nomem = true;
        return NULL;
    }
    *g = (struct attempts){.n = 0};
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (end->depth != depth || end->fetch_body != fetch_body ||
            (j->own_ids.n > 0 && o->addrs[end->addr].own)) {
            continue; /* where a hosts file leads shows nothing of the site */
        }
        if (!families_counts(o, end)) {
            g->left_out = true;
            continue;
        }
        g->ends[g->n++] = end;
    }
    return g;
}

/* So long our own host, or the router at home, may take to say no. */
static double local_s(const struct observations *o)
{
    double most = LOCAL_S;
    for (size_t i = 0; i < o->n_exchanges; i++) {
        double near = o->exchanges[i].took * NEAR;
        most = near > 0 && near < most ? near : most;
    }
    return most > BESIDE_S ? most : BESIDE_S;
}

/* For IPv6 that is everyday, but not for what a translator makes of IPv4. */
bool attempts_rejected(const struct observations *o,
                       const struct vendpoint *end)
{
    const struct vaddr *a = &o->addrs[end->addr];
    bool translated = ip_is_nat64(&a->ip, NULL) || a->translated;
    if (end->t - end->t0 < local_s(o) || (a->ip.family != 4 && !translated)) {
        return false;
    }
    /* a translator passes on "host unreachable" as "no route" (RFC 7915) */
    return outcome_is(end->tcp, FAILURE_HOST_UNREACHABLE) ||
           (translated && outcome_is(end->tcp, FAILURE_NETWORK_UNREACHABLE));
}

bool attempts_local(const struct vendpoint *end)
{
    double took = end->t - end->t0;
    return end->unsent ||
           (attempts_refused(end->tcp) && took > 0 && took < BESIDE_S);
}

struct sums attempts_tcp(const struct judging *j, const struct attempts *g)
{
    struct sums s = {0};
    for (size_t i = 0; i < g->n; i++) {
        const struct vendpoint *end = g->ends[i];
        s.n++;
        if (outcome_ok(end->tcp)) {
            s.ok++;
            continue;
        }
        s.no_route += families_no_route(end);
        s.rejected += attempts_rejected(j->o, end);
        s.local += attempts_local(end);
        s.refused += attempts_refused(end->tcp);
        s.cut += outcome_is_cut(end->tcp);
        s.ctl_ok += outcome_ok(end->ctl_tcp);
        s.ctl_bad += outcome_bad(end->ctl_tcp);
        ids_add(&s.ids, end->id);
    }
    return s;
}

struct sums attempts_tls(const struct attempts *g)
{
    struct sums s = {0};
    for (size_t i = 0; i < g->n; i++) {
        const struct vendpoint *end = g->ends[i];
        if (!end->tls.known) {
            continue;
        }
        s.n++;
        if (outcome_ok(end->tls)) {
            s.ok++;
            continue;
        }
        s.cut += outcome_is_cut(end->tls);
        s.local += end->unsaid;
        s.alerted += end->alerted;
        s.cert += outcome_is_cert(end->tls) && !end->alerted;
        s.ctl_ok += outcome_ok(end->ctl_tls);
        s.ctl_bad += outcome_bad(end->ctl_tls);
        s.ctl_cert += outcome_is_cert(end->ctl_tls);
        ids_add(&s.ids, end->id);
        if (!s.first.known) {
            s.first = end->tls;
        }
    }
    return s;
}
