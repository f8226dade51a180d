// SPDX-License-Identifier: Apache-2.0
#include "collector/analysis/aggregate_finding.h"

#include "base/calendar.h"
#include "base/clock.h"
#include "collector/analysis/aggregate_find.h"
#include "collector/analysis/aggregate_row.h"
#include "collector/analysis/observers.h"
#include "collector/store/store_claim.h"

#include <string.h>

/* Since when on a day two people had seen something, and until when: the second
 * one's first time, and the last time of the last but one. In seconds of the
 * day, its first being 1, and 0 never. As in pair.h two may be missed. */
struct last_pair {
    uint64_t probe, tag; /* of the last one, hashed; tag 0: nobody */
    uint32_t his;        /* the last time of that one */
    uint32_t first, last;
};

/* Records that stand for others, the best first; among equals the earliest. */
struct named {
    char uid[AGGREGATE_KEEP_UIDS][UID_MAX];
    unsigned worth[AGGREGATE_KEEP_UIDS];
    size_t n;
};

#define WORTH_DAY 4 /* of a day of two people: before all of other days */

/* From which days a finding's dates are taken: those on which two people saw
 * it, if there is one. */
struct aggregate_dates {
    int64_t day; /* the last one so far */
    int64_t first_s, last_s;
    struct last_pair two; /* within it: one alone stretches no day */
    bool vouched;
    int64_t any_first_s, any_last_s; /* of all days */
    int64_t good_first_s, good_last_s;
    bool any, good;
    /* somebody reached it since the last blocked row */
    struct pair ok;
    int64_t after_s;  /* clean_after_s before this day's first row */
    int64_t before_s; /* when two had reached it, then */
    int64_t any_s;    /* and when anybody had */
    /* of anybody: for what is one person's word anyway */
    int64_t any_before_s, any_after_s;
    struct named today, all;
};

/* ---- records that are named -------------------------------------------------
 */

/* How much a row's word can be believed; anybody may send from elsewhere. */
static unsigned worth_of(const struct store_row *row)
{
    bool agrees = row->place == PLACE_AGREES;
    return store_claim_vouched(row) || (agrees && row->control_verified) ? 3
           : agrees                                                      ? 2
           : row->place == PLACE_UNCHECKED && row->source_tag[0] != '\0' ? 1
                                                                         : 0;
}

static void name_add(struct named *to, const char *uid, unsigned worth)
{
    size_t at = to->n;
    while (at > 0 && to->worth[at - 1] < worth) {
        at--;
    }
    if (at == AGGREGATE_KEEP_UIDS) {
        return;
    }
    to->n += to->n < AGGREGATE_KEEP_UIDS;
    for (size_t i = to->n - 1; i > at; i--) {
        memcpy(to->uid[i], to->uid[i - 1], UID_MAX);
        to->worth[i] = to->worth[i - 1];
    }
    str_copy(to->uid[at], UID_MAX, uid);
    to->worth[at] = worth;
}

/* The day is over. */
static void name_day(struct aggregate_dates *d, bool good)
{
    for (size_t i = 0; i < d->today.n; i++) {
        name_add(&d->all, d->today.uid[i],
                 d->today.worth[i] + (good ? WORTH_DAY : 0));
    }
    d->today.n = 0;
}

/* ---- dates ------------------------------------------------------------------
 */

static const struct settled_count *
settled_finding(const struct aggregate *a, const struct aggregate_finding *f,
                const struct store_row *row)
{
    struct settled_key key = {SETTLED_FINDING, f->cell->net->asn,
                              f->cell->site->input, f->method};
    return aggregate_row_settled(a, row, &key);
}

static void last_pair_add(struct last_pair *p, const struct store_row *row)
{
    int64_t time_s = aggregate_row_time(row);
    uint32_t at = (uint32_t)(time_s - calendar_day(time_s) * DAY_S) + 1;
    uint64_t probe = observers_hash(row->x_probe);
    uint64_t tag = observers_hash(row->source_tag) | 1;
    bool tells = row->source_tag[0] != '\0' && row->place != PLACE_DISAGREES;
    bool other = tells && p->tag != tag && p->probe != probe;
    bool two = other && p->tag != 0;
    if (p->first == 0 && (two || store_claim_vouched(row))) {
        p->first = at;
    }
    if (store_claim_vouched(row)) {
        p->last = at;
    } else if (two && p->his > p->last) {
        p->last = p->his;
    }
    if (other) {
        p->probe = probe;
        p->tag = tag;
    }
    p->his = tells ? at : p->his;
}

/* Was the day one of two people? Called before a row of another, or at the end.
 */
static void close_day(struct aggregate_finding *f)
{
    struct aggregate_dates *d = f->dates;
    bool good = d->vouched || observers_today(f->seen) >= 2;
    name_day(d, good);
    if (!good) {
        if (d->good && d->after_s != 0) {
            f->clean_after_s =
                d->after_s; /* one alone does not say otherwise */
        }
        return;
    }
    bool known = d->two.first != 0 && d->two.last >= d->two.first;
    int64_t day_s = d->day * DAY_S - 1;
    if (!d->good) {
        d->good_first_s = known ? day_s + d->two.first : d->first_s;
        f->clean_before_s = d->before_s;
        f->lone_before = d->before_s == 0 && d->any_s != 0;
    }
    d->good_last_s = known ? day_s + d->two.last : d->last_s;
    d->good = true;
}

static enum err add_date(struct aggregate *a, struct aggregate_finding *f,
                         const struct store_row *row,
                         const struct settled_count *was)
{
    int64_t day = calendar_day(row->start_s), at = aggregate_row_time(row);
    if (!f->dates) {
        f->dates = region_alloc(a->region, sizeof(*f->dates));
        if (!f->dates) {
            return ERR_NOMEM;
        }
        f->dates->any_before_s = f->cell->any_ok_s;
    }
    struct aggregate_dates *d = f->dates;
    if (!d->any || d->day != day) {
        d->day = day;
        d->first_s = d->last_s = at;
        d->vouched = false;
        d->two = (struct last_pair){.first = 0};
        d->after_s = f->clean_after_s;
        d->before_s = f->cell->last_ok_s;
        d->any_s = f->cell->any_ok_s;
    }
    d->any_first_s = !d->any || at < d->any_first_s ? at : d->any_first_s;
    d->any_last_s = !d->any || at > d->any_last_s ? at : d->any_last_s;
    if (was && was->first > 0) {
        d->two.first = was->first;
        d->two.last = was->last;
    } else {
        last_pair_add(&d->two, row);
    }
    d->first_s = at < d->first_s ? at : d->first_s;
    d->last_s = at > d->last_s ? at : d->last_s;
    d->vouched = d->vouched || store_claim_vouched(row);
    d->any = true;
    d->ok = (struct pair){.day = 0};
    f->clean_after_s = d->any_after_s = 0;
    return ERR_OK;
}

static struct aggregate_reason *find_reason(struct aggregate_finding *f,
                                            struct str name)
{
    for (size_t i = 0; i < f->n_reasons; i++) {
        if (str_eq_c(name, f->reasons[i].name)) {
            return &f->reasons[i];
        }
    }
    return NULL;
}

static enum err new_reason(struct aggregate *a, struct aggregate_finding *f,
                           struct str name)
{
    void *p = f->reasons;
    enum err e = region_grow(a->region, &p, &f->cap_reasons, f->n_reasons,
                             sizeof(*f->reasons), AGGREGATE_MAX_REASONS);
    if (e != ERR_OK) {
        return e;
    }
    f->reasons = p;
    const char *text = region_strndup(a->region, name.p, name.len);
    if (!text) {
        return ERR_NOMEM;
    }
    f->reasons[f->n_reasons++] = (struct aggregate_reason){.name = text};
    return ERR_OK;
}

/* Rule names of the verdicts, each once, as far as there is room. `two`: the
 * day is known to be one of two people. */
static enum err add_reasons(struct aggregate *a, struct aggregate_finding *f,
                            const struct store_row *row, bool two)
{
    struct str rest = str_c(row->reasons), one;
    while (str_next(&rest, ',', &one)) {
        one = str_trim(one);
        struct aggregate_reason *known = find_reason(f, one);
        if (!known && one.len > 0 && f->n_reasons < AGGREGATE_MAX_REASONS) {
            enum err e = new_reason(a, f, one);
            if (e != ERR_OK) {
                return e;
            }
            known = &f->reasons[f->n_reasons - 1];
        }
        if (known && two) {
            pair_know(&known->by, row);
        } else if (known) {
            (void)pair_add(&known->by, row); /* asked at the end */
        }
    }
    return ERR_OK;
}

/* Rounds of this row: its own, or at the first of a settled day all of the
 * day's: `settled`, NULL on another day. */
static uint64_t rounds_of(const struct aggregate_finding *f,
                          const struct store_row *row, bool new_round,
                          const unsigned *settled)
{
    bool first = !f->dates || f->dates->day != calendar_day(row->start_s);
    if (!settled) {
        return new_round ? 1 : 0;
    }
    return first ? *settled : 0;
}

/* Counts who stands behind rows whose control is verified. Where all of them
 * are, or none, there is nothing to count apart. Called before the row is
 * counted in the finding itself. */
static enum err add_verified(struct aggregate *a, struct aggregate_finding *f,
                             const struct store_row *row,
                             const struct settled_count *was)
{
    bool new_round = false, ignored = false;
    enum err e = ERR_OK;
    bool first = f->blocked > 0 && f->control_verified == f->blocked;
    if (!row->control_verified && first) {
        bool begun = was && f->dates->day == calendar_day(row->start_s);
        f->verified_rounds =
            f->rounds - (begun ? was->rounds - was->verified_rounds : 0);
        e = observers_copy(a->region, f->seen, &f->seen_verified);
    }
    bool apart = f->control_verified != f->blocked || !row->control_verified;
    if (e != ERR_OK || !apart) {
        return e;
    }
    if (row->control_verified) {
        e = observers_add(a->region, &f->seen_verified, row, &new_round);
    } else if (was && was->verified_observers > 0) {
        /* so that the day of what was counted is begun */
        e = observers_add(a->region, &f->seen_verified, row, &ignored);
    }
    if (e == ERR_OK && was && f->seen_verified) {
        observers_settle(f->seen_verified, was->verified_observers);
    }
    f->verified_rounds +=
        rounds_of(f, row, new_round, was ? &was->verified_rounds : NULL);
    return e;
}

/* Was the sender in the network that it claims, as far as can be told? */
static bool is_placed(const struct store_row *row)
{
    return row->place == PLACE_AGREES || store_claim_vouched(row) ||
           (row->place == PLACE_UNCHECKED && row->source_tag[0] != '\0');
}

/* Who saw it, in the finding and over all networks. */
static enum err add_observers(struct aggregate *a, struct aggregate_finding *f,
                              const struct store_row *row,
                              const struct settled_count *was)
{
    bool new_round = false, ignored;
    struct aggregate_site *site = f->cell->site;
    struct settled_key all = {SETTLED_BLOCKED, 0, site->input, ""};
    const struct settled_count *of_site = aggregate_row_settled(a, row, &all);
    enum err e = observers_add(a->region, &f->seen, row, &new_round);
    if (e == ERR_OK && was) {
        observers_settle(f->seen, was->observers);
    }
    if (e == ERR_OK) {
        e = observers_remember(a->region, f->seen, row);
    }
    if (e == ERR_OK) {
        e = observers_add(a->region, &site->seen_blocked, row, &ignored);
    }
    if (e == ERR_OK && of_site) {
        observers_settle(site->seen_blocked, of_site->observers);
    }
    f->rounds += rounds_of(f, row, new_round, was ? &was->rounds : NULL);
    return e;
}

enum err aggregate_finding_blocked(struct aggregate *a,
                                   const struct aggregate_places *at,
                                   const struct store_row *row,
                                   const struct aggregate_finding **out)
{
    struct aggregate_finding *f = NULL;
    enum err e = aggregate_find_finding(a, at->cell, row, &f);
    if (e != ERR_OK || !f) {
        a->other.n[row->state]++;
        return e;
    }
    const struct settled_count *was = settled_finding(a, f, row);
    bool two = was && was->observers >= 2;
    if (f->dates && f->dates->day != calendar_day(row->start_s)) {
        close_day(f);
    }
    e = add_verified(a, f, row, was);
    if (e == ERR_OK) {
        e = add_observers(a, f, row, was);
    }
    if (e == ERR_OK) {
        e = add_date(a, f, row, was);
    }
    if (e == ERR_OK) {
        name_add(&f->dates->today, row->uid, worth_of(row));
        e = add_reasons(a, f, row, two);
    }
    if (e != ERR_OK) {
        return e;
    }
    at->cell->placed = at->cell->placed || is_placed(row);
    at->cell->unchecked = at->cell->unchecked || row->place == PLACE_UNCHECKED;
    f->blocked++;
    f->vouched += store_claim_vouched(row) ? 1 : 0;
    f->control_verified += row->control_verified ? 1 : 0;
    *out = f;
    return ERR_OK;
}

/* Who reached it since the finding was seen first. On a settled day that began
 * before it, only those behind the first blocked row. */
static enum err ok_of_finding(struct aggregate *a, struct aggregate_finding *f,
                              const struct store_row *row,
                              const struct settled_count *cell)
{
    bool ignored;
    const struct settled_count *was = settled_finding(a, f, row);
    bool earlier =
        calendar_day(f->dates->any_first_s) < calendar_day(row->start_s);
    unsigned n =
        earlier ? (cell ? cell->observers : 0) : (was ? was->ok_observers : 0);
    enum err e = observers_add(a->region, &f->seen_ok, row, &ignored);
    if (e == ERR_OK && n > 0) {
        observers_settle(f->seen_ok, n);
    }
    bool both = observers_remembers(f->seen, row) || (was && was->both > 0);
    if (e == ERR_OK && both) {
        e = observers_add(a->region, &f->seen_both, row, &ignored);
    }
    if (e == ERR_OK && both && was && was->both > 0) {
        observers_settle(f->seen_both, was->both);
    }
    return e;
}

/* Two on one day, or somebody who is vouched for. */
static void reached_after(struct aggregate_finding *f,
                          const struct store_row *row, bool two)
{
    if (two) {
        pair_know(&f->dates->ok, row);
    }
    bool known = pair_add(&f->dates->ok, row);
    int64_t at = aggregate_row_time(row);
    f->clean_after_s = f->clean_after_s == 0 && known ? at : f->clean_after_s;
    f->dates->any_after_s =
        f->dates->any_after_s == 0 ? at : f->dates->any_after_s;
}

static enum err ok_of_cell(struct aggregate *a, struct aggregate_cell *cell,
                           const struct store_row *row, bool two)
{
    bool ignored;
    if (two) {
        pair_know(&cell->ok, row);
    }
    if (pair_add(&cell->ok, row)) {
        cell->last_ok_s = aggregate_row_time(row);
    }
    cell->any_ok_s = aggregate_row_time(row);
    return a->tables->count_ok
               ? observers_add(a->region, &cell->seen_ok, row, &ignored)
               : ERR_OK;
}

enum err aggregate_finding_ok(struct aggregate *a,
                              const struct aggregate_places *at,
                              const struct store_row *row)
{
    struct aggregate_cell *cell = at->cell;
    struct settled_key key = {SETTLED_OK, cell->net->asn, cell->site->input,
                              ""};
    const struct settled_count *was = aggregate_row_settled(a, row, &key);
    bool two = was && was->observers >= 2;
    enum err e = ok_of_cell(a, cell, row, two);
    for (struct aggregate_finding *f = cell->findings; f && e == ERR_OK;
         f = f->next_in_cell) {
        f->ok_since++;
        f->ok_vouched += store_claim_vouched(row) ? 1 : 0;
        reached_after(f, row, two);
        e = ok_of_finding(a, f, row, was);
    }
    return e;
}

static void end_reasons(struct aggregate_finding *f)
{
    for (size_t i = 0; i < f->n_reasons; i++) {
        f->reasons[i].founded = f->reasons[i].by.ever || !f->founded;
    }
}

void aggregate_finding_end(struct aggregate_finding *f)
{
    const struct aggregate_dates *d = f->dates;
    close_day(f);
    f->n_uids = d->all.n;
    for (size_t i = 0; i < f->n_uids; i++) {
        f->uids[i] = d->all.uid[i];
    }
    f->first_s = d->good ? d->good_first_s : d->any_first_s;
    f->last_s = d->good ? d->good_last_s : d->any_last_s;
    f->lone_first_s = d->any_first_s;
    f->lone_last_s = d->any_last_s;
    f->observers = observers_end(f->seen);
    f->ok_observers = observers_end(f->seen_ok);
    f->both = observers_end(f->seen_both);
    f->verified_observers = observers_end(f->seen_verified);
    f->rounds = f->rounds > f->blocked ? f->blocked : f->rounds;
    f->founded = f->observers >= 2 || f->vouched > 0;
    if (!f->founded) {
        f->clean_before_s = d->any_before_s;
        f->clean_after_s = d->any_after_s;
    }
    f->lone_before = f->lone_before && f->clean_before_s == 0;
    f->lone_after = f->clean_after_s == 0 && d->any_after_s != 0;
    end_reasons(f);
}
