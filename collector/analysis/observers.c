// SPDX-License-Identifier: Apache-2.0
/* Counts independent observers day by day; why it counts so: observers.h. */
#include "collector/analysis/observers.h"
#include "base/clock.h"

#include "base/calendar.h"

#include <string.h>

#define LOOSE_MAX 2 /* pseudonyms without a place that are told apart */

struct sighting {
    uint64_t id;
    int64_t hour;
};

/* Where each who may have sent a record has pseudonym or place in it. */
enum side {
    PROBE,
    TAG
};

/* A record that came from several places: it is the word of one of them. */
struct shared {
    uint64_t id[2][1 + STORE_OTHERS_MAX]; /* by enum side */
    uint16_t n;
};

/* Sets of the day being counted; `best` is the largest day so far. */
struct observers {
    int64_t day;
    struct sighting *probe;
    uint64_t *tag;
    uint64_t *known; /* pseudonyms of any day */
    struct shared *shared;
    struct sighting *turn; /* whose round the last shared record was */
    uint16_t n_probe, cap_probe, n_tag, cap_tag;
    uint16_t n_known, cap_known, n_shared, cap_shared, n_turn, cap_turn;
    uint64_t loose[LOOSE_MAX]; /* pseudonyms that came from nowhere */
    uint16_t n_loose;
    bool uncheckable;
    uint16_t settled; /* what was counted while the day's tags were there */
    uint32_t rows;    /* of the day */
    int64_t uncheckable_hour;
    uint16_t best;
};

/* FNV-1a: identities are compared within one process only. */
uint64_t observers_hash(const char *s)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (; *s != '\0'; s++) {
        h = (h ^ (uint8_t)*s) * UINT64_C(1099511628211);
    }
    return h;
}

/* Doubles from one: most of these lists have one entry, and there are as many
 * lists as sites. */
static enum err grow(struct region *r, void **items, uint16_t *cap, uint16_t n,
                     size_t size)
{
    if (n < *cap) {
        return ERR_OK;
    }
    size_t want = *cap == 0 ? 1 : *cap * (size_t)2;
    want = want > OBSERVERS_MAX ? OBSERVERS_MAX : want;
    void *p = region_calloc(r, want, size);
    if (!p) {
        return ERR_NOMEM;
    }
    if (n > 0) {
        memcpy(p, *items, n * size);
    }
    *items = p;
    *cap = (uint16_t)want;
    return ERR_OK;
}

static bool has_probe(const struct observers *o, uint64_t id)
{
    for (size_t i = 0; i < o->n_probe; i++) {
        if (o->probe[i].id == id) {
            return true;
        }
    }
    return false;
}

static bool has_tag(const struct observers *o, uint64_t id)
{
    for (size_t i = 0; i < o->n_tag; i++) {
        if (o->tag[i] == id) {
            return true;
        }
    }
    return false;
}

/* ---- records of several places ----------------------------------------------
 * Whoever files a copy of somebody's record must not take its weight, nor get
 * one for each copy. So each such record is given to one of those who sent it,
 * and as many as possible get one (Kuhn's method for bipartite graphs). Before
 * that, those who sent the very same records are one, for nobody can say who of
 * them saw what they tell; and who sent records of two others or more is left
 * out where somebody else is left: he copies what he gets hold of.
 */

struct matching {
    const struct observers *o;
    enum side side;
    /* of each record, who may have it; who sent the same ones has one name */
    uint64_t name[OBSERVERS_MAX][1 + STORE_OTHERS_MAX];
    uint16_t n[OBSERVERS_MAX];
    uint64_t owner_of[OBSERVERS_MAX]; /* who the record went to */
    bool has_owner[OBSERVERS_MAX];
    bool asked[OBSERVERS_MAX];
};

/* Did somebody send a record of this side that only he can have sent? */
static bool has_own(const struct matching *m, uint64_t id)
{
    return m->side == TAG ? has_tag(m->o, id) : has_probe(m->o, id);
}

static bool sent(const struct shared *s, enum side side, uint64_t id)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->id[side][i] == id) {
            return true;
        }
    }
    return false;
}

/* A number made of which records somebody sent. Where one of them was sent by
 * as many as are kept, others may have sent it, too: then he is himself. */
static uint64_t name_of(const struct matching *m, uint64_t id)
{
    uint64_t name = 0;
    for (size_t k = 0; k < m->o->n_shared; k++) {
        const struct shared *s = &m->o->shared[k];
        if (!sent(s, m->side, id)) {
            continue;
        }
        if (s->n == 1 + STORE_OTHERS_MAX) {
            return id;
        }
        uint64_t h = (k + 1) * UINT64_C(0x9e3779b97f4a7c15);
        name += (h ^ h >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    }
    return name;
}

static bool names(const struct matching *m, size_t k, uint64_t name)
{
    for (size_t i = 0; i < m->n[k]; i++) {
        if (m->name[k][i] == name) {
            return true;
        }
    }
    return false;
}

/* Who has a record of his own needs none of these. */
static void name_senders(struct matching *m)
{
    for (size_t k = 0; k < m->o->n_shared; k++) {
        const struct shared *s = &m->o->shared[k];
        for (size_t i = 0; i < s->n; i++) {
            uint64_t id = s->id[m->side][i];
            uint64_t name = has_own(m, id) ? 0 : name_of(m, id);
            if (name != 0 && !names(m, k, name)) {
                m->name[k][m->n[k]++] = name;
            }
        }
    }
}

static bool is_copier(const struct matching *m, uint64_t name)
{
    uint64_t partner = name;
    for (size_t k = 0; k < m->o->n_shared; k++) {
        bool in = names(m, k, name);
        for (size_t i = 0; in && i < m->n[k]; i++) {
            uint64_t other = m->name[k][i];
            if (other != name && partner != name && other != partner) {
                return true;
            }
            partner = other != name ? other : partner;
        }
    }
    return false;
}

static void leave_out_copiers(struct matching *m)
{
    uint64_t kept[OBSERVERS_MAX][1 + STORE_OTHERS_MAX];
    uint16_t n[OBSERVERS_MAX] = {0};
    for (size_t k = 0; k < m->o->n_shared; k++) {
        for (size_t i = 0; i < m->n[k]; i++) {
            if (!is_copier(m, m->name[k][i])) {
                kept[k][n[k]++] = m->name[k][i];
            }
        }
    }
    for (size_t k = 0; k < m->o->n_shared; k++) {
        if (n[k] > 0) {
            memcpy(m->name[k], kept[k], n[k] * sizeof(kept[k][0]));
            m->n[k] = n[k];
        }
    }
}

static size_t owned_by(const struct matching *m, uint64_t name)
{
    size_t i = 0;
    while (i < m->o->n_shared && !(m->has_owner[i] && m->owner_of[i] == name)) {
        i++;
    }
    return i;
}

/* Finds an owner for record `k`; those before it may have to take another. Not
 * deeper than there are records, for each is asked once. */
static bool give(struct matching *m, size_t k)
{
    m->asked[k] = true;
    for (size_t i = 0; i < m->n[k]; i++) {
        uint64_t name = m->name[k][i];
        size_t other = owned_by(m, name);
        if (other == m->o->n_shared || (!m->asked[other] && give(m, other))) {
            m->owner_of[k] = name;
            m->has_owner[k] = true;
            return true;
        }
    }
    return false;
}

/* How many more than those who have a record of their own. */
static unsigned match(const struct observers *o, enum side side)
{
    struct matching m = {.o = o, .side = side};
    unsigned n = 0;
    name_senders(&m);
    leave_out_copiers(&m);
    for (size_t k = 0; k < o->n_shared; k++) {
        memset(m.asked, 0, sizeof(m.asked));
        n += give(&m, k) ? 1 : 0;
    }
    return n;
}

/* ---- a day ------------------------------------------------------------------
 */

/* Is one of the pseudonyms that came from nowhere nobody's that counts? */
static bool has_stranger(const struct observers *o)
{
    for (size_t i = 0; i < o->n_loose; i++) {
        if (!has_probe(o, o->loose[i])) {
            return true;
        }
    }
    return false;
}

static unsigned count_day(const struct observers *o)
{
    unsigned probes = o->n_probe, tags = o->n_tag;
    if (o->n_shared > 0) {
        probes += match(o, PROBE);
        tags += match(o, TAG);
    }
    unsigned n = probes < tags ? probes : tags;
    n = n > OBSERVERS_MAX ? OBSERVERS_MAX : n;
    if (o->uncheckable && (n == 0 || (n >= 2 && has_stranger(o)))) {
        n++;
    }
    unsigned settled = o->settled < o->rows ? o->settled : o->rows;
    return n > settled ? n : settled;
}

static void close_day(struct observers *o)
{
    unsigned n = count_day(o);
    if (n > o->best) {
        o->best = (uint16_t)n;
    }
    o->n_probe = o->n_tag = o->n_shared = o->n_loose = o->n_turn = 0;
    o->settled = 0;
    o->rows = 0;
    o->uncheckable = false;
}

static enum err add_tag(struct region *r, struct observers *o, uint64_t id)
{
    if (o->n_tag >= OBSERVERS_MAX || has_tag(o, id)) {
        return ERR_OK;
    }
    void *p = o->tag;
    enum err e = grow(r, &p, &o->cap_tag, o->n_tag, sizeof(*o->tag));
    if (e == ERR_OK) {
        o->tag = p;
        o->tag[o->n_tag++] = id;
    }
    return e;
}

/* Notes that `id` was there in this hour; *new_round: not before. */
static enum err see(struct region *r, struct sighting **list, uint16_t *n,
                    uint16_t *cap, struct sighting s, bool *new_round)
{
    for (size_t i = 0; i < *n; i++) {
        if ((*list)[i].id == s.id) {
            *new_round = (*list)[i].hour != s.hour;
            (*list)[i].hour = s.hour;
            return ERR_OK;
        }
    }
    *new_round = true;
    if (*n >= OBSERVERS_MAX) {
        return ERR_OK;
    }
    void *p = *list;
    enum err e = grow(r, &p, cap, *n, sizeof(**list));
    if (e == ERR_OK) {
        *list = p;
        (*list)[(*n)++] = s;
    }
    return e;
}

/* One address can claim any number of networks: what came from elsewhere than
 * it says is no more than what came from nobody knows where. */
static bool is_uncheckable(const struct store_row *row)
{
    return row->source_tag[0] == '\0' || row->place == PLACE_DISAGREES;
}

static void add_loose(struct observers *o, const struct store_row *row,
                      int64_t hour, bool *new_round)
{
    uint64_t id = observers_hash(row->x_probe);
    bool known = o->n_loose == LOOSE_MAX;
    for (size_t i = 0; i < o->n_loose; i++) {
        known = known || o->loose[i] == id;
    }
    if (!known) {
        o->loose[o->n_loose++] = id;
    }
    *new_round = o->uncheckable_hour != hour;
    o->uncheckable = true;
    o->uncheckable_hour = hour;
}

/* A round of the first of those who sent it that has none in this hour yet. */
static enum err add_turn(struct region *r, struct observers *o,
                         const struct shared *s, int64_t hour, bool *new_round)
{
    enum err e = ERR_OK;
    *new_round = false;
    for (size_t i = 0; e == ERR_OK && i < s->n && !*new_round; i++) {
        struct sighting turn = {s->id[PROBE][i], hour};
        e = see(r, &o->turn, &o->n_turn, &o->cap_turn, turn, new_round);
    }
    return e;
}

static enum err add_shared(struct region *r, struct observers *o,
                           const struct store_row *row, int64_t hour,
                           bool *new_round)
{
    struct shared s = {.n = (uint16_t)(1 + row->n_others)};
    s.id[PROBE][0] = observers_hash(row->x_probe);
    s.id[TAG][0] = observers_hash(row->source_tag);
    for (size_t i = 0; i < row->n_others; i++) {
        s.id[PROBE][i + 1] = observers_hash(row->others[i].x_probe);
        s.id[TAG][i + 1] = observers_hash(row->others[i].source_tag);
    }
    enum err e = add_turn(r, o, &s, hour, new_round);
    if (e != ERR_OK || o->n_shared >= OBSERVERS_MAX) {
        return e;
    }
    void *p = o->shared;
    e = grow(r, &p, &o->cap_shared, o->n_shared, sizeof(*o->shared));
    if (e == ERR_OK) {
        o->shared = p;
        o->shared[o->n_shared++] = s;
    }
    return e;
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
    void *probe = c->probe, *tag = c->tag, *shared = c->shared;
    void *turn = c->turn;
    enum err e = copy_list(r, &probe, c->n_probe, sizeof(*c->probe));
    if (e == ERR_OK) {
        e = copy_list(r, &tag, c->n_tag, sizeof(*c->tag));
    }
    if (e == ERR_OK) {
        e = copy_list(r, &shared, c->n_shared, sizeof(*c->shared));
    }
    if (e == ERR_OK) {
        e = copy_list(r, &turn, c->n_turn, sizeof(*c->turn));
    }
    if (e != ERR_OK) {
        return e;
    }
    c->turn = turn;
    c->cap_turn = c->n_turn;
    c->probe = probe;
    c->tag = tag;
    c->shared = shared;
    c->cap_probe = c->n_probe;
    c->cap_tag = c->n_tag;
    c->cap_shared = c->n_shared;
    c->known = NULL;
    c->n_known = c->cap_known = 0;
    *copy = c;
    return ERR_OK;
}

/* Of what several people sent, nobody can say whose it is. */
static bool has_pseudonym(const struct store_row *row)
{
    return row->x_probe[0] != '\0' && row->n_others == 0;
}

bool observers_remembers(const struct observers *o, const struct store_row *row)
{
    uint64_t id = observers_hash(row->x_probe);
    for (size_t i = 0; o && i < o->n_known && has_pseudonym(row); i++) {
        if (o->known[i] == id) {
            return true;
        }
    }
    return false;
}

enum err observers_remember(struct region *r, struct observers *o,
                            const struct store_row *row)
{
    if (!has_pseudonym(row) || o->n_known >= OBSERVERS_MAX ||
        observers_remembers(o, row)) {
        return ERR_OK;
    }
    void *p = o->known;
    enum err e = grow(r, &p, &o->cap_known, o->n_known, sizeof(*o->known));
    if (e == ERR_OK) {
        o->known = p;
        o->known[o->n_known++] = observers_hash(row->x_probe);
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
    o->rows++;
    if (is_uncheckable(row)) {
        add_loose(o, row, hour, new_round);
        return ERR_OK;
    }
    if (row->n_others > 0) {
        return add_shared(r, o, row, hour, new_round);
    }
    /* Whoever gives no x_probe is one and the same: a record without it, from
     * an address that measured already, must not make a second observer. */
    enum err e =
        see(r, &o->probe, &o->n_probe, &o->cap_probe,
            (struct sighting){observers_hash(row->x_probe), hour}, new_round);
    return e != ERR_OK ? e : add_tag(r, o, observers_hash(row->source_tag));
}

void observers_settle(struct observers *o, unsigned n)
{
    o->settled = (uint16_t)(n > OBSERVERS_MAX + 1 ? OBSERVERS_MAX + 1 : n);
}

unsigned observers_today(const struct observers *o)
{
    return o ? count_day(o) : 0;
}

unsigned observers_end(struct observers *o)
{
    if (!o) {
        return 0;
    }
    close_day(o);
    return o->best;
}
