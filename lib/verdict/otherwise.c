// SPDX-License-Identifier: Apache-2.0
#include "verdict/otherwise.h"
#include "verdict/rules.h"
#include <string.h>

#define MAX 24 /* alternatives of one verdict */

static void add(struct reason *list, size_t *n, const struct reason *why,
                enum note note)
{
    for (size_t i = 0; i < *n; i++) {
        if (rules_of(list[i].note) == rules_of(note)) {
            return;
        }
    }
    if (*n < MAX) {
        list[(*n)++] =
            (struct reason){.note = note, .ids = why->ids, .n_ids = why->n_ids};
    }
}

enum err otherwise_add(struct region *r, struct verdict *v)
{
    struct reason list[MAX];
    size_t n = v->n_alternatives < MAX ? v->n_alternatives : MAX;
    if (v->state != X_BLOCKED) {
        return ERR_OK;
    }
    if (n > 0) {
        memcpy(list, v->alternatives, n * sizeof(*list));
    }
    for (size_t i = 0; i < v->n_reasons; i++) {
        enum rule rule = rules_of(v->reasons[i].note);
        for (size_t k = 0; rules_else(rule, k) != NOTE_COUNT; k++) {
            add(list, &n, &v->reasons[i], rules_else(rule, k));
        }
    }
    if (n == 0) {
        return ERR_OK;
    }
    v->alternatives = region_memdup(r, list, n * sizeof(*list));
    v->n_alternatives = v->alternatives ? n : 0;
    return v->alternatives ? ERR_OK : ERR_NOMEM;
}
