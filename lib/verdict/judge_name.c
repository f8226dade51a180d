// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_name.h"
#include "verdict/judge_known.h"
#include "verdict/judge_page.h"
#include "verdict/judge_redirect.h"
#include "verdict/judge_timing.h"
#include "verdict/likeness.h"
#include "verdict/rules.h"
#include "verdict/standing.h"
#include <string.h>

struct evidence {
    struct str host;
    int depth;
    bool verified;     /* by our own handshake, at some address */
    bool control;      /* the control resolved the name and connects */
    bool control_none; /* the control found no address */
    bool doh_agrees;   /* an encrypted lookup failed in the same way */
    bool two_answers;  /* one query, two answers that contradict */
    bool early;        /* sooner than the resolver answers others */
    bool early_twice;  /* and so did another resolver, with the same address */
    struct ids ids;
    struct ids forged; /* lookups whose further answer contradicts */
};

static bool at(const struct vquery *q, const struct evidence *ev)
{
    return q->depth == ev->depth && str_ieq(q->host, ev->host);
}

/* The site has a certificate that the control trusts. */
static bool site_has_tls(const struct judging *j)
{
    const struct observations *o = j->o;
    for (size_t i = 0; i < o->n_addrs; i++) {
        if (o->addrs[i].control &&
            (o->addrs[i].flags_control & OBS_VALID_FOR_DOMAIN)) {
            return true;
        }
    }
    for (size_t i = 0; i < o->n_ends; i++) {
        if (outcome_ok(o->ends[i].ctl_tls)) {
            return true;
        }
    }
    return false;
}

/* What the control found at an address that it did not get itself. */
enum elsewhere {
    ELSE_SITE,     /* something of the site, or nothing that denies it */
    ELSE_UNTESTED, /* it did not look: it skips bogons, for example */
    ELSE_CLOSED,   /* nobody answers; one network may be let in all the same */
    ELSE_OTHER     /* somebody else answers */
};

static enum elsewhere control_found(const struct judging *j, uint32_t addr)
{
    const struct observations *o = j->o;
    bool tested = false, connects = false, tls_bad = false, closed = false;
    if (o->addrs[addr].flags_control & OBS_VALID_FOR_DOMAIN) {
        return ELSE_SITE;
    }
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (end->addr != addr) {
            continue;
        }
        if (outcome_ok(end->ctl_tls)) {
            return ELSE_SITE;
        }
        tested = tested || end->ctl_tcp.known;
        connects = connects || outcome_ok(end->ctl_tcp);
        tls_bad = tls_bad || outcome_bad(end->ctl_tls);
        closed = closed || (end->port == 443 && outcome_bad(end->ctl_tcp));
    }
    if (!tested) {
        return ELSE_UNTESTED;
    }
    if (!connects) {
        return ELSE_CLOSED;
    }
    /* A site without a certificate in order proves nothing by its lack. */
    return site_has_tls(j) &&
                   (tls_bad || closed || o->addrs[addr].flags_control != 0)
               ? ELSE_OTHER
               : ELSE_SITE;
}

static bool control_rejects(const struct judging *j, uint32_t addr)
{
    enum elsewhere e = control_found(j, addr);
    return e == ELSE_CLOSED || e == ELSE_OTHER;
}

/* A neighbour of the control's addresses is trusted unless the control found
 * nothing of the site there. */
static bool usable(const struct judging *j, uint32_t addr, enum standing s)
{
    return s == STAND_GOOD || s == STAND_CONTROL ||
           (s == STAND_NETWORK && !control_rejects(j, addr));
}

static bool any_usable(const struct judging *j, const struct vquery *q)
{
    for (size_t i = 0; i < q->n_addrs; i++) {
        if (usable(j, q->addrs[i], standing_of(j, q->addrs[i], q->host))) {
            return true;
        }
    }
    return false;
}

/* Two answers to one query contradict when one of them is usable, the other
 * is not, and they have no address in common. Each lookup is looked at once:
 * a hostile record may hold a thousand of both. */
static void find_two_answers(struct judging *j, struct evidence *ev)
{
    const struct observations *o = j->o;
    bool late_any = false;
    for (size_t i = 0; i < o->n_queries; i++) {
        late_any =
            late_any || (o->queries[i].duplicate && at(&o->queries[i], ev));
    }
    if (!late_any) {
        return;
    }
    bool *good = region_calloc(j->r, o->n_queries, sizeof(*good));
    if (!good) {
        j->nomem = true;
        return;
    }
    for (size_t i = 0; i < o->n_queries; i++) {
        good[i] = at(&o->queries[i], ev) && any_usable(j, &o->queries[i]);
    }
    for (size_t i = 0; i < o->n_queries; i++) {
        const struct vquery *late = &o->queries[i];
        for (size_t k = 0; k < o->n_queries && late->duplicate && good[i];
             k++) {
            const struct vquery *q = &o->queries[k];
            if (!q->duplicate && !good[k] && at(q, ev) && q->id == late->id &&
                (str_eq(q->type, late->type) || str_eq_c(q->type, "ANY"))) {
                ev->two_answers = true;
                ids_add(&ev->forged, q->id);
            }
        }
    }
}

static bool control_public(const struct judging *j)
{
    for (size_t i = 0; i < j->o->n_addrs; i++) {
        if (j->o->addrs[i].control && !j->o->addrs[i].bogon) {
            return true;
        }
    }
    return false;
}

static void gather(struct judging *j, struct evidence *ev)
{
    const struct observations *o = j->o;
    bool mine = judging_is_control_host(j, ev->host) && o->control.dns.known;
    ev->verified = standing_verified(j, ev->host);
    ev->control = mine && outcome_ok(o->control.dns) && control_public(j);
    ev->control_none = mine && o->control.n_addrs == 0;
    for (size_t i = 0; i < o->n_queries; i++) {
        const struct vquery *q = &o->queries[i];
        if (at(q, ev) && q->doh && !q->aaaa && outcome_bad(q->result) &&
            (outcome_is(q->result, FAILURE_NXDOMAIN) ||
             outcome_is(q->result, FAILURE_NO_ANSWER))) {
            ev->doh_agrees = true;
        }
    }
    find_two_answers(j, ev);
}

/* A public resolver that answered one question about the name has not been
 * silenced: the answer to the other got lost. */
static bool udp_answered(const struct judging *j, const struct evidence *ev)
{
    for (size_t i = 0; i < j->o->n_exchanges; i++) {
        if (str_ieq(j->o->exchanges[i].host, ev->host)) {
            return true;
        }
    }
    return false;
}

/* Did a lookup by UDP to a public resolver go unanswered too? */
static bool udp_silent(const struct judging *j, const struct evidence *ev)
{
    const struct observations *o = j->o;
    for (size_t i = 0; i < o->n_queries; i++) {
        const struct vquery *q = &o->queries[i];
        if (at(q, ev) && !q->duplicate && str_eq_c(q->engine, "udp") &&
            outcome_is(q->result, FAILURE_TIMEOUT)) {
            return !udp_answered(j, ev);
        }
    }
    return false;
}

/* All that is accused comes from this machine's hosts file, by which people
 * keep adverts away: no network had a part in it. */
static bool only_own(const struct judging *j, const struct evidence *ev)
{
    bool own = false;
    for (size_t i = 0; i < j->o->n_queries; i++) {
        const struct vquery *q = &j->o->queries[i];
        for (size_t k = 0; k < ev->ids.n; k++) {
            if (q->id == ev->ids.id[k] && !q->own) {
                return false;
            }
            own = own || q->id == ev->ids.id[k];
        }
    }
    return own;
}

/* Accuses by the rule of `note`, unless no network had a part in it; what
 * supports it makes it surer than `confidence`. */
static void accuse_by(struct judging *j, const struct evidence *ev,
                      enum note note, double confidence)
{
    if (only_own(j, ev)) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_HOSTS_FILE, &ev->ids);
        return;
    }
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

/* The same where the rule alone says how sure it is. */
static void accuse(struct judging *j, const struct evidence *ev, enum note note)
{
    accuse_by(j, ev, note, rules_confidence(rules_of(note)));
}

/* The control followed the redirects, and a name stopped it as well. */
static bool control_lost_name(const struct judging *j)
{
    return j->o->control.dns.known &&
           (outcome_is(j->o->control.http, FAILURE_HELPER_LOOKUP) ||
            outcome_is(j->o->control.http, FAILURE_NXDOMAIN) ||
            outcome_is(j->o->control.http, FAILURE_NO_ANSWER));
}

static void judge_negative(struct judging *j, const struct evidence *ev)
{
    if (ev->depth > 0 && !ev->verified && control_lost_name(j)) {
        judging_conclude_by(j, X_DOWN, NOTE_REDIRECT_NOWHERE, &ev->ids, 0.85);
    } else if (ev->doh_agrees) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_DOH_AGREES, &ev->ids);
    } else if (!ev->verified && outcome_bad(j->o->control.http)) {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_SITE_LEAVING, &ev->ids,
                            0.6);
    } else if (ev->verified || ev->control) {
        judging_alternative(j, NOTE_USER_FILTER, &ev->ids);
        accuse_by(j, ev, NOTE_NAME_DENIED, ev->verified ? 0.95 : 0.85);
    } else if (ev->depth > 0 && judging_control_page(j)) {
        judging_alternative(j, NOTE_DEAD_NAME, &ev->ids);
        accuse(j, ev, NOTE_REDIRECT_DENIED);
    } else {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_NAME_UNCOMPARED, &ev->ids,
                            0.6);
    }
}

/* Other lookups gave addresses, and they were tried. */
static bool measured_on(const struct judging *j, int depth)
{
    for (size_t i = 0; i < j->o->n_ends; i++) {
        if (j->o->ends[i].depth == depth) {
            return true;
        }
    }
    return false;
}

static void judge_silence(struct judging *j, const struct evidence *ev)
{
    if (udp_silent(j, ev) && j->o->others_answered &&
        (ev->verified || ev->control)) {
        judging_alternative(j, NOTE_RESOLVER_LOSS, &ev->ids);
        accuse(j, ev, NOTE_NAME_SILENT);
    } else if (measured_on(j, ev->depth)) {
        j->silent = true; /* what the next steps show may still be certain */
        ids_add(&j->silent_ids, ev->ids.id[0]);
    } else {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_RESOLVER_SILENT, &ev->ids);
    }
}

/* Another resolver gave this line addresses of the name. */
static bool others_resolve(const struct judging *j, const struct evidence *ev)
{
    for (size_t i = 0; i < j->o->n_queries; i++) {
        const struct vquery *q = &j->o->queries[i];
        if (at(q, ev) && !q->classic && !q->duplicate && q->n_addrs > 0 &&
            outcome_ok(q->result)) {
            return true;
        }
    }
    return false;
}

static void judge_failed(struct judging *j, const struct vquery *q,
                         const struct evidence *ev)
{
    bool known = ev->verified || ev->control;
    if (ev->control_none && !ev->verified) {
        judging_conclude_by(j, X_DOWN, NOTE_NAME_NOWHERE, &ev->ids, 0.9);
    } else if (outcome_is(q->result, FAILURE_NXDOMAIN) ||
               outcome_is(q->result, FAILURE_NO_ANSWER)) {
        judge_negative(j, ev);
    } else if (outcome_is(q->result, FAILURE_DNS_REFUSED) && known &&
               j->o->others_answered && others_resolve(j, ev)) {
        judging_alternative(j, NOTE_RESOLVER_LOAD, &ev->ids);
        accuse(j, ev, NOTE_NAME_REFUSED);
    } else if (outcome_is(q->result, FAILURE_ANDROID_NO_DATA) && ev->verified) {
        judging_alternative(j, NOTE_RESOLVER_ANDROID, &ev->ids);
        accuse(j, ev, NOTE_SYSTEM_LOOKUP);
    } else if (outcome_is(q->result, FAILURE_TIMEOUT) ||
               outcome_is(q->result, FAILURE_TIMED_OUT)) {
        judge_silence(j, ev);
    } else if (outcome_is(q->result, FAILURE_SERVFAIL)) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_SERVFAIL, &ev->ids);
    } else {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_LOOKUP_FAILED, &ev->ids);
    }
}

/* Pages served by addresses that nobody else knows. */
static bool strange_page_at(const struct judging *j, uint32_t addr)
{
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        if (end->addr != addr || end->tls.known || !outcome_ok(end->http)) {
            continue;
        }
        if (end->resp.final ? judge_page_is_strange(j, end)
                            : control_found(j, addr) == ELSE_OTHER) {
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
                return !control_rejects(j, addr);
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

struct tally {
    size_t usable, forged, bad_cert, dead, strange, same, other;
    size_t closed, rejected, untested; /* for the control */
};

static struct tally count(const struct judging *j, const struct vquery *q)
{
    struct tally t = {0};
    for (size_t i = 0; i < q->n_addrs; i++) {
        enum standing s = standing_of(j, q->addrs[i], q->host);
        enum elsewhere e = control_found(j, q->addrs[i]);
        t.closed += e == ELSE_CLOSED;
        t.rejected += e == ELSE_CLOSED || e == ELSE_OTHER;
        t.untested += e == ELSE_UNTESTED;
        if (usable(j, q->addrs[i], s)) {
            t.usable++;
        } else if (same_page_at(j, q->addrs[i], s != STAND_FORGED)) {
            t.same++;
        } else if (s == STAND_FORGED) {
            t.forged++;
        } else if (strange_page_at(j, q->addrs[i])) {
            t.strange++;
        } else if (s == STAND_BAD_CERT) {
            t.bad_cert++;
        } else if (s == STAND_DEAD) {
            t.dead++;
        } else {
            t.other++;
        }
    }
    return t;
}

static bool all_bogons(const struct judging *j, const struct vquery *q)
{
    for (size_t i = 0; i < q->n_addrs; i++) {
        if (!standing_is_bogon(&j->o->addrs[q->addrs[i]])) {
            return false;
        }
    }
    return q->n_addrs > 0;
}

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
        bool local =
            ip->family == 6 && ((ip->b[0] & 0xfe) == 0xfc ||
                                standing_is_bogon(&j->o->addrs[q->addrs[i]]));
        n += benchmark;
        if (!benchmark && !local) {
            return false;
        }
    }
    return n > 0;
}

static bool any_of_control(const struct judging *j, const struct vquery *q)
{
    for (size_t i = 0; i < q->n_addrs; i++) {
        if (j->o->addrs[q->addrs[i]].control) {
            return true;
        }
    }
    return false;
}

/* No surer than the row of the list is of itself. */
static void accuse_known(struct judging *j, const struct evidence *ev,
                         enum note note, const struct fingerprint *fp,
                         double at_most)
{
    double confidence = fp_worth_confidence(fp);
    if (strcmp(fp->scope, "prod") == 0) {
        judging_alternative(j, NOTE_INSTITUTION_MAYBE, &ev->ids);
    }
    judging_alternative(j, NOTE_OLD_ADDRESS, &ev->ids);
    accuse_by(j, ev, note, confidence < at_most ? confidence : at_most);
}

/* `fp` is of one of the addresses; NULL: they are bogons. */
static void judge_forged(struct judging *j, const struct vquery *q,
                         const struct evidence *ev,
                         const struct fingerprint *fp)
{
    bool bogon = all_bogons(j, q);
    bool control_bogon = judging_is_control_host(j, ev->host) &&
                         j->o->control.n_addrs > 0 && !control_public(j);
    if (!bogon && fp) {
        accuse_known(j, ev, NOTE_KNOWN_ADDRESS, fp,
                     ev->control_none ? 0.7 : 0.97);
    } else if (control_bogon && !ev->verified) {
        judging_conclude(j, X_DOWN, NOTE_ADDRESS_BOGON_TOO, &ev->ids);
    } else if (judging_is_control_host(j, ev->host) && any_of_control(j, q)) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_SITE_BOGON, &ev->ids);
    } else if (all_made_up(j, q) && !ev->two_answers) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_PROXY_ADDRESS, &ev->ids);
    } else if (ev->verified || ev->control) {
        accuse_by(j, ev, NOTE_BOGON, ev->verified ? 0.95 : 0.9);
    } else {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_BOGON_UNCOMPARED, &ev->ids,
                            0.6);
    }
}

/* Nobody else knows these addresses. Are they somebody else's? */
static void judge_unknown(struct judging *j, const struct evidence *ev,
                          const struct tally *t, size_t n)
{
    bool rejected = t->rejected == n;
    if (ev->control_none && !ev->verified) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_ONLY_HERE, &ev->ids);
    } else if (t->strange > 0 && !ev->verified && rejected && t->closed > 0) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_COPY_NEARBY, &ev->ids);
    } else if (t->strange > 0 &&
               (rejected || (ev->verified && t->untested == n))) {
        accuse_by(j, ev, NOTE_ADDRESS_PAGE, ev->verified ? 0.9 : 0.75);
    } else if (t->bad_cert == n &&
               (ev->verified || (rejected && site_has_tls(j)))) {
        accuse_by(j, ev, NOTE_ADDRESS_CERT, ev->verified ? 0.92 : 0.8);
    } else if (t->bad_cert + t->dead == n && rejected && ev->two_answers &&
               (ev->verified || judging_control_page(j))) {
        accuse_by(j, ev, NOTE_ADDRESS_DEAD, 0.85);
    } else if (t->dead + t->bad_cert == n && ev->early_twice && ev->verified &&
               (rejected || t->untested == n) && !ev->two_answers) {
        judging_alternative(j, NOTE_OLD_ADDRESS, &ev->ids);
        accuse_by(j, ev, NOTE_ADDRESS_DEAD_HERE, 0.6);
    } else if (t->dead + t->bad_cert == n && !ev->two_answers) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_DIFFERS_AND_FAILS, &ev->ids);
    } else if (ev->two_answers && t->other > 0) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_TWO_UNPROVEN, &ev->ids);
    } else if (ev->two_answers) {
        judging_conclude(j, X_BLOCKED, NOTE_TWO_ANSWERS, &ev->forged);
    }
}

/* Who gives one address for whatever is asked looks at no names: a login page,
 * or a network that is shut until somebody pays. */
static bool given_for_all(const struct judging *j, const struct vquery *q)
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

/* What is known of the answer, but proves nothing here, is told at the end. */
static void note_known(struct judging *j, const struct evidence *ev,
                       enum fp_worth worth)
{
    if (worth == FP_WORTH_UNPLACED) {
        j->unplaced_answer = ev->ids;
    } else if (worth == FP_WORTH_INSTITUTION) {
        j->institution_answer = ev->ids;
    }
}

static void judge_answered(struct judging *j, const struct vquery *q,
                           const struct evidence *ev)
{
    struct tally t = count(j, q);
    if (t.usable > 0 || t.same > 0 || q->n_addrs == 0) {
        return;
    }
    struct known_answer known = judge_known_answer(j, q);
    note_known(j, ev, known.worth);
    if (given_for_all(j, q)) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_SAME_FOR_OTHERS, &ev->ids);
    } else if (known.worth == FP_WORTH_ELSEWHERE) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_KNOWN_ELSEWHERE, &ev->ids);
    } else if (known.worth == FP_WORTH_PROOF && known.alias &&
               (ev->verified || ev->control)) {
        accuse_known(j, ev, NOTE_KNOWN_ALIAS, known.fp, 0.97);
    } else if (t.forged > 0 && t.forged == q->n_addrs) {
        judge_forged(j, q, ev, known.fp);
    } else if ((ev->verified || ev->control || ev->control_none) &&
               (ev->two_answers || !judge_redirect_to_sister(j, ev->depth))) {
        judge_unknown(j, ev, &t, q->n_addrs);
    }
}

/* What the system's resolver said: an address, if it gave one to any question;
 * that there is none of the newer kind denies nothing. */
static const struct vquery *system_lookup(const struct judging *j,
                                          const struct evidence *ev)
{
    const struct vquery *best = NULL;
    for (size_t i = 0; i < j->o->n_queries && ev->host.len; i++) {
        const struct vquery *q = &j->o->queries[i];
        if (!at(q, ev) || !q->classic) {
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
    struct evidence ev = {.depth = depth, .host = judging_host(j, depth)};
    const struct vquery *system = system_lookup(j, &ev);
    if (!system) {
        return;
    }
    gather(j, &ev);
    ev.early = judge_timing_early(j, system);
    ev.early_twice = ev.early && judge_timing_early_elsewhere(j, system);
    ids_add(&ev.ids, system->id);
    if (outcome_bad(system->result)) {
        judge_failed(j, system, &ev);
    } else {
        judge_answered(j, system, &ev);
    }
}
