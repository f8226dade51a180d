// SPDX-License-Identifier: Apache-2.0
#include "verdict/retest.h"
#include "verdict/judge.h"
#include "verdict/read/field.h"
#include "verdict/read/observe.h"
#include "verdict/retest_compare.h"
#include "verdict/retest_controls.h"
#include "verdict/retest_course.h"
#include "verdict/retest_moved.h"
#include "verdict/retest_notice.h"
#include "verdict/retest_say.h"
#include "verdict/rules.h"

#define RETEST     "test_keys.x_retest"
#define MIN_NAMES  2    /* given one address: it may be a landing page */
#define MAX_RETEST 12   /* entries that are read */
#define MAX_AGAIN  2    /* further measurements that are asked for */
#define RIGHT_S    15.0 /* right before: as long as who is beside it may take */

/* Rules that chance cannot satisfy. */
static const enum rule proofs[] = {
    RULE_DNS_BOGON,        RULE_DNS_FINGERPRINT, RULE_DNS_TWO_ANSWERS,
    RULE_HTTP_FINGERPRINT, RULE_SLOW_NAMED,      RULE_STALLS_NAMED,
};

static bool may_be_chance(const struct verdict *v)
{
    if (v->state != X_BLOCKED) {
        return false;
    }
    for (size_t i = 0; i < sizeof(proofs) / sizeof(*proofs); i++) {
        if (retest_say_has(v, proofs[i])) {
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
           (retest_say_has(v, RULE_DNS_RESOLVER_DOWN) ||
            retest_say_has(v, RULE_DNS_SERVFAIL) || is_uncompared(v));
}

/* A control is asked later. What it will show depends on this failure, which
 * may be chance: who measured is the only one who can look again. */
static bool is_uncompared_yet(const struct observations *o,
                              const struct verdict *v)
{
    return o->control_deferred && !o->control.present &&
           (v->state == X_INCONCLUSIVE || v->state == X_DOWN);
}

/* ---- further measurements ------------------------------------------------ */

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

/* The answer was lost at first, and comes when nobody else is asked about any
 * more: that several names were given the same address is all that is known of
 * the others. */
static bool is_for_everybody(const struct observations *first,
                             const struct observations *again)
{
    bool everybody = false;
    for (size_t i = 0; i < first->n_addrs; i++) {
        if (first->addrs[i].classic) {
            return false;
        }
    }
    for (size_t i = 0; i < again->n_addrs; i++) {
        const struct vaddr *a = &again->addrs[i];
        everybody = everybody || (a->classic && a->run_names >= MIN_NAMES);
    }
    return everybody && !again->others_answered;
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
    if (!e && is_for_everybody(first, &a->o)) {
        a->o.same_for_others = true;
    }
    return e ? e : judge_verdict(&a->o, fps, &a->v);
}

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
    bool silent = retest_say_has(v, RULE_DNS_RESOLVER_DOWN);
    bool failed = retest_say_has(v, RULE_DNS_SERVFAIL);
    bool fails = retest_say_has(&a->v, RULE_DNS_SERVFAIL_NAMED);
    bool denied =
        is_denied_alone(v) && retest_say_has(&a->v, RULE_DNS_NEGATIVE);
    bool twice = (silent && retest_say_has(&a->v, RULE_DNS_SILENT)) ||
                 (failed && fails) || denied;
    take_place(a, v, c);
    c->lost = is_lost(&a->o, v);
    c->open = may_be_chance(v);
    c->waited = c->waited || silent;
    if (c->waited && fails) {
        /* first it waited for servers that do not answer, then it knew */
        c->open = false;
        return retest_say_undecided(r, v, NOTE_ZONE_SLOW);
    }
    if (twice) {
        c->open = false;
        return retest_say_again(r, v);
    }
    return ERR_OK;
}

/* A reset that is sent to the server reaches it before the handshake is over or
 * after it. */
static bool cut_inside_tls(const struct again *a)
{
    return a->v.want_compare && retest_say_has(&a->v, RULE_HTTP_AFTER_TLS);
}

/* By now the same run has had pages from there, or this one for others, or was
 * led there with others: that explains it. */
static bool came_for_others(const struct again *a)
{
    return a->v.state == X_INCONCLUSIVE &&
           (retest_say_has(&a->v, RULE_VISITS) ||
            has_note(&a->v, NOTE_PAGE_FOR_ALL) ||
            has_note(&a->v, NOTE_CACHE_ILL));
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
    return a->v.state == X_INCONCLUSIVE &&
           retest_say_has(&a->v, RULE_FIRST_CUT);
}

/* It got stuck where a redirect led. */
static bool is_led_on(const struct verdict *v)
{
    return retest_say_has(v, RULE_DNS_REDIRECT) ||
           retest_say_has(v, RULE_IP_REDIRECT) ||
           retest_say_has(v, RULE_TLS_REDIRECT);
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
    return retest_say_undecided(
        r, v, cleartext ? NOTE_LED_ELSEWHERE : NOTE_DEAD_SERVER);
}

/* What the resolver was accused of is the doing of the name's servers. */
static bool is_their_fault(const struct verdict *v, const struct again *a)
{
    return v->method == METHOD_DNS && a->v.state == X_INCONCLUSIVE &&
           retest_say_has(&a->v, RULE_DNS_ZONE);
}

/* The first one asked nobody else where the site is, and accused the page. */
static bool told_by_notice(const struct again *a)
{
    return a->v.method == METHOD_DNS && retest_say_has(&a->v, RULE_DNS_NOTICE);
}

/* It was interfered with again. That is less than it seems where a comparison
 * came between. */
static enum err weigh_blocked(struct region *r, const struct again *a,
                              struct verdict *v, struct course *c)
{
    if (c->anyway && !c->opened) {
        return retest_say_undecided(r, v, NOTE_CUT_ANYWAY);
    }
    if (c->secured) {
        return retest_say_undecided(r, v, NOTE_WORKED_LATER);
    }
    if (v->method == METHOD_HTTP && told_by_notice(a)) {
        take_place(a, v, c);
    }
    adopt_compare(a, v, c);
    return v->first_cut || a->v.first_cut
               ? retest_say_undecided(r, v, NOTE_CUT_FOR_CONTROL)
               : retest_say_again(r, v);
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
    c->unheard = c->unheard || a->silent;
    if ((a->silent || a->residual) && a->v.state != X_OK) {
        return ERR_OK; /* the line itself may have been down */
    }
    if ((a->after_residual || c->after_residual) && a->v.state == X_OK) {
        c->open = false;
        take_place(a, v, c);
        return retest_say_alternative(r, v, NOTE_RESIDUAL);
    }
    if (v->first_cut && a->v.state == X_OK) {
        c->open = false;
        take_place(a, v, c);
        return retest_say_alternative(r, v, NOTE_CUT_FOR_CONTROL);
    }
    if (c->named && v->method == METHOD_TLS && cut_inside_tls(a)) {
        c->open = false;
        return retest_say_again(r, v);
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
        return retest_say_undecided(r, v, NOTE_WORKED_LATER);
    }
    if (a->v.state == X_BLOCKED &&
        retest_controls_differ(v, c->control, &a->o.control)) {
        return retest_say_undecided_by(r, v, NOTE_TURNS_SOME_AWAY, 0.7);
    }
    if (a->v.state == X_BLOCKED) {
        return weigh_blocked(r, a, v, c);
    }
    return retest_say_undecided(
        r, v, a->v.state == X_OK ? NOTE_WORKED_LATER : NOTE_NOT_AGAIN);
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
    if (!e) {
        e = field_num(json_get(n, "after"), AT_I(RETEST, i, "after"), &a->after,
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

/* What shuts an address to everybody may last longer than it was waited for:
 * then it is asked once more right before. */
static void look_before(struct again *a, struct course *c)
{
    c->shut = c->shut ||
              (c->unanswered > 1 && a->after - c->unanswered_at <= RIGHT_S);
    a->residual = a->residual || c->shut;
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
                return retest_say_undecided_by(o->r, v, NOTE_OTHER_SITE_AGAIN,
                                               0.6);
            }
            look_before(a, c);
            if (!e && !a->silent) {
                retest_notice_again(&c->notice, &a->o, &a->v);
            }
            e = e ? e : weigh(o->r, a, v, c);
        } else if (!e && kind == KIND_COMPARE && !c->compared) {
            e = retest_compare(keys, i, a, o, v, c, d);
        } else if (!e && kind == KIND_UNNAMED) {
            e = retest_compare_unnamed(keys, i, a, o, v, c, d);
        } else if (!e && kind == KIND_PAGE) {
            e = retest_notice_page(&c->notice, o->r, record, keys, i, d);
        }
    }
    return e;
}

/* Why what was seen at first stands alone. */
static enum note once_or_unsure(const struct course *c)
{
    return c->n == 0    ? NOTE_ONCE_CHANCE
           : c->unheard ? NOTE_AGAIN_SILENT
                        : NOTE_AGAIN_UNDECIDED;
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
    if (!v->want_again && c.n == 0 && is_uncompared_yet(o, v)) {
        v->want_again = v->uncompared = true;
    }
    if (!c.open) {
        return retest_notice_settle(&c.notice, o->r, c.n < MAX_AGAIN, v);
    }
    if (v->first_cut) {
        return retest_say_undecided(o->r, v, NOTE_CUT_FOR_CONTROL);
    }
    if (c.anyway) {
        return retest_say_undecided(o->r, v, NOTE_CUT_ANYWAY);
    }
    if (c.residual) {
        return retest_say_undecided(o->r, v, NOTE_RESIDUAL);
    }
    if (json_is_arr(list) || is_led_on(v)) {
        /* our own probe would have measured again, and could not; where a
         * redirect led, no control has looked */
        return retest_say_undecided(o->r, v, once_or_unsure(&c));
    }
    v->confidence *= 0.9;
    return retest_say_alternative(o->r, v, NOTE_ONCE);
}
