// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge.h"
#include "verdict/parts.h"
#include "wire/host.h"
#include <string.h>

/* ---- saying why ---------------------------------------------------------- */

void ids_add(struct ids *ids, int64_t id)
{
    for (size_t i = 0; i < ids->n; i++) {
        if (ids->id[i] == id) {
            return;
        }
    }
    if (id != 0 && ids->n < OWN_MAX_IDS) {
        ids->id[ids->n++] = id;
    }
}

static void add(struct own *w, struct reason *list, size_t *n, const char *rule,
                const struct ids *ids, const char *note)
{
    if (*n >= OWN_MAX_REASONS) {
        return;
    }
    for (size_t i = 0; i < *n; i++) {
        if (strcmp(list[i].rule, rule) == 0) {
            return; /* once is enough */
        }
    }
    const int64_t *copy = NULL;
    size_t n_ids = ids ? ids->n : 0;
    if (n_ids > 0) {
        copy = region_memdup(w->r, ids->id, n_ids * sizeof(*copy));
        w->nomem = w->nomem || !copy;
    }
    list[(*n)++] = (struct reason){
        .rule = rule, .ids = copy, .n_ids = copy ? n_ids : 0, .note = note};
}

void own_reason(struct own *w, const char *rule, const struct ids *ids,
                const char *note)
{
    add(w, w->reasons, &w->n_reasons, rule, ids, note);
}

void own_alternative(struct own *w, const char *rule, const struct ids *ids,
                     const char *note)
{
    add(w, w->alternatives, &w->n_alternatives, rule, ids, note);
}

void own_decide(struct own *w, enum xstate state, const char *method,
                double confidence)
{
    w->v->state = state;
    w->v->method = state == X_BLOCKED ? method : NULL;
    w->v->confidence = confidence;
    w->decided = true;
}

/* ---- names --------------------------------------------------------------- */

bool own_is_control_host(const struct own *w, struct str host)
{
    return w->o->control.present && str_ieq(w->o->control.host, host);
}

bool own_control_page(const struct own *w)
{
    return outcome_ok(w->o->control.http) && w->o->control.status > 0;
}

/* The redirect that led to `depth`, if one response shows it. */
static bool redirect_to(const struct own *w, int depth, struct url *out)
{
    const struct observations *o = w->o;
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        struct str location;
        struct url base;
        if (end->depth == depth - 1 && end->resp.status / 100 == 3 &&
            outcome_ok(end->http) &&
            vhttp_header(&end->resp, "location", &location) &&
            url_parse(w->r, end->resp.url, &base, NULL) == ERR_OK &&
            url_resolve(w->r, &base, location, out, NULL) == ERR_OK) {
            return true;
        }
    }
    return false;
}

struct str own_host(const struct own *w, int depth)
{
    const struct observations *o = w->o;
    struct url url;
    if (depth == 0 && o->url.text) {
        return str_c(o->url.host);
    }
    for (size_t i = 0; i < o->n_queries; i++) {
        if (o->queries[i].depth == depth) {
            return o->queries[i].host;
        }
    }
    if (depth > 0 && redirect_to(w, depth, &url)) {
        return str_c(url.host);
    }
    return (struct str){NULL, 0};
}

bool own_https(const struct own *w, int depth)
{
    const struct observations *o = w->o;
    struct url url;
    if (depth == 0 && o->url.text) {
        return o->url.https;
    }
    if (depth > 0 && redirect_to(w, depth, &url)) {
        return url.https;
    }
    for (size_t i = 0; i < o->n_ends; i++) {
        if (o->ends[i].depth == depth && o->ends[i].fetch_body == 1) {
            return o->ends[i].port == 443;
        }
    }
    return false;
}

/* ---- addresses ----------------------------------------------------------- */

static bool one_of(struct str s, const char *const *list)
{
    for (; *list; list++) {
        if (str_eq_c(s, *list)) {
            return true;
        }
    }
    return false;
}

bool own_cert_failure(struct outcome out)
{
    static const char *const list[] = {"ssl_invalid_hostname",
                                       "ssl_unknown_authority",
                                       "ssl_invalid_certificate", NULL};
    return out.known && one_of(out.failure, list);
}

bool own_cut(struct outcome out)
{
    static const char *const list[] = {"connection_reset",      "eof_error",
                                       "generic_timeout_error", "timed_out",
                                       "connection_aborted",    NULL};
    return out.known && one_of(out.failure, list);
}

/* Addresses of 64:ff9b::/96 stand for IPv4 ones (RFC 6052), and so do those of
 * a prefix of the network's own choice: only the IPv4 address in the last four
 * bytes tells, and nobody forges one that leads to the site. */
static bool nat64_of_control(const struct own *w, const struct ip *ip)
{
    if (ip->family != 6) {
        return false;
    }
    struct ip v4 = {.family = 4};
    memcpy(v4.b, ip->b + 12, 4);
    for (size_t i = 0; i < w->o->n_addrs; i++) {
        if (w->o->addrs[i].control && ip_eq(&w->o->addrs[i].ip, &v4)) {
            return true;
        }
    }
    return false;
}

bool own_nat64(const struct ip *ip)
{
    static const uint8_t prefix[12] = {0x00, 0x64, 0xff, 0x9b};
    return ip->family == 6 && memcmp(ip->b, prefix, sizeof(prefix)) == 0;
}

bool own_bogon(const struct vaddr *a)
{
    if (!own_nat64(&a->ip)) {
        return a->bogon;
    }
    struct ip v4 = {.family = 4};
    memcpy(v4.b, a->ip.b + 12, 4);
    return ip_is_bogon(&v4);
}

static bool network_of_control(const struct own *w, const struct vaddr *a)
{
    uint32_t asn = a->asn ? a->asn : a->asn_control;
    for (size_t i = 0; asn && i < w->o->n_addrs; i++) {
        const struct vaddr *c = &w->o->addrs[i];
        if (c->control && (c->asn_control ? c->asn_control : c->asn) == asn) {
            return true;
        }
    }
    return false;
}

/* What the endpoints at an address showed about `host`. */
struct seen {
    bool good;     /* trusted certificate, by us or by the control */
    bool bad_cert; /* another certificate, for us */
    bool answered; /* a page over cleartext */
    bool failed;   /* something failed there */
};

#define CONTROL_VALID_FOR_DOMAIN 8

static struct seen look(const struct own *w, uint32_t addr, struct str host)
{
    const struct observations *o = w->o;
    struct seen s = {0};
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (end->addr != addr) {
            continue;
        }
        bool named = str_ieq(end->server_name, host);
        s.good =
            s.good || (named && ((outcome_ok(end->tls) && !end->no_verify) ||
                                 outcome_ok(end->ctl_tls)));
        s.bad_cert = s.bad_cert || (named && own_cert_failure(end->tls));
        s.answered = s.answered || outcome_ok(end->http);
        s.failed = s.failed || outcome_bad(end->tcp) || outcome_bad(end->tls);
    }
    s.good =
        s.good || (own_is_control_host(w, host) &&
                   (o->addrs[addr].flags_control & CONTROL_VALID_FOR_DOMAIN));
    return s;
}

enum standing own_standing(const struct own *w, uint32_t addr, struct str host)
{
    const struct vaddr *a = &w->o->addrs[addr];
    bool mine = own_is_control_host(w, host);
    struct seen s = look(w, addr, host);
    char text[IP_TEXT_MAX];
    if (s.good) {
        return STAND_GOOD; /* whoever gave the address */
    }
    if (mine && nat64_of_control(w, &a->ip)) {
        return STAND_CONTROL;
    }
    if (own_bogon(a)) {
        return STAND_FORGED;
    }
    if (mine && a->control) {
        return STAND_CONTROL;
    }
    ip_format(&a->ip, text);
    if (w->fps && fingerprints_match_dns(w->fps, str_c(text))) {
        return STAND_FORGED;
    }
    if (s.bad_cert) {
        return STAND_BAD_CERT;
    }
    if (mine && network_of_control(w, a)) {
        return STAND_NETWORK;
    }
    return s.failed && !s.answered ? STAND_DEAD : STAND_UNKNOWN;
}

bool own_verified(const struct own *w, struct str host)
{
    for (size_t i = 0; i < w->o->n_ends; i++) {
        const struct vendpoint *end = &w->o->ends[i];
        if (outcome_ok(end->tls) && !end->no_verify &&
            str_ieq(end->server_name, host)) {
            return true;
        }
    }
    return false;
}

/* ---- the order of things ------------------------------------------------- */

static const struct vendpoint *final_page(const struct observations *o)
{
    const struct vendpoint *best = NULL;
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (end->resp.final &&
            (!best || end->depth > best->depth ||
             (end->depth == best->depth && o->addrs[end->addr].classic &&
              !o->addrs[best->addr].classic))) {
            best = end;
        }
    }
    return best;
}

static int deepest(const struct observations *o)
{
    int depth = 0;
    for (size_t i = 0; i < o->n_queries; i++) {
        depth = o->queries[i].depth > depth ? o->queries[i].depth : depth;
    }
    for (size_t i = 0; i < o->n_ends; i++) {
        depth = o->ends[i].depth > depth ? o->ends[i].depth : depth;
    }
    return depth;
}

/* The first step of a visit is about the site alone. */
static bool of_another(const struct observations *o,
                       const struct vendpoint *end)
{
    struct str host = str_c(o->url.host);
    struct url url;
    return (end->server_name.len > 0 && !str_ieq(end->server_name, host)) ||
           (end->resp.url.len > 0 &&
            url_parse(o->r, end->resp.url, &url, NULL) == ERR_OK &&
            !str_ieq(str_c(url.host), host));
}

/* A later step of a visit is where a page of the step before sent it. */
static bool nobody_led_to(const struct observations *o, int depth)
{
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        struct str location;
        if (end->depth == depth - 1 && end->resp.status / 100 == 3 &&
            vhttp_header(&end->resp, "location", &location)) {
            return false;
        }
    }
    return depth > 0;
}

/* What no honest record says of one connection, one lookup or one site. */
static bool contradicts_itself(const struct observations *o, struct ids *ids)
{
    /* an answer of a wrong id or with a bogon may be kept beside its failure */
    static const char *const without_answer[] = {"dns_nxdomain_error",
                                                 "dns_no_answer",
                                                 "dns_refused_error",
                                                 "dns_servfail_error",
                                                 "generic_timeout_error",
                                                 "android_dns_cache_no_data",
                                                 NULL};
    int known = 0;
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (end->doubtful || (end->t > 0 && end->t0 > end->t) ||
            (outcome_bad(end->ctl_tcp) && outcome_ok(end->ctl_tls)) ||
            (outcome_bad(end->tcp) &&
             (outcome_ok(end->tls) || outcome_ok(end->http))) ||
            (outcome_bad(end->tls) && !end->no_verify &&
             outcome_ok(end->http)) ||
            (end->depth == 0 && o->url.text && of_another(o, end)) ||
            (end->depth != known && nobody_led_to(o, end->depth))) {
            ids_add(ids, end->id);
            return true;
        }
        known = end->depth; /* thousands may be of one step */
    }
    for (size_t i = 0; i < o->n_queries; i++) {
        const struct vquery *q = &o->queries[i];
        if ((q->n_addrs > 0 && one_of(q->result.failure, without_answer)) ||
            (q->depth == 0 && o->url.text &&
             !str_ieq(q->host, str_c(o->url.host)))) {
            ids_add(ids, q->id);
            return true;
        }
    }
    return false;
}

/* The control was asked about another site than the record is about. */
static bool other_site(const struct observations *o)
{
    struct url url;
    return o->names_site && o->control.present &&
           url_parse(o->r, o->input, &url, NULL) == ERR_OK &&
           !str_ieq(o->control.host, str_c(url.host));
}

const char *own_url(const struct own *w, int depth)
{
    struct url url;
    if (depth == 0) {
        return w->o->url.text;
    }
    return redirect_to(w, depth, &url) ? url.text : NULL;
}

/* What only the site's name brings about is told by leaving the name out. */
void own_want_compare(struct own *w, const struct vendpoint *end)
{
    char text[IP_TEXT_MAX];
    const char *url = own_url(w, end->depth);
    ip_format(&w->o->addrs[end->addr].ip, text);
    if (url) {
        w->v->want_compare = region_strdup(w->r, text);
        w->v->want_url = url;
        w->nomem = w->nomem || !w->v->want_compare;
    }
}

static void judge(struct own *w)
{
    struct ids ids = {.n = 0};
    const struct observations *o = w->o;
    if (o->internal) {
        own_reason(w, RULE_INTERNAL, NULL, "The probe's own machine failed.");
        own_decide(w, X_INTERNAL, NULL, 1);
        return;
    }
    if (o->legacy) {
        own_reason(w, RULE_OLD_RECORD, NULL,
                   "The record does not say which steps belong together.");
        own_decide(w, X_INCONCLUSIVE, NULL, 0.9);
        return;
    }
    if (o->n_queries == 0 && o->n_ends == 0) {
        own_reason(w, RULE_NOTHING, NULL, "Nothing was measured.");
        own_decide(w, X_INCONCLUSIVE, NULL, 0.9);
        return;
    }
    if (contradicts_itself(o, &ids) || other_site(o)) {
        own_reason(w, RULE_CONTRADICTS, &ids,
                   "The record says things that cannot all be true.");
        own_decide(w, X_INCONCLUSIVE, NULL, 0.9);
        return;
    }
    w->depth = deepest(o);
    for (int depth = 0; depth <= w->depth && !w->decided; depth++) {
        w->at = depth;
        own_dns(w, depth);
    }
    const struct vendpoint *page = final_page(o);
    if (!w->decided && page && page->depth == w->depth) {
        own_page(w, page);
    }
    if (!w->decided) {
        own_failure(w);
    }
    if (w->silent && w->v->state != X_BLOCKED && w->v->state != X_DOWN) {
        w->n_reasons = w->n_alternatives = 0;
        own_reason(w, RULE_DNS_RESOLVER_DOWN, &w->silent_ids,
                   "The resolver did not answer; nothing else is wrong.");
        own_decide(w, X_INCONCLUSIVE, NULL, 0.6);
    }
}

enum err own_verdict(const struct observations *o,
                     const struct fingerprints *fps, struct verdict *v)
{
    struct own *w = region_alloc(o->r, sizeof(*w));
    if (!w) {
        return ERR_NOMEM;
    }
    *w = (struct own){.o = o, .fps = fps, .r = o->r, .v = v};
    judge(w);
    if (!w->decided) {
        own_reason(w, RULE_NOTHING, NULL, "No rule applies to what was seen.");
        own_decide(w, X_INCONCLUSIVE, NULL, 0.5);
    }
    if (v->state == X_BLOCKED && w->at > 0) {
        v->want_url = own_url(w, w->at);
    }
    v->reasons = w->reasons;
    v->n_reasons = w->n_reasons;
    v->alternatives = w->alternatives;
    v->n_alternatives = w->n_alternatives;
    return w->nomem ? ERR_NOMEM : ERR_OK;
}
