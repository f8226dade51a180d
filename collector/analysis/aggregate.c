// SPDX-License-Identifier: Apache-2.0
/* One pass over the rows: each is counted in its network, site, cell and day,
 * and in the findings of the cell.
 */
#include "collector/analysis/aggregate.h"

#include "base/calendar.h"
#include "collector/analysis/aggregate_find.h"
#include "collector/analysis/aggregate_finding.h"
#include "collector/analysis/aggregate_row.h"
#include "collector/analysis/observers.h"
#include "collector/store/store_claim.h"
#include "verdict/xstate.h"

#include <string.h>

#define AGGREGATE_MAX_BYTES ((size_t)1536 << 20)
#define SENDERS_FULL        600 /* days of senders that fill all of the table */

uint64_t aggregate_total(const struct aggregate_counts *c)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < AGGREGATE_STATES; i++) {
        sum += c->n[i];
    }
    return sum;
}

struct aggregate *aggregate_new(const struct aggregate_limits *limits)
{
    static const struct aggregate_limits usual = {
        AGGREGATE_MAX_NETWORKS, AGGREGATE_MAX_SITES, AGGREGATE_MAX_CELLS,
        AGGREGATE_MAX_FINDINGS, AGGREGATE_MAX_DAYNETS};
    struct region *r = region_new(AGGREGATE_MAX_BYTES);
    struct aggregate *a = !r ? NULL : region_alloc(r, sizeof(*a));
    if (!a || !(a->tables = region_alloc(r, sizeof(*a->tables)))) {
        region_free(r);
        return NULL;
    }
    struct aggregate_tables *t = a->tables;
    a->region = r;
    t->max = limits ? *limits : usual;
    t->networks = map_new(t->max.networks);
    t->sites = map_new(t->max.sites);
    t->cells = map_new(t->max.cells);
    t->senders = senders_new((unsigned)(t->max.sites / SENDERS_FULL) + 8);
    if (!t->networks || !t->sites || !t->cells || !t->senders) {
        aggregate_free(a);
        return NULL;
    }
    return a;
}

void aggregate_free(struct aggregate *a)
{
    if (!a) {
        return;
    }
    map_free(a->tables->networks);
    map_free(a->tables->sites);
    map_free(a->tables->cells);
    senders_free(a->tables->senders);
    settled_free(a->tables->settled);
    region_free(a->region);
}

void aggregate_count_ok(struct aggregate *a)
{
    a->tables->count_ok = true;
}

void aggregate_settle(struct aggregate *a, int64_t day, struct settled *s)
{
    settled_free(a->tables->settled);
    a->tables->settled = s;
    a->tables->settled_day = day;
}

static bool is_settled(const struct aggregate *a, const struct store_row *row)
{
    const struct aggregate_tables *t = a->tables;
    return t->settled && t->settled_day == calendar_day(row->start_s);
}

static enum err count_observers(struct aggregate *a,
                                const struct store_row *row,
                                const struct aggregate_places *at)
{
    struct observers **seen[] = {&a->seen, &at->net->seen, &at->daynet->seen,
                                 &at->site->seen};
    const struct settled_key keys[] = {
        {SETTLED_ALL, 0, "", ""},
        {SETTLED_NETWORK, at->net->asn, "", ""},
        {SETTLED_NETWORK, at->net->asn, "", ""},
        {SETTLED_SITE, 0, at->site->input, ""},
    };
    bool ignored;
    enum err e = ERR_OK;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && e == ERR_OK; i++) {
        const struct settled_count *was =
            aggregate_row_settled(a, row, &keys[i]);
        e = observers_add(a->region, seen[i], row, &ignored);
        if (e == ERR_OK && was) {
            observers_settle(*seen[i], was->observers);
        }
    }
    return e;
}

/* What is said of all rows, whether there was room for them or not. */
static void count_all(struct aggregate *a, const struct store_row *row)
{
    int64_t at = aggregate_row_time(row);
    if (!a->tables->any) {
        a->first_s = a->last_s = at;
        a->tables->any = true;
    }
    a->last_s = at > a->last_s ? at : a->last_s;
    a->tables->order_s = row->start_s;
    a->count.n[row->state]++;
    a->receipt_s =
        row->receipt_s > a->receipt_s ? row->receipt_s : a->receipt_s;
    a->control_verified += row->control_verified ? 1 : 0;
    a->by_place[row->place]++;
    a->vouched += store_claim_vouched(row) ? 1 : 0;
    a->inferred_location += row->inferred_location ? 1 : 0;
}

static void count_places(const struct aggregate_places *at,
                         const struct store_row *row)
{
    struct aggregate_counts *counts[] = {&at->net->count, &at->site->count,
                                         &at->cell->count, &at->daynet->count};
    int64_t when = aggregate_row_time(row);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        counts[i]->n[row->state]++;
    }
    at->net->last_s = when > at->net->last_s ? when : at->net->last_s;
    at->site->last_s = when > at->site->last_s ? when : at->site->last_s;
}

static enum err add_row(struct aggregate *a, const struct store_row *row,
                        const struct aggregate_finding **finding)
{
    struct aggregate_places at;
    enum err e = aggregate_find(a, row, &at);
    if (e != ERR_OK) {
        return e;
    }
    if (!at.cell) {
        a->other.n[row->state]++;
        count_all(a, row);
        return ERR_OK;
    }
    e = count_observers(a, row, &at);
    if (e == ERR_OK && row->state == X_BLOCKED) {
        e = aggregate_finding_blocked(a, &at, row, finding);
    }
    if (e == ERR_OK && row->state == X_OK) {
        e = aggregate_finding_ok(a, &at, row);
    }
    if (e == ERR_OK) {
        count_all(a, row);
        count_places(&at, row);
    }
    return e;
}

/* On a settled day nobody asks who sent a row: it may have come later. */
static enum err add_nobodys(struct aggregate *a, const struct store_row *row,
                            const struct aggregate_finding **finding)
{
    struct store_row nobodys = *row;
    nobodys.x_probe[0] = nobodys.source_tag[0] = '\0';
    nobodys.n_others = 0;
    return add_row(a, &nobodys, finding);
}

enum err aggregate_add(struct aggregate *a, const struct store_row *row,
                       const struct aggregate_finding **finding)
{
    *finding = NULL;
    if (row->state < 0 || row->state >= AGGREGATE_STATES ||
        (a->tables->any && row->start_s < a->tables->order_s)) {
        return ERR_INVAL;
    }
    if (!store_claim_counts(row)) {
        a->set_aside[row->timing]++;
        return ERR_OK;
    }
    return is_settled(a, row) ? add_nobodys(a, row, finding)
                              : add_row(a, row, finding);
}

/* ---- the end ----------------------------------------------------------------
 */

static bool has_founded(const struct aggregate_cell *cell)
{
    for (const struct aggregate_finding *f = cell->findings; f;
         f = f->next_in_cell) {
        if (f->founded) {
            return true;
        }
    }
    return false;
}

static void place_networks(struct aggregate *a)
{
    for (size_t i = 0; i < a->n_cells; i++) {
        struct aggregate_cell *cell = a->cells[i];
        struct aggregate_site *site = cell->site;
        site->reached_networks += cell->ok.ever ? 1 : 0;
        if (has_founded(cell)) {
            site->founded_networks++;
            cell->net->founded++;
            site->standing_networks += cell->stands ? 0 : 1;
            cell->stands = cell->net->stands = a->any_stands = true;
        }
        if (!cell->findings) {
            continue;
        }
        if (cell->placed) {
            site->placed_networks++;
        } else if (cell->unchecked && !site->unplaced_network) {
            site->unplaced_network = true;
            site->placed_networks++;
        }
    }
}

/* Is it the first of the site's findings with that method, of those that count?
 */
static bool is_new_method(const struct aggregate_finding *f)
{
    const struct aggregate_site *site = f->cell->site;
    bool only = site->founded_networks > 0;
    const struct aggregate_finding *g = site->findings;
    if (only && !f->founded) {
        return false;
    }
    while (g != f && ((only && !g->founded) || strcmp(g->method, f->method))) {
        g = g->next_of_site;
    }
    return g == f;
}

static void end_site(struct aggregate_site *site)
{
    site->observers = observers_end(site->seen);
    site->blocked_observers = observers_end(site->seen_blocked);
    site->category =
        site->founded_networks > 0
            ? said_end(&site->of_blocked, site->blocked_observers, true)
            : said_end(&site->categories, site->observers, true);
    if (site->founded_networks > 0) {
        site->placed_networks = site->founded_networks;
    }
    for (const struct aggregate_finding *f = site->findings; f;
         f = f->next_of_site) {
        site->methods += is_new_method(f) ? 1 : 0;
    }
}

void aggregate_finish(struct aggregate *a)
{
    for (size_t i = 0; i < a->n_findings; i++) {
        aggregate_finding_end(a->findings[i]);
    }
    place_networks(a);
    a->observers = observers_end(a->seen);
    for (size_t i = 0; i < a->n_networks; i++) {
        struct aggregate_network *net = a->networks[i];
        net->observers = observers_end(net->seen);
        net->name = said_end(&net->names, net->observers, false);
    }
    for (size_t i = 0; i < a->n_sites; i++) {
        end_site(a->sites[i]);
    }
    for (size_t i = 0; i < a->n_daynets; i++) {
        a->daynets[i]->observers = observers_end(a->daynets[i]->seen);
    }
}
