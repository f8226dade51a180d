// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge.h"
#include "verdict/contradictions.h"
#include "verdict/judge_clock.h"
#include "verdict/judge_connect.h"
#include "verdict/judge_down.h"
#include "verdict/judge_failure.h"
#include "verdict/judge_family.h"
#include "verdict/judge_first.h"
#include "verdict/judge_given.h"
#include "verdict/judge_known.h"
#include "verdict/judge_name.h"
#include "verdict/judge_notice.h"
#include "verdict/judge_page.h"
#include "verdict/judge_redirect.h"
#include "verdict/judge_sent.h"
#include "verdict/judge_visits.h"
#include "verdict/judging.h"
#include "verdict/likeness.h"
#include "verdict/otherwise.h"
#include "verdict/rules.h"
#include <string.h>

static const struct vendpoint *final_page(const struct observations *o)
{
    const struct vendpoint *best = NULL;
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (end->resp.final &&
            (!best || end->depth > best->depth ||
             (end->depth == best->depth && o->addrs[end->addr].classic &&
              !o->addrs[best->addr].classic))) {
            best = end;
        }
    }
    return best;
}

static bool is_certain(const struct judging *j)
{
    struct likeness like = {.certain = false};
    if (j->page) {
        likeness_compute(j->o, j->page, &like);
    }
    return like.certain;
}

static int deepest(const struct observations *o)
{
    int depth = 0;
    for (size_t i = 0; i < o->n_queries; i++) {
        depth = o->queries[i].depth > depth ? o->queries[i].depth : depth;
    }
    for (size_t i = 0; i < o->n_ends; i++) {
        depth = o->ends[i].depth > depth ? o->ends[i].depth : depth;
    }
    return depth;
}

/* Something other than what the hosts file led to is accused. */
static bool accuses_others(const struct judging *j)
{
    for (size_t i = 0; i < j->n_reasons; i++) {
        for (size_t k = 0; k < j->reasons[i].n_ids; k++) {
            const struct vendpoint *end =
                observations_endpoint(j->o, j->reasons[i].ids[k]);
            if (end && !j->o->addrs[end->addr].own) {
                return true;
            }
        }
    }
    return false;
}

/* The hosts file of this machine hides what the network says of the name. What
 * it does to connections to the site's addresses was still seen. */
static void judge_own(struct judging *j)
{
    if (j->own_ids.n == 0 || j->v->state == X_DOWN ||
        (j->v->state == X_BLOCKED && accuses_others(j))) {
        return;
    }
    j->n_reasons = j->n_alternatives = 0;
    judging_conclude(j, X_INCONCLUSIVE, NOTE_HOSTS_FILE, &j->own_ids);
}

/* The resolver gave no answer, and what others led to shows no censor. What is
 * wrong there besides is told after it. */
static void judge_unanswered(struct judging *j)
{
    bool silent = j->unanswered_by == NOTE_RESOLVER_SILENT;
    bool works = j->v->state == X_OK || !j->decided;
    if (!j->unanswered || j->v->state == X_BLOCKED ||
        (silent && j->v->state == X_DOWN)) {
        return;
    }
    struct reason found[JUDGING_MAX_REASONS];
    size_t n = works ? 0 : j->n_reasons;
    memcpy(found, j->reasons, sizeof(found));
    j->n_reasons = 0;
    j->n_alternatives = works ? 0 : j->n_alternatives;
    judging_conclude(j, X_INCONCLUSIVE,
                     silent && works ? NOTE_RESOLVER_SILENT_ONLY
                                     : j->unanswered_by,
                     &j->unanswered_ids);
    for (size_t i = 0; i < n && j->n_reasons < JUDGING_MAX_REASONS; i++) {
        if (rules_of(found[i].note) != rules_of(j->unanswered_by)) {
            j->reasons[j->n_reasons++] = found[i];
        }
    }
    if (j->unanswered_by == NOTE_SERVFAIL) {
        judging_alternative(j, NOTE_ZONE_REGION, &j->unanswered_ids);
    }
}

static void judge(struct judging *j)
{
    struct ids ids = {.n = 0};
    const struct observations *o = j->o;
    if (o->internal) {
        judging_conclude(j, X_INTERNAL, NOTE_PROBE_FAILED, NULL);
        return;
    }
    if (o->legacy) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_STEPS_UNTIED, NULL);
        return;
    }
    if (o->n_queries == 0 && o->n_ends == 0) {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_NOT_MEASURED, NULL, 0.9);
        return;
    }
    if (contradictions_found(o, &ids)) {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_CONTRADICTION, &ids, 0.9);
        return;
    }
    j->depth = deepest(o);
    const struct vendpoint *page = final_page(o);
    j->page = page && page->depth == j->depth ? page : NULL;
    j->page_certain = is_certain(j);
    for (int depth = 0; depth <= j->depth && !j->decided; depth++) {
        j->at = depth;
        judge_name(j, depth);
        if (!j->decided) {
            judge_redirect_hops(j, depth);
        }
        if (!j->decided) {
            judge_sent(j, depth);
        }
    }
    if (!j->decided && j->page) {
        judge_page(j, j->page);
        judge_connect_ipv4(j);
        judge_given(j);
    }
    if (!j->decided && o->not_followed) {
        judge_page_not_followed(j);
    }
    if (!j->decided) {
        judge_failure(j);
    }
    judge_page_for_all(j);
    judge_notice_led(j);
    judge_given_beside(j);
    judge_visits(j);
    judge_family_finish(j);
    judge_known_finish(j);
    judge_notice_method(j);
    judge_clock(j);
    judge_own(j);
    judge_unanswered(j);
}

enum err judge_verdict(const struct observations *o,
                       const struct fingerprints *fps, struct verdict *v)
{
    struct judging *j = region_alloc(o->r, sizeof(*j));
    if (!j) {
        return ERR_NOMEM;
    }
    *j = (struct judging){.o = o, .fps = fps, .r = o->r, .v = v};
    j->lacks_memory = &j->nomem;
    judge(j);
    if (!j->decided) {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_NO_RULE, NULL, 0.5);
    }
    judge_down(j);
    judge_first(j);
    if (v->state == X_BLOCKED && j->at > 0) {
        v->stay_away = judging_stays_away(j, j->at);
        v->want_url = v->stay_away ? NULL : judging_url(j, j->at);
    }
    v->reasons = j->reasons;
    v->n_reasons = j->n_reasons;
    v->alternatives = j->alternatives;
    v->n_alternatives = j->n_alternatives;
    return j->nomem ? ERR_NOMEM : otherwise_add(o->r, v);
}
