// SPDX-License-Identifier: Apache-2.0
#include "verdict/retest_compare.h"
#include "verdict/judge_sni.h"
#include "verdict/retest_say.h"
#include "verdict/rules.h"

/* A rule without a method accuses nobody. */
static enum err told(struct region *r, enum note note,
                     const struct comparison *c, struct verdict *v)
{
    const struct ids *ids = &c->ids;
    enum rule rule = rules_of(note);
    struct reason why = {.note = note,
                         .ids = region_memdup(r, ids->id, sizeof(ids->id)),
                         .n_ids = ids->n,
                         .bytes = c->bytes};
    if (!why.ids) {
        return ERR_NOMEM;
    }
    if (c->what == COMPARED_FROZEN) {
        v->confidence = rules_confidence(rule);
        return retest_say_first(r, why, v->reasons, v->n_reasons, &v->reasons,
                                &v->n_reasons);
    }
    if (rules_method(rule) == METHOD_NONE) {
        return retest_say_first(r, why, v->alternatives, v->n_alternatives,
                                &v->alternatives, &v->n_alternatives);
    }
    v->state = X_BLOCKED;
    v->method = rules_method(rule);
    v->confidence = rules_confidence(rule);
    return retest_say_first(r, why, v->reasons, v->n_reasons, &v->reasons,
                            &v->n_reasons);
}

/* A comparison that looked for throttling says nothing of a certificate or an
 * alert, and the other way round. */
static bool is_asked(enum compared what, const struct verdict *v)
{
    bool cert = retest_say_has(v, RULE_TLS_CERT),
         alert = retest_say_has(v, RULE_TLS_ALERT);
    switch (what) {
    case COMPARED_FORGED:
    case COMPARED_FORGED_ANY:
        return cert;
    case COMPARED_ALERT:
        return alert;
    default:
        return !cert && !alert;
    }
}

static enum err tell(struct region *r, const struct comparison *c,
                     struct verdict *v)
{
    static const enum note said[] = {
        [COMPARED_SAME] = NOTE_SLOW_ANYWAY,
        [COMPARED_SLOW] = NOTE_SLOW_NAMED,
        [COMPARED_STALLS] = NOTE_STALLS_NAMED,
        [COMPARED_CUT] = NOTE_CUT_NAMED,
        [COMPARED_FROZEN] = NOTE_FROZEN,
        [COMPARED_ALERT] = NOTE_ALERT_NAMED,
        [COMPARED_FORGED] = NOTE_INTERCEPTED,
        [COMPARED_FORGED_ANY] = NOTE_INSTITUTION_CERT,
    };

    enum compared what = c->what;

    if (what == COMPARED_UNKNOWN || what == COMPARED_ANYWAY ||
        !is_asked(what, v)) {
        return ERR_OK;
    }
    return told(r, said[what], c, v);
}

/* What a handshake is accused of, and what it was without the name. Where it
 * depends on the name, it was cut off three times more, and is measured again
 * as ever: a server that cuts off every second connection, whoever asks, may do
 * so with all of these by chance. Where a name got through and no name did not,
 * it is not the name. */
static enum err tell_accused(struct region *r, const struct again *a,
                             const struct comparison *found, struct verdict *v,
                             struct course *c)
{
    if (v->method != METHOD_TLS) {
        return ERR_OK;
    }
    c->anyway = found->what == COMPARED_ANYWAY;
    c->secured = found->secured;
    c->after_residual = found->secured && a->after_residual;
    if (found->mixed) {
        c->open = false;
        return retest_say_undecided(r, v, NOTE_CUT_IN_TURNS);
    }
    if (found->what != COMPARED_CUT) {
        return ERR_OK;
    }
    c->named = true;
    return told(r, NOTE_CUT_NAMED, found, v);
}

enum err retest_compare(const struct json *keys, size_t i,
                        const struct again *a, const struct observations *o,
                        struct verdict *v, struct course *c, struct diag *d)
{
    struct comparison found = {.what = COMPARED_UNKNOWN};
    enum err e = judge_sni(json_get(keys, "x_compare"), i, v->want_compare,
                           c->control, &found, d);
    bool internal = !json_is_null(json_get(keys, "x_internal_error"));
    c->compared = true;
    /* no line is silent in turns, each time that the name is said, and resets
     */
    bool cut = found.what == COMPARED_CUT && found.reset;
    bool silence = a->silent && !cut && v->state != X_BLOCKED;
    if (e || internal || a->residual || silence || !v->want_compare) {
        return e;
    }
    if (v->state == X_BLOCKED) {
        return tell_accused(o->r, a, &found, v, c);
    }
    return tell(o->r, &found, v);
}

enum err retest_compare_unnamed(const struct json *keys, size_t i,
                                const struct again *a,
                                const struct observations *o, struct verdict *v,
                                struct course *c, struct diag *d)
{
    struct comparison found = {.what = COMPARED_UNKNOWN};
    enum err e =
        judge_sni(json_get(keys, "x_compare"), i, NULL, c->control, &found, d);
    c->unanswered = found.unanswered ? c->unanswered + 1 : 0;
    c->unanswered_at = a->after;
    c->shut = c->shut && !found.opened;
    if (e || !c->anyway || !c->open) {
        return e;
    }
    c->opened = found.opened;
    if (c->opened) {
        return ERR_OK;
    }
    c->open = false;
    return retest_say_undecided(o->r, v, NOTE_CUT_ANYWAY);
}
