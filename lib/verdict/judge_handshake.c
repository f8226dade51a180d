// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_handshake.h"
#include "verdict/rules.h"

enum note judge_handshake_note(struct outcome out)
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

/* It is the very certificate that the control was shown, and found in order:
 * this device does not know who vouches for it. */
static bool is_of_control(const struct vendpoint *end)
{
    return end->leaf.len > 0 && outcome_is(end->tls, FAILURE_BAD_AUTHORITY) &&
           str_ieq(end->leaf, end->ctl_leaf) && outcome_ok(end->ctl_tls);
}

static const struct vendpoint *known_elsewhere(const struct attempts *g)
{
    for (size_t i = 0; i < g->n; i++) {
        if (is_of_control(g->ends[i])) {
            return g->ends[i];
        }
    }
    return NULL;
}

static void judge_cert(struct judging *j, const struct attempts *g,
                       const struct sums *s)
{
    bool date = outcome_is(s->first, FAILURE_BAD_CERT);
    const struct vendpoint *own = known_elsewhere(g);
    if (own) {
        struct ids ids = {.n = 0};
        ids_add(&ids, own->id);
        judging_conclude(j, X_INCONCLUSIVE, NOTE_OWN_STORE, &ids);
        return;
    }
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

/* Servers fail so, too. An alert is told apart by leaving the name out. Where a
 * redirect led the control has looked at no address, but it got its page there.
 */
static void judge_other(struct judging *j, const struct attempts *g,
                        const struct sums *s, int depth)
{
    bool led = depth > 0 && judging_control_page(j);
    if (s->alerted == 0 || (s->ctl_ok == 0 && !led)) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_TLS_SERVER, &s->ids);
        return;
    }
    judging_conclude(j, X_INCONCLUSIVE, NOTE_TLS_ALERT, &s->ids);
    for (size_t i = 0; i < g->n && !j->v->want_compare; i++) {
        if (g->ends[i]->alerted && (led || outcome_ok(g->ends[i]->ctl_tls))) {
            judging_want_compare(j, g->ends[i]);
        }
    }
}

/* The control gets a handshake there and no page, so the site is not well; what
 * cuts it off here may be the same illness, or hide behind it. Without its name
 * the handshake tells. */
static void judge_ill(struct judging *j, const struct attempts *g,
                      const struct sums *s)
{
    judging_conclude_by(j, X_INCONCLUSIVE, NOTE_SITE_ILL_TLS, &s->ids, 0.6);
    for (size_t i = 0; i < g->n && !j->v->want_compare; i++) {
        if (outcome_is_cut(g->ends[i]->tls) &&
            outcome_ok(g->ends[i]->ctl_tls)) {
            judging_want_compare(j, g->ends[i]);
        }
    }
}

/* Who stays silent may be a server, or a way that loses what is large: both do
 * so whatever name stands in the handshake. */
static void ask_the_silent(struct judging *j, const struct attempts *g)
{
    for (size_t i = 0; i < g->n && !j->v->want_compare; i++) {
        if (outcome_is_cut(g->ends[i]->tls) &&
            judge_handshake_note(g->ends[i]->tls) == NOTE_TLS_TIMEOUT) {
            judging_want_compare(j, g->ends[i]);
        }
    }
}

/* Everybody else is shown a certificate there, though none that is in order:
 * the server is not what cuts it off. */
static void judge_cut_before_cert(struct judging *j, const struct attempts *g,
                                  const struct sums *s)
{
    enum note note = judge_handshake_note(s->first);
    judging_reason(j, note, &s->ids);
    judging_alternative(j, NOTE_TLS_DROPPED, &s->ids);
    judging_alternative(j, NOTE_SITE_ILL_TLS, &s->ids);
    judging_decide(j, X_BLOCKED, rules_of(note),
                   judging_by_forger(j, &s->ids, 0.7));
    ask_the_silent(j, g);
}

static void judge_cut(struct judging *j, const struct attempts *g,
                      const struct sums *s)
{
    enum note note = judge_handshake_note(s->first);
    double sure = judging_site_errs(j) ? 0.7 : rules_confidence(rules_of(note));
    judging_reason(j, note, &s->ids);
    judging_alternative(j, NOTE_TLS_DROPPED, &s->ids);
    if (judging_site_errs(j)) {
        judging_alternative(j, NOTE_SITE_ERRS, &s->ids);
    }
    judging_decide(j, X_BLOCKED, rules_of(note),
                   judging_by_forger(j, &s->ids, sure));
    ask_the_silent(j, g);
}

void judge_handshake(struct judging *j, const struct attempts *g,
                     const struct sums *s, int depth)
{
    if (s->local > 0 && s->local == s->n - s->ok) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_LOCAL, &s->ids);
    } else if (s->ctl_cert == s->n && s->cut == s->n) {
        judge_cut_before_cert(j, g, s);
    } else if (s->ctl_bad > 0 && s->ctl_ok == 0) {
        judging_conclude_by(j, X_DOWN, NOTE_TLS_NOWHERE, &s->ids, 0.9);
    } else if (s->cert > 0) {
        if (s->ctl_ok > 0 || judging_control_page(j)) {
            judge_cert(j, g, s);
        } else {
            judging_down_or_unknown(j, &s->ids, NOTE_TLS_NO_PAGE);
        }
    } else if (s->cut < s->n - s->ok) {
        judge_other(j, g, s, depth);
    } else if (s->ctl_ok > 0 && judging_site_is_ill(j)) {
        judge_ill(j, g, s);
    } else if (s->ctl_ok > 0) {
        judge_cut(j, g, s);
    } else if (depth > 0 && judging_control_page(j)) {
        judging_conclude(j, X_BLOCKED, NOTE_REDIRECT_CUT, &s->ids);
    } else {
        judging_down_or_unknown(j, &s->ids, NOTE_TLS_NO_PAGE);
    }
}
