// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_denied.h"
#include "verdict/rules.h"

/* A resolver that fails by a list does so at once; one that asks servers that
 * do not answer takes its time. */
#define AT_ONCE_S 1.5

/* The site works, for the control or over this very line. */
static bool is_known(const struct name_evidence *ev)
{
    return ev->verified || ev->control;
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

/* The resolver gave no answer, and is accused of nothing. What happened at
 * addresses that others gave may still be certain; else this is what is told.
 */
static void unanswered(struct judging *j, const struct name_evidence *ev,
                       enum note note)
{
    if (!measured_on(j, ev->depth)) {
        judging_conclude(j, X_INCONCLUSIVE, note, &ev->ids);
    } else if (!j->unanswered) {
        j->unanswered = true;
        j->unanswered_by = note;
        j->unanswered_ids = ev->ids;
    }
}

/* ---- denied -------------------------------------------------------------- */

/* The control followed the redirects, and a name stopped it as well. */
static bool control_lost_name(const struct judging *j)
{
    return j->o->control.dns.known &&
           (outcome_is(j->o->control.http, FAILURE_HELPER_LOOKUP) ||
            outcome_is(j->o->control.http, FAILURE_NXDOMAIN) ||
            outcome_is(j->o->control.http, FAILURE_NO_ANSWER));
}

/* The name's servers say "no such name" to everybody who asks for AAAA, and
 * whoever believes that once believes it of A, too (RFC 8020). What comes in
 * clear may be forged: it counts beside an answer to A that is not, and if what
 * an encrypted lookup is told of AAAA, if it is told, is no other thing. */
static bool denies_newer(const struct vquery *system,
                         const struct name_evidence *ev)
{
    bool clear = ev->udp.newer_denied && ev->udp.a_addrs && !ev->doh.newer_told;
    bool encrypted = ev->doh.newer_denied &&
                     (ev->doh.a_addrs || ev->control || ev->verified);
    return outcome_is(system->result, FAILURE_NXDOMAIN) && !ev->two_answers &&
           (encrypted || clear);
}

/* The control has an address of the newer kind. */
static bool control_knows_newer(const struct judging *j)
{
    for (size_t i = 0; i < j->o->n_addrs; i++) {
        if (j->o->addrs[i].control && j->o->addrs[i].ip.family == 6) {
            return true;
        }
    }
    return false;
}

/* Whether its servers do that is not known: everybody who could tell was asked,
 * and what they said of AAAA got lost. */
static bool newer_lost(const struct judging *j, const struct vquery *system,
                       const struct name_evidence *ev)
{
    bool asked = ev->udp.newer_asked || ev->doh.newer_asked;
    bool told = ev->udp.newer_told || ev->doh.newer_told;
    bool heard = ev->udp.a_addrs || ev->doh.a_addrs;
    return outcome_is(system->result, FAILURE_NXDOMAIN) && !ev->two_answers &&
           asked && heard && !told &&
           !(judging_is_control_host(j, ev->host) && control_knows_newer(j));
}

/* A resolver that gives the name's alias, as others do, and no address of it
 * could not find out where the alias is. Who denies a name leaves out the rest
 * as well. */
static bool only_alias(const struct judging *j, const struct vquery *system,
                       const struct name_evidence *ev)
{
    const struct observations *o = j->o;
    for (size_t i = 0; i < o->n_queries; i++) {
        const struct vquery *q = &o->queries[i];
        if (name_evidence_is_of(ev, q) && !q->classic && !q->duplicate &&
            q->n_addrs > 0 && q->cname.len > 0 &&
            str_ieq(o->alias_host, ev->host) &&
            str_ieq(observations_name(q->cname), o->alias)) {
            return outcome_is(system->result, FAILURE_NO_ANSWER);
        }
    }
    return false;
}

static void judge_negative(struct judging *j, const struct vquery *system,
                           const struct name_evidence *ev)
{
    if (ev->depth > 0 && !ev->verified && control_lost_name(j)) {
        judging_conclude_by(j, X_DOWN, NOTE_REDIRECT_NOWHERE, &ev->ids, 0.85);
    } else if (ev->doh.a_denied) {
        unanswered(j, ev, NOTE_DOH_AGREES);
    } else if (denies_newer(system, ev)) {
        unanswered(j, ev, NOTE_ZONE_NEWER);
    } else if (only_alias(j, system, ev)) {
        unanswered(j, ev, NOTE_ZONE_ALIAS);
    } else if (!ev->verified && outcome_bad(j->o->control.http)) {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_SITE_LEAVING, &ev->ids,
                            0.6);
    } else if (ev->control && name_evidence_control_bogon(j)) {
        /* routers drop whole answers that hold an address of a private network,
         * since such ones can be turned against them (DNS rebinding) */
        judging_conclude(j, X_INCONCLUSIVE, NOTE_SITE_BOGON, &ev->ids);
    } else if (newer_lost(j, system, ev)) {
        judging_alternative(j, NOTE_ZONE_NEWER, &ev->ids);
        judging_conclude(j, X_INCONCLUSIVE, NOTE_NEWER_LOST, &ev->ids);
    } else if (is_known(ev)) {
        name_evidence_accuse_by(j, ev, NOTE_NAME_DENIED,
                                ev->verified ? 0.95 : 0.85);
    } else if (ev->depth > 0 && judging_control_page(j)) {
        name_evidence_accuse(j, ev, NOTE_REDIRECT_DENIED);
    } else if (name_evidence_stands_alone(j, ev)) {
        judging_alternative(j, NOTE_NAME_UNCOMPARED, &ev->ids);
        name_evidence_accuse_by(j, ev, NOTE_NAME_DENIED, 0.75);
    } else {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_NAME_UNCOMPARED, &ev->ids,
                            0.6);
    }
}

/* ---- silence ------------------------------------------------------------- */

/* Who answered one of the questions about the name has not been silenced: what
 * is missing got lost, or was too long for UDP. */
static bool system_answered(const struct judging *j,
                            const struct vquery *system)
{
    for (size_t i = 0; i < j->o->n_exchanges; i++) {
        const struct vexchange *x = &j->o->exchanges[i];
        if (x->id == system->id && str_ieq(x->host, system->host)) {
            return true;
        }
    }
    return false;
}

/* Two resolvers are silent in the clear about a name, while the system's
 * answers for others. */
static bool is_silenced(const struct judging *j, const struct vquery *system,
                        const struct name_evidence *ev)
{
    return is_known(ev) && j->o->others_answered &&
           !system_answered(j, system) && ev->udp.silent && !ev->udp.answered &&
           !ev->udp.dead;
}

/* Whose encrypted questions are answered but for this name asks servers that do
 * not answer: nobody on the line can see what was asked. */
static bool is_zone_silent(const struct name_evidence *ev)
{
    return ev->doh.asked && !ev->doh.answered && ev->doh.alive;
}

/* An encrypted lookup answers; or nothing encrypted is answered here at all,
 * and then it exonerates nobody, while both resolvers are known to work. */
static bool is_for_this_name(const struct name_evidence *ev)
{
    const struct name_said *doh = &ev->doh;
    bool shut = doh->asked && !doh->answered && !doh->alive &&
                (doh->dead || !doh->silent);
    return doh->addrs || (shut && ev->udp.alive);
}

static void judge_silence(struct judging *j, const struct vquery *system,
                          const struct name_evidence *ev)
{
    bool silenced = is_silenced(j, system, ev);
    if (silenced && is_zone_silent(ev)) {
        unanswered(j, ev, NOTE_ZONE_SILENT);
    } else if (is_known(ev) && (ev->udp.failed || ev->doh.failed)) {
        unanswered(j, ev, NOTE_ZONE_FAILS);
    } else if (silenced && is_for_this_name(ev)) {
        name_evidence_accuse(j, ev, NOTE_NAME_SILENT);
    } else {
        if (!measured_on(j, ev->depth)) {
            judging_alternative(j, NOTE_ZONE_REGION, &ev->ids);
        }
        unanswered(j, ev, NOTE_RESOLVER_SILENT);
    }
}

/* ---- other failures ------------------------------------------------------ */

/* Another resolver gave this line addresses of the name. */
static bool others_resolve(const struct judging *j,
                           const struct name_evidence *ev)
{
    for (size_t i = 0; i < j->o->n_queries; i++) {
        const struct vquery *q = &j->o->queries[i];
        if (name_evidence_is_of(ev, q) && !q->classic && !q->duplicate &&
            q->n_addrs > 0 && outcome_ok(q->result)) {
            return true;
        }
    }
    return false;
}

/* The resolver was asked once more, and not to check signatures. */
static struct outcome unchecked(const struct judging *j,
                                const struct name_evidence *ev)
{
    return str_ieq(j->o->unchecked_host, ev->host) ? j->o->unchecked
                                                   : (struct outcome){0};
}

/* It failed at once where one of the questions about the name, as they were
 * first asked, was answered so: another one may have been lost, and asked again
 * seconds later. What is asked again may be known by then. */
static bool is_slow(const struct judging *j, const struct vquery *system)
{
    for (size_t i = 0; i < j->o->n_exchanges; i++) {
        const struct vexchange *x = &j->o->exchanges[i];
        if (x->id == system->id && str_ieq(x->host, system->host) &&
            x->servfail && !x->further && x->took <= AT_ONCE_S &&
            x->asked - system->t0 < AT_ONCE_S) {
            return false;
        }
    }
    return system->t - system->t0 > AT_ONCE_S;
}

/* SERVFAIL has many causes: servers of the name that answer nobody, or not this
 * region's resolvers; signatures that are wrong; and a list. Only the last one
 * comes at once, whether signatures are checked or not, while an encrypted
 * lookup is answered. */
static void judge_servfail(struct judging *j, const struct vquery *system,
                           const struct name_evidence *ev)
{
    struct outcome again = unchecked(j, ev);
    bool here = is_known(ev) && ev->doh.addrs && j->o->others_answered;
    if (outcome_ok(again)) {
        unanswered(j, ev, NOTE_ZONE_BOGUS);
    } else if (ev->udp.failed || ev->doh.failed) {
        unanswered(j, ev, NOTE_ZONE_FAILS);
    } else if (is_slow(j, system)) {
        unanswered(j, ev, NOTE_ZONE_SLOW);
    } else if (here && outcome_is(again, FAILURE_SERVFAIL)) {
        name_evidence_accuse(j, ev, NOTE_NAME_SERVFAIL);
    } else {
        unanswered(j, ev, NOTE_SERVFAIL);
    }
}

void judge_denied(struct judging *j, const struct vquery *system,
                  const struct name_evidence *ev)
{
    struct outcome why = system->result;
    if (ev->control_none && !ev->verified) {
        judging_conclude_by(j, X_DOWN, NOTE_NAME_NOWHERE, &ev->ids, 0.9);
    } else if (outcome_is(why, FAILURE_NXDOMAIN) ||
               outcome_is(why, FAILURE_NO_ANSWER)) {
        judge_negative(j, system, ev);
    } else if (outcome_is(why, FAILURE_DNS_REFUSED) && is_known(ev) &&
               j->o->others_answered && others_resolve(j, ev)) {
        name_evidence_accuse(j, ev, NOTE_NAME_REFUSED);
    } else if (outcome_is(why, FAILURE_ANDROID_NO_DATA) && ev->verified) {
        name_evidence_accuse(j, ev, NOTE_SYSTEM_LOOKUP);
    } else if (outcome_is(why, FAILURE_TIMEOUT) ||
               outcome_is(why, FAILURE_TIMED_OUT)) {
        judge_silence(j, system, ev);
    } else if (outcome_is(why, FAILURE_SERVFAIL)) {
        judge_servfail(j, system, ev);
    } else {
        unanswered(j, ev, NOTE_LOOKUP_FAILED);
    }
}
