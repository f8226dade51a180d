// SPDX-License-Identifier: Apache-2.0
#include "verdict/retest_say.h"
#include <string.h>

#define MAX_TELL 16

bool retest_say_has(const struct verdict *v, enum rule rule)
{
    for (size_t i = 0; i < v->n_reasons; i++) {
        if (rules_of(v->reasons[i].note) == rule) {
            return true;
        }
    }
    return false;
}

enum err retest_say_first(struct region *r, struct reason first,
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

enum err retest_say_alternative(struct region *r, struct verdict *v,
                                enum note note)
{
    struct reason why = {.note = note};
    return retest_say_first(r, why, v->alternatives, v->n_alternatives,
                            &v->alternatives, &v->n_alternatives);
}

enum err retest_say_undecided_by(struct region *r, struct verdict *v,
                                 enum note note, double confidence)
{
    struct reason why = {.note = note};
    const struct reason *was = v->reasons;
    size_t n_was = v->n_reasons;
    enum err e = retest_say_first(r, why, NULL, 0, &v->reasons, &v->n_reasons);
    v->state = X_INCONCLUSIVE;
    v->method = METHOD_NONE;
    v->confidence = confidence;
    for (size_t i = n_was; i-- > 0 && !e;) {
        e = retest_say_first(r, was[i], v->alternatives, v->n_alternatives,
                             &v->alternatives, &v->n_alternatives);
    }
    return e;
}

enum err retest_say_undecided(struct region *r, struct verdict *v,
                              enum note note)
{
    return retest_say_undecided_by(r, v, note,
                                   rules_confidence(rules_of(note)));
}

enum err retest_say_again(struct region *r, struct verdict *v)
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
