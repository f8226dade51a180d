// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_connect.h"
#include "verdict/families.h"
#include "verdict/rules.h"

void judge_connect(struct judging *j, const struct sums *s, int depth)
{
    bool answered = s->refused > 0 && s->refused >= s->cut;
    if (s->local == s->n) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_LOCAL, &s->ids);
    } else if (s->rejected == s->n && s->ctl_ok == s->n &&
               judging_control_page(j)) {
        judging_alternative(j, NOTE_ROUTE_LOST, &s->ids);
        judging_conclude(j, X_BLOCKED, NOTE_REJECTED, &s->ids);
    } else if (s->no_route == s->n) {
        judging_alternative(j, NOTE_LOCAL_MAYBE, &s->ids);
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_NO_ROUTE, &s->ids, 0.7);
    } else if (s->ctl_ok > 0 && judging_site_is_ill(j)) {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_SITE_ILL, &s->ids, 0.6);
    } else if (s->ctl_ok > 0) {
        judging_alternative(j, NOTE_SERVER_SHUTS_OUT, &s->ids);
        if (judging_site_errs(j)) {
            judging_alternative(j, NOTE_SITE_ERRS, &s->ids);
        }
        judging_conclude_by(
            j, X_BLOCKED, answered ? NOTE_REFUSED : NOTE_NO_CONNECTION, &s->ids,
            judging_control_page(j) && !judging_site_errs(j) ? 0.91 : 0.75);
    } else if (s->ctl_bad > 0) {
        judging_conclude(j, judging_control_page(j) ? X_INCONCLUSIVE : X_DOWN,
                         NOTE_CONNECT_NOWHERE, &s->ids);
    } else if (depth > 0 && judging_control_page(j)) {
        judging_alternative(j, NOTE_DEAD_SERVER, &s->ids);
        judging_conclude(j, X_BLOCKED, NOTE_REDIRECT_UNREACHED, &s->ids);
    } else {
        judging_down_or_unknown(j, &s->ids, NOTE_UNREACHED_NO_PAGE);
    }
}

/* ---- one family alone ---------------------------------------------------- */

/* What came of IPv4 at one port. */
struct ipv4 {
    size_t n, failed; /* failed here, as a censor makes it, and not elsewhere */
    bool rejected;    /* by a router, one of them at least */
    struct ids ids;
};

static bool cut_here_only(const struct observations *o,
                          const struct vendpoint *end)
{
    return (outcome_is_cut(end->tcp) || attempts_refused(end->tcp) ||
            attempts_rejected(o, end)) &&
           outcome_ok(end->ctl_tcp) && !attempts_local(end);
}

static struct ipv4 ipv4_at(const struct observations *o, uint16_t port)
{
    struct ipv4 v = {0};
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (end->depth == 0 && end->port == port &&
            o->addrs[end->addr].ip.family == 4) {
            bool failed = cut_here_only(o, end);
            v.n++;
            v.failed += failed;
            v.rejected = v.rejected || (failed && attempts_rejected(o, end));
            if (failed) {
                ids_add(&v.ids, end->id);
            }
        }
    }
    return v;
}

/* The control has looked at the first step alone. */
void judge_connect_ipv4(struct judging *j)
{
    static const uint16_t ports[] = {443, 80};
    const struct observations *o = j->o;
    if (j->v->state != X_OK || !judging_control_page(j) ||
        !families_ipv4_shown(o)) {
        return;
    }
    for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++) {
        struct ipv4 v = ipv4_at(o, ports[i]);
        if (v.n > 0 && v.failed == v.n && families_works(o, 0, 6, ports[i])) {
            j->n_reasons = j->n_alternatives = 0;
            j->v->want_compare = NULL;
            j->at = 0;
            judging_alternative(
                j, v.rejected ? NOTE_ROUTE_LOST : NOTE_SERVER_SHUTS_OUT,
                &v.ids);
            judging_conclude(j, X_BLOCKED, NOTE_IPV4_CUT, &v.ids);
            return;
        }
    }
}
