// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_family.h"
#include "verdict/attempts.h"
#include "verdict/families.h"
#include "verdict/judge_known.h"
#include "verdict/judge_notice.h"
#include "verdict/judge_redirect.h"
#include "verdict/rules.h"
#include "verdict/tally.h"
#include <string.h>

/* It stands for an IPv4 address of the same answer (DNS64). */
static bool is_translation(const struct judging *j, const struct vquery *q,
                           const struct ip *ip)
{
    for (size_t i = 0; i < q->n_addrs; i++) {
        if (ip_embeds(ip, &j->o->addrs[q->addrs[i]].ip)) {
            return true;
        }
    }
    return false;
}

/* The answer's addresses of one family, without translations. False if it has
 * none, or nothing else. */
static bool take_family(struct judging *j, const struct vquery *q, int family,
                        struct vquery *part)
{
    uint32_t *own = region_calloc(j->r, q->n_addrs, sizeof(*own));
    if (!own) {
        j->nomem = true;
        return false;
    }
    *part = *q;
    part->addrs = own;
    part->n_addrs = 0;
    for (size_t i = 0; i < q->n_addrs; i++) {
        const struct ip *ip = &j->o->addrs[q->addrs[i]].ip;
        if (ip->family == family && !is_translation(j, q, ip)) {
            own[part->n_addrs++] = q->addrs[i];
        }
    }
    return part->n_addrs > 0 && part->n_addrs < q->n_addrs;
}

/* What filters at home and names of the house's own lead to: nothing, this
 * device, the house, or whatever answers there. Of IPv6, all but the range that
 * only forgers use. */
static bool is_homely(const struct judging *j, uint32_t addr)
{
    static const uint8_t forgers[4] = {0x20, 0x01};
    const struct ip *ip = &j->o->addrs[addr].ip;
    for (size_t i = 0; i < j->o->n_ends; i++) {
        if (j->o->ends[i].addr == addr && outcome_ok(j->o->ends[i].tcp)) {
            return true;
        }
    }
    return ip->family == 6 ? memcmp(ip->b, forgers, sizeof(forgers)) != 0
                           : ip->b[0] == 0 || judge_redirect_near(ip);
}

static bool any_homely(const struct judging *j, const struct vquery *q)
{
    for (size_t i = 0; i < q->n_addrs; i++) {
        if (is_homely(j, q->addrs[i])) {
            return true;
        }
    }
    return false;
}

/* All addresses of one family are false, and those of the other are not. */
static void judge_half_forged(struct judging *j, const struct vquery *part,
                              const struct name_evidence *ev)
{
    struct known_answer known = judge_known_answer(j, part);
    if (known.worth == FP_WORTH_PROOF && known.fp && !known.alias) {
        name_evidence_accuse_known(j, ev, NOTE_KNOWN_ADDRESS, known.fp, 0.97);
    } else if (known.worth != FP_WORTH_ELSEWHERE && tally_all_bogons(j, part) &&
               !any_homely(j, part)) {
        name_evidence_accuse_by(j, ev, NOTE_BOGON, 0.9);
    } else {
        j->half_ids = ev->ids; /* nobody can tell who wants it so */
    }
}

/* Somebody answered there, or nobody did on a line that leads out by IPv4. By
 * IPv6 silence is everyday. */
static bool is_tried(const struct judging *j, const struct vquery *part)
{
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        bool six = j->o->addrs[end->addr].ip.family == 6;
        bool answered = outcome_ok(end->tcp) || attempts_refused(end->tcp);
        bool silent = !families_no_route(end) && families_ipv4_shown(j->o);
        for (size_t k = 0; k < part->n_addrs; k++) {
            if (part->addrs[k] == end->addr && (answered || (silent && !six))) {
                return true;
            }
        }
    }
    return false;
}

/* Lists of names are often of IPv4 only, and answers for the other family are
 * then left as they are. A browser here may get the page all the same. */
static void judge_half(struct judging *j, const struct vquery *q,
                       const struct name_evidence *ev, int family)
{
    struct vquery part;
    if (j->decided || !take_family(j, q, family, &part) ||
        name_evidence_for_all(j, &part)) {
        return;
    }
    struct tally t = tally_of(j, &part, !ev->two_answers);
    if (t.usable + t.same > 0 || tally_any_of_control(j, &part)) {
        return;
    }
    if (t.forged == part.n_addrs) {
        judge_half_forged(j, &part, ev);
    } else if (t.strange + t.bad_cert + t.dead + t.unlike == part.n_addrs &&
               is_tried(j, &part)) {
        judge_notice(j, &part, ev->verified, false, family);
        judge_notice_decide(j, &ev->ids);
    }
    if (j->decided) {
        judging_reason(j, family == 4 ? NOTE_ONLY_IPV4 : NOTE_ONLY_IPV6,
                       &ev->ids);
    }
}

void judge_family(struct judging *j, const struct vquery *q,
                  const struct name_evidence *ev)
{
    bool known = ev->control || ev->verified;
    if (known && !q->own && !name_evidence_control_bogon(j)) {
        judge_half(j, q, ev, 4);
        judge_half(j, q, ev, 6);
    }
}

void judge_family_finish(struct judging *j)
{
    if (j->half_ids.n > 0 && j->v->state == X_OK) {
        j->n_reasons = j->n_alternatives = 0;
        j->v->want_compare = NULL;
        judging_conclude(j, X_INCONCLUSIVE, NOTE_USER_FILTER, &j->half_ids);
    }
}
