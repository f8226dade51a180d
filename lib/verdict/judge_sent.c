// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_sent.h"
#include "verdict/foreign.h"
#include "verdict/judge_known.h"
#include "verdict/judge_notice.h"
#include "verdict/judge_redirect.h"
#include "verdict/rules.h"

/* The system's resolver gives addresses of the volunteer's network for what was
 * led to, and of none that the site is in. */
static bool is_near(const struct judging *j, int depth)
{
    const struct observations *o = j->o;
    size_t n = 0;
    for (size_t i = 0; i < o->n_queries; i++) {
        const struct vquery *q = &o->queries[i];
        if (q->depth != depth || !q->classic) {
            continue;
        }
        for (size_t k = 0; k < q->n_addrs; k++) {
            const struct vaddr *a = &o->addrs[q->addrs[k]];
            if (o->asn == 0 || a->asn != o->asn || a->control ||
                a->control_network) {
                return false;
            }
            n++;
        }
    }
    return n > 0;
}

/* What is there. */
enum target {
    TARGET_UNKNOWN, /* something of somebody's, or what was not seen */
    TARGET_DEAD,    /* no connection */
    TARGET_FOREIGN  /* a page in cleartext that has nothing of the site */
};

static enum target look(const struct judging *j, int depth)
{
    const struct observations *o = j->o;
    const struct vendpoint *page = j->page;
    size_t n = 0, connected = 0;
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (end->depth == depth) {
            if (outcome_ok(end->tls) && !end->no_verify) {
                return TARGET_UNKNOWN; /* a site of its own */
            }
            n++;
            connected += outcome_ok(end->tcp);
        }
    }
    if (n > 0 && connected == 0) {
        return TARGET_DEAD;
    }
    return page && page->depth == depth && judge_notice_foreign(j, page, true)
               ? TARGET_FOREIGN
               : TARGET_UNKNOWN;
}

static void judge_hop(struct judging *j, const struct vendpoint *end)
{
    struct ids ids = ids_one(end->id);
    enum target found = look(j, end->depth + 1);
    if (found == TARGET_UNKNOWN ||
        (found == TARGET_FOREIGN && judge_known(j, j->page))) {
        return;
    }
    if (judge_redirect_address_verified(j, end)) {
        judging_alternative(j, NOTE_NETWORK_NOTICE, &ids);
        judging_alternative(j, NOTE_DEAD_SERVER, &ids);
        judging_conclude_by(j, X_BLOCKED, NOTE_SENT_NEAR, &ids, 0.75);
    } else if (found == TARGET_DEAD) {
        /* nothing shows that it was not the site that answered */
        judging_alternative(j, NOTE_NETWORK_NOTICE, &ids);
        judging_conclude(j, X_INCONCLUSIVE, NOTE_LED_ELSEWHERE, &ids);
    }
}

void judge_sent(struct judging *j, int depth)
{
    const struct vcontrol *c = &j->o->control;
    for (size_t i = 0; i < j->o->n_ends && !j->decided && !j->page_certain;
         i++) {
        const struct vendpoint *end = &j->o->ends[i];
        if (end->depth == depth && end->resp.got_headers && !end->tls.known &&
            end->resp.status / 100 == 3 && judging_control_page(j) &&
            c->status / 100 == 2 && is_near(j, depth + 1) &&
            foreign_redirect(j, end, c->host)) {
            judge_hop(j, end);
        }
    }
}
