// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_failure.h"
#include "verdict/rules.h"

/* The endpoints of one step, those that failed for a reason of our own line
 * left out. */
struct group {
    const struct vendpoint *ends[OBS_MAX_ENDPOINTS];
    size_t n;
    struct ids ids;
    bool ignored_v6;
};

static bool family_works(const struct observations *o, int depth, int family)
{
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (end->depth == depth && outcome_ok(end->tcp) &&
            o->addrs[end->addr].ip.family == family) {
            return true;
        }
    }
    return false;
}

/* A line with an IPv6 address may lead nowhere: IPv6 works where something of
 * it got through, or where it is all there is (NAT64). */
static bool ipv6_shown(const struct observations *o)
{
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct ip *ip = &o->addrs[o->ends[i].addr].ip;
        if (ip_is_nat64(ip, NULL) ||
            (ip->family == 6 && outcome_ok(o->ends[i].tcp))) {
            return true;
        }
    }
    for (size_t i = 0; i < o->n_exchanges; i++) {
        if (str_starts(o->exchanges[i].resolver, "[")) {
            return true;
        }
    }
    return false;
}

static bool refused(struct outcome out)
{
    return outcome_is(out, FAILURE_REFUSED) || outcome_is(out, FAILURE_RESET);
}

/* A connect that met neither silence nor a refusal: a router has no way, or it
 * never left this machine (a route that leads nowhere, a filter, a fault).
 * Systems have many words for that, so what a censor does is what is listed. */
static bool no_route(struct outcome out)
{
    return outcome_bad(out) && !outcome_is_cut(out) && !refused(out);
}

/* Addresses of a family that this line has a way to. */
static bool has_family(const struct observations *o, int depth, int family)
{
    for (size_t i = 0; i < o->n_ends; i++) {
        if (o->ends[i].depth == depth && !no_route(o->ends[i].tcp) &&
            o->addrs[o->ends[i].addr].ip.family == family) {
            return true;
        }
    }
    return false;
}

/* Does a failed connect count? IPv6 often leads nowhere; on a line with IPv6
 * only, IPv4 does. */
static bool counts(const struct observations *o, const struct vendpoint *end)
{
    int family = o->addrs[end->addr].ip.family;
    if (outcome_ok(end->tcp)) {
        return true;
    }
    if (family == 6) {
        return !has_family(o, end->depth, 4) && ipv6_shown(o);
    }
    return !family_works(o, end->depth, 6) &&
           !(no_route(end->tcp) && has_family(o, end->depth, 6));
}

static void collect(const struct judging *j, int depth, int fetch_body,
                    struct group *g)
{
    const struct observations *o = j->o;
    *g = (struct group){.n = 0};
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (end->depth != depth || end->fetch_body != fetch_body) {
            continue;
        }
        if (!counts(o, end)) {
            g->ignored_v6 = true;
            continue;
        }
        g->ends[g->n++] = end;
    }
}

/* So sure is it at the least that an ending was forged that came from another
 * distance. */
#define BY_FORGER 0.93

/* Our own host, or the router at home, knows of no way at once. */
#define LOCAL_S 0.002

/* A router on the way, not our own host, says that there is no way. For IPv6
 * that is everyday, but not for what a translator makes of IPv4. */
static bool rejected(const struct judging *j, const struct vendpoint *end)
{
    const struct ip *ip = &j->o->addrs[end->addr].ip;
    return (ip->family == 4 || ip_is_nat64(ip, NULL)) &&
           outcome_is(end->tcp, FAILURE_HOST_UNREACHABLE) &&
           end->t - end->t0 >= LOCAL_S;
}

/* It connects for the control, and gives it no page, or one that says so. */
static bool site_is_ill(const struct judging *j)
{
    const struct vcontrol *c = &j->o->control;
    return outcome_bad(c->http) ||
           (outcome_ok(c->http) && c->status / 100 == 5);
}

/* ---- TCP ----------------------------------------------------------------- */

struct sums {
    size_t n, ok, cut, cert, no_route, refused;
    size_t rejected;        /* by a router, of IPv4 addresses */
    size_t ctl_ok, ctl_bad; /* of those that failed for us */
    struct ids ids;         /* of those that failed */
    struct outcome first;
};

static struct sums sum_tcp(const struct judging *j, const struct group *g)
{
    struct sums s = {0};
    for (size_t i = 0; i < g->n; i++) {
        const struct vendpoint *end = g->ends[i];
        s.n++;
        if (outcome_ok(end->tcp)) {
            s.ok++;
            continue;
        }
        s.no_route += no_route(end->tcp);
        s.rejected += rejected(j, end);
        s.refused += refused(end->tcp);
        s.cut += outcome_is_cut(end->tcp);
        s.ctl_ok += outcome_ok(end->ctl_tcp);
        s.ctl_bad += outcome_bad(end->ctl_tcp);
        ids_add(&s.ids, end->id);
    }
    return s;
}

static void down_or_unknown(struct judging *j, const struct ids *ids,
                            enum note down)
{
    if (outcome_bad(j->o->control.http)) {
        judging_conclude_by(j, X_DOWN, down, ids, 0.85);
    } else {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_FAILED_UNCOMPARED, ids,
                            0.7);
    }
}

static void judge_tcp(struct judging *j, const struct sums *s, int depth)
{
    bool answered = s->refused > 0 && s->refused >= s->cut;
    if (s->rejected == s->n && s->ctl_ok == s->n && judging_control_page(j)) {
        judging_alternative(j, NOTE_ROUTE_LOST, &s->ids);
        judging_conclude(j, X_BLOCKED, NOTE_REJECTED, &s->ids);
    } else if (s->no_route == s->n) {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_NO_ROUTE, &s->ids, 0.7);
    } else if (s->ctl_ok > 0 && site_is_ill(j)) {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_SITE_ILL, &s->ids, 0.6);
    } else if (s->ctl_ok > 0) {
        judging_alternative(j, NOTE_SERVER_SHUTS_OUT, &s->ids);
        judging_conclude_by(j, X_BLOCKED,
                            answered ? NOTE_REFUSED : NOTE_NO_CONNECTION,
                            &s->ids, judging_control_page(j) ? 0.85 : 0.7);
    } else if (s->ctl_bad > 0) {
        judging_conclude(j, judging_control_page(j) ? X_INCONCLUSIVE : X_DOWN,
                         NOTE_CONNECT_NOWHERE, &s->ids);
    } else if (depth > 0 && judging_control_page(j)) {
        judging_alternative(j, NOTE_DEAD_SERVER, &s->ids);
        judging_conclude(j, X_BLOCKED, NOTE_REDIRECT_UNREACHED, &s->ids);
    } else {
        down_or_unknown(j, &s->ids, NOTE_UNREACHED_NO_PAGE);
    }
}

/* ---- TLS ----------------------------------------------------------------- */

static struct sums sum_tls(const struct group *g)
{
    struct sums s = {0};
    for (size_t i = 0; i < g->n; i++) {
        const struct vendpoint *end = g->ends[i];
        if (!end->tls.known) {
            continue;
        }
        s.n++;
        if (outcome_ok(end->tls)) {
            s.ok++;
            continue;
        }
        s.cut += outcome_is_cut(end->tls);
        s.cert += outcome_is_cert(end->tls);
        s.ctl_ok += outcome_ok(end->ctl_tls);
        s.ctl_bad += outcome_bad(end->ctl_tls);
        ids_add(&s.ids, end->id);
        if (!s.first.known) {
            s.first = end->tls;
        }
    }
    return s;
}

static enum note tls_note(struct outcome out)
{
    if (outcome_is(out, FAILURE_EOF)) {
        return NOTE_TLS_EOF;
    }
    if (outcome_is(out, FAILURE_TIMEOUT) ||
        outcome_is(out, FAILURE_TIMED_OUT)) {
        return NOTE_TLS_TIMEOUT;
    }
    return NOTE_TLS_RESET;
}

static void judge_cert(struct judging *j, const struct group *g,
                       const struct sums *s)
{
    bool date = outcome_is(s->first, FAILURE_BAD_CERT);
    judging_conclude(j, X_INCONCLUSIVE,
                     date ? NOTE_CERT_DATE : NOTE_CERT_DIFFERS, &s->ids);
    for (size_t i = 0; i < g->n && !j->v->want_compare; i++) {
        /* the control saw the true one there */
        if (outcome_is(g->ends[i]->tls, FAILURE_BAD_AUTHORITY) &&
            outcome_ok(g->ends[i]->ctl_tls)) {
            judging_want_compare(j, g->ends[i]);
        }
    }
}

/* A reset or an end that came from another distance than the server's own
 * packets was not sent by it: the reason is given, and `confidence` raised. */
static double with_packets(struct judging *j, const struct ids *ids,
                           double confidence)
{
    struct ids odd = {.n = 0};
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        for (size_t k = 0; end->odd_distance && k < ids->n; k++) {
            if (ids->id[k] == end->id) {
                ids_add(&odd, end->id);
            }
        }
    }
    if (odd.n == 0) {
        return confidence;
    }
    judging_reason(j, NOTE_DISTANCE, &odd);
    return confidence < BY_FORGER ? BY_FORGER : confidence;
}

static void judge_tls(struct judging *j, const struct group *g,
                      const struct sums *s, int depth)
{
    if (s->ctl_bad > 0 && s->ctl_ok == 0) {
        judging_conclude_by(j, X_DOWN, NOTE_TLS_NOWHERE, &s->ids, 0.9);
    } else if (s->cert > 0) {
        if (s->ctl_ok > 0 || judging_control_page(j)) {
            judge_cert(j, g, s);
        } else {
            down_or_unknown(j, &s->ids, NOTE_TLS_NO_PAGE);
        }
    } else if (s->cut < s->n - s->ok) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_TLS_SERVER, &s->ids);
    } else if (s->ctl_ok > 0 && site_is_ill(j)) {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_SITE_ILL_TLS, &s->ids, 0.6);
    } else if (s->ctl_ok > 0) {
        enum rule rule = rules_of(tls_note(s->first));
        judging_reason(j, tls_note(s->first), &s->ids);
        judging_alternative(j, NOTE_TLS_DROPPED, &s->ids);
        judging_decide(j, X_BLOCKED, rule,
                       with_packets(j, &s->ids, rules_confidence(rule)));
    } else if (depth > 0 && judging_control_page(j)) {
        judging_conclude(j, X_BLOCKED, NOTE_REDIRECT_CUT, &s->ids);
    } else {
        down_or_unknown(j, &s->ids, NOTE_TLS_NO_PAGE);
    }
}

/* ---- HTTP ---------------------------------------------------------------- */

static enum note http_note(struct outcome out)
{
    if (outcome_is(out, FAILURE_EOF)) {
        return NOTE_HTTP_EOF;
    }
    if (outcome_is(out, FAILURE_TIMEOUT) ||
        outcome_is(out, FAILURE_TIMED_OUT)) {
        return NOTE_HTTP_TIMEOUT;
    }
    return NOTE_HTTP_RESET;
}

static void judge_http(struct judging *j, const struct vendpoint *end)
{
    struct ids ids = {.n = 0};
    ids_add(&ids, end->id);
    if (!j->o->control.http.known ||
        (outcome_ok(j->o->control.http) && !judging_control_page(j))) {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_PAGE_UNCOMPARED, &ids, 0.6);
    } else if (outcome_bad(j->o->control.http)) {
        judging_conclude(j, X_DOWN, NOTE_PAGE_NOWHERE, &ids);
    } else if (!outcome_is_cut(end->http)) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_BAD_REDIRECT, &ids);
    } else if (outcome_ok(end->tls)) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_INSIDE_TLS, &ids);
        judging_want_compare(j, end);
    } else if (end->resp.got_headers) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_PAGE_SLOW, &ids);
    } else {
        enum note note = http_note(end->http);
        judging_reason(j, note, &ids);
        judging_alternative(j, NOTE_REFUSES_REQUESTS, &ids);
        judging_decide(j, X_BLOCKED, rules_of(note),
                       with_packets(j, &ids, end->depth > 0 ? 0.75 : 0.85));
    }
}

static const struct vendpoint *failed_fetch(const struct group *g)
{
    for (size_t i = 0; i < g->n; i++) {
        if (outcome_bad(g->ends[i]->http)) {
            return g->ends[i];
        }
    }
    return NULL;
}

void judge_failure(struct judging *j)
{
    struct group *g = region_alloc(j->r, sizeof(*g));
    if (!g) {
        j->nomem = true;
        return;
    }
    collect(j, j->depth, 1, g);
    struct sums tcp = sum_tcp(j, g), tls = sum_tls(g);
    const struct vendpoint *fetch = failed_fetch(g);
    if (fetch) {
        judge_http(j, fetch);
    } else if (tls.n > 0 && tls.ok == 0) {
        judge_tls(j, g, &tls, j->depth);
    } else if (tcp.n > 0 && tcp.ok == 0) {
        judge_tcp(j, &tcp, j->depth);
    } else {
        judging_conclude_by(j, X_INCONCLUSIVE,
                            g->ignored_v6 ? NOTE_NO_ROUTE_TO_PAGE
                                          : NOTE_ENDED_EARLY,
                            NULL, 0.6);
    }
}

/* ---- the https side of a site measured over http ------------------------- */

void judge_failure_https_side(struct judging *j)
{
    struct group *g = region_alloc(j->r, sizeof(*g));
    if (!g) {
        j->nomem = true;
        return;
    }
    collect(j, 0, 0, g);
    struct sums tcp = sum_tcp(j, g), tls = sum_tls(g);
    if (g->n == 0 || j->depth > 0) {
        return;
    }
    if (tls.n > 0 && tls.ok == 0 && tls.cut == tls.n && tls.ctl_ok == tls.n) {
        judging_alternative(j, NOTE_HTTP_COMES, &tls.ids);
        judging_conclude_by(j, X_BLOCKED, tls_note(tls.first), &tls.ids, 0.7);
    } else if (tcp.ok == 0 && tcp.ctl_ok == tcp.n &&
               tcp.refused + tcp.cut == tcp.n) {
        judging_alternative(j, NOTE_HTTP_COMES, &tcp.ids);
        judging_conclude(j, X_BLOCKED, NOTE_HTTPS_PORT, &tcp.ids);
    }
}
