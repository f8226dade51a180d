// SPDX-License-Identifier: Apache-2.0
#include "collector/analysis/settled.h"

#include "base/calendar.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/hex.h"
#include "base/map.h"
#include "base/region.h"
#include "collector/analysis/aggregate_types.h"
#include "collector/analysis/observers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_LEN      16 /* hex digits */
#define NUMBERS       8
#define NUMBERS_LEAST 6
#define COUNT_MAX     INT64_C(1000000000)
#define SETTLED_LINES 2000000u
#define SETTLED_BYTES ((size_t)256 << 20)

struct settled {
    struct region *r;
    struct map *by_name;
};

static void name_of(const struct settled_key *key, char out[NAME_LEN + 1])
{
    struct sha256 s;
    uint8_t sum[SHA256_LEN];
    char head[16];
    snprintf(head, sizeof(head), "%c%u\n", (char)key->kind, key->asn);
    crypto_sha256_init(&s);
    crypto_sha256_add(&s, str_c(head));
    crypto_sha256_add(&s, str_c(key->site));
    crypto_sha256_add(&s, STR("\n"));
    crypto_sha256_add(&s, str_c(key->method));
    crypto_sha256_end(&s, sum);
    hex_encode(sum, NAME_LEN / 2, out);
}

/* ---- writing ----------------------------------------------------------------
 */

static void line(struct buf *out, const char *cc, struct settled_key key,
                 struct settled_count n)
{
    char name[NAME_LEN + 1];
    if (n.observers < 2 && n.ok_observers < 2) {
        return;
    }
    name_of(&key, name);
    buf_printf(out, "%s %s %u %u %u %u %u %u %u %u\n", cc, name, n.observers,
               n.rounds, n.verified_observers, n.verified_rounds,
               n.ok_observers, n.both, n.first, n.last);
}

static void plain(struct buf *out, const char *cc, enum settled_kind kind,
                  uint32_t asn, const char *site, unsigned observers)
{
    line(out, cc, (struct settled_key){kind, asn, site, ""},
         (struct settled_count){.observers = observers});
}

static unsigned second_of_day(int64_t at)
{
    return (unsigned)(at - calendar_day(at) * DAY_S) + 1;
}

static void finding(struct buf *out, const char *cc,
                    const struct aggregate_finding *f)
{
    bool all = f->control_verified == f->blocked;
    line(
        out, cc,
        (struct settled_key){SETTLED_FINDING, f->cell->net->asn,
                             f->cell->site->input, f->method},
        (struct settled_count){
            .observers = f->observers,
            .rounds = (unsigned)f->rounds,
            .verified_observers = all ? f->observers : f->verified_observers,
            .verified_rounds = (unsigned)(all ? f->rounds : f->verified_rounds),
            .ok_observers = f->ok_observers,
            .both = f->both,
            .first = second_of_day(f->first_s),
            .last = second_of_day(f->last_s)});
}

void settled_write(struct buf *out, const char *cc, const struct aggregate *a)
{
    plain(out, cc, SETTLED_ALL, 0, "", a->observers);
    for (size_t i = 0; i < a->n_networks; i++) {
        const struct aggregate_network *n = a->networks[i];
        plain(out, cc, SETTLED_NETWORK, n->asn, "", n->observers);
    }
    for (size_t i = 0; i < a->n_sites; i++) {
        const struct aggregate_site *s = a->sites[i];
        plain(out, cc, SETTLED_SITE, 0, s->input, s->observers);
        plain(out, cc, SETTLED_BLOCKED, 0, s->input, s->blocked_observers);
    }
    for (size_t i = 0; i < a->n_cells; i++) {
        const struct aggregate_cell *c = a->cells[i];
        plain(out, cc, SETTLED_OK, c->net->asn, c->site->input,
              observers_end(c->seen_ok));
    }
    for (size_t i = 0; i < a->n_findings; i++) {
        finding(out, cc, a->findings[i]);
    }
}

/* ---- reading ----------------------------------------------------------------
 */

static bool read_numbers(struct str rest, struct settled_count *out)
{
    unsigned n[NUMBERS] = {0};
    for (size_t i = 0; i < NUMBERS && (i < NUMBERS_LEAST || rest.len > 0);
         i++) {
        struct str one;
        int64_t v = 0;
        if (!str_next(&rest, ' ', &one) ||
            str_to_i64(one, 0, COUNT_MAX, &v) != ERR_OK) {
            return false;
        }
        n[i] = (unsigned)v;
    }
    *out =
        (struct settled_count){n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]};
    return true;
}

static enum err read_line(struct settled *s, struct str text, const char *cc)
{
    struct str country, name;
    struct settled_count n;
    if (!str_next(&text, ' ', &country) || !str_eq_c(country, cc) ||
        !str_next(&text, ' ', &name) || name.len != NAME_LEN ||
        !read_numbers(text, &n)) {
        return ERR_OK;
    }
    struct settled_count *kept = region_memdup(s->r, &n, sizeof(n));
    enum err e = kept ? map_put(s->by_name, name, kept) : ERR_NOMEM;
    return e == ERR_EXISTS || e == ERR_LIMIT ? ERR_OK : e;
}

struct settled *settled_read(struct str text, const char *cc)
{
    struct settled *s = calloc(1, sizeof(*s));
    if (!s) {
        return NULL;
    }
    s->r = region_new(SETTLED_BYTES);
    s->by_name = map_new(SETTLED_LINES);
    enum err e = s->r && s->by_name ? ERR_OK : ERR_NOMEM;
    struct str one;
    while (e == ERR_OK && str_next(&text, '\n', &one)) {
        e = read_line(s, one, cc);
    }
    if (e != ERR_OK) {
        settled_free(s);
        return NULL;
    }
    return s;
}

void settled_free(struct settled *s)
{
    if (s) {
        map_free(s->by_name);
        region_free(s->r);
    }
    free(s);
}

const struct settled_count *settled_get(const struct settled *s,
                                        const struct settled_key *key)
{
    char name[NAME_LEN + 1];
    name_of(key, name);
    return map_get(s->by_name, str_c(name));
}
