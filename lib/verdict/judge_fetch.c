// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_fetch.h"
#include "verdict/rules.h"

/* Who forges an ending does so at once. */
#define LATE_S 0.2
/* Without a byte: it has fallen silent. */
#define SILENT_S 2.0

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

/* Somebody ended it, which no bad line does. */
static bool is_ended(struct outcome out)
{
    return outcome_is_cut(out) && !outcome_is(out, FAILURE_TIMEOUT) &&
           !outcome_is(out, FAILURE_TIMED_OUT);
}

/* A handshake of the control's was cut off at this address too, while the site
 * proved itself at another one: one of its servers, or a cache, is ill. */
static bool is_ill_address(const struct judging *j, const struct vendpoint *end)
{
    bool ill = false, well_elsewhere = false;
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *e = &j->o->ends[i];
        bool here = e->addr == end->addr;
        if (e->depth != end->depth) {
            continue;
        }
        ill = ill || (here && outcome_is_cut(e->ctl_tls));
        well_elsewhere = well_elsewhere ||
                         (!here && (outcome_ok(e->ctl_tls) ||
                                    (outcome_ok(e->tls) && !e->no_verify)));
    }
    return ill && well_elsewhere;
}

/* A server that gives up some time after it has written all takes from visitors
 * who are far away, or on a bad line, what is still on its way to them. What
 * another distance shows to be forged is no server's. */
static bool may_be_given_up(const struct vendpoint *end)
{
    return !end->odd_distance && end->first > 0 &&
           end->http_t - end->first > LATE_S;
}

/* Who stops a page in cleartext after so many bytes cannot be told from a
 * server that hangs: there is no way to ask for it without its name. After how
 * many it was is said, for whoever compares. */
static void stalls(struct judging *j, const struct vendpoint *end,
                   const struct ids *ids)
{
    judging_alternative(j, NOTE_STALLED_MAYBE, ids);
    bool silent = end->last > 0 && end->received > 0 &&
                  end->http_t - end->last >= SILENT_S;
    judging_conclude(j, X_INCONCLUSIVE,
                     silent ? NOTE_PAGE_STALLS : NOTE_PAGE_SLOW, ids);
    if (j->n_reasons > 0) {
        j->reasons[j->n_reasons - 1].bytes = end->received;
    }
}

void judge_fetch(struct judging *j, const struct vendpoint *end)
{
    struct ids ids = {.n = 0};
    ids_add(&ids, end->id);
    if (end->unsaid) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_LOCAL, &ids);
    } else if (!j->o->control.http.known ||
               (outcome_ok(j->o->control.http) && !judging_control_page(j))) {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_PAGE_UNCOMPARED, &ids, 0.6);
    } else if (outcome_is_cut(end->http) && !outcome_ok(end->tls) &&
               is_ill_address(j, end)) {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_ADDRESS_ILL, &ids, 0.6);
    } else if (outcome_bad(j->o->control.http)) {
        judging_conclude(j, X_DOWN, NOTE_PAGE_NOWHERE, &ids);
    } else if (!outcome_is_cut(end->http)) {
        judging_conclude(j, X_INCONCLUSIVE,
                         end->resp.status / 100 == 2 ? NOTE_PAGE_BROKEN
                                                     : NOTE_BAD_REDIRECT,
                         &ids);
    } else if (outcome_ok(end->tls)) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_INSIDE_TLS, &ids);
        judging_want_compare(j, end);
    } else if (end->resp.got_headers && !is_ended(end->http)) {
        stalls(j, end, &ids);
    } else if (end->resp.got_headers && may_be_given_up(end)) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_PAGE_CUT_LATE, &ids);
    } else if (end->resp.got_headers) {
        judging_reason(j, NOTE_PAGE_CUT, &ids);
        judging_alternative(j, NOTE_REFUSES_REQUESTS, &ids);
        judging_decide(
            j, X_BLOCKED, rules_of(NOTE_PAGE_CUT),
            judging_by_forger(
                j, &ids, outcome_is(end->http, FAILURE_RESET) ? 0.75 : 0.65));
    } else {
        enum note note = http_note(end->http);
        judging_reason(j, note, &ids);
        judging_alternative(j, NOTE_REFUSES_REQUESTS, &ids);
        judging_decide(
            j, X_BLOCKED, rules_of(note),
            judging_by_forger(j, &ids, end->depth > 0 ? 0.75 : 0.85));
    }
}
