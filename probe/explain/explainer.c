// SPDX-License-Identifier: Apache-2.0
#include "probe/explain/explainer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_STEPS     256
#define MAX_ROWS      64   /* of one step; what is more is left out */
#define FORMATTED_MAX 9000 /* a URL and some words */

const char *explainer_printf(struct explainer *b, const char *fmt, ...)
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

struct explain_step *explainer_add_step(struct explainer *b,
                                        enum guide_step kind, int depth,
                                        const char *about)
{
    struct explanation *x = b->x;
    enum err e = region_grow(b->r, (void **)&x->steps, &x->cap_steps,
                             x->n_steps, sizeof(*x->steps), MAX_STEPS);
    if (e != ERR_OK) {
        b->failed = e;
        return NULL;
    }
    x->steps[x->n_steps] =
        (struct explain_step){.kind = kind, .depth = depth, .about = about};
    return &x->steps[x->n_steps++];
}

/* Both NULL, or the same text. */
static bool same(const char *a, const char *c)
{
    return a == c || (a && c && strcmp(a, c) == 0);
}

void explainer_add_row(struct explainer *b, struct explain_step *s,
                       struct explain_row row, bool merge)
{
    for (size_t i = 0; s && merge && i < s->n_rows; i++) {
        struct explain_row *old = &s->rows[i];
        if (old->mark == row.mark && same(old->here, row.here) &&
            same(old->control, row.control)) {
            old->more += !same(old->what, row.what);
            return;
        }
    }
    if (!s || s->n_rows >= MAX_ROWS) {
        return;
    }
    enum err e = region_grow(b->r, (void **)&s->rows, &s->cap_rows, s->n_rows,
                             sizeof(*s->rows), MAX_ROWS);
    if (e != ERR_OK) {
        b->failed = e;
        return;
    }
    s->rows[s->n_rows++] = row;
}

const char *explainer_copy(struct explainer *b, struct str s)
{
    const char *copy = region_strndup(b->r, s.p ? s.p : "", s.len);
    if (!copy) {
        b->failed = ERR_NOMEM;
        return "";
    }
    return copy;
}

static bool is_among(const struct reason *list, size_t n, enum rule rule)
{
    for (size_t i = 0; i < n; i++) {
        if (rules_of(list[i].note) == rule) {
            return true;
        }
    }
    return false;
}

bool explainer_has_reason(const struct explainer *b, enum rule rule)
{
    return is_among(b->v->reasons, b->v->n_reasons, rule);
}

bool explainer_has_alternative(const struct explainer *b, enum rule rule)
{
    return is_among(b->v->alternatives, b->v->n_alternatives, rule);
}

bool explainer_accused(const struct explainer *b, enum guide_step step,
                       int64_t id)
{
    const struct verdict *v = b->v;
    if (v->state != X_BLOCKED && v->state != X_INCONCLUSIVE) {
        return false;
    }
    for (size_t i = 0; i < v->n_reasons; i++) {
        const struct reason *why = &v->reasons[i];
        bool about = guide_step(rules_of(why->note)) == step;
        for (size_t k = 0; about && k < why->n_ids; k++) {
            if (why->ids[k] == id) {
                return true;
            }
        }
    }
    return false;
}
