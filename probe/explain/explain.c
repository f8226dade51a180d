// SPDX-License-Identifier: Apache-2.0
#include "probe/explain/explain.h"

#include "probe/explain/explain_steps.h"

#include "verdict/read/observe.h"
#include "words/words.h"
#include <string.h>

static const char *member(struct explainer *b, const char *key)
{
    struct str s = json_str(json_get(b->record, key));
    return explainer_printf(b, STR_FMT, STR_ARG(s));
}

/* ---- headline ------------------------------------------------------------ */

static const char *brief_of(const struct verdict *v)
{
    for (size_t i = 0; i < v->n_reasons; i++) {
        const char *brief = words_rule(rules_of(v->reasons[i].note))->brief;
        if (brief) {
            return brief;
        }
    }
    return NULL;
}

/* The name that the first reason is about, if a redirect led to it; else NULL.
 */
static const char *led_to(struct explainer *b)
{
    const struct observations *o = b->o;
    const struct reason *why = b->v->reasons;
    int64_t id = b->v->n_reasons > 0 && why->n_ids > 0 ? why->ids[0] : 0;
    const struct vendpoint *end = observations_endpoint(o, id);
    int depth = end ? end->depth : 0;
    for (size_t i = 0; id && !end && i < o->n_queries; i++) {
        if (o->queries[i].id == id) {
            depth = o->queries[i].depth;
        }
    }
    for (size_t i = 0; depth > 0 && i < o->n_queries; i++) {
        const struct vquery *q = &o->queries[i];
        if (q->depth == depth && !str_eq_c(q->host, b->x->host)) {
            return explainer_printf(b, STR_FMT, STR_ARG(q->host));
        }
    }
    return NULL;
}

/* Whoever takes visitors aside by the name they ask for cuts nothing off. */
static bool taken_aside(const struct verdict *v)
{
    return v->n_reasons > 0 &&
           rules_of(v->reasons[0].note) == RULE_TLS_INTERCEPTED;
}

static const char *blocked(struct explainer *b)
{
    const char *to = led_to(b);
    bool sure = b->v->confidence >= 0.7;
    const char *is = explainer_has_alternative(b, RULE_TLS_HTTPS_ONLY)
                         ? "PARTLY BLOCKED"
                         : "BLOCKED";
    return explainer_printf(b, "%s %s%s%s%s on this network: %s.", b->x->host,
                            to ? "leads on to " : "", to ? to : "",
                            to ? sure ? ", which is " : ", which seems to be "
                            : sure ? "is "
                                   : "seems to be ",
                            is,
                            taken_aside(b->v)
                                ? "somebody answers in its place"
                                : words_method(b->v->method)->done);
}

/* Status of the last page that came; 0 none. */
static int64_t last_status(const struct observations *o)
{
    int64_t status = 0;
    int depth = -1;
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (end->resp.final && end->depth > depth) {
            depth = end->depth;
            status = end->resp.status;
        }
    }
    return status;
}

/* A site that answers everybody with an error does not "work". */
static const char *fine(struct explainer *b)
{
    int64_t status = last_status(b->o);
    if (status < 400) {
        return explainer_printf(b, "%s WORKS on this network.", b->x->host);
    }
    return explainer_printf(
        b,
        "%s is NOT BLOCKED on this network: it answers, but "
        "with an error of its own (%d).",
        b->x->host, (int)status);
}

static void add_headline(struct explainer *b)
{
    const struct verdict *v = b->v;
    const char *host = b->x->host;
    const char *brief = brief_of(v);
    const char *text = "";
    switch (v->state) {
    case X_OK:
        text = fine(b);
        break;
    case X_BLOCKED:
        text = blocked(b);
        break;
    case X_DOWN:
        text = explainer_printf(b,
                                "%s is DOWN FOR EVERYBODY, not only on this "
                                "network%s%s.",
                                host, brief ? ": " : "", brief ? brief : "");
        break;
    case X_INTERNAL:
        text = explainer_printf(b,
                                "%s COULD NOT BE TESTED: something on this "
                                "device failed.",
                                host);
        break;
    default:
        text = explainer_printf(b,
                                "%s: it COULD NOT BE DECIDED whether it is "
                                "blocked%s%s.",
                                host, brief ? ": " : "", brief ? brief : "");
    }
    b->x->headline = text;
}

static void add_sure(struct explainer *b)
{
    const struct verdict *v = b->v;
    double c = v->confidence;
    if (v->state == X_INCONCLUSIVE) {
        b->x->sure = "We are not sure. Do not take this as a sign of blocking.";
    } else if (v->state == X_INTERNAL) {
        b->x->sure = "This says nothing about the site.";
    } else {
        c = c < 0 ? 0 : c > 0.99 ? 0.99 : c;
        b->x->sure = explainer_printf(b, "How sure we are: %s (%d of 100).",
                                      words_sureness(c), (int)(c * 100 + 0.5));
    }
}

/* ---- why, and what else -------------------------------------------------- */

/* Several rules may say the same; it is told once. */
static void add_point(struct explain_point *list, size_t *n, enum rule rule,
                      const char *text, const struct reason *from)
{
    for (size_t i = 0; i < *n; i++) {
        if (strcmp(list[i].text, text) == 0) {
            return;
        }
    }
    if (*n < EXPLAIN_MAX_POINTS) {
        list[(*n)++] = (struct explain_point){.rule = rule,
                                              .text = text,
                                              .ids = from ? from->ids : NULL,
                                              .n_ids = from ? from->n_ids : 0};
    }
}

static const char *other_text(struct explainer *b, enum rule rule)
{
    const struct rule_words *w = words_rule(rule);
    return w->other ? w->other
                    : explainer_printf(b, "It may be blocked now and then: %s",
                                       w->why);
}

static void add_points(struct explainer *b)
{
    const struct verdict *v = b->v;
    struct explanation *x = b->x;
    for (size_t i = 0; i < v->n_reasons; i++) {
        enum rule rule = rules_of(v->reasons[i].note);
        add_point(x->why, &x->n_why, rule, words_rule(rule)->why,
                  &v->reasons[i]);
    }
    for (size_t i = 0; i < v->n_alternatives; i++) {
        enum rule rule = rules_of(v->alternatives[i].note);
        add_point(x->else_, &x->n_else, rule, other_text(b, rule),
                  &v->alternatives[i]);
    }
    for (size_t i = 0; i < v->n_reasons && v->n_alternatives == 0; i++) {
        enum rule rule = rules_of(v->reasons[i].note);
        const char *doubt = words_rule(rule)->doubt;
        if (doubt) {
            add_point(x->else_, &x->n_else, rule, doubt, NULL);
        }
    }
}

/* What a certificate that fails here, and not for the control, means even where
 * the verdict stands on something else: the rule, or RULE_COUNT for none. */
static enum rule certificate(const struct observations *o)
{
    enum rule rule = RULE_COUNT;
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (outcome_bad(end->ctl_tls)) {
            continue;
        }
        if (outcome_is(end->tls, FAILURE_BAD_CERT)) {
            rule = RULE_TLS_CERT_DATE;
        } else if (outcome_is(end->tls, FAILURE_BAD_AUTHORITY) ||
                   outcome_is(end->tls, FAILURE_BAD_HOST)) {
            return RULE_TLS_CERT;
        }
    }
    return rule;
}

static void add_certificate(struct explainer *b)
{
    enum rule rule = certificate(b->o);
    struct explanation *x = b->x;
    if (rule != RULE_COUNT && !explainer_has_reason(b, rule)) {
        add_point(x->else_, &x->n_else, rule, words_rule(rule)->other, NULL);
    }
}

/* ---- what to try --------------------------------------------------------- */

static void add_advice(struct explainer *b)
{
    const struct verdict *v = b->v;
    struct explanation *x = b->x;
    enum rule cert = certificate(b->o);
    unsigned todo = guide_state_advice(v->state);
    for (size_t i = 0; i < v->n_reasons; i++) {
        todo |= guide_advice(rules_of(v->reasons[i].note));
    }
    todo |= cert != RULE_COUNT ? guide_advice(cert) : 0;
    for (enum advice a = 0; a < ADVICE_COUNT; a++) {
        if (todo & (1u << a)) {
            x->advice[x->n_advice++] = words_advice(a);
        }
    }
}

/* ---- all of it ----------------------------------------------------------- */

static void add_frame(struct explainer *b)
{
    struct explanation *x = b->x;
    const struct url *url = &b->o->url;
    x->input = member(b, "input");
    x->url = url->text ? url->text : x->input;
    x->host = url->text ? url->host : x->url;
    x->when = member(b, "measurement_start_time");
    x->cc = member(b, "probe_cc");
    x->asn = member(b, "probe_asn");
    x->network = member(b, "probe_network_name");
    x->has_control = b->o->control.present;
    x->undecided = b->v->state == X_INCONCLUSIVE;
}

enum err explain(struct region *r, const struct json *record,
                 const struct verdict *v, const struct fingerprints *fps,
                 struct explanation *out, struct diag *d)
{
    struct explanation *x = region_alloc(r, sizeof(*x));
    struct observations *o = region_alloc(r, sizeof(*o));
    enum err e = x && o ? observe(r, record, o, d) : ERR_NOMEM;
    if (e != ERR_OK) {
        return e;
    }
    struct explainer b = {
        .r = r, .record = record, .o = o, .v = v, .fps = fps, .x = x};
    add_frame(&b);
    add_headline(&b);
    add_sure(&b);
    explain_steps(&b);
    add_points(&b);
    add_certificate(&b);
    add_advice(&b);
    if (b.failed == ERR_OK) {
        *out = *x;
    }
    return b.failed;
}
