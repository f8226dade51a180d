// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_notice.h"
#include "verdict/foreign.h"
#include "verdict/judge_redirect.h"
#include "verdict/likeness.h"
#include "verdict/rules.h"
#include "verdict/standing.h"
#include <string.h>

/* ---- what a page has of the site ----------------------------------------- */

/* Beside the site's own page. The lengths of two texts may meet by chance; one
 * with the site's words has something of it, whatever its title. */
static bool is_other_page(const struct vcontrol *c, const struct vhttp *resp,
                          const struct likeness *like)
{
    bool empty = resp->body.len == 0 && c->body_length > 0;
    bool strange = like->title == LIKE_OTHER && like->telling == 0 &&
                   like->text != LIKE_SAME &&
                   !foreign_says_name(resp->body, c->host);
    return (like->telling == 0 || like->title == LIKE_OTHER) &&
           (empty || like->body == LIKE_OTHER || strange);
}

/* The control was asked whether it is human, refused, or met an error: then its
 * length and title tell little. The page may not so much as say whose it is,
 * and who refuses everybody may refuse here, too, in other words. */
static bool is_other_answer(const struct vcontrol *c, const struct vhttp *resp,
                            const struct likeness *like)
{
    return like->telling == 0 && resp->status != c->status &&
           resp->status != 403 && !foreign_says_name(resp->body, c->host);
}

bool judge_notice_foreign(const struct judging *j, const struct vendpoint *end,
                          bool plain)
{
    const struct vcontrol *c = &j->o->control;
    const struct vhttp *resp = &end->resp;
    bool fine = c->status / 100 == 2;
    struct likeness like;
    /* where a redirect leads is told by its head, also where nobody follows */
    bool led = resp->got_headers && resp->status / 100 == 3;
    if (end->tls.known || (!led && !outcome_ok(end->http)) ||
        !judging_control_page(j) || (plain && !fine)) {
        return false;
    }
    if (led) {
        return foreign_redirect(j, end, c->host);
    }
    if (!foreign_may_be_notice(resp)) {
        return false;
    }
    likeness_compute(j->o, end, &like);
    if (like.unchanged || like.title == LIKE_SAME ||
        !(fine ? is_other_page(c, resp, &like)
               : is_other_answer(c, resp, &like))) {
        return false;
    }
    return !plain || !foreign_says_name(resp->body, c->host);
}

bool judge_notice_vague(const struct judging *j, const struct vendpoint *end)
{
    struct likeness like;
    likeness_compute(j->o, end, &like);
    return like.telling > 0 || foreign_is_nobodys(&end->resp);
}

/* ---- the answer ---------------------------------------------------------- */

static bool gives(const struct vquery *q, uint32_t addr)
{
    for (size_t i = 0; i < q->n_addrs; i++) {
        if (q->addrs[i] == addr) {
            return true;
        }
    }
    return false;
}

static bool is_of_site(const struct judging *j, const struct vquery *system,
                       uint32_t addr)
{
    enum standing s = standing_of(j, addr, system->host);
    return !gives(system, addr) &&
           (s == STAND_GOOD || s == STAND_CONTROL || s == STAND_NETWORK);
}

/* What resolvers say that nobody of this network runs. */
enum others {
    OTHERS_SILENT, /* nothing that tells: what was asked may have been lost */
    OTHERS_AGREE,  /* an address of the site, as the control does */
    OTHERS_SAME    /* the address in question, asked in secret */
};

static enum others others_say(const struct judging *j,
                              const struct vquery *system, int family)
{
    const struct observations *o = j->o;
    enum others said = OTHERS_SILENT;
    for (size_t i = 0; i < o->n_queries; i++) {
        const struct vquery *q = &o->queries[i];
        if (q->classic || q->duplicate || !str_ieq(q->host, system->host)) {
            continue;
        }
        for (size_t k = 0; k < q->n_addrs; k++) {
            if (q->doh && gives(system, q->addrs[k])) {
                return OTHERS_SAME;
            }
            if (is_of_site(j, system, q->addrs[k]) &&
                (family == 0 || o->addrs[q->addrs[k]].ip.family == family)) {
                said = OTHERS_AGREE;
            }
        }
    }
    return said;
}

/* They know other addresses: of a name that the control did not look at, that
 * is all there is. */
static bool others_differ(const struct judging *j, const struct vquery *system)
{
    const struct observations *o = j->o;
    for (size_t i = 0; i < o->n_queries; i++) {
        const struct vquery *q = &o->queries[i];
        if (q->classic || q->duplicate || !str_ieq(q->host, system->host)) {
            continue;
        }
        for (size_t k = 0; k < q->n_addrs; k++) {
            if (!gives(system, q->addrs[k]) &&
                !standing_is_bogon(o, &o->addrs[q->addrs[k]])) {
                return true;
            }
        }
    }
    return false;
}

/* So does the control, which looked at this very name. */
static bool control_agrees(const struct judging *j, const struct vquery *system)
{
    return judging_is_control_host(j, system->host) &&
           outcome_ok(j->o->control.dns) && judging_control_page(j);
}

/* An address of the site where its page may be asked for; the one that was
 * connected to if there is one. */
static const char *elsewhere(struct judging *j, const struct vquery *system)
{
    const struct observations *o = j->o;
    uint32_t best = 0;
    bool found = false;
    char text[IP_TEXT_MAX];
    for (size_t i = 0; i < o->n_ends; i++) {
        uint32_t addr = o->ends[i].addr;
        if (outcome_ok(o->ends[i].tcp) && !found &&
            !standing_is_bogon(o, &o->addrs[addr]) &&
            is_of_site(j, system, addr)) {
            best = addr;
            found = true;
        }
    }
    /* no page is fetched from a bogon: a translator is told what it stands for
     */
    if (o->addrs[best].meant >= 0) {
        best = (uint32_t)o->addrs[best].meant;
    }
    ip_format(&o->addrs[best].ip, text);
    const char *copy = found ? region_strdup(j->r, text) : NULL;
    j->nomem = j->nomem || (found && !copy);
    return copy;
}

/* The first address that may be asked for a page: no bogon. */
static const char *answered(struct judging *j, const struct vquery *system)
{
    char text[IP_TEXT_MAX];
    for (size_t i = 0; i < system->n_addrs; i++) {
        const struct ip *ip = &j->o->addrs[system->addrs[i]].ip;
        if (!ip_is_bogon(ip) && !ip_is_special(ip)) {
            ip_format(ip, text);
            const char *copy = region_strdup(j->r, text);
            j->nomem = j->nomem || !copy;
            return copy;
        }
    }
    return NULL;
}

/* It leads to a site of its own, which a true certificate vouches for: a
 * country's edge does so. A notice is there if whoever leads there shows it
 * himself, in his own network, and nothing but port 80 answers where he leads
 * from; and if it has nothing of the site. */
static bool leads_to_own_notice(const struct judging *j,
                                const struct vendpoint *end)
{
    const struct observations *o = j->o;
    const struct vendpoint *page = j->page;
    uint32_t asn = o->addrs[end->addr].asn;
    struct likeness like;
    if (!page || page->depth != end->depth + 1 || asn == 0 ||
        o->addrs[page->addr].asn != asn ||
        !foreign_may_be_notice(&page->resp) ||
        foreign_says_name(page->resp.body, o->control.host)) {
        return false;
    }
    for (size_t i = 0; i < o->n_ends; i++) {
        if (o->ends[i].addr == end->addr && o->ends[i].port == 443 &&
            !outcome_bad(o->ends[i].tcp)) {
            return false;
        }
    }
    likeness_compute(o, page, &like);
    return is_other_page(&o->control, &page->resp, &like);
}

bool judge_notice_shared(const struct notice *n)
{
    return n->apart && (n->foreign || (!n->alias && !n->ill && !n->led));
}

static void look(struct judging *j, const struct vquery *q, struct notice *n)
{
    n->alias = q->cname.len > 0;
    for (size_t i = 0; i < q->n_addrs; i++) {
        const struct vaddr *a = &j->o->addrs[q->addrs[i]];
        n->apart = n->apart || a->run_other_networks > 0;
        n->foreign = n->foreign || a->run_notices > 0;
        n->ill = n->ill || a->run_ill > 0;
        n->near = n->near || (j->o->asn != 0 && a->asn == j->o->asn);
    }
    bool sister = judge_redirect_to_sister(j, q->depth);
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        if (!gives(q, end->addr)) {
            continue;
        }
        n->heard = n->heard || (!end->tls.known && outcome_ok(end->http));
        n->tls = n->tls || (end->port == 443 && outcome_ok(end->tcp));
        bool led = sister && end->resp.status / 100 == 3;
        if (judge_notice_foreign(j, end, !n->proven) &&
            (!led || leads_to_own_notice(j, end))) {
            n->foreign = true;
            n->fetched = true;
            n->id = end->id;
            n->vague = n->vague || judge_notice_vague(j, end);
        } else if (!end->tls.known && end->resp.got_headers) {
            n->led = n->led || led;
            n->ill = n->ill || foreign_is_ill(&end->resp);
        }
    }
}

/* All its addresses lie in a network of the site's. A page there that is not
 * the site's is another customer's, or what its edge says of names that it does
 * not know. */
static bool is_kin(const struct judging *j, const struct vquery *q)
{
    for (size_t i = 0; i < q->n_addrs; i++) {
        if (!standing_is_kin(j, q->addrs[i], q->host)) {
            return false;
        }
    }
    return true;
}

/* Nobody else was asked about a name of the site's own, which a redirect led
 * to, and what came from there has nothing of the site. */
static bool is_strange_target(const struct judging *j, const struct vquery *q)
{
    struct str site = j->o->control.host;
    for (size_t i = 0; i < j->o->n_queries; i++) {
        const struct vquery *other = &j->o->queries[i];
        if (!other->classic && str_ieq(other->host, q->host)) {
            return false;
        }
    }
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        if (gives(q, end->addr) && end->depth == q->depth &&
            foreign_says_name(q->host, site) &&
            judge_notice_foreign(j, end, true)) {
            return true;
        }
    }
    return false;
}

/* The name that a redirect led to was no control's matter yet: it is measured
 * by itself. */
static void suspect_target(struct judging *j, const struct vquery *q)
{
    struct notice *n = &j->v->notice;
    const char *url = judging_url(j, q->depth);
    if (q->depth > 0 && url && !judging_stays_away(j, q->depth)) {
        *n = (struct notice){.target = url, .lookup = q->id};
    }
}

void judge_notice(struct judging *j, const struct vquery *q, bool verified,
                  bool same, int family)
{
    struct notice *n = &j->v->notice;
    enum others said = others_say(j, q, family);
    if (q->own || q->n_addrs == 0 || said == OTHERS_SAME) {
        return;
    }
    if (!control_agrees(j, q)) {
        if (said == OTHERS_AGREE || others_differ(j, q) ||
            is_strange_target(j, q)) {
            suspect_target(j, q);
        }
        return;
    }
    *n = (struct notice){.agreed = said == OTHERS_AGREE,
                         .proven = verified,
                         .vouched = verified,
                         .family = family};
    n->at = answered(j, q);
    n->elsewhere = verified ? NULL : elsewhere(j, q);
    n->lookup = q->id;
    look(j, q, n);
    bool led = judge_redirect_to_sister(j, q->depth);
    n->suspect =
        n->at && (is_kin(j, q) ? n->apart : !same || n->foreign || led);
}

void judge_notice_decide(struct judging *j, const struct ids *ids)
{
    const struct notice *n = &j->v->notice;
    if (!n->suspect || !n->agreed || !n->proven ||
        !(n->foreign || (n->heard && judge_notice_shared(n))) ||
        j->v->state == X_BLOCKED) {
        return;
    }
    struct ids all = *ids;
    j->n_reasons = j->n_alternatives = 0;
    ids_add(&all, n->id);
    judging_alternative(j, NOTE_OLD_ADDRESS, ids);
    judging_alternative(j, NOTE_USER_FILTER, ids);
    judging_reason(j, n->foreign ? NOTE_NOTICE_PAGE : NOTE_NOTICE_SHARED, &all);
    judging_decide(j, X_BLOCKED, RULE_DNS_NOTICE,
                   n->foreign && n->apart ? 0.97 : 0.9);
}

void judge_notice_method(struct judging *j)
{
    const struct notice *n = &j->v->notice;
    const struct vendpoint *end =
        j->n_reasons > 0 && j->reasons[0].n_ids > 0
            ? observations_endpoint(j->o, j->reasons[0].ids[0])
            : NULL;
    struct ids ids = {.n = 0};
    char text[IP_TEXT_MAX];
    if (!n->suspect || !n->agreed || j->v->method != METHOD_HTTP || !end) {
        return;
    }
    ip_format(&j->o->addrs[end->addr].ip, text);
    if (!n->foreign && (strcmp(text, n->at) != 0 || !outcome_ok(end->http))) {
        return;
    }
    ids_add(&ids, n->lookup);
    ids_add(&ids, end->id);
    judging_reason(j, NOTE_NOTICE_PAGE, &ids);
    j->v->method = METHOD_DNS;
}

void judge_notice_led(struct judging *j)
{
    const struct notice *n = &j->v->notice;
    const struct vendpoint *hop = n->suspect && n->foreign && n->id
                                      ? observations_endpoint(j->o, n->id)
                                      : NULL;
    if (j->v->state != X_BLOCKED || !hop || hop->resp.status / 100 != 3 ||
        j->at != hop->depth + 1 || !judge_redirect_nothing_at(j, j->at)) {
        return;
    }
    struct ids ids = ids_one(hop->id);
    j->n_reasons = j->n_alternatives = 0;
    j->at = hop->depth;
    judging_alternative(j, NOTE_DEAD_SERVER, &ids);
    judging_conclude(j, X_INCONCLUSIVE, NOTE_LED_ELSEWHERE, &ids);
}
