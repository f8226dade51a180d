// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_name.h"
#include "verdict/family_part.h"
#include "verdict/judge_denied.h"
#include "verdict/judge_family.h"
#include "verdict/judge_known.h"
#include "verdict/judge_notice.h"
#include "verdict/judge_redirect.h"
#include "verdict/name_evidence.h"
#include "verdict/rules.h"
#include "verdict/standing.h"
#include "verdict/tally.h"

/* Proxies and VPNs on the device or the router at home make up addresses of the
 * range for benchmarks (RFC 2544), unique local ones (RFC 4193) beside them for
 * IPv6, and stand behind them themselves. */
static bool all_made_up(const struct judging *j, const struct vquery *q)
{
    size_t n = 0;
    for (size_t i = 0; i < q->n_addrs; i++) {
        const struct ip *ip = &j->o->addrs[q->addrs[i]].ip;
        bool benchmark =
            ip->family == 4 && ip->b[0] == 198 && (ip->b[1] & 0xfe) == 18;
        bool local = ip->family == 6 &&
                     ((ip->b[0] & 0xfe) == 0xfc ||
                      standing_is_bogon(j->o, &j->o->addrs[q->addrs[i]]));
        n += benchmark;
        if (!benchmark && !local) {
            return false;
        }
    }
    return n > 0;
}

/* `fp` is of one of the addresses; NULL: they are bogons. */
static void judge_forged(struct judging *j, const struct vquery *q,
                         const struct name_evidence *ev,
                         const struct fingerprint *fp)
{
    bool bogon = tally_all_bogons(j, q);
    bool control_bogon = judging_is_control_host(j, ev->host) &&
                         j->o->control.n_addrs > 0 &&
                         !name_evidence_control_public(j);
    if (!bogon && ev->control_none && !ev->verified) {
        /* some make addresses up for whatever does not exist */
        judging_conclude(j, X_INCONCLUSIVE, NOTE_ONLY_HERE, &ev->ids);
    } else if (!bogon && fp) {
        name_evidence_accuse_known(j, ev, NOTE_KNOWN_ADDRESS, fp, 0.97);
    } else if (control_bogon && !ev->verified) {
        judging_conclude(j, X_DOWN, NOTE_ADDRESS_BOGON_TOO, &ev->ids);
    } else if (judging_is_control_host(j, ev->host) &&
               tally_any_of_control(j, q)) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_SITE_BOGON, &ev->ids);
    } else if (all_made_up(j, q) && !ev->two_answers) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_PROXY_ADDRESS, &ev->ids);
    } else if (ev->verified || ev->control) {
        name_evidence_accuse_by(j, ev, NOTE_BOGON, ev->verified ? 0.95 : 0.9);
    } else if (name_evidence_stands_alone(j, ev)) {
        judging_alternative(j, NOTE_BOGON_UNCOMPARED, &ev->ids);
        name_evidence_accuse_by(j, ev, NOTE_BOGON, 0.75);
    } else {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_BOGON_UNCOMPARED, &ev->ids,
                            0.6);
    }
}

/* An authority vouches for another name there. */
static bool shows_other_name(const struct judging *j, uint32_t addr, int depth)
{
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        if (end->addr == addr && end->depth == depth &&
            outcome_is(end->tls, FAILURE_BAD_HOST) && !end->alerted) {
            return true;
        }
    }
    return false;
}

/* Each address was given for other names of the run, none of them hosted in
 * another network, and no notice was met there: a network for delivery has
 * copies of its customers' sites near, and one that is ill shows the
 * certificate of that network itself. */
static bool may_be_cache(const struct judging *j, const struct vquery *q)
{
    for (size_t i = 0; i < q->n_addrs; i++) {
        const struct vaddr *a = &j->o->addrs[q->addrs[i]];
        if (a->run_names == 0 || a->run_other_networks > 0 ||
            a->run_notices > 0 || !shows_other_name(j, q->addrs[i], q->depth)) {
            return false;
        }
    }
    return q->n_addrs > 0;
}

/* Nobody else knows these addresses. Are they somebody else's? */
static void judge_unknown(struct judging *j, const struct name_evidence *ev,
                          const struct tally *t, const struct vquery *q)
{
    size_t n = q->n_addrs;
    bool rejected = t->rejected == n;
    if (ev->control_none && !ev->verified) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_ONLY_HERE, &ev->ids);
    } else if (t->kin == n && !ev->two_answers &&
               t->strange + t->bad_cert + t->dead == n) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_STALE, &ev->ids);
    } else if (t->strange > 0 && !ev->verified && rejected && t->closed > 0) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_COPY_NEARBY, &ev->ids);
    } else if (t->strange > 0 &&
               (rejected || (ev->verified && t->untested == n))) {
        name_evidence_accuse_by(j, ev, NOTE_ADDRESS_PAGE,
                                ev->verified ? 0.9 : 0.75);
    } else if (t->bad_cert == n && !ev->two_answers && may_be_cache(j, q)) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_CACHE_ILL, &ev->ids);
    } else if (t->bad_cert == n &&
               (ev->verified || (rejected && standing_site_has_tls(j)))) {
        name_evidence_accuse_by(j, ev, NOTE_ADDRESS_CERT,
                                ev->verified ? 0.92 : 0.8);
    } else if (t->bad_cert + t->dead == n && rejected && ev->two_answers &&
               (ev->verified || judging_control_page(j))) {
        name_evidence_accuse_by(j, ev, NOTE_ADDRESS_DEAD, 0.85);
    } else if (t->dead + t->bad_cert == n && ev->early_twice && ev->verified &&
               (rejected || t->untested == n) && !ev->two_answers) {
        name_evidence_accuse_by(j, ev, NOTE_ADDRESS_DEAD_HERE, 0.6);
    } else if (t->dead + t->bad_cert == n && !ev->two_answers) {
        judging_alternative(j, NOTE_ADDRESS_DEAD, &ev->ids);
        judging_alternative(j, NOTE_OLD_ADDRESS, &ev->ids);
        judging_conclude(j, X_INCONCLUSIVE, NOTE_DIFFERS_AND_FAILS, &ev->ids);
    } else if (ev->two_answers && t->other > 0) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_TWO_UNPROVEN, &ev->ids);
    } else if (ev->two_answers) {
        judging_conclude(j, X_BLOCKED, NOTE_TWO_ANSWERS, &ev->forged);
    }
}

/* What is known of the answer, but proves nothing here, is told at the end. */
static void note_known(struct judging *j, const struct name_evidence *ev,
                       enum fp_worth worth)
{
    if (worth == FP_WORTH_UNPLACED) {
        j->unplaced_answer = ev->ids;
    } else if (worth == FP_WORTH_INSTITUTION) {
        j->institution_answer = ev->ids;
    }
}

/* The addresses are not known as the site's, and none is known as forged. */
static void judge_astray(struct judging *j, const struct vquery *q,
                         const struct name_evidence *ev, const struct tally *t)
{
    judge_notice(j, q, ev->verified, false, 0);
    if ((ev->verified || ev->control || ev->control_none) &&
        (ev->two_answers || !judge_redirect_to_sister(j, ev->depth))) {
        judge_unknown(j, ev, t, q);
    }
    judge_notice_decide(j, &ev->ids);
}

/* ---- one family alone ---------------------------------------------------- */

/* What is known of the addresses of one family, as if they were all. */
static void judge_part(struct judging *j, const struct vquery *part,
                       const struct name_evidence *ev, const struct tally *t)
{
    struct known_answer known = judge_known_answer(j, part);
    bool row = known.worth == FP_WORTH_PROOF && known.fp && !known.alias;
    if (t->forged == 0) {
        judge_unknown(j, ev, t, part);
    } else if (row ||
               (tally_all_bogons(j, part) && !family_part_homely(j, part))) {
        judge_forged(j, part, ev, row ? known.fp : NULL);
    }
}

/* Something speaks against these addresses, whatever the others are: they are
 * known as forged, a second answer contradicts them, or all others are forged.
 */
static bool is_for_itself(const struct judging *j, const struct vquery *q,
                          const struct vquery *part, const struct tally *whole,
                          const struct tally *t, bool contradicted)
{
    bool six = j->o->addrs[part->addrs[0]].ip.family == 6;
    if (t->usable + t->same > 0 || tally_any_of_control(j, part)) {
        return false;
    }
    if (t->forged > 0) {
        return t->forged == part->n_addrs;
    }
    if (!contradicted && (whole->forged + part->n_addrs < q->n_addrs ||
                          judge_redirect_to_sister(j, q->depth))) {
        return false;
    }
    return (!six && whole->same == 0) || family_part_tried(j, part);
}

/* Nothing is said of a part that is innocent: the whole may be explained. */
static void accuse_part(struct judging *j, const struct vquery *q,
                        const struct name_evidence *ev,
                        const struct tally *whole, int family)
{
    struct name_evidence own = *ev;
    struct judging before;
    struct verdict said;
    struct vquery part;
    own.two_answers = family == 4 ? ev->two_answers_4 : ev->two_answers_6;
    if (j->decided || !family_part_take(j, q, family, &part)) {
        return;
    }
    struct tally t = tally_of(j, &part, !own.two_answers);
    if (!is_for_itself(j, q, &part, whole, &t, own.two_answers)) {
        return;
    }
    before = *j;
    said = *j->v;
    judge_part(j, &part, t.forged > 0 ? ev : &own, &t);
    if (j->v->state != X_BLOCKED) {
        before.nomem = j->nomem;
        *j = before;
        *j->v = said;
    }
}

/* Forgers answer the questions for both families, each with something else:
 * what is certain of one is not taken away by what is not known of the other.
 */
static void judge_parts(struct judging *j, const struct vquery *q,
                        const struct name_evidence *ev,
                        const struct tally *whole)
{
    if ((ev->verified || ev->control) && !name_evidence_control_bogon(j) &&
        !name_evidence_for_all(j, q) && !q->own && !j->decided) {
        accuse_part(j, q, ev, whole, 6); /* its forged ones are a range */
        accuse_part(j, q, ev, whole, 4);
    }
}

/* ---- the answer ---------------------------------------------------------- */

static void judge_answered(struct judging *j, const struct vquery *q,
                           const struct name_evidence *ev)
{
    /* forgers point names at real sites, which redirect to themselves */
    struct tally t = tally_of(j, q, !ev->two_answers);
    if (t.same > 0 && t.usable == 0 && t.forged == 0 &&
        !name_evidence_for_all(j, q)) {
        judge_notice(j, q, ev->verified, true, 0);
        judge_notice_decide(j, &ev->ids);
    }
    if (t.usable > 0) {
        judge_family(j, q, ev);
    }
    if (t.usable == 0 && t.same > 0 &&
        judge_known_answer(j, q).worth != FP_WORTH_ELSEWHERE) {
        judge_parts(j, q, ev, &t);
    }
    if (t.usable > 0 || t.same > 0 || q->n_addrs == 0) {
        return;
    }
    if (q->own) {
        j->own_ids = ev->ids; /* what was tried elsewhere is still evidence */
        return;
    }
    struct known_answer known = judge_known_answer(j, q);
    note_known(j, ev, known.worth);
    if (name_evidence_for_all(j, q)) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_SAME_FOR_OTHERS, &ev->ids);
    } else if (known.worth == FP_WORTH_ELSEWHERE) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_KNOWN_ELSEWHERE, &ev->ids);
    } else if (known.worth == FP_WORTH_PROOF && known.alias &&
               (ev->verified || ev->control)) {
        name_evidence_accuse_known(j, ev, NOTE_KNOWN_ALIAS, known.fp, 0.97);
    } else if (t.forged > 0 && t.forged == q->n_addrs) {
        judge_forged(j, q, ev, known.fp);
    } else {
        judge_parts(j, q, ev, &t);
        if (!j->decided) {
            judge_astray(j, q, ev, &t);
        }
    }
}

/* Another answer to the same question contradicts it. */
static bool is_contradicted(const struct vquery *q,
                            const struct name_evidence *ev)
{
    for (size_t i = 0; i < ev->forged.n; i++) {
        if (ev->forged.id[i] == q->id) {
            return !outcome_is(q->result, FAILURE_TIMEOUT);
        }
    }
    return false;
}

/* An answer of a public resolver leads astray, and it was not that resolver
 * that gave it: another answer contradicts it, or no public site can have what
 * it says while the site proves itself on this line. */
static bool is_forged_on_the_way(const struct judging *j,
                                 const struct vquery *q,
                                 const struct name_evidence *ev,
                                 const struct tally *t)
{
    return t->usable == 0 && t->same == 0 && !tally_any_of_control(j, q) &&
           !all_made_up(j, q) &&
           (is_contradicted(q, ev) || (ev->verified && tally_all_bogons(j, q)));
}

/* A denial that another answer contradicts was put before it. */
static void judge_other_denial(struct judging *j, const struct vquery *q,
                               const struct name_evidence *ev)
{
    bool denies = outcome_is(q->result, FAILURE_NXDOMAIN) ||
                  outcome_is(q->result, FAILURE_NO_ANSWER);
    if (denies && is_contradicted(q, ev)) {
        name_evidence_accuse_by(j, ev, NOTE_NAME_DENIED, 0.85);
    }
}

static void judge_other_answer(struct judging *j, const struct vquery *q,
                               const struct name_evidence *ev)
{
    struct tally t = tally_of(j, q, false);
    struct known_answer known = judge_known_answer(j, q);
    if (!is_forged_on_the_way(j, q, ev, &t)) {
        return;
    }
    if (t.forged == q->n_addrs) {
        judge_forged(j, q, ev, known.fp);
    } else {
        judge_unknown(j, ev, &t, q);
    }
}

/* The system's resolver says nothing of the name. What is put before the
 * answers of others is still seen. */
static void judge_others(struct judging *j, const struct name_evidence *ev)
{
    bool known = ev->verified || ev->control;
    for (size_t i = 0; i < j->o->n_queries && !j->decided && known; i++) {
        const struct vquery *q = &j->o->queries[i];
        struct name_evidence other = *ev;
        other.ids = ids_one(q->id);
        other.early = other.early_twice = false;
        if (!name_evidence_is_of(ev, q) || q->classic || q->doh ||
            q->duplicate) {
            continue;
        }
        if (q->n_addrs > 0) {
            judge_other_answer(j, q, &other);
        } else {
            judge_other_denial(j, q, &other);
        }
    }
}

/* That there is no such name is an answer. */
static bool says_nothing(const struct vquery *system)
{
    return outcome_bad(system->result) &&
           !outcome_is(system->result, FAILURE_NXDOMAIN) &&
           !outcome_is(system->result, FAILURE_NO_ANSWER);
}

/* What the system's resolver said: an address, if it gave one to any question;
 * that there is none of the newer kind denies nothing. */
static const struct vquery *system_lookup(const struct judging *j, int depth)
{
    struct str host = judging_host(j, depth);
    const struct vquery *best = NULL;
    for (size_t i = 0; i < j->o->n_queries && host.len; i++) {
        const struct vquery *q = &j->o->queries[i];
        if (q->depth != depth || !q->classic || !str_ieq(q->host, host)) {
            continue;
        }
        if (q->n_addrs > 0 && outcome_ok(q->result)) {
            return q;
        }
        if (!best || (best->aaaa && !q->aaaa)) {
            best = q;
        }
    }
    return best;
}

void judge_name(struct judging *j, int depth)
{
    struct name_evidence ev;
    const struct vquery *system = system_lookup(j, depth);
    if (!system) {
        return;
    }
    name_evidence_gather(j, system, depth, &ev);
    if (says_nothing(system)) {
        judge_others(j, &ev);
    }
    if (j->decided) {
        return;
    }
    if (outcome_bad(system->result)) {
        judge_denied(j, system, &ev);
    } else {
        judge_answered(j, system, &ev);
    }
}
