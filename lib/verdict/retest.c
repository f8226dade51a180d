// SPDX-License-Identifier: Apache-2.0
#include "verdict/retest.h"
#include "verdict/judge.h"
#include "verdict/judge_sni.h"
#include "verdict/read/field.h"
#include "verdict/read/observe.h"
#include "verdict/retest_controls.h"
#include "verdict/retest_moved.h"
#include "verdict/retest_notice.h"
#include "verdict/rules.h"
#include <stdio.h>
#include <string.h>

#define RETEST     "test_keys.x_retest"
#define MAX_RETEST 8 /* entries that are read */
#define MAX_AGAIN  2 /* further measurements that are asked for */
#define MAX_TELL   16

/* Rules that chance cannot satisfy. */
static const enum rule proofs[] = {
    RULE_DNS_BOGON,        RULE_DNS_FINGERPRINT, RULE_DNS_TWO_ANSWERS,
    RULE_HTTP_FINGERPRINT, RULE_SLOW_NAMED,      RULE_STALLS_NAMED,
};

static bool has_rule(const struct verdict *v, enum rule rule)
{
    for (size_t i = 0; i < v->n_reasons; i++) {
        if (rules_of(v->reasons[i].note) == rule) {
            return true;
        }
    }
    return false;
}

static bool may_be_chance(const struct verdict *v)
{
    if (v->state != X_BLOCKED) {
        return false;
    }
    for (size_t i = 0; i < sizeof(proofs) / sizeof(*proofs); i++) {
        if (has_rule(v, proofs[i])) {
            return false;
        }
    }
    return true;
}

static bool has_note(const struct verdict *v, enum note note)
{
    for (size_t i = 0; i < v->n_reasons; i++) {
        if (v->reasons[i].note == note) {
            return true;
        }
    }
    return false;
}

/* The resolver denied the name, and nobody but it was heard of what tells why.
 */
static bool is_denied_alone(const struct verdict *v)
{
    return has_note(v, NOTE_NAME_UNCOMPARED) || has_note(v, NOTE_NEWER_LOST);
}

/* So it is, or the resolver gave what no site has. */
static bool is_uncompared(const struct verdict *v)
{
    return is_denied_alone(v) || has_note(v, NOTE_BOGON_UNCOMPARED);
}

/* The resolver lost this question only, or could not answer it: it answers for
 * other names. */
static bool is_lost(const struct observations *o, const struct verdict *v)
{
    return v->state == X_INCONCLUSIVE && o->others_answered &&
           (has_rule(v, RULE_DNS_RESOLVER_DOWN) ||
            has_rule(v, RULE_DNS_SERVFAIL) || is_uncompared(v));
}

/* ---- saying why ---------------------------------------------------------- */

static enum err prepend(struct region *r, struct reason first,
                        const struct reason *list, size_t n,
                        const struct reason **out, size_t *n_out)
{
    n = n < MAX_TELL ? n : MAX_TELL;
    struct reason *all = region_alloc(r, (n + 1) * sizeof(*all));
    if (!all) {
        return ERR_NOMEM;
    }
    all[0] = first;
    if (n > 0) {
        memcpy(all + 1, list, n * sizeof(*all));
    }
    *out = all;
    *n_out = n + 1;
    return ERR_OK;
}

static enum err add_alternative(struct region *r, struct verdict *v,
                                enum note note)
{
    struct reason why = {.note = note};
    return prepend(r, why, v->alternatives, v->n_alternatives, &v->alternatives,
                   &v->n_alternatives);
}

/* What was a finding is now one explanation among others. */
static enum err undecide_by(struct region *r, struct verdict *v, enum note note,
                            double confidence)
{
    struct reason why = {.note = note};
    const struct reason *was = v->reasons;
    size_t n_was = v->n_reasons;
    enum err e = prepend(r, why, NULL, 0, &v->reasons, &v->n_reasons);
    v->state = X_INCONCLUSIVE;
    v->method = METHOD_NONE;
    v->confidence = confidence;
    for (size_t i = n_was; i-- > 0 && !e;) {
        e = prepend(r, was[i], v->alternatives, v->n_alternatives,
                    &v->alternatives, &v->n_alternatives);
    }
    return e;
}

/* The same where the rule alone says how sure it is. */
static enum err undecide(struct region *r, struct verdict *v, enum note note)
{
    return undecide_by(r, v, note, rules_confidence(rules_of(note)));
}

/* ---- further measurements ------------------------------------------------ */

struct again {
    struct observations o;
    struct verdict v;
    bool silent;         /* nothing was heard on the line for a while */
    bool residual;       /* another site had been cut off where it got stuck */
    bool after_residual; /* the one before was so, this one is not */
};

/* The system's resolver gave an address of those that it had given. */
static bool gave_again(const struct observations *o,
                       const struct observations *again)
{
    for (size_t i = 0; i < o->n_addrs; i++) {
        for (size_t k = 0; o->addrs[i].classic && k < again->n_addrs; k++) {
            if (again->addrs[k].classic &&
                ip_eq(&o->addrs[i].ip, &again->addrs[k].ip)) {
                return true;
            }
        }
    }
    return false;
}

static enum err read_again(const struct observations *first,
                           const struct json *record,
                           const struct fingerprints *fps,
                           const struct json *keys, size_t i, struct again *a,
                           struct diag *d)
{
    struct diag inner = {""};
    enum err e = observe_keys(first->r, record, keys, &a->o, &inner);
    if (!e) {
        e = observe_best(record, keys, &a->o, &inner);
    }
    if (e == ERR_PARSE) {
        return diag_set(d, e, RETEST "[%zu].%s", i, inner.text);
    }
    /* few names are asked about meanwhile, all of which may be led there: when
     * it was first given, others were led elsewhere */
    if (!e && first->others_answered && !first->same_for_others &&
        gave_again(first, &a->o)) {
        a->o.same_for_others = false;
    }
    return e ? e : judge_verdict(&a->o, fps, &a->v);
}

static enum err confirm(struct region *r, struct verdict *v)
{
    struct reason said[MAX_TELL + 1];
    size_t n = v->n_reasons < MAX_TELL ? v->n_reasons : MAX_TELL;
    memcpy(said, v->reasons, n * sizeof(*said));
    said[n] = (struct reason){.note = NOTE_AGAIN};
    v->confidence = 1 - (1 - v->confidence) / 2;
    v->reasons = region_memdup(r, said, (n + 1) * sizeof(*said));
    v->n_reasons = n + 1;
    return v->reasons ? ERR_OK : ERR_NOMEM;
}

/* How far the further measurements have brought it. */
struct course {
    bool open;     /* the verdict may still be chance */
    bool residual; /* or the doing of what stopped another site */
    bool lost;     /* the resolver lost the question */
    bool waited;   /* it did not answer once */
    size_t n;      /* further measurements so far */
    bool compared; /* with the site's name and without */
    bool secured;  /* and then each handshake with the name came to its end, */
    bool after_residual; /* when what stopped another site was over */
    bool anyway;         /* or none did, whatever name was said */
    bool opened;         /* later one did, without a name, just now */
    const struct vcontrol *control; /* of the one that v is about */
    const struct observations *o;   /* likewise */
    struct notice_course notice;
};

static void take_place(const struct again *a, struct verdict *v,
                       struct course *c)
{
    v->state = a->v.state;
    v->method = a->v.method;
    v->confidence = a->v.confidence;
    v->reasons = a->v.reasons;
    v->n_reasons = a->v.n_reasons;
    v->want_url = a->v.want_url;
    v->stay_away = a->v.stay_away;
    v->first_cut = a->v.first_cut;
    v->want_compare = a->v.want_compare;
    v->want_if_faster = a->v.want_if_faster;
    v->alternatives = a->v.alternatives;
    v->n_alternatives = a->v.n_alternatives;
    c->control = &a->o.control;
    c->o = &a->o;
}

/* The site, or where it leads to. */
static bool is_of_site(const struct observations *o, const struct verdict *v,
                       const struct observations *again)
{
    struct str host = str_c(again->url.host);
    struct url url;
    for (size_t i = 0; i < o->n_queries; i++) {
        if (str_ieq(o->queries[i].host, host)) {
            return true;
        }
    }
    return !again->url.text || str_ieq(str_c(o->url.host), host) ||
           (v->want_url &&
            url_parse(o->r, str_c(v->want_url), &url, NULL) == ERR_OK &&
            str_ieq(str_c(url.host), host));
}

/* What comes after an answer that was missing. Who was silent, or failed, and
 * is accused of it now, has done so twice. */
static enum err weigh_lost(struct region *r, const struct again *a,
                           struct verdict *v, struct course *c)
{
    bool silent = has_rule(v, RULE_DNS_RESOLVER_DOWN);
    bool failed = has_rule(v, RULE_DNS_SERVFAIL);
    bool fails = has_rule(&a->v, RULE_DNS_SERVFAIL_NAMED);
    bool denied = is_denied_alone(v) && has_rule(&a->v, RULE_DNS_NEGATIVE);
    bool twice = (silent && has_rule(&a->v, RULE_DNS_SILENT)) ||
                 (failed && fails) || denied;
    take_place(a, v, c);
    c->lost = is_lost(&a->o, v);
    c->open = may_be_chance(v);
    c->waited = c->waited || silent;
    if (c->waited && fails) {
        /* first it waited for servers that do not answer, then it knew */
        c->open = false;
        return undecide(r, v, NOTE_ZONE_SLOW);
    }
    if (twice) {
        c->open = false;
        return confirm(r, v);
    }
    return ERR_OK;
}

/* A reset that is sent to the server reaches it before the handshake is over or
 * after it. */
static bool cut_inside_tls(const struct again *a)
{
    return a->v.want_compare && has_rule(&a->v, RULE_HTTP_AFTER_TLS);
}

/* By now the same run has had pages from there: that explains it. */
static bool came_for_others(const struct again *a)
{
    return a->v.state == X_INCONCLUSIVE && has_rule(&a->v, RULE_VISITS);
}

/* By now there is a reason to compare, which there was not before. */
static void adopt_compare(const struct again *a, struct verdict *v,
                          struct course *c)
{
    if (!c->compared && !v->want_compare && v->method == METHOD_TLS &&
        a->v.method == METHOD_TLS && a->v.want_compare) {
        v->want_compare = a->v.want_compare;
        v->want_url = a->v.want_url;
        c->control = &a->o.control;
    }
}

/* It was cut off, and tried at once again it came: that is chance. */
static bool came_at_another_try(const struct again *a)
{
    return a->v.state == X_INCONCLUSIVE && has_rule(&a->v, RULE_FIRST_CUT);
}

/* It got stuck where a redirect led. */
static bool is_led_on(const struct verdict *v)
{
    return has_rule(v, RULE_DNS_REDIRECT) || has_rule(v, RULE_IP_REDIRECT) ||
           has_rule(v, RULE_TLS_REDIRECT);
}

/* A redirect leads to where the control finds nothing, either. */
static enum err undecide_dead(struct region *r, const struct observations *o,
                              struct verdict *v)
{
    bool cleartext = false;
    for (size_t i = 0; i < o->n_ends; i++) {
        cleartext = cleartext || (!o->ends[i].tls.known &&
                                  o->ends[i].resp.status / 100 == 3);
    }
    /* whoever says so in cleartext need not be the server, which is among the
     * alternatives already */
    return undecide(r, v, cleartext ? NOTE_LED_ELSEWHERE : NOTE_DEAD_SERVER);
}

/* What the resolver was accused of is the doing of the name's servers. */
static bool is_their_fault(const struct verdict *v, const struct again *a)
{
    return v->method == METHOD_DNS && a->v.state == X_INCONCLUSIVE &&
           has_rule(&a->v, RULE_DNS_ZONE);
}

/* The first one asked nobody else where the site is, and accused the page. */
static bool told_by_notice(const struct again *a)
{
    return a->v.method == METHOD_DNS && has_rule(&a->v, RULE_DNS_NOTICE);
}

/* It was interfered with again. That is less than it seems where a comparison
 * came between. */
static enum err weigh_blocked(struct region *r, const struct again *a,
                              struct verdict *v, struct course *c)
{
    if (c->anyway && !c->opened) {
        return undecide(r, v, NOTE_CUT_ANYWAY);
    }
    if (c->secured) {
        return undecide(r, v, NOTE_WORKED_LATER);
    }
    if (v->method == METHOD_HTTP && told_by_notice(a)) {
        take_place(a, v, c);
    }
    adopt_compare(a, v, c);
    return v->first_cut || a->v.first_cut ? undecide(r, v, NOTE_CUT_FOR_CONTROL)
                                          : confirm(r, v);
}

/* A measurement comes in: does it settle what is open? */
static enum err weigh(struct region *r, const struct again *a,
                      struct verdict *v, struct course *c)
{
    if (a->v.state == X_INTERNAL) {
        return ERR_OK;
    }
    if (c->lost) {
        return weigh_lost(r, a, v, c);
    }
    if (!c->open) {
        return ERR_OK;
    }
    c->residual = c->residual || a->residual;
    if ((a->silent || a->residual) && a->v.state != X_OK) {
        return ERR_OK; /* the line itself may have been down */
    }
    if ((a->after_residual || c->after_residual) && a->v.state == X_OK) {
        c->open = false;
        take_place(a, v, c);
        return add_alternative(r, v, NOTE_RESIDUAL);
    }
    if (v->first_cut && a->v.state == X_OK) {
        c->open = false;
        take_place(a, v, c);
        return add_alternative(r, v, NOTE_CUT_FOR_CONTROL);
    }
    if (came_for_others(a) || is_their_fault(v, a) ||
        (v->method == METHOD_TLS && cut_inside_tls(a))) {
        c->open = false;
        take_place(a, v, c); /* the comparison that it wants decides, if any */
        return ERR_OK;
    }
    if (a->v.state == X_INCONCLUSIVE && c->n < MAX_AGAIN &&
        !came_at_another_try(a)) {
        return ERR_OK; /* contradicts nothing, and one more is to come */
    }
    c->open = false;
    if (is_led_on(v) && a->v.state == X_DOWN) {
        return undecide_dead(r, c->o, v);
    }
    if (came_at_another_try(a) || retest_moved(v, c->o, &a->o)) {
        return undecide(r, v, NOTE_WORKED_LATER);
    }
    if (a->v.state == X_BLOCKED &&
        retest_controls_differ(v, c->control, &a->o.control)) {
        return undecide_by(r, v, NOTE_TURNS_SOME_AWAY, 0.7);
    }
    if (a->v.state == X_BLOCKED) {
        return weigh_blocked(r, a, v, c);
    }
    return undecide(r, v,
                    a->v.state == X_OK ? NOTE_WORKED_LATER : NOTE_NOT_AGAIN);
}

/* ---- a comparison -------------------------------------------------------- */

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
        return prepend(r, why, v->reasons, v->n_reasons, &v->reasons,
                       &v->n_reasons);
    }
    if (rules_method(rule) == METHOD_NONE) {
        return prepend(r, why, v->alternatives, v->n_alternatives,
                       &v->alternatives, &v->n_alternatives);
    }
    v->state = X_BLOCKED;
    v->method = rules_method(rule);
    v->confidence = rules_confidence(rule);
    return prepend(r, why, v->reasons, v->n_reasons, &v->reasons,
                   &v->n_reasons);
}

/* A comparison that looked for throttling says nothing of a certificate or an
 * alert, and the other way round. */
static bool is_asked(enum compared what, const struct verdict *v)
{
    bool cert = has_rule(v, RULE_TLS_CERT), alert = has_rule(v, RULE_TLS_ALERT);
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
 * depends on the name, it was cut off three times more. */
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
    if (found->what != COMPARED_CUT) {
        return ERR_OK;
    }
    enum err e = told(r, NOTE_CUT_NAMED, found, v);
    if (e || !c->open || v->first_cut || (a->silent && !found->reset)) {
        return e; /* it is measured again as ever */
    }
    c->open = false;
    return confirm(r, v);
}

static enum err compared(const struct json *keys, size_t i,
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

/* Some censors shut an address for a while after they heard a name there: no
 * name gets through then. Only when that is over does the address say, asked
 * without a name, whether it answers. */
static enum err knocked(const struct json *keys, size_t i,
                        const struct observations *o, struct verdict *v,
                        struct course *c, struct diag *d)
{
    struct comparison found = {.what = COMPARED_UNKNOWN};
    if (!c->anyway || !c->open) {
        return ERR_OK;
    }
    enum err e =
        judge_sni(json_get(keys, "x_compare"), i, NULL, c->control, &found, d);
    c->opened = found.opened;
    if (e || c->opened) {
        return e;
    }
    c->open = false;
    return undecide(o->r, v, NOTE_CUT_ANYWAY);
}

/* ---- the entries --------------------------------------------------------- */

enum kind {
    KIND_OTHER,
    KIND_AGAIN,
    KIND_COMPARE,
    KIND_UNNAMED,
    KIND_PAGE
};

static enum err read_entry(const struct json *n, size_t i, enum kind *kind,
                           struct again *a, struct diag *d)
{
    struct str name;
    if (!json_is_obj(n)) {
        return field_fail(AT_I(RETEST, i, NULL), "want an object", d);
    }
    enum err e =
        field_str(json_get(n, "kind"), AT_I(RETEST, i, "kind"), &name, d);
    if (!e) {
        e = field_bool(json_get(n, "silent"), AT_I(RETEST, i, "silent"),
                       &a->silent, d);
    }
    if (!e) {
        e = field_bool(json_get(n, "residual"), AT_I(RETEST, i, "residual"),
                       &a->residual, d);
    }
    if (!e) {
        e = field_bool(json_get(n, "after_residual"),
                       AT_I(RETEST, i, "after_residual"), &a->after_residual,
                       d);
    }
    if (e) {
        return e;
    }
    *kind = str_eq_c(name, "again")     ? KIND_AGAIN
            : str_eq_c(name, "compare") ? KIND_COMPARE
            : str_eq_c(name, "unnamed") ? KIND_UNNAMED
            : str_eq_c(name, "page")    ? KIND_PAGE
                                        : KIND_OTHER;
    if (*kind != KIND_OTHER && !json_is_obj(json_get(n, "test_keys"))) {
        return field_fail(AT_I(RETEST, i, "test_keys"), "want an object", d);
    }
    return ERR_OK;
}

static enum err each(const struct json *list, const struct json *record,
                     const struct observations *o,
                     const struct fingerprints *fps, struct verdict *v,
                     struct course *c, struct diag *d)
{
    enum err e = ERR_OK;
    size_t i = 0;
    for (const struct json *n = json_first(list); n && !e;
         n = json_next(n), i++) {
        enum kind kind = KIND_OTHER;
        const struct json *keys = json_get(n, "test_keys");
        struct again *a = region_calloc(o->r, 1, sizeof(*a));
        e = a ? read_entry(n, i, &kind, a, d) : ERR_NOMEM;
        if (!e && kind == KIND_AGAIN) {
            c->n++;
            e = read_again(o, record, fps, keys, i, a, d);
            if (!e && !is_of_site(o, v, &a->o)) {
                c->open = c->lost = false;
                return undecide_by(o->r, v, NOTE_OTHER_SITE_AGAIN, 0.6);
            }
            if (!e && !a->silent) {
                retest_notice_again(&c->notice, &a->o, &a->v);
            }
            e = e ? e : weigh(o->r, a, v, c);
        } else if (!e && kind == KIND_COMPARE && !c->compared) {
            e = compared(keys, i, a, o, v, c, d);
        } else if (!e && kind == KIND_UNNAMED) {
            e = knocked(keys, i, o, v, c, d);
        } else if (!e && kind == KIND_PAGE) {
            e = retest_notice_page(&c->notice, o->r, record, keys, i, d);
        }
    }
    return e;
}

enum err retest_verdict(const struct json *record, const struct observations *o,
                        const struct fingerprints *fps, struct verdict *v,
                        struct diag *d)
{
    const struct json *list = json_path(record, "test_keys.x_retest");
    struct course c = {.open = may_be_chance(v),
                       .lost = is_lost(o, v),
                       .control = &o->control,
                       .o = o};
    retest_notice_begin(&c.notice, o, v);
    enum err e = field_arr(list, AT_KEY(RETEST, NULL), MAX_RETEST, d);
    if (!e) {
        e = each(list, record, o, fps, v, &c, d);
    }
    if (e) {
        return e;
    }
    if (c.compared) {
        v->want_compare = NULL; /* once will do */
    }
    v->want_again = ((c.open || c.lost) && c.n < MAX_AGAIN) || v->want_compare;
    if (!c.open) {
        return retest_notice_settle(&c.notice, o->r, c.n < MAX_AGAIN, v);
    }
    if (v->first_cut) {
        return undecide(o->r, v, NOTE_CUT_FOR_CONTROL);
    }
    if (c.anyway) {
        return undecide(o->r, v, NOTE_CUT_ANYWAY);
    }
    if (c.residual) {
        return undecide(o->r, v, NOTE_RESIDUAL);
    }
    if (json_is_arr(list) || is_led_on(v)) {
        /* our own probe would have measured again, and could not; where a
         * redirect led, no control has looked */
        return undecide(o->r, v, NOTE_ONCE_CHANCE);
    }
    v->confidence *= 0.9;
    return add_alternative(o->r, v, NOTE_ONCE);
}
