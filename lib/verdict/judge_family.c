// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_family.h"
#include "verdict/family_part.h"
#include "verdict/judge_known.h"
#include "verdict/judge_notice.h"
#include "verdict/rules.h"
#include "verdict/tally.h"

/* All addresses of one family are false, and those of the other are not. */
static void judge_half_forged(struct judging *j, const struct vquery *part,
                              const struct name_evidence *ev)
{
    struct known_answer known = judge_known_answer(j, part);
    if (known.worth == FP_WORTH_PROOF && known.fp && !known.alias) {
        name_evidence_accuse_known(j, ev, NOTE_KNOWN_ADDRESS, known.fp, 0.97);
    } else if (known.worth != FP_WORTH_ELSEWHERE && tally_all_bogons(j, part) &&
               !family_part_homely(j, part)) {
        name_evidence_accuse_by(j, ev, NOTE_BOGON, 0.9);
    } else {
        j->half_ids = ev->ids; /* nobody can tell who wants it so */
    }
}

/* Lists of names are often of IPv4 only, and answers for the other family are
 * then left as they are. A browser here may get the page all the same. */
static void judge_half(struct judging *j, const struct vquery *q,
                       const struct name_evidence *ev, int family)
{
    struct vquery part;
    if (j->decided || !family_part_take(j, q, family, &part) ||
        name_evidence_for_all(j, &part)) {
        return;
    }
    bool two = family == 4 ? ev->two_answers_4 : ev->two_answers_6;
    struct tally t = tally_of(j, &part, !two);
    if (t.usable + t.same > 0 || tally_any_of_control(j, &part)) {
        return;
    }
    if (t.forged == part.n_addrs) {
        judge_half_forged(j, &part, ev);
    } else if (two && t.strange + t.bad_cert + t.dead == part.n_addrs &&
               family_part_tried(j, &part)) {
        judging_conclude(j, X_BLOCKED, NOTE_TWO_ANSWERS, &ev->forged);
    } else if (t.strange + t.bad_cert + t.dead + t.unlike == part.n_addrs &&
               family_part_tried(j, &part)) {
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
