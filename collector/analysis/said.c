// SPDX-License-Identifier: Apache-2.0
/* A list of texts, in the order in which they came. */
#include "collector/analysis/said.h"

#include "base/calendar.h"
#include "collector/store/store_claim.h"

#include <string.h>

struct said_text {
    struct said_text *next;
    const char *text;
    struct observers *seen;
    uint64_t by; /* who brought it, and on which day */
    bool vouched;
};

/* One who sends many texts must not keep out those of others. */
static bool brought_one(const struct said *s, uint64_t by)
{
    for (const struct said_text *t = s->first; t; t = t->next) {
        if (t->by == by) {
            return true;
        }
    }
    return false;
}

static enum err find(struct region *r, struct said *s, const char *text,
                     const struct store_row *row, struct said_text **out)
{
    struct said_text **at = &s->first;
    while (*at && strcmp((*at)->text, text) != 0) {
        at = &(*at)->next;
    }
    uint64_t by = observers_hash(row->source_tag) ^
                  ((uint64_t)calendar_day(row->start_s) << 40);
    *out = *at;
    if (*at || s->n == SAID_MAX ||
        (!store_claim_vouched(row) && brought_one(s, by))) {
        return ERR_OK;
    }
    struct said_text *t = region_alloc(r, sizeof(*t));
    if (!t || !(t->text = region_strdup(r, text))) {
        return ERR_NOMEM;
    }
    t->by = by;
    s->n++;
    *at = *out = t;
    return ERR_OK;
}

enum err said_add(struct region *r, struct said *s, const char *text,
                  const struct store_row *row)
{
    struct said_text *t = NULL;
    bool ignored;
    if (!text || text[0] == '\0') {
        return ERR_OK;
    }
    enum err e = find(r, s, text, row, &t);
    if (e != ERR_OK || !t) {
        return e;
    }
    t->vouched = t->vouched || store_claim_vouched(row);
    return observers_add(r, &t->seen, row, &ignored);
}

const char *said_end(struct said *s, unsigned people, bool half)
{
    const struct said_text *best = NULL;
    unsigned most = 0;
    for (struct said_text *t = s->first; t; t = t->next) {
        unsigned n = observers_end(t->seen);
        bool better = !best || t->vouched > best->vouched ||
                      (t->vouched == best->vouched && n > most);
        if (better) {
            best = t;
            most = n;
        }
    }
    bool many = most >= 2 && (!half || 2 * most >= people);
    bool enough = best && (best->vouched || many || people < 2);
    return enough ? best->text : "";
}
