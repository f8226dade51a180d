// SPDX-License-Identifier: Apache-2.0
#include "verdict/retest_notice.h"
#include "verdict/foreign.h"
#include "verdict/judge_notice.h"
#include "verdict/likeness.h"
#include "verdict/read/observe.h"
#include "verdict/rules.h"
#include "wire/host.h"
#include <string.h>

/* So sure it is at the end, with one kind of evidence and with both. */
#define SURE      0.95
#define SURE_BOTH 0.97

/* ---- what was seen ------------------------------------------------------- */

void retest_notice_begin(struct notice_course *c, const struct observations *o,
                         const struct verdict *v)
{
    *c = (struct notice_course){
        .n = v->notice, .control = &o->control, .url = o->url};
    c->seen = v->notice.suspect || v->notice.target;
    c->over = c->seen == 0 || !o->url.text;
}

void retest_notice_again(struct notice_course *c, const struct observations *o,
                         const struct verdict *again)
{
    const struct notice *n = &again->notice;
    if (c->over || again->state == X_INTERNAL) {
        return;
    }
    if (again->n_reasons > 0 &&
        rules_of(again->reasons[0].note) == RULE_DNS_FOR_ALL) {
        return; /* no other name was asked about meanwhile */
    }
    if (!n->suspect || !o->url.text) {
        c->over = true;
        return;
    }
    c->seen++;
    c->control = &o->control;
    c->url = o->url;
    struct notice was = c->n;
    c->n = *n;
    c->n.agreed = was.agreed || n->agreed;
    c->n.proven = was.proven || n->proven;
    c->n.vouched = was.vouched || n->vouched;
    c->n.near = was.near || n->near;
    c->n.apart = was.apart || n->apart;
    c->n.alias = was.alias || n->alias;
    c->n.ill = was.ill || n->ill;
    c->n.led = was.led || n->led;
    c->n.vague = was.vague || n->vague;
    c->n.elsewhere = n->elsewhere ? n->elsewhere : was.elsewhere;
    c->n.lookup = was.lookup;
    c->n.heard = was.heard || n->heard;
    c->n.tls = was.tls || n->tls;
    if (was.foreign) {
        c->n.foreign = true;
        c->n.fetched = was.fetched || n->fetched;
        c->n.id = was.id;
    }
}

/* A translator's way to write it is the same address. */
static bool is_at(const struct observations *o, uint32_t addr, const char *text)
{
    struct ip ip;
    return text && ip_parse(str_c(text), &ip) &&
           (ip_eq(&o->addrs[addr].ip, &ip) ||
            ip_embeds(&o->addrs[addr].ip, &ip));
}

/* The site's page, or a redirect within its own domain. */
static bool is_own(const struct observations *o, const struct vendpoint *end)
{
    struct likeness like;
    struct url base, to;
    struct str location;
    if (!outcome_ok(end->http)) {
        return false;
    }
    if (end->resp.final) {
        likeness_compute(o, end, &like);
        return like.same;
    }
    return vhttp_header(&end->resp, "location", &location) &&
           url_parse(o->r, end->resp.url, &base, NULL) == ERR_OK &&
           url_resolve(o->r, &base, location, &to, NULL) == ERR_OK &&
           strcmp(host_registrable(base.host), host_registrable(to.host)) == 0;
}

/* A page of another site, or one over no connection, says nothing of this. */
static bool is_answer(const struct notice_course *c,
                      const struct observations *o, const struct vendpoint *end)
{
    struct url url;
    return outcome_ok(end->tcp) && !end->doubtful &&
           url_parse(o->r, end->resp.url, &url, NULL) == ERR_OK &&
           str_ieq(str_c(url.host), str_c(c->url.host));
}

static void see_page(struct notice_course *c, const struct observations *o,
                     struct judging *j)
{
    for (size_t i = 0; i < o->n_addrs; i++) {
        if (is_at(o, (uint32_t)i, c->n.at)) {
            c->n.apart = c->n.apart || o->addrs[i].run_other_networks > 0;
            c->n.foreign = c->n.foreign || o->addrs[i].run_notices > 0;
            c->n.ill = c->n.ill || o->addrs[i].run_ill > 0;
        }
    }
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        /* a country's edge leads to a sister site, and has https, too */
        bool edge = c->n.tls && end->resp.status / 100 == 3;
        if (!is_answer(c, o, end)) {
            continue;
        }
        if (is_at(o, end->addr, c->n.at) && !edge &&
            judge_notice_foreign(j, end, !c->n.proven)) {
            c->n.foreign = c->n.fetched = true;
            c->n.id = end->id;
            c->n.vague = c->n.vague || judge_notice_vague(j, end);
        } else if (is_at(o, end->addr, c->n.at)) {
            c->n.ill = c->n.ill || foreign_is_ill(&end->resp);
        } else if (is_at(o, end->addr, c->n.elsewhere) && is_own(o, end)) {
            c->n.proven = true;
        }
    }
}

enum err retest_notice_page(struct notice_course *c, struct region *r,
                            const struct json *record, const struct json *keys,
                            size_t i, struct diag *d)
{
    struct diag inner = {""};
    struct observations *o = region_alloc(r, sizeof(*o));
    struct judging *j = region_alloc(r, sizeof(*j));
    if (!o || !j) {
        return ERR_NOMEM;
    }
    enum err e = observe_keys(r, record, keys, o, &inner);
    if (e == ERR_PARSE) {
        return diag_set(d, e, "test_keys.x_retest[%zu].%s", i, inner.text);
    }
    c->asked = true;
    if (e || o->internal || o->run_doubtful) {
        return e; /* nothing is known of it */
    }
    o->control = *c->control; /* a page has none of its own */
    *j = (struct judging){.o = o, .r = r};
    see_page(c, o, j);
    return ERR_OK;
}

/* ---- what it means ------------------------------------------------------- */

static enum err copy(struct region *r, const struct reason *list, size_t n,
                     const struct reason **out, size_t *n_out)
{
    *out = region_memdup(r, list, n * sizeof(*list));
    *n_out = *out ? n : 0;
    return *out ? ERR_OK : ERR_NOMEM;
}

static enum err accuse(const struct notice *n, struct region *r,
                       struct verdict *v)
{
    const int64_t ids[] = {n->lookup, n->id};
    const int64_t *own = region_memdup(r, ids, sizeof(ids));
    struct reason why[] = {
        {.note = n->foreign ? NOTE_NOTICE_PAGE : NOTE_NOTICE_SHARED,
         .ids = own,
         .n_ids = n->id ? 2 : 1},
        {.note = NOTE_AGAIN},
        {.note = n->family == 4 ? NOTE_ONLY_IPV4 : NOTE_ONLY_IPV6,
         .ids = own,
         .n_ids = 1},
    };
    struct reason else_[] = {
        {.note = NOTE_USER_FILTER, .ids = own, .n_ids = 1},
        {.note = NOTE_OLD_ADDRESS, .ids = own, .n_ids = 1}};
    if (!own) {
        return ERR_NOMEM;
    }
    v->state = X_BLOCKED;
    v->method = METHOD_DNS;
    v->confidence = n->foreign && n->apart ? SURE_BOTH : SURE;
    v->stay_away = false;
    v->want_url = NULL;
    v->want_compare = NULL;
    enum err e = copy(r, why, n->family ? 3 : 2, &v->reasons, &v->n_reasons);
    return e ? e : copy(r, else_, 2, &v->alternatives, &v->n_alternatives);
}

/* The host alone: no more of the site's URL is told in cleartext than a lookup
 * tells. */
static enum err want_notice(const struct notice_course *c, struct region *r,
                            struct verdict *v)
{
    v->want_url = region_printf(r, "http://%s/", c->url.host);
    v->want_page = c->n.at;
    v->want_again = true;
    return v->want_url ? ERR_OK : ERR_NOMEM;
}

static void want_site(const struct notice_course *c, struct verdict *v)
{
    v->want_url = c->url.text;
    v->want_page = c->n.elsewhere;
    v->want_again = true;
}

/* A site without a certificate may have another page at another address: one
 * that a parking service shows, or a country's edge. Then what came tells only
 * where it comes from the provider himself, or is no such thing: servers for
 * sites have https as well, and old addresses show what nobody has set up. */
static bool is_shown(const struct notice *n)
{
    return judge_notice_shared(n) ||
           (n->foreign && (n->vouched || n->near || (!n->tls && !n->vague)));
}

static bool says(const struct reason *list, size_t n, enum note note)
{
    for (size_t i = 0; i < n; i++) {
        if (rules_of(list[i].note) == rules_of(note)) {
            return true;
        }
    }
    return false;
}

/* The suspicion stays one: what it may be, after what is said already. */
static enum err doubt(const struct notice *n, struct region *r,
                      struct verdict *v)
{
    const enum note notes[] = {
        n->foreign ? NOTE_NOTICE_PAGE : NOTE_NOTICE_SHARED, NOTE_OLD_ADDRESS};

    size_t len = v->n_alternatives;
    struct reason *all = region_alloc(r, (len + 2) * sizeof(*all));
    if (!all) {
        return ERR_NOMEM;
    }
    if (len > 0) {
        memcpy(all, v->alternatives, len * sizeof(*all));
    }
    for (size_t i = n->foreign || n->apart ? 0 : 1; i < 2; i++) {
        if (!says(all, len, notes[i]) &&
            !says(v->reasons, v->n_reasons, notes[i])) {
            all[len++] = (struct reason){.note = notes[i]};
        }
    }
    v->alternatives = all;
    v->n_alternatives = len;
    return ERR_OK;
}

enum err retest_notice_settle(const struct notice_course *c, struct region *r,
                              bool may_again, struct verdict *v)
{
    const struct notice *n = &c->n;
    bool shown = is_shown(n);
    v->notice = *n;
    /* where the other family leads to the site, it may be well by that */
    if (c->over ||
        (v->state != X_INCONCLUSIVE && (v->state != X_OK || !n->family))) {
        return ERR_OK;
    }
    if (c->seen > 1 && n->agreed && n->proven && shown) {
        enum err e = accuse(n, r, v);
        /* what is there may still say that it is a cache, and ill */
        bool unheard = !n->foreign && !n->heard && !c->asked;
        return !e && unheard ? want_notice(c, r, v) : e;
    }
    if (c->seen == 1 && may_again) {
        v->want_url = n->target ? n->target : v->want_url;
        v->want_again = true;
        return ERR_OK;
    }
    if (c->seen == 1) {
        return ERR_OK;
    }
    if (n->agreed && !c->asked && n->proven && !n->heard) {
        return want_notice(c, r, v);
    }
    if (n->agreed && !c->asked && shown && n->elsewhere && !c->url.https) {
        want_site(c, v);
        return ERR_OK;
    }
    return v->state == X_INCONCLUSIVE ? doubt(n, r, v) : ERR_OK;
}
