// SPDX-License-Identifier: Apache-2.0
#include "probe/explain/explain_int.h"

#include "verdict/read/observe.h"
#include "verdict/rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FORMATTED_MAX 9000 /* a URL and some words */

const char *explain_printf(struct explainer *b, const char *fmt, ...)
{
    char text[FORMATTED_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    const char *copy = region_strdup(b->r, text);
    if (!copy) {
        b->failed = ERR_NOMEM;
        return "";
    }
    return copy;
}

static const char *member(struct explainer *b, const char *key)
{
    struct str s = json_str(json_get(b->record, key));
    return explain_printf(b, STR_FMT, STR_ARG(s));
}

/* ---- headline ------------------------------------------------------------ */

static const char *brief_of(const struct verdict *v)
{
    for (size_t i = 0; i < v->n_reasons; i++) {
        const struct rule_words *w = words_rule(v->reasons[i].rule);
        if (w && w->brief) {
            return w->brief;
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
            return explain_printf(b, STR_FMT, STR_ARG(q->host));
        }
    }
    return NULL;
}

static bool has_alternative(const struct verdict *v, const char *rule)
{
    for (size_t i = 0; i < v->n_alternatives; i++) {
        if (!strcmp(v->alternatives[i].rule, rule)) {
            return true;
        }
    }
    return false;
}

static bool taken_aside(const struct verdict *v)
{
    return v->n_reasons > 0 &&
           strcmp(v->reasons[0].rule, RULE_TLS_INTERCEPTED) == 0;
}

static const char *blocked(struct explainer *b)
{
    const char *to = led_to(b);
    bool sure = b->v->confidence >= 0.7;
    const char *is = has_alternative(b->v, RULE_TLS_HTTPS_ONLY)
                         ? "PARTLY BLOCKED"
                         : "BLOCKED";
    return explain_printf(b, "%s %s%s%s%s on this network: %s.", b->x->host,
                          to ? "leads on to " : "", to ? to : "",
                          to     ? sure ? ", which is " : ", which seems to be "
                          : sure ? "is "
                                 : "seems to be ",
                          is,
                          taken_aside(b->v) ? "somebody answers in its place"
                                            : words_method(b->v->method));
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
        return explain_printf(b, "%s WORKS on this network.", b->x->host);
    }
    return explain_printf(b,
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
        text = explain_printf(b,
                              "%s is DOWN FOR EVERYBODY, not only on this "
                              "network%s%s.",
                              host, brief ? ": " : "", brief ? brief : "");
        break;
    case X_INTERNAL:
        text = explain_printf(b,
                              "%s COULD NOT BE TESTED: something on this "
                              "device failed.",
                              host);
        break;
    default:
        text = explain_printf(b,
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
        b->x->sure = explain_printf(b, "How sure we are: %s (%d of 100).",
                                    words_confidence(c), (int)(c * 100 + 0.5));
    }
}

/* ---- why, and what else -------------------------------------------------- */

static void add_point(struct explain_point *list, size_t *n,
                      const struct reason *r, const char *text)
{
    for (size_t i = 0; i < *n; i++) {
        if (strcmp(list[i].text, text) == 0) {
            return;
        }
    }
    if (*n < EXPLAIN_MAX_POINTS) {
        list[(*n)++] = (struct explain_point){
            .rule = r->rule, .text = text, .ids = r->ids, .n_ids = r->n_ids};
    }
}

static const char *why_text(const struct reason *r)
{
    const struct rule_words *w = words_rule(r->rule);
    return w ? w->why : r->note ? r->note : r->rule;
}

static const char *other_text(struct explainer *b, const struct reason *r)
{
    const struct rule_words *w = words_rule(r->rule);
    if (!w) {
        return r->note ? r->note : r->rule;
    }
    return w->other ? w->other
                    : explain_printf(b, "It may be blocked now and then: %s",
                                     w->why);
}

static void add_points(struct explainer *b)
{
    const struct verdict *v = b->v;
    struct explanation *x = b->x;
    for (size_t i = 0; i < v->n_reasons; i++) {
        add_point(x->why, &x->n_why, &v->reasons[i], why_text(&v->reasons[i]));
    }
    for (size_t i = 0; i < v->n_alternatives; i++) {
        add_point(x->else_, &x->n_else, &v->alternatives[i],
                  other_text(b, &v->alternatives[i]));
    }
    for (size_t i = 0; i < v->n_reasons && v->n_alternatives == 0; i++) {
        const struct rule_words *w = words_rule(v->reasons[i].rule);
        if (w && w->doubt) {
            struct reason general = {.rule = v->reasons[i].rule};
            add_point(x->else_, &x->n_else, &general, w->doubt);
        }
    }
}

/* What a certificate that fails here, and not for the control, means even where
 * the verdict stands on something else: words of the rule, or NULL. */
static const struct rule_words *certificate(const struct observations *o)
{
    const char *rule = NULL;
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (outcome_bad(end->ctl_tls)) {
            continue;
        }
        if (str_eq_c(end->tls.failure, "ssl_invalid_certificate")) {
            rule = RULE_TLS_CERT_DATE;
        } else if (str_eq_c(end->tls.failure, "ssl_unknown_authority") ||
                   str_eq_c(end->tls.failure, "ssl_invalid_hostname")) {
            return words_rule(RULE_TLS_CERT);
        }
    }
    return rule ? words_rule(rule) : NULL;
}

static bool is_reason(const struct verdict *v, const char *rule)
{
    for (size_t i = 0; i < v->n_reasons; i++) {
        if (!strcmp(v->reasons[i].rule, rule)) {
            return true;
        }
    }
    return false;
}

static void add_certificate(struct explainer *b)
{
    const struct rule_words *w = certificate(b->o);
    struct explanation *x = b->x;
    if (w && !is_reason(b->v, w->rule)) {
        struct reason r = {.rule = w->rule};
        add_point(x->else_, &x->n_else, &r, w->other);
    }
}

/* ---- what to try --------------------------------------------------------- */

static void add_advice(struct explainer *b)
{
    const struct verdict *v = b->v;
    struct explanation *x = b->x;
    unsigned todo = words_state_advice(v->state);
    const struct rule_words *cert = certificate(b->o);
    for (size_t i = 0; i < v->n_reasons; i++) {
        const struct rule_words *w = words_rule(v->reasons[i].rule);
        todo |= w ? w->advice : 0;
    }
    todo |= cert ? cert->advice : 0;
    for (unsigned i = 0; i < ADVICE_BITS && x->n_advice < EXPLAIN_MAX_ADVICE;
         i++) {
        if (todo & (1u << i)) {
            x->advice[x->n_advice++] = words_advice(1u << i);
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
