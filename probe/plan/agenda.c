// SPDX-License-Identifier: Apache-2.0
#include "probe/plan/agenda.h"

/* Four pages of the largest size that is read. */
#define KEPT_BYTES ((uint64_t)2 << 20)
/* With less no run is begun: asking what to do takes a part of it. */
#define LEAST_BYTES ((uint64_t)64 << 10)

void agenda_make(struct agenda *a, struct diary *d,
                 const struct agenda_rules *rules, const struct agenda_now *now)
{
    *a = (struct agenda){.rules = *rules, .now = *now, .diary = d};
    a->at = hours_at(&rules->hours, now->unix_s, now->offset_s);
    a->behind =
        now->wrong || diary_turn(d, a->at.day, now->kept) == DIARY_BEHIND;
    times_of(d->key, &rules->hours, &a->times);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t share(uint64_t whole, unsigned parts)
{
    return (whole + parts - 1) / parts;
}

size_t agenda_sites(const struct agenda *a, size_t all)
{
    uint64_t day = least(a->rules.day_sites, all);
    uint64_t used = least(a->diary->sites, day);
    return (size_t)least(share(day, a->times.n), day - used);
}

uint64_t agenda_bytes(const struct agenda *a)
{
    uint64_t day = a->rules.day_bytes;
    uint64_t used = least(a->diary->bytes, day);
    return least(day / a->times.n, day - used);
}

uint64_t agenda_bytes_sites(uint64_t may)
{
    uint64_t net = may / 5 * 4;
    uint64_t kept = net / 8 > KEPT_BYTES ? net / 8 : KEPT_BYTES;
    return net - least(kept, net / 2);
}

uint64_t agenda_bytes_line(uint64_t bytes)
{
    return bytes + bytes / 4;
}

enum agenda_state agenda_due(const struct agenda *a, size_t all, unsigned *run)
{
    if (a->behind) {
        return AGENDA_BEHIND;
    }
    if (!all) {
        return AGENDA_EMPTY;
    }
    unsigned due = times_due(&a->times, a->diary->gone, a->at.s);
    bool inside = a->at.s < a->rules.hours.len_s;
    bool cut = a->diary->left > 0;
    if (!inside || (due == TIMES_MAX && !cut)) {
        return AGENDA_WAIT;
    }
    if (agenda_bytes(a) < LEAST_BYTES ||
        (due != TIMES_MAX && !agenda_sites(a, all))) {
        return AGENDA_USED_UP;
    }
    *run = due;
    return due != TIMES_MAX ? AGENDA_DUE : AGENDA_RESUME;
}

int64_t agenda_time(const struct agenda *a, unsigned run)
{
    struct hours_moment m = {a->diary->day, a->times.at[run]};
    return hours_unix(&a->rules.hours, m, a->now.offset_s);
}

/* The next time of today; TIMES_MAX: there is none. */
static unsigned next_today(const struct agenda *a)
{
    for (unsigned i = a->diary->gone; !a->behind && i < a->times.n; i++) {
        if (a->times.at[i] > a->at.s) {
            return i;
        }
    }
    return TIMES_MAX;
}

/* Where nobody turns the diary before, the next day's times are those of its
 * next key. */
static void make_tomorrow(const struct agenda *a, struct times *out)
{
    uint8_t key[SHA256_LEN];
    times_next_key(a->diary->key, a->diary->day + 1, key);
    times_of(key, &a->rules.hours, out);
    crypto_forget(key, sizeof(key));
}

size_t agenda_next_sites(const struct agenda *a, size_t all)
{
    struct times tomorrow;
    if (next_today(a) != TIMES_MAX) {
        return agenda_sites(a, all);
    }
    make_tomorrow(a, &tomorrow);
    return (size_t)share(least(a->rules.day_sites, all), tomorrow.n);
}

int64_t agenda_next(const struct agenda *a)
{
    struct times tomorrow;
    unsigned next = next_today(a);
    if (next != TIMES_MAX) {
        return agenda_time(a, next);
    }
    make_tomorrow(a, &tomorrow);
    struct hours_moment m = {a->diary->day + 1, tomorrow.at[0]};
    return hours_unix(&a->rules.hours, m, a->now.offset_s);
}

/* A run that goes on is counted as over at once: if it is cut short again, what
 * is left waits for the next run. */
void agenda_begin(const struct agenda *a, enum agenda_state state, unsigned run,
                  size_t sites)
{
    struct diary *d = a->diary;
    d->bytes += agenda_bytes(a);
    if (state == AGENDA_DUE) {
        d->gone = run + 1;
        d->sites += sites;
        d->left = sites;
    } else {
        d->left = 0;
    }
}

void agenda_end(const struct agenda *a, int64_t unix_s, uint64_t may,
                uint64_t used, bool cut)
{
    struct diary *d = a->diary;
    struct hours_moment end =
        hours_at(&a->rules.hours, unix_s, a->now.offset_s);
    while (end.day == d->day && d->gone < a->times.n &&
           a->times.at[d->gone] <= end.s) {
        d->gone++;
    }
    d->bytes = d->bytes - least(may, d->bytes) + used;
    if (!cut) {
        d->left = 0;
    }
}
