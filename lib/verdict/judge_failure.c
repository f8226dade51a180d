// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_failure.h"
#include "verdict/judge_connect.h"
#include "verdict/judge_fetch.h"
#include "verdict/judge_handshake.h"
#include "verdict/rules.h"

static const struct vendpoint *failed_fetch(const struct attempts *g)
{
    for (size_t i = 0; i < g->n; i++) {
        if (outcome_bad(g->ends[i]->http)) {
            return g->ends[i];
        }
    }
    return NULL;
}

void judge_failure(struct judging *j)
{
    struct attempts *g = attempts_of(j, j->depth, 1);
    if (!g) {
        return;
    }
    struct sums tcp = attempts_tcp(j, g), tls = attempts_tls(g);
    const struct vendpoint *fetch = failed_fetch(g);
    if (fetch) {
        judge_fetch(j, fetch);
    } else if (tls.n > 0 && tls.ok == 0) {
        judge_handshake(j, g, &tls, j->depth);
    } else if (tcp.n > 0 && tcp.ok == 0) {
        judge_connect(j, &tcp, j->depth);
    } else {
        judging_conclude_by(
            j, X_INCONCLUSIVE,
            g->left_out ? NOTE_NO_ROUTE_TO_PAGE : NOTE_ENDED_EARLY, NULL, 0.6);
    }
}

/* ---- the https side of a site measured over http ------------------------- */

void judge_failure_https_side(struct judging *j)
{
    struct attempts *g = attempts_of(j, 0, 0);
    if (!g) {
        return;
    }
    struct sums tcp = attempts_tcp(j, g), tls = attempts_tls(g);
    if (g->n == 0 || j->depth > 0) {
        return;
    }
    if (tls.n > 0 && tls.ok == 0 && tls.cut == tls.n && tls.ctl_ok == tls.n &&
        tls.local == 0) {
        judging_alternative(j, NOTE_HTTP_COMES, &tls.ids);
        judging_conclude_by(j, X_BLOCKED, judge_handshake_note(tls.first),
                            &tls.ids, 0.7);
    } else if (tcp.ok == 0 && tcp.ctl_ok == tcp.n && tcp.local == 0 &&
               tcp.refused + tcp.cut == tcp.n) {
        judging_alternative(j, NOTE_HTTP_COMES, &tcp.ids);
        judging_conclude(j, X_BLOCKED, NOTE_HTTPS_PORT, &tcp.ids);
    }
}
