// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_redirect.h"
#include "verdict/judge_known.h"
#include "verdict/likeness.h"
#include "verdict/read/leads.h"
#include "verdict/rules.h"
#include "verdict/standing.h"
#include "wire/host.h"
#include <stdio.h>
#include <string.h>

/* Of the lengths of two pages that differ by a word or a date. */
#define WHOLLY 0.95

static bool in_cleartext(const struct vendpoint *end)
{
    return end->resp.got_headers && !end->tls.known;
}

bool judge_redirect_address_verified(const struct judging *j,
                                     const struct vendpoint *end)
{
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *other = &j->o->ends[i];
        if (other->addr == end->addr && other->depth == end->depth &&
            outcome_ok(other->tls) && !other->no_verify) {
            return true;
        }
    }
    return false;
}

/* The control got a page of the site, not a refusal or an error. */
static bool control_fine(const struct judging *j)
{
    return judging_control_page(j) && j->o->control.status / 100 == 2;
}

static bool same_site(struct str a, struct str b)
{
    char x[HOST_MAX + 1], y[HOST_MAX + 1];
    if (a.len > HOST_MAX || b.len > HOST_MAX) {
        return false;
    }
    snprintf(x, sizeof(x), STR_FMT, STR_ARG(a));
    snprintf(y, sizeof(y), STR_FMT, STR_ARG(b));
    return strcmp(host_registrable(x), host_registrable(y)) == 0;
}

/* ---- into a private network ---------------------------------------------- */

bool judge_redirect_near(const struct ip *ip)
{
    if (ip->family != 4) {
        return true;
    }
    return ip->b[0] == 127 || (ip->b[0] == 192 && ip->b[1] == 168) ||
           (ip->b[0] == 169 && ip->b[1] == 254) ||
           (ip->b[0] == 198 && (ip->b[1] & 0xfe) == 18) ||
           (ip->b[0] == 192 && ip->b[1] == 0);
}

static bool leads_inside(const struct judging *j, const struct vendpoint *end,
                         struct ip *to)
{
    struct url base, url;
    struct leads l;
    struct str ref;
    if (url_parse(j->r, end->resp.url, &base, NULL) != ERR_OK ||
        base.literal.family != 0) {
        return false;
    }
    leads_start(&l, &end->resp);
    while (leads_next(&l, &ref)) {
        if (url_resolve(j->r, &base, ref, &url, NULL) == ERR_OK &&
            url.literal.family != 0 && ip_is_bogon(&url.literal)) {
            *to = url.literal;
            return true;
        }
    }
    return false;
}

/* It is the site's page beyond its title, which whoever frames something of his
 * own may copy. */
static bool is_wholly_same(const struct likeness *like)
{
    return like->certain &&
           (like->unchanged || like->telling > 0 || like->proportion >= WHOLLY);
}

enum judge_inside judge_redirect_inside_kind(const struct judging *j,
                                             const struct vendpoint *end)
{
    struct likeness like;
    struct ip to;
    likeness_compute(j->o, end, &like);
    bool same = like.certain || (end->resp.final && like.same);
    if (!control_fine(j) || is_wholly_same(&like) ||
        !leads_inside(j, end, &to) || (same && judge_redirect_near(&to))) {
        return INSIDE_NOT;
    }
    return same || judge_redirect_near(&to) ? INSIDE_HOME : INSIDE_AFAR;
}

bool judge_redirect_inside(struct judging *j, const struct vendpoint *end)
{
    struct ids ids = ids_one(end->id);
    enum judge_inside inside = judge_redirect_inside_kind(j, end);
    if (inside == INSIDE_NOT) {
        return false;
    }
    judging_alternative(j, NOTE_INSTITUTION_MAYBE, &ids);
    judging_alternative(j, NOTE_NETWORK_NOTICE, &ids);
    if (inside == INSIDE_HOME) {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_LEADS_INSIDE, &ids, 0.6);
        return true;
    }
    judging_conclude_by(j, X_BLOCKED, NOTE_LEADS_INSIDE, &ids,
                        judge_redirect_address_verified(j, end) ? 0.85 : 0.7);
    return true;
}

/* ---- to another site ----------------------------------------------------- */

/* The control or a certificate knows this address as the site's. */
static bool is_sites(const struct judging *j, const struct vendpoint *end)
{
    enum standing s = standing_of(j, end->addr, judging_host(j, end->depth));
    return s == STAND_GOOD || s == STAND_CONTROL || s == STAND_NETWORK;
}

/* Where the first redirect in cleartext came from; NULL: there is none. */
static const struct vendpoint *first_hop(const struct judging *j,
                                         const struct vendpoint *page)
{
    const struct vendpoint *first = NULL;
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        if (in_cleartext(end) && end->depth < page->depth &&
            end->resp.status / 100 == 3 &&
            (!first || end->depth < first->depth)) {
            first = end;
        }
    }
    return first;
}

bool judge_redirect_elsewhere(const struct judging *j,
                              const struct vendpoint *page)
{
    const struct vendpoint *hop = first_hop(j, page);
    struct likeness like;
    if (!hop ||
        same_site(judging_host(j, hop->depth), judging_host(j, page->depth))) {
        return false;
    }
    likeness_compute(j->o, page, &like);
    return !like.certain || !is_sites(j, hop);
}

bool judge_redirect_to_sister(const struct judging *j, int depth)
{
    const struct vendpoint *page = j->page;
    if (!page || !outcome_ok(page->tls) || page->no_verify ||
        (page->depth < OBS_MAX_LED && j->o->run_led[page->depth] > 0)) {
        return false;
    }
    const struct vendpoint *hop = first_hop(j, page);
    return hop && hop->depth == depth &&
           !same_site(judging_host(j, depth), judging_host(j, page->depth));
}

/* ---- to nowhere ---------------------------------------------------------- */

/* Servers say when they answer, and what they are; whoever only wants to send
 * somebody away says nothing but where to. */
static bool says_only_where(const struct vhttp *resp)
{
    static const char *const said[] = {
        "location",         "content-length", "content-type", "connection",
        "proxy-connection", "cache-control",  "pragma",
    };
    const struct json *at = NULL;
    struct str name, value;
    size_t n = 0;
    while (n++ < OBS_MAX_HEADERS &&
           vhttp_next_header(resp, &at, &name, &value)) {
        bool known = false;
        for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++) {
            known = known || str_ieq_c(name, said[i]);
        }
        if (!known) {
            return false;
        }
    }
    return true;
}

bool judge_redirect_nothing_at(const struct judging *j, int depth)
{
    const struct observations *o = j->o;
    bool tried = false;
    for (size_t i = 0; i < o->n_queries; i++) {
        tried = tried || (o->queries[i].depth == depth &&
                          outcome_bad(o->queries[i].result));
    }
    for (size_t i = 0; i < o->n_ends; i++) {
        if (o->ends[i].depth == depth) {
            if (outcome_ok(o->ends[i].tcp)) {
                return false;
            }
            tried = true;
        }
    }
    return tried;
}

/* The server leads nobody anywhere: it has a page, or wants TLS at this port
 * and says so (400). */
static bool control_stays(const struct judging *j)
{
    return control_fine(j) ||
           (judging_control_page(j) && j->o->control.status == 400);
}

static bool is_sent_away(struct judging *j, const struct vendpoint *end)
{
    struct ids ids = ids_one(end->id);
    if (end->resp.status / 100 != 3 || !control_stays(j) ||
        json_len(j->o->control.headers) <= 1 ||
        !judge_redirect_address_verified(j, end) ||
        !says_only_where(&end->resp) ||
        !judge_redirect_nothing_at(j, end->depth + 1) ||
        same_site(judging_host(j, end->depth),
                  judging_host(j, end->depth + 1))) {
        return false;
    }
    judging_alternative(j, NOTE_DEAD_SERVER, &ids);
    judging_conclude_by(j, X_BLOCKED, NOTE_SENT_AWAY, &ids, 0.75);
    return true;
}

/* ---- all of it ----------------------------------------------------------- */

void judge_redirect_hops(struct judging *j, int depth)
{
    for (size_t i = 0; i < j->o->n_ends && !j->decided && !j->page_certain;
         i++) {
        const struct vendpoint *end = &j->o->ends[i];
        if (end->depth == depth && in_cleartext(end) && !end->resp.final &&
            !judge_known(j, end) && !judge_redirect_inside(j, end)) {
            (void)is_sent_away(j, end); /* the last one to ask */
        }
    }
}
