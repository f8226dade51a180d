// SPDX-License-Identifier: Apache-2.0
#include "verdict/name_evidence.h"
#include "record/fp_worth.h"
#include "verdict/judge_timing.h"
#include "verdict/rules.h"
#include "verdict/standing.h"
#include <string.h>

bool name_evidence_is_of(const struct name_evidence *ev, const struct vquery *q)
{
    return q->depth == ev->depth && str_ieq(q->host, ev->host);
}

/* ---- two answers --------------------------------------------------------- */

/* Of `family`, or of any (0). */
static bool any_usable_of(const struct judging *j, const struct vquery *q,
                          int family)
{
    for (size_t i = 0; i < q->n_addrs; i++) {
        if ((family == 0 || j->o->addrs[q->addrs[i]].ip.family == family) &&
            standing_is_usable(j, q->addrs[i], q->host)) {
            return true;
        }
    }
    return false;
}

static bool any_usable(const struct judging *j, const struct vquery *q)
{
    return any_usable_of(j, q, 0);
}

/* What was asked for: addresses of which family; 0 unknown. */
static int family_asked(const struct vquery *q)
{
    return str_eq_c(q->type, "A") ? 4 : str_eq_c(q->type, "AAAA") ? 6 : 0;
}

static bool any_of(const struct judging *j, const struct vquery *q, int family)
{
    for (size_t i = 0; i < q->n_addrs; i++) {
        if (family == 0 || j->o->addrs[q->addrs[i]].ip.family == family) {
            return true;
        }
    }
    return false;
}

/* A question that ran out of time was not answered otherwise: what comes later
 * is its answer. Of a lookup for both families only addresses of each tell that
 * it was not this half that got none. */
static bool said_something(const struct judging *j, const struct vquery *q,
                           int family)
{
    return q->n_addrs > 0 ? any_of(j, q, family)
                          : !(outcome_is(q->result, FAILURE_TIMEOUT) ||
                              outcome_is(q->result, FAILURE_TIMED_OUT));
}

static bool is_same_question(const struct vquery *q, const struct vquery *late)
{
    return q->id == late->id &&
           (str_eq(q->type, late->type) || str_eq_c(q->type, "ANY"));
}

/* Did a lookup give addresses of the site? One bit each for any at all, for
 * IPv6 and for IPv4. */
static uint8_t good_of(const struct judging *j, const struct vquery *q)
{
    return (any_usable_of(j, q, 4) ? 4 : 0) | (any_usable_of(j, q, 6) ? 2 : 0) |
           (any_usable(j, q) ? 1 : 0);
}

static uint8_t mask_of(int family)
{
    return family == 4 ? 4 : family == 6 ? 2 : 1;
}

/* `late` gave an address of the site: what did the same question get before? */
static void contradict(struct judging *j, struct name_evidence *ev,
                       const struct vquery *late, const uint8_t *good)
{
    int family = family_asked(late);
    for (size_t k = 0; k < j->o->n_queries; k++) {
        const struct vquery *q = &j->o->queries[k];
        if (q->duplicate || (good[k] & mask_of(family)) ||
            !name_evidence_is_of(ev, q) || !is_same_question(q, late) ||
            !said_something(j, q, family)) {
            continue;
        }
        ev->two_answers = true;
        ids_add(&ev->forged, q->id);
        if (q->classic) {
            ev->two_answers_4 = ev->two_answers_4 || family != 6;
            ev->two_answers_6 = ev->two_answers_6 || family != 4;
        }
    }
}

/* Two answers to one query contradict when one of them is usable, the other
 * is not, and they have no address in common; of a lookup for both families
 * each is looked at alone. Each lookup is looked at once: a hostile record may
 * hold a thousand of both. */
static void find_two_answers(struct judging *j, struct name_evidence *ev)
{
    const struct observations *o = j->o;
    bool late_any = false;
    for (size_t i = 0; i < o->n_queries; i++) {
        late_any = late_any || (o->queries[i].duplicate &&
                                name_evidence_is_of(ev, &o->queries[i]));
    }
    if (!late_any) {
        return;
    }
    uint8_t *good = region_calloc(j->r, o->n_queries, sizeof(*good));
    if (!good) {
        j->nomem = true;
        return;
    }
    for (size_t i = 0; i < o->n_queries; i++) {
        if (name_evidence_is_of(ev, &o->queries[i])) {
            good[i] = good_of(j, &o->queries[i]);
        }
    }
    for (size_t i = 0; i < o->n_queries; i++) {
        if (o->queries[i].duplicate && good[i]) {
            contradict(j, ev, &o->queries[i], good);
        }
    }
}

/* ---- other resolvers ----------------------------------------------------- */

/* It answered other measurements of the run. */
static bool known_fast(const struct judging *j, struct str resolver)
{
    for (size_t i = 0; i < j->o->n_exchanges; i++) {
        const struct vexchange *x = &j->o->exchanges[i];
        if (x->host.len == 0 && str_eq(x->resolver, resolver)) {
            return true;
        }
    }
    return false;
}

static bool connects_at(const struct judging *j, uint32_t addr, int depth)
{
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        if (end->addr == addr && end->depth == depth && outcome_ok(end->tcp)) {
            return true;
        }
    }
    return false;
}

/* Nobody vouches for it, but something answers where the name leads. Routers
 * drop whole answers that have a private address in them. */
static bool is_alive(const struct judging *j, const struct vquery *q)
{
    bool alive = false;
    for (size_t i = 0; i < q->n_addrs; i++) {
        if (standing_is_bogon(j->o, &j->o->addrs[q->addrs[i]])) {
            return false;
        }
        alive = alive || connects_at(j, q->addrs[i], q->depth);
    }
    return alive;
}

static void add_said(const struct judging *j, const struct vquery *q,
                     struct name_said *s)
{
    bool silent = outcome_is(q->result, FAILURE_TIMEOUT) ||
                  outcome_is(q->result, FAILURE_TIMED_OUT);
    bool denied = outcome_is(q->result, FAILURE_NXDOMAIN) ||
                  outcome_is(q->result, FAILURE_NO_ANSWER);
    bool failed = outcome_is(q->result, FAILURE_SERVFAIL) ||
                  outcome_is(q->result, FAILURE_DNS_REFUSED);
    s->asked = true;
    s->silent = s->silent || silent;
    s->answered = s->answered || outcome_ok(q->result) || denied || failed;
    s->addrs = s->addrs || any_usable(j, q);
    s->leads = s->leads || (q->doh && is_alive(j, q));
    s->a_denied = s->a_denied || (!q->aaaa && denied);
    s->failed = s->failed || failed;
    s->alive = s->alive || q->example_answered || q->run_names > 0 ||
               known_fast(j, q->resolver);
    s->dead = s->dead || (q->example_asked && !q->example_answered);
}

/* What was said of the newer kind of address, in all answers: who denies it on
 * the way is contradicted by the true answer, which comes as well. */
static void add_newer(const struct judging *j, const struct vquery *q,
                      struct name_said *s)
{
    if (q->aaaa) {
        s->newer_asked = true;
        s->newer_denied =
            s->newer_denied || outcome_is(q->result, FAILURE_NXDOMAIN);
        s->newer_told = s->newer_told || outcome_ok(q->result) ||
                        outcome_is(q->result, FAILURE_NO_ANSWER);
    } else {
        s->a_addrs = s->a_addrs || any_usable(j, q) ||
                     (!j->o->control.present && q->n_addrs > 0);
    }
}

/* One that came late, or beside another one. */
static bool further_answer(const struct judging *j,
                           const struct name_evidence *ev,
                           const struct vquery *q)
{
    for (size_t i = 0; i < j->o->n_exchanges; i++) {
        const struct vexchange *x = &j->o->exchanges[i];
        if (x->id == q->id && str_ieq(x->host, ev->host)) {
            return true;
        }
    }
    return false;
}

static void hear_others(const struct judging *j, struct name_evidence *ev)
{
    for (size_t i = 0; i < j->o->n_queries; i++) {
        const struct vquery *q = &j->o->queries[i];
        struct name_said *s = q->doh ? &ev->doh : &ev->udp;
        if (!name_evidence_is_of(ev, q) || q->classic) {
            continue;
        }
        add_newer(j, q, s);
        if (!q->duplicate) {
            add_said(j, q, s);
            s->answered = s->answered || further_answer(j, ev, q);
        }
    }
    ev->udp.newer_denied = ev->udp.newer_denied && !ev->udp.newer_told;
    ev->doh.newer_denied = ev->doh.newer_denied && !ev->doh.newer_told;
}

bool name_evidence_stands_alone(const struct judging *j,
                                const struct name_evidence *ev)
{
    return !j->o->control.present && ev->doh.leads;
}

bool name_evidence_control_public(const struct judging *j)
{
    for (size_t i = 0; i < j->o->n_addrs; i++) {
        if (j->o->addrs[i].control && !j->o->addrs[i].bogon) {
            return true;
        }
    }
    return false;
}

bool name_evidence_control_bogon(const struct judging *j)
{
    for (size_t i = 0; i < j->o->n_addrs; i++) {
        if (j->o->addrs[i].control && j->o->addrs[i].bogon) {
            return true;
        }
    }
    return false;
}

/* Who gives one address for whatever is asked looks at no names: a login page,
 * or a network that is shut until somebody pays. */
bool name_evidence_for_all(const struct judging *j, const struct vquery *q)
{
    if (j->o->same_for_others) {
        return true;
    }
    for (size_t i = 0; i < q->n_addrs; i++) {
        if (j->o->whoami_ip.family != 0 &&
            ip_eq(&j->o->addrs[q->addrs[i]].ip, &j->o->whoami_ip)) {
            return true;
        }
    }
    return false;
}

void name_evidence_gather(struct judging *j, const struct vquery *system,
                          int depth, struct name_evidence *ev)
{
    const struct observations *o = j->o;
    *ev = (struct name_evidence){.host = system->host, .depth = depth};
    bool mine = judging_is_control_host(j, ev->host) && o->control.dns.known;
    ev->verified = standing_verified(j, ev->host);
    ev->control =
        mine && outcome_ok(o->control.dns) && name_evidence_control_public(j);
    ev->control_none = mine && o->control.n_addrs == 0;
    hear_others(j, ev);
    find_two_answers(j, ev);
    ev->early = judge_timing_early(j, system);
    ev->early_twice = ev->early && judge_timing_early_elsewhere(j, system);
    ids_add(&ev->ids, system->id);
}

/* ---- accusing ------------------------------------------------------------ */

void name_evidence_accuse_by(struct judging *j, const struct name_evidence *ev,
                             enum note note, double confidence)
{
    judging_reason(j, note, &ev->ids);
    if (ev->early) {
        judging_reason(j, NOTE_EARLY, &ev->ids);
        confidence += (1 - confidence) * 0.3;
    }
    if (ev->two_answers) {
        judging_reason(j, NOTE_TWO_ANSWERS, &ev->forged);
        confidence = confidence < 0.97 ? 0.97 : confidence;
    }
    judging_decide(j, X_BLOCKED, rules_of(note), confidence);
}

void name_evidence_accuse(struct judging *j, const struct name_evidence *ev,
                          enum note note)
{
    name_evidence_accuse_by(j, ev, note, rules_confidence(rules_of(note)));
}

/* No surer than the row of the list is of itself. */
void name_evidence_accuse_known(struct judging *j,
                                const struct name_evidence *ev, enum note note,
                                const struct fingerprint *fp, double at_most)
{
    double confidence = fp_worth_confidence(fp);
    if (strcmp(fp->scope, "prod") == 0) {
        judging_alternative(j, NOTE_INSTITUTION_MAYBE, &ev->ids);
    }
    name_evidence_accuse_by(j, ev, note,
                            confidence < at_most ? confidence : at_most);
}
