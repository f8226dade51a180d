// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_page.h"
#include "verdict/judge_failure.h"
#include "verdict/judge_known.h"
#include "verdict/pagediff_title.h"
#include "verdict/rules.h"
#include "wire/host.h"
#include <stdio.h>
#include <string.h>

/* A page that is there sooner is not slow; a server that only thinks for long
 * sends it at once then. */
#define SLOW_S     1.0
#define COMES_IN_S 0.25

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
    struct str title = pagediff_title(resp->body);
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

bool judge_page_is_strange(const struct judging *j, const struct vendpoint *end,
                           struct pagediff *diff)
{
    const struct vcontrol *c = &j->o->control;
    pagediff_compute(j->o, end, diff);
    return outcome_ok(c->http) && c->status / 100 == 2 &&
           end->resp.status / 100 == 2 && diff->title != OPT_TRUE &&
           diff->peculiar_headers == 0 && diff->body == OPT_FALSE;
}

/* The address proved itself by a handshake at the same depth. */
static bool address_verified(const struct judging *j,
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

static bool no_headers(const struct vendpoint *end)
{
    return json_len(end->resp.headers_list) == 0 &&
           json_len(end->resp.headers) == 0;
}

/* ---- judging ------------------------------------------------------------- */

static bool turned_away(struct judging *j, const struct vendpoint *end)
{
    struct ids ids = ids_one(end->id);
    int64_t mine = end->resp.status;
    int64_t theirs = outcome_ok(j->o->control.http) ? j->o->control.status : 0;
    if (mine == theirs) {
        return false; /* everybody is */
    }
    if (is_challenge(end)) {
        judging_alternative(j, NOTE_REFUSES_REGION, &ids);
        judging_conclude(j, X_INCONCLUSIVE, NOTE_CHALLENGE, &ids);
        return true;
    }
    if (is_refusal(mine)) {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_TURNED_AWAY, &ids,
                            end->tls.known ? 0.9 : 0.6);
        return true;
    }
    return false;
}

/* A cleartext hop that led to a different site than the control's visit. */
static bool led_elsewhere(const struct judging *j, const struct vendpoint *page)
{
    struct str first = judging_host(j, 0);
    struct str last = judging_host(j, page->depth);
    struct pagediff diff;
    char a[HOST_MAX + 1], b[HOST_MAX + 1];
    if (page->depth == 0 || judging_https(j, 0) || first.len > HOST_MAX ||
        last.len > HOST_MAX) {
        return false;
    }
    snprintf(a, sizeof(a), STR_FMT, STR_ARG(first));
    snprintf(b, sizeof(b), STR_FMT, STR_ARG(last));
    if (strcmp(host_registrable(a), host_registrable(b)) == 0) {
        return false;
    }
    pagediff_compute(j->o, page, &diff);
    return outcome_ok(j->o->control.http) && !diff.same &&
           diff.title == OPT_FALSE && diff.peculiar_headers == 0;
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

static void judge_verified(struct judging *j, const struct vendpoint *end)
{
    struct ids ids = ids_one(end->id);
    if (turned_away(j, end)) {
        return;
    }
    if (led_elsewhere(j, end)) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_LED_ELSEWHERE, &ids);
        return;
    }
    judging_conclude_by(j, X_OK, NOTE_PAGE_VERIFIED, &ids,
                        judging_control_page(j) ? 0.97 : 0.85);
    compare_slow(j, end);
}

static void judge_different(struct judging *j, const struct vendpoint *end)
{
    struct ids ids = ids_one(end->id);
    struct pagediff diff;
    if (turned_away(j, end)) {
        return;
    }
    if (judge_page_is_strange(j, end, &diff) && no_headers(end) &&
        json_len(j->o->control.headers) > 1) {
        judging_alternative(j, NOTE_PAGE_REGION, &ids);
        judging_conclude_by(j, X_BLOCKED, NOTE_FORGED_PAGE, &ids,
                            address_verified(j, end) ? 0.9 : 0.75);
        return;
    }
    judging_conclude(j, X_INCONCLUSIVE, NOTE_PAGE_DIFFERS, &ids);
}

static void judge_cleartext(struct judging *j, const struct vendpoint *end)
{
    const struct vcontrol *c = &j->o->control;
    struct ids ids = ids_one(end->id);
    struct pagediff diff;
    if (!c->http.known || (outcome_ok(c->http) && !judging_control_page(j))) {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_CLEARTEXT_UNCOMPARED, &ids,
                            0.8);
        return;
    }
    if (outcome_bad(c->http)) {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_CONTROL_NO_PAGE, &ids, 0.7);
        return;
    }
    pagediff_compute(j->o, end, &diff);
    if (c->status / 100 == 2 && end->resp.status / 100 == 2 &&
        diff.title != OPT_TRUE && diff.body == OPT_TRUE && no_headers(end) &&
        json_len(c->headers) > 1) {
        judging_conclude(j, X_BLOCKED, NOTE_HEADERLESS, &ids);
        return;
    }
    if (!diff.same) {
        judge_different(j, end);
        return;
    }
    judge_failure_https_side(j);
    if (!j->decided) {
        judging_conclude(j, X_OK, NOTE_PAGE_SAME, &ids);
    }
}

void judge_page(struct judging *j, const struct vendpoint *end)
{
    if (judge_known_page(j, end)) {
        return;
    }
    if (outcome_ok(end->tls) && !end->no_verify) {
        judge_verified(j, end);
    } else {
        judge_cleartext(j, end);
    }
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
    if (!judge_known_hop(j)) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_NOT_FOLLOWED, &ids);
    }
}
