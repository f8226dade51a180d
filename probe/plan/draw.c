// SPDX-License-Identifier: Apache-2.0
#include "probe/plan/draw.h"

#include <stdlib.h>
#include <string.h>

#define OTHER_END_ONE_IN 10
#define NEED_TIERS       3 /* behind the first, of what is asked for */

/* ---- passes -------------------------------------------------------------- */

void draw_pass_begin(struct draw_pass *p, const uint8_t key[CRYPTO_SIP_LEN])
{
    memset(p->lanes, 0, sizeof(p->lanes));
    memmove(p->key, key, sizeof(p->key));
    for (size_t i = 0; i < DRAW_LANES; i++) {
        p->lanes[i].down = UINT64_MAX;
    }
}

void draw_pass_next(struct draw_pass *p)
{
    uint8_t mac[SHA256_LEN];
    crypto_hmac((struct str){(const char *)p->key, sizeof(p->key)},
                STR("next pass"), mac);
    draw_pass_begin(p, mac);
    crypto_forget(mac, sizeof(mac));
}

/* ---- need and cohorts ---------------------------------------------------- */

/* Need is priority / max(count, 0.1), as OONI's server has it: what was
 * measured ten times less often than it is worth comes before all others, what
 * was ten times more often after them. */
unsigned draw_tier(bool asked_for, unsigned priority, uint64_t count)
{
    if (asked_for) {
        return 0;
    }
    unsigned tier = 1;
    for (uint64_t most = priority; tier < NEED_TIERS && count > most;
         most *= 10) {
        tier++;
    }
    return tier;
}

/* Does a host belong to the part of the sensitive sites that this cohort
 * measures? The same for everybody, so the key is no secret. */
static bool in_cohort(const char *host, unsigned cohort)
{
    static const uint8_t key[CRYPTO_SIP_LEN] = "cohorts of hosts";
    return crypto_siphash(key, str_c(host)) % DRAW_COHORTS == cohort;
}

/* ---- sites in order ------------------------------------------------------ */

static int by_place(const void *a, const void *b)
{
    const struct draw_row *x = a;
    const struct draw_row *y = b;
    if (x->lane != y->lane) {
        return x->lane < y->lane ? -1 : 1;
    }
    if (x->tier != y->tier) {
        return x->tier < y->tier ? -1 : 1;
    }
    if (x->place != y->place) {
        return x->place < y->place ? -1 : 1;
    }
    return 0;
}

/* The two ends stand for "none" (struct draw_pass). */
static uint64_t place_of(const struct draw_pass *p, const struct site *site)
{
    uint64_t place = crypto_siphash(p->key, str_c(site->url.text));
    return place == 0 ? 1 : place == UINT64_MAX ? place - 1 : place;
}

static void find_begins(struct draw *d)
{
    size_t at = 0;
    for (size_t k = 0; k <= DRAW_LANES * DRAW_TIERS; k++) {
        while (at < d->n &&
               (size_t)d->rows[at].lane * DRAW_TIERS + d->rows[at].tier < k) {
            at++;
        }
        d->begin[k] = at;
    }
}

enum err draw_make(struct draw *d, const struct draw_pass *p, unsigned cohort,
                   const struct draw_site *sites, size_t n)
{
    struct draw made = {.rows = calloc(n ? n : 1, sizeof(*made.rows))};
    if (!made.rows) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        const struct site *s = sites[i].site;
        bool sensitive = sites[i].risk >= DRAW_SENSITIVE;
        if (!sensitive || in_cohort(s->url.host, cohort)) {
            made.rows[made.n++] = (struct draw_row){
                .site = s,
                .place = place_of(p, s),
                .lane = sensitive,
                .risk = (uint8_t)sites[i].risk,
                .tier = (uint8_t)(sites[i].tier % DRAW_TIERS)};
        }
    }
    qsort(made.rows, made.n, sizeof(*made.rows), by_place);
    find_begins(&made);
    *d = made;
    return ERR_OK;
}

void draw_free(struct draw *d)
{
    free(d->rows);
    *d = (struct draw){.n = 0};
}

/* ---- drawing ------------------------------------------------------------- */

/* The rows of one tier whose place lies between the two at which the pass
 * stands: they are left. */
struct range {
    size_t from, to;
};

/* The first row of [from, to) behind `place`. */
static size_t behind(const struct draw *d, size_t from, size_t to,
                     uint64_t place)
{
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (d->rows[mid].place <= place) {
            from = mid + 1;
        } else {
            to = mid;
        }
    }
    return from;
}

static struct range left_of(const struct draw *d, const struct draw_pass *p,
                            size_t lane, size_t tier)
{
    const struct draw_lane *l = &p->lanes[lane];
    size_t k = lane * DRAW_TIERS + tier;
    struct range r;
    r.from = behind(d, d->begin[k], d->begin[k + 1], l->upto[tier]);
    r.to = behind(d, r.from, d->begin[k + 1], l->down - 1);
    return r;
}

static size_t lane_left(const struct draw *d, const struct draw_pass *p,
                        size_t lane)
{
    size_t n = 0;
    for (size_t t = 0; t < DRAW_TIERS; t++) {
        struct range r = left_of(d, p, lane, t);
        n += r.to - r.from;
    }
    return n;
}

static size_t lane_size(const struct draw *d, size_t lane)
{
    return d->begin[(lane + 1) * DRAW_TIERS] - d->begin[lane * DRAW_TIERS];
}

size_t draw_left(const struct draw *d, const struct draw_pass *p)
{
    size_t n = 0;
    for (size_t lane = 0; lane < DRAW_LANES; lane++) {
        n += lane_left(d, p, lane);
    }
    return n;
}

/* The lane of which the smaller part is done, so that both come to their end
 * together. DRAW_LANES: both have. */
static size_t next_lane(const struct draw *d, const struct draw_pass *p)
{
    size_t best = DRAW_LANES;
    uint64_t best_done = 0, best_size = 1;
    for (size_t lane = 0; lane < DRAW_LANES; lane++) {
        uint64_t left = lane_left(d, p, lane);
        uint64_t size = lane_size(d, lane);
        uint64_t done = 2 * (size - left) + 1;
        if (left &&
            (best == DRAW_LANES || done * best_size < best_done * size)) {
            best = lane;
            best_done = done;
            best_size = size;
        }
    }
    return best;
}

/* The last of all places that are left, whatever the tier. */
static const struct draw_row *from_other_end(const struct draw *d,
                                             struct draw_pass *p, size_t lane)
{
    const struct draw_row *last = NULL;
    for (size_t t = 0; t < DRAW_TIERS; t++) {
        struct range r = left_of(d, p, lane, t);
        if (r.from < r.to && (!last || d->rows[r.to - 1].place > last->place)) {
            last = &d->rows[r.to - 1];
        }
    }
    if (last) {
        p->lanes[lane].down = last->place;
    }
    return last;
}

static const struct draw_row *by_need(const struct draw *d, struct draw_pass *p,
                                      size_t lane)
{
    for (size_t t = 0; t < DRAW_TIERS; t++) {
        struct range r = left_of(d, p, lane, t);
        if (r.from < r.to) {
            p->lanes[lane].upto[t] = d->rows[r.from].place;
            return &d->rows[r.from];
        }
    }
    return NULL;
}

const struct draw_row *draw_next(const struct draw *d, struct draw_pass *p)
{
    size_t lane = next_lane(d, p);
    if (lane == DRAW_LANES) {
        return NULL;
    }
    size_t done = lane_size(d, lane) - lane_left(d, p, lane);
    return done % OTHER_END_ONE_IN == OTHER_END_ONE_IN - 1
               ? from_other_end(d, p, lane)
               : by_need(d, p, lane);
}
