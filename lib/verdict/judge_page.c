// SPDX-License-Identifier: Apache-2.0
/* The page that came: is it the site's, a refusal by the site, or somebody
 * else's? A censor can forge cleartext; over verified TLS the page is the
 * server's, whatever it says.
 */
#include "verdict/judge.h"
#include "wire/host.h"
#include <stdio.h>
#include <string.h>

/* A page that is there sooner is not slow; a server that only thinks for long
 * sends it at once then. */
#define SLOW_S     1.0
#define COMES_IN_S 0.25

static struct ids ids_of(const struct vendpoint *end)
{
    struct ids ids = {.n = 0};
    ids_add(&ids, end->id);
    return ids;
}

/* ---- who sent it --------------------------------------------------------- */

/* Pages that ask whether the visitor is human. */
static bool is_challenge(const struct vendpoint *end)
{
    static const char *const titles[] = {
        "just a moment...",      /* Cloudflare */
        "attention required!",   /* Cloudflare */
        "access denied",         /* Akamai and others */
        "ddos-guard",            /* DDoS-Guard */
        "checking your browser", /* several */
        "are you a robot?",
        "security check",
        "pardon our interruption", /* Imperva */
    };
    const struct vhttp *resp = &end->resp;
    struct str value;
    if (vhttp_header(resp, "cf-mitigated", &value)) {
        return true;
    }
    if (resp->status != 403 && resp->status != 503 && resp->status != 429) {
        return false;
    }
    struct str title = httpdiff_title(resp->body);
    for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++) {
        struct str want = str_c(titles[i]);
        if (str_ieq(str_sub(title, 0, want.len), want)) {
            return true;
        }
    }
    return vhttp_header(resp, "cf-ray", &value) && resp->status != 429;
}

/* Codes by which a server turns a visitor away. */
static bool is_refusal(int64_t status)
{
    return status == 401 || status == 403 || status == 429 || status == 451;
}

bool own_strange_page(const struct own *w, const struct vendpoint *end,
                      struct httpdiff *diff)
{
    const struct vcontrol *c = &w->o->control;
    httpdiff_compute(w->o, end, diff);
    return outcome_ok(c->http) && c->status / 100 == 2 &&
           end->resp.status / 100 == 2 && diff->title != OPT_TRUE &&
           diff->own_headers == 0 && diff->body == OPT_FALSE;
}

/* The address proved itself by a handshake at the same depth. */
static bool address_verified(const struct own *w, const struct vendpoint *end)
{
    for (size_t i = 0; i < w->o->n_ends; i++) {
        const struct vendpoint *other = &w->o->ends[i];
        if (other->addr == end->addr && other->depth == end->depth &&
            outcome_ok(other->tls) && !other->no_verify) {
            return true;
        }
    }
    return false;
}

static bool no_headers(const struct vendpoint *end)
{
    return json_len(end->resp.headers_list) == 0 &&
           json_len(end->resp.headers) == 0;
}

/* ---- fingerprints -------------------------------------------------------- */

static const struct fingerprint *header_fingerprint(const struct own *w,
                                                    const struct vendpoint *end)
{
    const struct json *at = NULL;
    struct str name, value;
    size_t n = 0;
    while (n++ < OBS_MAX_HEADERS &&
           vhttp_next_header(&end->resp, &at, &name, &value)) {
        const struct fingerprint *fp =
            fingerprints_match_header(w->fps, name, value);
        if (fp) {
            return fp;
        }
    }
    return NULL;
}

static bool scope_is(const struct fingerprint *fp, const char *scope)
{
    return strcmp(fp->scope, scope) == 0;
}

/* What a fingerprint is worth: vague words and institutions (a school, an
 * office) accuse nobody. */
static bool use_fingerprint(struct own *w, const struct vendpoint *end,
                            const struct fingerprint *fp)
{
    struct ids ids = ids_of(end);
    if (scope_is(fp, "fp") || scope_is(fp, "vbw")) {
        return false;
    }
    if (scope_is(fp, "inst")) {
        own_reason(w, RULE_HTTP_INSTITUTION, &ids,
                   "The page is known from filters that institutions choose.");
        own_decide(w, X_INCONCLUSIVE, NULL, 0.7);
        return true;
    }
    own_reason(w, RULE_HTTP_FINGERPRINT, &ids,
               "The page is a known block page.");
    own_decide(w, X_BLOCKED, "http", fp->confidence >= 8 ? 0.97 : 0.9);
    return true;
}

/* Cleartext hops and a cleartext page, deepest last. */
static bool known_page(struct own *w, const struct vendpoint *page)
{
    const struct observations *o = w->o;
    struct httpdiff diff;
    if (!w->fps) {
        return false;
    }
    httpdiff_compute(o, page, &diff);
    if (diff.same) {
        return false; /* what everybody gets may look like a block page */
    }
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (outcome_ok(end->http) && !end->tls.known) {
            const struct fingerprint *fp = header_fingerprint(w, end);
            if (fp && use_fingerprint(w, end, fp)) {
                return true;
            }
        }
    }
    if (page->tls.known || diff.own_headers > 0) {
        return false; /* it is the site's server that sends it */
    }
    const struct fingerprint *harmless = NULL;
    const struct fingerprint *fp =
        fingerprints_match_body(w->fps, page->resp.body, &harmless);
    if (harmless) {
        struct ids ids = ids_of(page);
        own_alternative(w, RULE_FALSE_POSITIVE, &ids,
                        "The page resembles known harmless ones.");
        return false;
    }
    return fp && use_fingerprint(w, page, fp);
}

/* ---- judging ------------------------------------------------------------- */

static bool turned_away(struct own *w, const struct vendpoint *end)
{
    struct ids ids = ids_of(end);
    int64_t mine = end->resp.status;
    int64_t theirs = outcome_ok(w->o->control.http) ? w->o->control.status : 0;
    if (mine == theirs) {
        return false; /* everybody is */
    }
    if (is_challenge(end)) {
        own_reason(w, RULE_HTTP_CHALLENGE, &ids,
                   "The site asks this visitor to prove to be human.");
        own_alternative(w, RULE_HTTP_REFUSES, &ids,
                        "The site may refuse this country or network.");
        own_decide(w, X_INCONCLUSIVE, NULL, 0.9);
        return true;
    }
    if (is_refusal(mine)) {
        own_reason(w, RULE_HTTP_REFUSES, &ids,
                   "The server itself turns this visitor away.");
        own_decide(w, X_INCONCLUSIVE, NULL, end->tls.known ? 0.9 : 0.6);
        return true;
    }
    return false;
}

/* A cleartext hop that led to a different site than the control's visit. */
static bool led_elsewhere(const struct own *w, const struct vendpoint *page)
{
    struct str first = own_host(w, 0);
    struct str last = own_host(w, page->depth);
    struct httpdiff diff;
    char a[HOST_MAX + 1], b[HOST_MAX + 1];
    if (page->depth == 0 || own_https(w, 0) || first.len > HOST_MAX ||
        last.len > HOST_MAX) {
        return false;
    }
    snprintf(a, sizeof(a), STR_FMT, STR_ARG(first));
    snprintf(b, sizeof(b), STR_FMT, STR_ARG(last));
    if (strcmp(host_registrable(a), host_registrable(b)) == 0) {
        return false;
    }
    httpdiff_compute(w->o, page, &diff);
    return outcome_ok(w->o->control.http) && !diff.same &&
           diff.title == OPT_FALSE && diff.own_headers == 0;
}

/* A page that came, and took long to come in: is it the name? Only on a line
 * that has shown to be faster. */
static void compare_slow(struct own *w, const struct vendpoint *end)
{
    double took = end->http_t - end->http_t0;
    if (end->first > 0 && took >= SLOW_S &&
        end->http_t - end->first >= COMES_IN_S && end->received > 0 &&
        own_control_page(w) && end->resp.status / 100 == 2) {
        own_want_compare(w, end);
        w->v->want_if_faster = (double)end->received / took;
    }
}

static void judge_verified(struct own *w, const struct vendpoint *end)
{
    struct ids ids = ids_of(end);
    if (turned_away(w, end)) {
        return;
    }
    if (led_elsewhere(w, end)) {
        own_reason(w, RULE_HTTP_OTHER_SITE, &ids,
                   "A redirect in cleartext led to another site than the "
                   "control's.");
        own_decide(w, X_INCONCLUSIVE, NULL, 0.6);
        return;
    }
    own_reason(w, RULE_PAGE_VERIFIED, &ids,
               "The page came over TLS with a trusted certificate.");
    own_decide(w, X_OK, NULL, own_control_page(w) ? 0.97 : 0.85);
    compare_slow(w, end);
}

static void judge_different(struct own *w, const struct vendpoint *end)
{
    struct ids ids = ids_of(end);
    struct httpdiff diff;
    if (turned_away(w, end)) {
        return;
    }
    if (own_strange_page(w, end, &diff) && no_headers(end) &&
        json_len(w->o->control.headers) > 1) {
        own_reason(w, RULE_HTTP_FORGED, &ids,
                   "Length and title differ from the control's page, and "
                   "there is no header at all.");
        own_alternative(w, RULE_HTTP_DIFFERS, &ids,
                        "The site may show this region something else.");
        own_decide(w, X_BLOCKED, "http", address_verified(w, end) ? 0.9 : 0.75);
        return;
    }
    own_reason(w, RULE_HTTP_DIFFERS, &ids,
               "The page differs from the control's, which has many causes.");
    own_decide(w, X_INCONCLUSIVE, NULL, 0.6);
}

static void judge_cleartext(struct own *w, const struct vendpoint *end)
{
    const struct vcontrol *c = &w->o->control;
    struct ids ids = ids_of(end);
    struct httpdiff diff;
    if (!c->http.known || (outcome_ok(c->http) && !own_control_page(w))) {
        own_reason(w, RULE_NO_CONTROL, &ids,
                   "A page in cleartext proves nothing without a control.");
        own_decide(w, X_INCONCLUSIVE, NULL, 0.8);
        return;
    }
    if (outcome_bad(c->http)) {
        own_reason(w, RULE_CONTROL_NO_PAGE, &ids,
                   "The control got no page to compare with.");
        own_decide(w, X_INCONCLUSIVE, NULL, 0.7);
        return;
    }
    httpdiff_compute(w->o, end, &diff);
    if (c->status / 100 == 2 && end->resp.status / 100 == 2 &&
        diff.title != OPT_TRUE && diff.body == OPT_TRUE && no_headers(end) &&
        json_len(c->headers) > 1) {
        own_reason(w, RULE_HTTP_HEADERLESS, &ids,
                   "The page has no headers at all; the control's had some, "
                   "and another title.");
        own_decide(w, X_BLOCKED, "http", 0.85);
        return;
    }
    if (!diff.same) {
        judge_different(w, end);
        return;
    }
    own_https_side(w);
    if (!w->decided) {
        own_reason(w, RULE_PAGE_SAME, &ids, "The page is the control's page.");
        own_decide(w, X_OK, NULL, 0.9);
    }
}

void own_page(struct own *w, const struct vendpoint *end)
{
    if (known_page(w, end)) {
        return;
    }
    if (outcome_ok(end->tls) && !end->no_verify) {
        judge_verified(w, end);
    } else {
        judge_cleartext(w, end);
    }
}
