// SPDX-License-Identifier: Apache-2.0
#include "verdict/judging.h"
#include "verdict/rules.h"

/* ---- saying why ---------------------------------------------------------- */

static void add(struct judging *j, struct reason *list, size_t *n,
                enum note note, const struct ids *ids)
{
    if (*n >= JUDGING_MAX_REASONS) {
        return;
    }
    for (size_t i = 0; i < *n; i++) {
        if (rules_of(list[i].note) == rules_of(note)) {
            return; /* once is enough */
        }
    }
    const int64_t *copy = NULL;
    size_t n_ids = ids ? ids->n : 0;
    if (n_ids > 0) {
        copy = region_memdup(j->r, ids->id, n_ids * sizeof(*copy));
        j->nomem = j->nomem || !copy;
    }
    list[(*n)++] =
        (struct reason){.note = note, .ids = copy, .n_ids = copy ? n_ids : 0};
}

void judging_reason(struct judging *j, enum note note, const struct ids *ids)
{
    add(j, j->reasons, &j->n_reasons, note, ids);
}

void judging_alternative(struct judging *j, enum note note,
                         const struct ids *ids)
{
    add(j, j->alternatives, &j->n_alternatives, note, ids);
}

void judging_start_over(struct judging *j)
{
    for (size_t i = 0; i < j->n_reasons; i++) {
        judging_alternative(j, j->reasons[i].note, NULL);
    }
    j->n_reasons = 0;
}

void judging_decide(struct judging *j, enum xstate state, enum rule rule,
                    double confidence)
{
    j->v->state = state;
    j->v->method = state == X_BLOCKED ? rules_method(rule) : METHOD_NONE;
    j->v->confidence = confidence;
    j->decided = true;
}

void judging_conclude_by(struct judging *j, enum xstate state, enum note note,
                         const struct ids *ids, double confidence)
{
    judging_reason(j, note, ids);
    judging_decide(j, state, rules_of(note), confidence);
}

void judging_conclude(struct judging *j, enum xstate state, enum note note,
                      const struct ids *ids)
{
    judging_conclude_by(j, state, note, ids, rules_confidence(rules_of(note)));
}

/* ---- what was visited ---------------------------------------------------- */

bool judging_is_control_host(const struct judging *j, struct str host)
{
    return j->o->control.present && str_ieq(j->o->control.host, host);
}

bool judging_control_page(const struct judging *j)
{
    return outcome_ok(j->o->control.http) && j->o->control.status > 0;
}

/* Where a response leads to; false if nowhere. What lacks memory is no answer:
 * it is noted, and there will be no verdict. */
static bool leads_to(const struct judging *j, const struct vendpoint *end,
                     struct url *out)
{
    struct str location;
    struct url base;
    if (end->resp.status / 100 != 3 || !outcome_ok(end->http) ||
        !vhttp_header(&end->resp, "location", &location)) {
        return false;
    }
    enum err e = url_parse(j->r, end->resp.url, &base, NULL);
    if (e == ERR_OK) {
        e = url_resolve(j->r, &base, location, out, NULL);
    }
    if (e == ERR_NOMEM) {
        *j->lacks_memory = true;
    }
    return e == ERR_OK;
}

/* The redirect that led to `depth`, if one response shows it. */
static bool redirect_to(const struct judging *j, int depth, bool *changed,
                        struct url *out)
{
    const struct observations *o = j->o;
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (end->depth == depth - 1 && leads_to(j, end, out)) {
            *changed = end->resp.changed;
            return true;
        }
    }
    return false;
}

struct str judging_host(const struct judging *j, int depth)
{
    const struct observations *o = j->o;
    bool changed = false;
    struct url url;
    if (depth == 0 && o->url.text) {
        return str_c(o->url.host);
    }
    for (size_t i = 0; i < o->n_queries; i++) {
        if (o->queries[i].depth == depth) {
            return o->queries[i].host;
        }
    }
    if (depth > 0 && redirect_to(j, depth, &changed, &url)) {
        return str_c(url.host);
    }
    return (struct str){NULL, 0};
}

const char *judging_url(const struct judging *j, int depth)
{
    bool changed = false;
    struct url url;
    if (depth == 0) {
        return j->o->url.text;
    }
    return redirect_to(j, depth, &changed, &url) && !changed ? url.text : NULL;
}

bool judging_stays_away(const struct judging *j, int depth)
{
    const struct observations *o = j->o;
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (end->depth == depth - 1 && end->resp.changed) {
            return true;
        }
    }
    return false;
}

/* ---- conclusions of several judges --------------------------------------- */

/* So sure is it at the least that an ending was forged that came from another
 * distance. */
#define BY_FORGER 0.96

bool judging_site_is_ill(const struct judging *j)
{
    const struct vcontrol *c = &j->o->control;
    if (c->page.known && failure_is_limit(c->page.kind)) {
        return false; /* it answered */
    }
    return outcome_bad(c->http);
}

bool judging_site_errs(const struct judging *j)
{
    return outcome_ok(j->o->control.http) && j->o->control.status / 100 == 5;
}

void judging_down_or_unknown(struct judging *j, const struct ids *ids,
                             enum note down)
{
    if (outcome_bad(j->o->control.http)) {
        judging_conclude_by(j, X_DOWN, down, ids, 0.85);
    } else {
        judging_conclude_by(j, X_INCONCLUSIVE, NOTE_FAILED_UNCOMPARED, ids,
                            0.7);
    }
}

double judging_by_forger(struct judging *j, const struct ids *ids,
                         double confidence)
{
    struct ids odd = {.n = 0};
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        for (size_t k = 0; end->odd_distance && k < ids->n; k++) {
            if (ids->id[k] == end->id) {
                ids_add(&odd, end->id);
            }
        }
    }
    if (odd.n == 0) {
        return confidence;
    }
    judging_reason(j, NOTE_DISTANCE, &odd);
    return confidence < BY_FORGER ? BY_FORGER : confidence;
}

/* What only the site's name brings about is told by leaving the name out. */
void judging_want_compare(struct judging *j, const struct vendpoint *end)
{
    char text[IP_TEXT_MAX];
    const char *url = judging_url(j, end->depth);
    ip_format(&j->o->addrs[end->addr].ip, text);
    if (url && !judging_stays_away(j, end->depth)) {
        j->v->want_compare = region_strdup(j->r, text);
        j->v->want_url = url;
        j->nomem = j->nomem || !j->v->want_compare;
    }
}
