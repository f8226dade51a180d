// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_first.h"
#include "verdict/rules.h"

/* Ours was cut off there, and so was an attempt of the control's. Who resets at
 * once may do so while the connection is being made. */
static bool cut_for_both(const struct vendpoint *end)
{
    return outcome_is_cut(end->ctl_first) &&
           (outcome_is(end->tcp, FAILURE_RESET) || outcome_is_cut(end->tls) ||
            outcome_is_cut(end->http) || outcome_is_cut(end->retried));
}

static void look_at_ok(struct judging *j)
{
    struct ids cut = {.n = 0};
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        if (cut_for_both(end)) {
            return; /* this server does that to everybody */
        }
        if (outcome_is_cut(end->retried)) {
            ids_add(&cut, end->id);
        }
    }
    if (cut.n == 0) {
        return;
    }
    j->n_reasons = 0;
    judging_conclude(j, X_INCONCLUSIVE, NOTE_CUT_AT_FIRST, &cut);
}

void judge_first(struct judging *j)
{
    if (j->v->state == X_OK) {
        look_at_ok(j);
    }
    if (j->v->state != X_BLOCKED ||
        (j->v->method != METHOD_TLS && j->v->method != METHOD_HTTP &&
         j->v->method != METHOD_IP)) {
        return;
    }
    for (size_t i = 0; i < j->o->n_ends; i++) {
        j->v->first_cut = j->v->first_cut || cut_for_both(&j->o->ends[i]);
    }
}
