// SPDX-License-Identifier: Apache-2.0
/* Counts independent observers day by day; why it counts so: observers.h. */
#include "collector/analysis/observers.h"
#include "base/clock.h"

#include "base/calendar.h"

struct sighting {
    uint64_t id;
    int64_t hour;
};

/* Sets of the day being counted; `best` is the largest day so far. */
struct observers {
    int64_t day;
    struct sighting *probe;
    uint64_t *tag;
    uint64_t *known; /* pseudonyms of any day */
    size_t n_known, cap_known;
    size_t n_probe, cap_probe, n_tag, cap_tag;
    bool uncheckable;
    int64_t uncheckable_hour;
    unsigned best;
};

/* FNV-1a: identities are compared within one process only. */
static uint64_t fnv(const char *s)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (; *s != '\0'; s++) {
        h = (h ^ (uint8_t)*s) * UINT64_C(1099511628211);
    }
    return h;
}

static void close_day(struct observers *o)
{
    size_t pairs = o->n_probe < o->n_tag ? o->n_probe : o->n_tag;
    unsigned n = (unsigned)pairs + (o->uncheckable ? 1 : 0);
    if (n > o->best) {
        o->best = n;
    }
    o->n_probe = 0;
    o->n_tag = 0;
    o->uncheckable = false;
}

static enum err add_tag(struct region *r, struct observers *o, uint64_t id)
{
    for (size_t i = 0; i < o->n_tag; i++) {
        if (o->tag[i] == id) {
            return ERR_OK;
        }
    }
    if (o->n_tag >= OBSERVERS_MAX) {
        return ERR_OK;
    }
    void *p = o->tag;
    enum err e = region_grow(r, &p, &o->cap_tag, o->n_tag, sizeof(*o->tag),
                             OBSERVERS_MAX);
    if (e == ERR_OK) {
        o->tag = p;
        o->tag[o->n_tag++] = id;
    }
    return e;
}

static enum err add_probe(struct region *r, struct observers *o, uint64_t id,
                          int64_t hour, bool *new_round)
{
    for (size_t i = 0; i < o->n_probe; i++) {
        if (o->probe[i].id == id) {
            *new_round = o->probe[i].hour != hour;
            o->probe[i].hour = hour;
            return ERR_OK;
        }
    }
    *new_round = true;
    if (o->n_probe >= OBSERVERS_MAX) {
        return ERR_OK;
    }
    void *p = o->probe;
    enum err e = region_grow(r, &p, &o->cap_probe, o->n_probe,
                             sizeof(*o->probe), OBSERVERS_MAX);
    if (e == ERR_OK) {
        o->probe = p;
        o->probe[o->n_probe++] = (struct sighting){id, hour};
    }
    return e;
}

/* One address can claim any number of networks: what came from elsewhere than
 * it says is no more than what came from nobody knows where. */
static bool is_uncheckable(const struct store_row *row)
{
    return row->source_tag[0] == '\0' || row->place == PLACE_DISAGREES;
}

static enum err copy_list(struct region *r, void **items, size_t n, size_t size)
{
    void *p = n > 0 ? region_memdup(r, *items, n * size) : NULL;
    *items = p;
    return n > 0 && !p ? ERR_NOMEM : ERR_OK;
}

enum err observers_copy(struct region *r, const struct observers *o,
                        struct observers **copy)
{
    *copy = NULL;
    if (!o) {
        return ERR_OK;
    }
    struct observers *c = region_memdup(r, o, sizeof(*o));
    if (!c) {
        return ERR_NOMEM;
    }
    void *probe = c->probe, *tag = c->tag;
    enum err e = copy_list(r, &probe, c->n_probe, sizeof(*c->probe));
    if (e == ERR_OK) {
        e = copy_list(r, &tag, c->n_tag, sizeof(*c->tag));
    }
    if (e != ERR_OK) {
        return e;
    }
    c->probe = probe;
    c->tag = tag;
    c->cap_probe = c->n_probe;
    c->cap_tag = c->n_tag;
    c->known = NULL;
    c->n_known = c->cap_known = 0;
    *copy = c;
    return ERR_OK;
}

bool observers_remembers(const struct observers *o, const struct store_row *row)
{
    uint64_t id = fnv(row->x_probe);
    for (size_t i = 0; o && i < o->n_known && row->x_probe[0] != '\0'; i++) {
        if (o->known[i] == id) {
            return true;
        }
    }
    return false;
}

enum err observers_remember(struct region *r, struct observers *o,
                            const struct store_row *row)
{
    if (row->x_probe[0] == '\0' || o->n_known >= OBSERVERS_MAX ||
        observers_remembers(o, row)) {
        return ERR_OK;
    }
    void *p = o->known;
    enum err e = region_grow(r, &p, &o->cap_known, o->n_known,
                             sizeof(*o->known), OBSERVERS_MAX);
    if (e == ERR_OK) {
        o->known = p;
        o->known[o->n_known++] = fnv(row->x_probe);
    }
    return e;
}

enum err observers_add(struct region *r, struct observers **slot,
                       const struct store_row *row, bool *new_round)
{
    struct observers *o = *slot;
    int64_t day = calendar_day(row->start_s);
    int64_t hour = row->start_s / HOUR_S;
    if (!o) {
        o = region_alloc(r, sizeof(*o));
        if (!o) {
            return ERR_NOMEM;
        }
        o->day = day;
        o->uncheckable_hour = INT64_MIN;
        *slot = o;
    }
    if (day != o->day) {
        close_day(o);
        o->day = day;
    }
    if (is_uncheckable(row)) {
        *new_round = o->uncheckable_hour != hour;
        o->uncheckable = true;
        o->uncheckable_hour = hour;
        return ERR_OK;
    }
    /* Whoever gives no x_probe is one and the same: a record without it, from
     * an address that measured already, must not make a second observer. */
    enum err e = add_probe(r, o, fnv(row->x_probe), hour, new_round);
    return e != ERR_OK ? e : add_tag(r, o, fnv(row->source_tag));
}

unsigned observers_end(struct observers *o)
{
    if (!o) {
        return 0;
    }
    close_day(o);
    return o->best;
}
