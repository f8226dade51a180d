// SPDX-License-Identifier: Apache-2.0
/* Sorts out what was tested, on which networks and days, and what was left. */
#include "collector/report/report_coverage.h"

#include "base/calendar.h"
#include "collector/report/report_order.h"
#include "verdict/xstate.h"
#include <stdlib.h>
#include <string.h>

/* Sites that only serve to check the measuring itself. */
#define CATEGORY_CONTROL "CTRL"

static int cmp_network(const void *pa, const void *pb)
{
    return report_order_networks(*(struct aggregate_network *const *)pa,
                                 *(struct aggregate_network *const *)pb);
}

static enum err build_networks(struct region *r, struct report *rep)
{
    const struct aggregate *a = rep->aggregate;
    rep->networks = region_calloc(r, a->n_networks + 1, sizeof(*rep->networks));
    if (!rep->networks) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < a->n_networks; i++) {
        rep->networks[i] = a->networks[i];
        rep->single_observer += a->networks[i]->observers == 1 ? 1 : 0;
        rep->founded_networks += a->networks[i]->founded > 0 ? 1 : 0;
        if (a->networks[i]->stands || !a->any_stands) {
            rep->standing++;
            rep->affected += a->networks[i]->blocked > 0 ? 1 : 0;
        }
    }
    qsort(rep->networks, a->n_networks, sizeof(*rep->networks), cmp_network);
    return ERR_OK;
}

static enum report_status status_of(const struct aggregate_site *s)
{
    if (s->findings) {
        return SITE_BLOCKED;
    }
    if (s->count.n[X_OK] > 0) {
        return SITE_OK;
    }
    if (s->count.n[X_INCONCLUSIVE] > 0) {
        return SITE_INCONCLUSIVE;
    }
    return s->count.n[X_DOWN] > 0 ? SITE_DOWN : SITE_INTERNAL;
}

static int cmp_tested(const void *pa, const void *pb)
{
    const struct report_tested *a = pa, *b = pb;
    return report_order_sites(a->site, b->site);
}

static enum err build_tested(struct region *r, const struct coalition *c,
                             struct report *rep)
{
    const struct aggregate *a = rep->aggregate;
    rep->tested = region_calloc(r, a->n_sites + 1, sizeof(*rep->tested));
    if (!rep->tested) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < a->n_sites; i++) {
        struct report_tested *t = &rep->tested[i];
        t->site = a->sites[i];
        t->category = coalition_category(c, t->site->category);
        t->status = status_of(t->site);
        rep->by_status[t->status]++;
    }
    qsort(rep->tested, a->n_sites, sizeof(*rep->tested), cmp_tested);
    return ERR_OK;
}

static enum err build_untested(struct region *r, const struct coalition *c,
                               struct report *rep)
{
    size_t n = c->n_categories;
    bool *seen = region_calloc(r, n + 1, sizeof(*seen));
    rep->untested = region_calloc(r, n + 1, sizeof(*rep->untested));
    if (!seen || !rep->untested) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < rep->aggregate->n_sites; i++) {
        if (rep->tested[i].category) {
            seen[rep->tested[i].category - c->categories] = true;
        }
    }
    for (size_t i = 0; i < n; i++) {
        const struct category *k = &c->categories[i];
        if (!seen[i] && strcmp(k->code, CATEGORY_CONTROL) != 0) {
            rep->untested[rep->n_untested++] = k;
        }
    }
    return ERR_OK;
}

/* Days that cannot have been measured yet are no gap. */
static int64_t last_day(const struct report *rep)
{
    int64_t last = calendar_day(rep->until_s - 1);
    int64_t now = calendar_day(rep->generated_s);
    return rep->generated_s >= rep->since_s && now < last ? now : last;
}

static enum err add_gap(struct region *r, struct report *rep, size_t *cap,
                        int64_t from, int64_t to)
{
    void *p = rep->gaps;
    if (from > to) {
        return ERR_OK;
    }
    enum err e = region_grow(r, &p, cap, rep->n_gaps, sizeof(*rep->gaps),
                             AGGREGATE_MAX_DAYNETS);
    if (e == ERR_OK) {
        rep->gaps = p;
        rep->gaps[rep->n_gaps++] = (struct report_span){from, to};
    }
    return e;
}

static enum err build_gaps(struct region *r, struct report *rep)
{
    int64_t next = calendar_day(rep->since_s), end = last_day(rep);
    size_t cap = 0;
    rep->days = end - next + 1;
    for (size_t i = 0; i < rep->aggregate->n_daynets; i++) {
        int64_t day = rep->aggregate->daynets[i]->day;
        if (day < next) {
            continue;
        }
        enum err e = add_gap(r, rep, &cap, next, day - 1);
        if (e != ERR_OK) {
            return e;
        }
        rep->days_measured++;
        next = day + 1;
    }
    return add_gap(r, rep, &cap, next, end);
}

static void build_bins(struct report *rep)
{
    const struct aggregate *a = rep->aggregate;
    if (a->n_daynets == 0) {
        return;
    }
    int64_t from = a->daynets[0]->day, to = a->daynets[a->n_daynets - 1]->day;
    rep->bin_days = (to - from + REPORT_BINS) / REPORT_BINS;
    rep->n_bins = (size_t)((to - from) / rep->bin_days + 1);
    for (size_t i = 0; i < rep->n_bins; i++) {
        rep->bins[i].from_day = from + (int64_t)i * rep->bin_days;
        rep->bins[i].to_day = rep->bins[i].from_day + rep->bin_days - 1;
    }
    for (size_t i = 0; i < a->n_daynets; i++) {
        size_t b = (size_t)((a->daynets[i]->day - from) / rep->bin_days);
        for (size_t k = 0; k < AGGREGATE_STATES; k++) {
            rep->bins[b].count.n[k] += a->daynets[i]->count.n[k];
        }
    }
}

enum err report_coverage_build(struct region *r, const struct coalition *c,
                               struct report *rep)
{
    enum err e = build_networks(r, rep);
    if (e == ERR_OK) {
        e = build_tested(r, c, rep);
    }
    if (e == ERR_OK) {
        e = build_untested(r, c, rep);
    }
    if (e == ERR_OK) {
        e = build_gaps(r, rep);
    }
    if (e == ERR_OK) {
        build_bins(rep);
    }
    return e;
}
