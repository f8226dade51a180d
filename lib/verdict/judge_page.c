// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_page.h"
#include "verdict/interposed.h"
#include "verdict/judge_failure.h"
#include "verdict/judge_known.h"
#include "verdict/judge_redirect.h"
#include "verdict/likeness.h"
#include "verdict/pagediff_title.h"
#include "verdict/rules.h"

/* A page that is there sooner is not slow; a server that only thinks for long
 * sends it at once then. */
#define SLOW_S     1.0
#define COMES_IN_S 0.25

/* Unrelated names for which a notice came, before it is the network's for
 * whatever is visited: fewer may all be blocked. */
#define FOR_ALL 3

/* ---- who sent it --------------------------------------------------------- */

/* Networks for delivery that turn visitors away in the name of sites: a header
 * of theirs, and what its value begins with. */
static const struct {
    const char *header, *value;
} providers[] = {
    {"cf-ray", ""},
    {"server", "cloudflare"},
    {"server", "AkamaiGHost"},
    {"server", "ddos-guard"},
    {"x-iinfo", ""},
    {"x-sucuri-id", ""},
    {"x-datadome", ""},
    {"x-dd-b", ""},
    {"x-amzn-waf-action", ""},
    {"x-amz-cf-id", ""},
    {"server", "awselb"},
    {"x-vercel-id", ""},
    {"server", "QRATOR"},
    {"x-azure-ref", ""},
};

static bool value_begins(struct str value, const char *with)
{
    struct str want = str_c(with);
    return str_ieq(str_sub(value, 0, want.len), want);
}

/* The control's page came by way of that provider. */
static bool control_met(const struct vcontrol *c, size_t provider)
{
    size_t n = 0;
    for (const struct json *h = json_first(c->headers);
         h && n++ < OBS_MAX_HEADERS; h = json_next(h)) {
        if (str_ieq_c(json_key(h), providers[provider].header) &&
            value_begins(json_str(h), providers[provider].value)) {
            return true;
        }
    }
    return false;
}

static bool by_provider_of_control(const struct judging *j,
                                   const struct vhttp *resp)
{
    struct str value;
    for (size_t i = 0; i < sizeof(providers) / sizeof(*providers); i++) {
        if (vhttp_header(resp, providers[i].header, &value) &&
            value_begins(value, providers[i].value) &&
            control_met(&j->o->control, i)) {
            return true;
        }
    }
    return false;
}

/* Pages that ask whether the visitor is human, by what they are called. */
static bool asks_by_title(const struct vhttp *resp)
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
    struct str title = pagediff_title(resp->body);
    for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++) {
        if (value_begins(title, titles[i])) {
            return true;
        }
    }
    return false;
}

/* In cleartext a title proves nothing: whoever forges the page names it. */
static bool is_challenge(const struct judging *j, const struct vendpoint *end)
{
    const struct vhttp *resp = &end->resp;
    struct str value;
    bool asks = vhttp_header(resp, "cf-mitigated", &value);
    if (!asks && resp->status != 403 && resp->status != 503 &&
        resp->status != 429) {
        return false;
    }
    if (!outcome_ok(end->tls)) {
        return by_provider_of_control(j, resp);
    }
    return asks || asks_by_title(resp) ||
           (vhttp_header(resp, "cf-ray", &value) && resp->status != 429);
}

/* Codes by which a server turns a visitor away. */
static bool is_refusal(int64_t status)
{
    return status == 401 || status == 403 || status == 429 || status == 451;
}

bool judge_page_is_strange(const struct judging *j, const struct vendpoint *end)
{
    const struct vcontrol *c = &j->o->control;
    struct likeness like;
    likeness_compute(j->o, end, &like);
    return outcome_ok(c->http) && c->status / 100 == 2 &&
           end->resp.status / 100 == 2 && like.title == LIKE_OTHER &&
           like.telling == 0 && like.body == LIKE_OTHER;
}

/* ---- judging ------------------------------------------------------------- */

/* Everybody is answered so. */
static bool as_control(const struct judging *j, const struct vendpoint *end)
{
    const struct vcontrol *c = &j->o->control;
    return outcome_ok(c->http) && c->status == end->resp.status;
}

static bool challenged(struct judging *j, const struct vendpoint *end)
{
    struct ids ids = ids_one(end->id);
    if (as_control(j, end) || !is_challenge(j, end)) {
        return false;
    }
    judging_alternative(j, NOTE_REFUSES_REGION, &ids);
    judging_conclude(j, X_INCONCLUSIVE, NOTE_CHALLENGE, &ids);
    return true;
}

static bool turned_away(struct judging *j, const struct vendpoint *end)
{
    struct ids ids = ids_one(end->id);
    if (as_control(j, end) || !is_refusal(end->resp.status)) {
        return false;
    }
    judging_conclude_by(j, X_INCONCLUSIVE, NOTE_TURNED_AWAY, &ids,
                        end->tls.known ? 0.9 : 0.6);
    return true;
}

/* A page that came, and took long to come in: is it the name? Only on a line
 * that has shown to be faster. */
static void compare_slow(struct judging *j, const struct vendpoint *end)
{
    double took = end->http_t - end->http_t0;
    if (end->first > 0 && took >= SLOW_S &&
        end->http_t - end->first >= COMES_IN_S && end->received > 0 &&
        judging_control_page(j) && end->resp.status / 100 == 2) {
        judging_want_compare(j, end);
        j->v->want_if_faster = (double)end->received / took;
    }
}

/* A redirect in cleartext to another site, which nothing proves to be the
 * site's own. */
static void led_elsewhere(struct judging *j, const struct ids *ids)
{
    judging_alternative(j, NOTE_PAGE_REGION, ids);
    judging_alternative(j, NOTE_FORGED_MAYBE, ids);
    judging_conclude(j, X_INCONCLUSIVE, NOTE_LED_ELSEWHERE, ids);
}

static void judge_verified(struct judging *j, const struct vendpoint *end)
{
    struct ids ids = ids_one(end->id);
    if (judge_redirect_elsewhere(j, end)) {
        if (!judge_known(j, end)) {
            led_elsewhere(j, &ids);
        }
        return;
    }
    if (challenged(j, end) || turned_away(j, end)) {
        return;
    }
    if (interposed(end)) {
        /* it may well be the site's page, but only he knows who reads along */
        judging_conclude(j, X_INCONCLUSIVE, NOTE_INTERPOSED, &ids);
        judging_alternative(j, NOTE_INSTITUTION_MAYBE, &ids);
        judging_alternative(j, NOTE_PAGE_VERIFIED, &ids);
        return;
    }
    judging_conclude_by(j, X_OK, NOTE_PAGE_VERIFIED, &ids,
                        judging_control_page(j) ? 0.995 : 0.98);
    compare_slow(j, end);
}

/* Servers say when they answer and what they are: the site's does, for the
 * control. Somebody else answered at its own address. */
static bool is_terse(struct judging *j, const struct vendpoint *end,
                     const struct likeness *like)
{
    struct ids ids = ids_one(end->id);
    if (!like->terse || like->title != LIKE_OTHER || like->body != LIKE_OTHER ||
        !judge_redirect_address_verified(j, end)) {
        return false;
    }
    judging_alternative(j, NOTE_PAGE_REGION, &ids);
    judging_alternative(j, NOTE_INSTITUTION_MAYBE, &ids);
    judging_conclude_by(j, X_BLOCKED, NOTE_TERSE_PAGE, &ids, 0.75);
    return true;
}

/* It looks like nothing of the site's, and came as no server sends pages. */
static bool forged(struct judging *j, const struct vendpoint *end,
                   const struct likeness *like)
{
    struct ids ids = ids_one(end->id);
    bool same = like->text == LIKE_SAME && (like->unchanged || !like->apart);
    if (j->o->control.status / 100 != 2 || end->resp.status / 100 != 2 ||
        like->title == LIKE_SAME || same) {
        return false;
    }
    if (!like->bare) {
        return is_terse(j, end, like);
    }
    if (like->body == LIKE_OTHER) {
        judging_alternative(j, NOTE_PAGE_REGION, &ids);
        judging_conclude_by(j, X_BLOCKED, NOTE_FORGED_PAGE, &ids,
                            judge_redirect_address_verified(j, end) ? 0.9
                                                                    : 0.75);
        return true;
    }
    if (like->body == LIKE_SAME && like->title == LIKE_OTHER) {
        judging_conclude(j, X_BLOCKED, NOTE_HEADERLESS, &ids);
        return true;
    }
    return false;
}

static void differs(struct judging *j, const struct vendpoint *end,
                    const struct likeness *like)
{
    struct ids ids = ids_one(end->id);
    if (judge_redirect_elsewhere(j, end)) {
        led_elsewhere(j, &ids);
        return;
    }
    judging_alternative(j, NOTE_PAGE_REGION, &ids);
    judging_alternative(j, NOTE_FORGED_MAYBE, &ids);
    judging_conclude(j, X_INCONCLUSIVE,
                     like->unproven ? NOTE_PAGE_UNPROVEN : NOTE_PAGE_DIFFERS,
                     &ids);
}

/* Whoever has the site's page may put something of his own into it. What
 * speaks for that: another title, a tenth and more that is other text where
 * headers or address are not the site's, and cleartext where the control was
 * led to TLS. NOTE_COUNT: nothing, or only the site's server sends that. */
static enum note altered(const struct judging *j, const struct vendpoint *end,
                         const struct likeness *like)
{
    bool others = like->partly || like->repeats;
    if (like->identical || like->telling > 0) {
        return NOTE_COUNT;
    }
    if (like->text == LIKE_SAME && like->apart) {
        return NOTE_ALTERED_TITLE;
    }
    if (j->o->control.led_to_https && !outcome_ok(end->tls)) {
        return NOTE_ALTERED_CLEARTEXT;
    }
    if (like->unchanged || !others) {
        return NOTE_COUNT;
    }
    if (like->bare || like->terse) {
        return NOTE_ALTERED_HEADERS;
    }
    return like->only_here ? NOTE_ALTERED_ELSEWHERE : NOTE_COUNT;
}

/* The words are the control's, and something else is not quite. */
static bool is_doubtful(const struct likeness *like)
{
    return !like->unchanged && like->telling == 0 &&
           (like->title == LIKE_OTHER || like->partly || like->bare ||
            like->terse || like->only_here);
}

static void same(struct judging *j, const struct vendpoint *end,
                 const struct likeness *like)
{
    struct ids ids = ids_one(end->id);
    enum note note = altered(j, end, like);
    if (note != NOTE_COUNT) {
        judging_alternative(j, NOTE_FORGED_MAYBE, &ids);
        judging_alternative(j, NOTE_PAGE_REGION, &ids);
        judging_conclude(j, X_INCONCLUSIVE, note, &ids);
        return;
    }
    if (!like->by_length && !like->by_title) {
        if (is_doubtful(like)) {
            judging_alternative(j, NOTE_FORGED_MAYBE, &ids);
            judging_conclude_by(j, X_OK, NOTE_PAGE_SAME, &ids, 0.9);
        } else {
            judging_conclude(j, X_OK, NOTE_PAGE_SAME, &ids);
        }
        return;
    }
    judging_alternative(j, NOTE_FORGED_MAYBE, &ids);
    if (like->by_title) {
        judging_conclude_by(j, X_OK, NOTE_PAGE_TITLE, &ids, 0.8);
    } else {
        judging_conclude(j, X_OK, NOTE_PAGE_LENGTH, &ids);
    }
}

/* It leads into a network as people have at home, and comes as no server sends
 * pages: where a forged page leads makes it no truer. */
static bool forged_and_leads_home(struct judging *j,
                                  const struct vendpoint *end)
{
    struct ids ids = ids_one(end->id);
    struct likeness like;
    if (judge_redirect_inside_kind(j, end) != INSIDE_HOME) {
        return false;
    }
    likeness_compute(j->o, end, &like);
    if (!forged(j, end, &like)) {
        return false;
    }
    judging_alternative(j, NOTE_INSTITUTION_MAYBE, &ids);
    judging_alternative(j, NOTE_NETWORK_NOTICE, &ids);
    return true;
}

static void judge_likeness(struct judging *j, const struct vendpoint *end)
{
    const struct vcontrol *c = &j->o->control;
    struct ids ids = ids_one(end->id);
    struct likeness like;
    if (!c->http.known || (outcome_ok(c->http) && !judging_control_page(j))) {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_CLEARTEXT_UNCOMPARED, &ids,
                            0.8);
        return;
    }
    if (outcome_bad(c->http)) {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_CONTROL_NO_PAGE, &ids, 0.7);
        return;
    }
    likeness_compute(j->o, end, &like);
    if (forged(j, end, &like) || (!like.same && turned_away(j, end))) {
        return;
    }
    if (!like.same) {
        differs(j, end, &like);
        return;
    }
    judge_failure_https_side(j);
    if (!j->decided) {
        same(j, end, &like);
    }
}

/* One order for all that comes in cleartext: a challenge by who stands before
 * the site for the control as well, what is known, a refusal, likeness. */
static void judge_cleartext(struct judging *j, const struct vendpoint *end)
{
    if (challenged(j, end) || judge_known(j, end) ||
        forged_and_leads_home(j, end) || judge_redirect_inside(j, end)) {
        return;
    }
    judge_likeness(j, end);
}

void judge_page(struct judging *j, const struct vendpoint *end)
{
    if (outcome_ok(end->tls) && !end->no_verify) {
        judge_verified(j, end);
    } else {
        judge_cleartext(j, end);
    }
}

void judge_page_for_all(struct judging *j)
{
    const struct observations *o = j->o;
    if (j->v->state != X_BLOCKED || j->v->method != METHOD_HTTP || !j->page ||
        j->page->tls.known || o->run_same < FOR_ALL || o->run_own > 0) {
        return;
    }
    for (size_t i = 0; i < j->n_reasons; i++) {
        if (rules_of(j->reasons[i].note) == RULE_HTTP_FINGERPRINT) {
            return;
        }
    }
    struct ids ids = ids_one(j->page->id);
    judging_start_over(j);
    judging_conclude(j, X_INCONCLUSIVE, NOTE_PAGE_FOR_ALL, &ids);
}

void judge_page_not_followed(struct judging *j)
{
    const struct observations *o = j->o;
    struct ids ids = {.n = 0};
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (end->depth == j->depth && end->resp.status / 100 == 3) {
            ids_add(&ids, end->id);
        }
    }
    judging_conclude(j, X_INCONCLUSIVE, NOTE_NOT_FOLLOWED, &ids);
}
