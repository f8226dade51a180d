// SPDX-License-Identifier: Apache-2.0
#include "verdict/tally.h"
#include "verdict/judge_page.h"
#include "verdict/likeness.h"
#include "verdict/standing.h"
#include "wire/host.h"
#include <stdio.h>

/* ---- what came from an address ------------------------------------------- */

/* Pages served by addresses that nobody else knows. */
static bool strange_page_at(const struct judging *j, uint32_t addr)
{
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        if (end->addr != addr || end->tls.known || !outcome_ok(end->http)) {
            continue;
        }
        if (end->resp.final ? judge_page_is_strange(j, end)
                            : standing_elsewhere(j, addr) == ELSE_OTHER) {
            return true;
        }
    }
    return false;
}

/* The site's page. A redirect may be its own, too: its target is judged by
 * itself, unless the address is known not to be the site's. */
static bool same_page_at(const struct judging *j, uint32_t addr, bool redirects)
{
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        struct likeness like;
        if (end->addr != addr || !outcome_ok(end->http)) {
            continue;
        }
        if (!end->resp.final) {
            if (redirects) {
                return !standing_rejected(j, addr);
            }
            continue;
        }
        likeness_compute(j->o, end, &like);
        if (like.same) {
            return true;
        }
    }
    return false;
}

/* Two names of one owner, as far as names tell. */
static bool is_related(struct str a, struct str b)
{
    char x[HOST_MAX + 1], y[HOST_MAX + 1];
    if (a.len > HOST_MAX || b.len > HOST_MAX) {
        return false;
    }
    snprintf(x, sizeof(x), STR_FMT, STR_ARG(a));
    snprintf(y, sizeof(y), STR_FMT, STR_ARG(b));
    return str_ieq(str_c(host_registrable(x)), str_c(host_registrable(y)));
}

/* It has nothing of the control's page. */
static bool is_unlike(const struct judging *j, const struct vendpoint *end)
{
    struct likeness like;
    likeness_compute(j->o, end, &like);
    return !like.same && like.title != LIKE_SAME && like.telling == 0;
}

/* It leads to another site, which does not show the control's page. */
static bool leads_away(const struct judging *j, const struct vendpoint *hop)
{
    struct str next = judging_host(j, hop->depth + 1);
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        if (end->resp.final && outcome_ok(end->http) && !is_unlike(j, end)) {
            return false;
        }
    }
    return hop->resp.status / 100 == 3 && next.len > 0 &&
           !is_related(next, judging_host(j, hop->depth));
}

/* In the clear, another page than the control's. Alone that says little. */
static bool unlike_page_at(const struct judging *j, uint32_t addr)
{
    for (size_t i = 0; i < j->o->n_ends && judging_control_page(j); i++) {
        const struct vendpoint *end = &j->o->ends[i];
        if (end->addr == addr && !end->tls.known && outcome_ok(end->http) &&
            (end->resp.final ? is_unlike(j, end) : leads_away(j, end))) {
            return true;
        }
    }
    return false;
}

/* ---- the addresses of an answer ------------------------------------------ */

struct tally tally_of(const struct judging *j, const struct vquery *q,
                      bool redirects)
{
    struct tally t = {0};
    for (size_t i = 0; i < q->n_addrs; i++) {
        enum standing s = standing_of(j, q->addrs[i], q->host);
        enum elsewhere e = standing_elsewhere(j, q->addrs[i]);
        t.closed += e == ELSE_CLOSED;
        t.rejected += e == ELSE_CLOSED || e == ELSE_OTHER;
        t.untested += e == ELSE_UNTESTED;
        t.kin += standing_is_kin(j, q->addrs[i], q->host);
        if (standing_is_usable(j, q->addrs[i], q->host)) {
            t.usable++;
        } else if (same_page_at(j, q->addrs[i],
                                redirects && s != STAND_FORGED)) {
            t.same++;
        } else if (s == STAND_FORGED) {
            t.forged++;
        } else if (strange_page_at(j, q->addrs[i])) {
            t.strange++;
        } else if (s == STAND_BAD_CERT) {
            t.bad_cert++;
        } else if (s == STAND_DEAD) {
            t.dead++;
        } else if (unlike_page_at(j, q->addrs[i])) {
            t.unlike++;
        } else {
            t.other++;
        }
    }
    return t;
}

bool tally_all_bogons(const struct judging *j, const struct vquery *q)
{
    for (size_t i = 0; i < q->n_addrs; i++) {
        if (!standing_is_bogon(j->o, &j->o->addrs[q->addrs[i]])) {
            return false;
        }
    }
    return q->n_addrs > 0;
}

bool tally_any_of_control(const struct judging *j, const struct vquery *q)
{
    for (size_t i = 0; i < q->n_addrs; i++) {
        if (j->o->addrs[q->addrs[i]].control) {
            return true;
        }
    }
    return false;
}
