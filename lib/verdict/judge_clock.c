// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_clock.h"
#include "verdict/rules.h"

bool judge_clock_dates(const struct judging *j, const struct vendpoint *end)
{
    return j->o->clock_doubtful && outcome_is(end->tls, FAILURE_BAD_CERT);
}

static bool cites(const struct reason *why, int64_t id)
{
    for (size_t i = 0; i < why->n_ids; i++) {
        if (why->ids[i] == id) {
            return true;
        }
    }
    return false;
}

static bool rests_on(const struct judging *j, const struct ids *ids)
{
    for (size_t i = 0; i < j->n_reasons; i++) {
        for (size_t k = 0; k < ids->n; k++) {
            if (cites(&j->reasons[i], ids->id[k])) {
                return true;
            }
        }
    }
    return false;
}

void judge_clock(struct judging *j)
{
    struct ids ids = {.n = 0};
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        if (end->fetch_body != 0 && judge_clock_dates(j, end)) {
            ids_add(&ids, end->id);
        }
    }
    if (ids.n == 0 || j->v->state == X_OK ||
        !(j->v->state == X_DOWN || !j->decided || rests_on(j, &ids))) {
        return;
    }
    j->n_reasons = j->n_alternatives = 0;
    j->v->want_compare = j->v->want_page = NULL;
    judging_conclude(j, X_INCONCLUSIVE, NOTE_CERT_CLOCK, &ids);
}
