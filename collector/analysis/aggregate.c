// SPDX-License-Identifier: Apache-2.0
/* One pass over the rows: finds the network, the site, the cell of both and
 * the day a row belongs to, and counts it in each.
 */
#include "collector/analysis/aggregate.h"

#include "base/calendar.h"
#include "base/hex.h"
#include "base/map.h"
#include "collector/analysis/observers.h"
#include "collector/store/store_claim.h"
#include "verdict/xstate.h"
#include <string.h>

#define AGGREGATE_MAX_BYTES ((size_t)1536 << 20)

/* What finds an entry again, and how much each array has room for. */
struct aggregate_tables {
    struct map *networks, *sites, *cells;
    size_t cap_networks, cap_sites, cap_cells, cap_findings, cap_daynets;
    bool any; /* a row was counted */
};

uint64_t aggregate_total(const struct aggregate_counts *c)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < AGGREGATE_STATES; i++) {
        sum += c->n[i];
    }
    return sum;
}

struct aggregate *aggregate_new(void)
{
    struct region *r = region_new(AGGREGATE_MAX_BYTES);
    struct aggregate *a = !r ? NULL : region_alloc(r, sizeof(*a));
    if (!a || !(a->tables = region_alloc(r, sizeof(*a->tables)))) {
        region_free(r);
        return NULL;
    }
    a->region = r;
    a->tables->networks = map_new(AGGREGATE_MAX_NETWORKS);
    a->tables->sites = map_new(AGGREGATE_MAX_SITES);
    a->tables->cells = map_new(AGGREGATE_MAX_CELLS);
    if (!a->tables->networks || !a->tables->sites || !a->tables->cells) {
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
    region_free(a->region);
}

/* Appends `item` to one of the pointer arrays. */
static enum err list_add(struct aggregate *a, void ***items, size_t *n,
                         size_t *cap, size_t max, void *item)
{
    void *p = *items;
    enum err e = region_grow(a->region, &p, cap, *n, sizeof(void *), max);
    if (e != ERR_OK) {
        return e;
    }
    *items = p;
    (*items)[(*n)++] = item;
    return ERR_OK;
}

/* Senders call their network what they like: it has the name that most records
 * give it (Boyer and Moore's majority vote), but those of who is elsewhere. */
static enum err vote_for_name(struct aggregate *a,
                              struct aggregate_network *net,
                              const struct store_row *row)
{
    const char *name = row->network_name;
    if (!name || name[0] == '\0' || row->place == PLACE_DISAGREES) {
        return ERR_OK;
    }
    if (strcmp(name, net->name) == 0) {
        net->votes++;
        return ERR_OK;
    }
    if (net->votes > 0) {
        net->votes--;
        return ERR_OK;
    }
    net->votes = 1;
    net->name = region_strdup(a->region, name);
    if (!net->name) {
        net->name = "";
        return ERR_NOMEM;
    }
    return ERR_OK;
}

static enum err network_of(struct aggregate *a, const struct store_row *row,
                           struct aggregate_network **out)
{
    struct str key = {(const char *)&row->asn, sizeof(row->asn)};
    struct aggregate_network *net = map_get(a->tables->networks, key);
    if (!net) {
        net = region_alloc(a->region, sizeof(*net));
        if (!net) {
            return ERR_NOMEM;
        }
        net->asn = row->asn;
        net->name = "";
        net->first_s = row->start_s;
        enum err e = map_put(a->tables->networks, key, net);
        if (e == ERR_OK) {
            e = list_add(a, (void ***)&a->networks, &a->n_networks,
                         &a->tables->cap_networks, AGGREGATE_MAX_NETWORKS, net);
        }
        if (e != ERR_OK) {
            return e;
        }
    }
    *out = net;
    return vote_for_name(a, net, row);
}

static enum err site_of(struct aggregate *a, const struct store_row *row,
                        struct aggregate_site **out)
{
    const char *name = row->site && row->site[0] ? row->site : row->input;
    struct str key = str_c(name);
    struct aggregate_site *site = map_get(a->tables->sites, key);
    if (!site) {
        site = region_alloc(a->region, sizeof(*site));
        if (!site) {
            return ERR_NOMEM;
        }
        site->input = region_strdup(a->region, name ? name : "");
        site->domain = region_strdup(a->region, row->domain ? row->domain : "");
        site->category = "";
        site->first_s = row->start_s;
        if (!site->input || !site->domain) {
            return ERR_NOMEM;
        }
        enum err e = map_put(a->tables->sites, key, site);
        if (e == ERR_OK) {
            e = list_add(a, (void ***)&a->sites, &a->n_sites,
                         &a->tables->cap_sites, AGGREGATE_MAX_SITES, site);
        }
        if (e != ERR_OK) {
            return e;
        }
    }
    const char *cat = row->category;
    if (cat && cat[0] != '\0' && strcmp(cat, site->category) != 0) {
        site->category = region_strdup(a->region, cat);
        if (!site->category) {
            site->category = "";
            return ERR_NOMEM;
        }
    }
    *out = site;
    return ERR_OK;
}

static enum err cell_of(struct aggregate *a, struct aggregate_network *net,
                        struct aggregate_site *site,
                        struct aggregate_cell **out)
{
    /* both live as long as the map, so their addresses are the key */
    const void *pair[2] = {net, site};
    struct str key = {(const char *)pair, sizeof(pair)};
    struct aggregate_cell *cell = map_get(a->tables->cells, key);
    if (!cell) {
        cell = region_alloc(a->region, sizeof(*cell));
        if (!cell) {
            return ERR_NOMEM;
        }
        cell->net = net;
        cell->site = site;
        enum err e = map_put(a->tables->cells, key, cell);
        if (e == ERR_OK) {
            e = list_add(a, (void ***)&a->cells, &a->n_cells,
                         &a->tables->cap_cells, AGGREGATE_MAX_CELLS, cell);
        }
        if (e != ERR_OK) {
            return e;
        }
        net->sites++;
        site->networks++;
    }
    *out = cell;
    return ERR_OK;
}

/* Rows come in order of time, so a network's open day is its last one. */
static enum err daynet_of(struct aggregate *a, struct aggregate_network *net,
                          int64_t day, struct aggregate_daynet **out)
{
    if (!net->today || net->today->day != day) {
        struct aggregate_daynet *d = region_alloc(a->region, sizeof(*d));
        if (!d) {
            return ERR_NOMEM;
        }
        d->day = day;
        d->net = net;
        enum err e =
            list_add(a, (void ***)&a->daynets, &a->n_daynets,
                     &a->tables->cap_daynets, AGGREGATE_MAX_DAYNETS, d);
        if (e != ERR_OK) {
            return e;
        }
        net->today = d;
        net->days++;
    }
    *out = net->today;
    return ERR_OK;
}

static void finding_name(struct aggregate_finding *f, const char *cc)
{
    struct sha256 s;
    uint8_t digest[SHA256_LEN];
    char asn[16];
    size_t n = 0;
    for (uint32_t v = f->cell->net->asn; v != 0 || n == 0; v /= 10) {
        asn[n++] = (char)('0' + v % 10);
    }
    crypto_sha256_init(&s);
    crypto_sha256_add(&s, str_c(cc));
    crypto_sha256_add(&s, STR("\n"));
    crypto_sha256_add(&s, (struct str){asn, n});
    crypto_sha256_add(&s, STR("\n"));
    crypto_sha256_add(&s, str_c(f->cell->site->input));
    crypto_sha256_add(&s, STR("\n"));
    crypto_sha256_add(&s, str_c(f->method));
    crypto_sha256_end(&s, digest);
    f->id[0] = 'F';
    f->id[1] = '-';
    hex_encode(digest, 6, f->id + 2);
}

static enum err finding_of(struct aggregate *a, struct aggregate_cell *cell,
                           const struct store_row *row,
                           struct aggregate_finding **out)
{
    const char *method = row->method;
    if (!method || method[0] == '\0') {
        method = "other";
    }
    bool new_method = true;
    for (struct aggregate_finding *f = cell->site->findings; f;
         f = f->next_of_site) {
        if (strcmp(f->method, method) == 0) {
            new_method = false;
            if (f->cell == cell) {
                *out = f;
                return ERR_OK;
            }
        }
    }
    struct aggregate_finding *f = region_alloc(a->region, sizeof(*f));
    if (!f || !(f->method = region_strdup(a->region, method))) {
        return ERR_NOMEM;
    }
    f->cell = cell;
    f->first_s = row->start_s;
    f->clean_before_s = cell->last_ok_s;
    finding_name(f, row->cc);
    enum err e = list_add(a, (void ***)&a->findings, &a->n_findings,
                          &a->tables->cap_findings, AGGREGATE_MAX_FINDINGS, f);
    if (e != ERR_OK) {
        return e;
    }
    if (!cell->findings) {
        cell->net->blocked++;
        cell->site->blocked_networks++;
    }
    cell->site->methods += new_method ? 1 : 0;
    f->next_in_cell = cell->findings;
    cell->findings = f;
    f->next_of_site = cell->site->findings;
    cell->site->findings = f;
    *out = f;
    return ERR_OK;
}

/* Rule names of the verdicts, each once, as far as there is room. */
static enum err add_reasons(struct aggregate *a, struct aggregate_finding *f,
                            const char *list)
{
    struct str rest = str_c(list), one;
    while (str_next(&rest, ',', &one)) {
        one = str_trim(one);
        bool known = one.len == 0 || f->n_reasons == AGGREGATE_MAX_REASONS;
        for (size_t i = 0; i < f->n_reasons && !known; i++) {
            known = str_eq_c(one, f->reasons[i]);
        }
        if (known) {
            continue;
        }
        const char *s = region_strndup(a->region, one.p, one.len);
        if (!s) {
            return ERR_NOMEM;
        }
        f->reasons[f->n_reasons++] = s;
    }
    return ERR_OK;
}

static enum err add_uid(struct aggregate *a, struct aggregate_finding *f,
                        const char *uid)
{
    if (f->n_uids >= AGGREGATE_KEEP_UIDS) {
        return ERR_OK;
    }
    char *copy = region_strdup(a->region, uid);
    if (!copy) {
        return ERR_NOMEM;
    }
    return list_add(a, (void ***)&f->uids, &f->n_uids, &f->cap_uids,
                    AGGREGATE_KEEP_UIDS, copy);
}

/* Counts who stands behind rows whose control is verified. Where all of them
 * are, or none, there is nothing to count apart. Called before the row is
 * counted in the finding itself. */
static enum err add_verified(struct aggregate *a, struct aggregate_finding *f,
                             const struct store_row *row)
{
    bool new_round = false;
    if (!row->control_verified) {
        bool first = f->blocked > 0 && f->control_verified == f->blocked;
        f->verified_rounds = first ? f->rounds : f->verified_rounds;
        return first ? observers_copy(a->region, f->seen, &f->seen_verified)
                     : ERR_OK;
    }
    if (f->control_verified == f->blocked) {
        return ERR_OK;
    }
    enum err e = observers_add(a->region, &f->seen_verified, row, &new_round);
    f->verified_rounds += new_round ? 1 : 0;
    return e;
}

/* Was the sender in the network that it claims, as far as can be told? */
static bool is_placed(const struct store_row *row)
{
    return row->place == PLACE_AGREES || store_claim_vouched(row) ||
           (row->place == PLACE_UNCHECKED && row->source_tag[0] != '\0');
}

static enum err add_blocked(struct aggregate *a, struct aggregate_cell *cell,
                            const struct store_row *row,
                            const struct aggregate_finding **out)
{
    struct aggregate_finding *f = NULL;
    bool new_round = false;
    enum err e = finding_of(a, cell, row, &f);
    if (e == ERR_OK) {
        e = add_verified(a, f, row);
    }
    if (e == ERR_OK) {
        e = observers_add(a->region, &f->seen, row, &new_round);
    }
    if (e == ERR_OK) {
        e = observers_remember(a->region, f->seen, row);
    }
    bool ignored;
    if (e == ERR_OK) {
        e = observers_add(a->region, &cell->site->seen_blocked, row, &ignored);
    }
    if (e == ERR_OK) {
        e = add_uid(a, f, row->uid);
    }
    if (e == ERR_OK) {
        e = add_reasons(a, f, row->reasons);
    }
    if (e != ERR_OK) {
        return e;
    }
    cell->placed = cell->placed || is_placed(row);
    cell->unchecked = cell->unchecked || row->place == PLACE_UNCHECKED;
    f->blocked++;
    f->rounds += new_round ? 1 : 0;
    f->control_verified += row->control_verified ? 1 : 0;
    f->last_s = row->start_s;
    f->clean_after_s = 0;
    *out = f;
    return ERR_OK;
}

/* It speaks against what was found before. */
static enum err add_ok(struct aggregate *a, struct aggregate_cell *cell,
                       const struct store_row *row)
{
    bool ignored;
    cell->last_ok_s = row->start_s;
    for (struct aggregate_finding *f = cell->findings; f; f = f->next_in_cell) {
        f->ok_since++;
        f->ok_vouched += store_claim_vouched(row) ? 1 : 0;
        if (f->clean_after_s == 0) {
            f->clean_after_s = row->start_s;
        }
        enum err e = observers_add(a->region, &f->seen_ok, row, &ignored);
        if (e == ERR_OK && observers_remembers(f->seen, row)) {
            e = observers_add(a->region, &f->seen_both, row, &ignored);
        }
        if (e != ERR_OK) {
            return e;
        }
    }
    return ERR_OK;
}

/* Everything one row is counted in. */
struct places {
    struct aggregate_network *net;
    struct aggregate_site *site;
    struct aggregate_cell *cell;
    struct aggregate_daynet *daynet;
};

static enum err find_places(struct aggregate *a, const struct store_row *row,
                            struct places *at)
{
    enum err e = network_of(a, row, &at->net);
    if (e == ERR_OK) {
        e = site_of(a, row, &at->site);
    }
    if (e == ERR_OK) {
        e = cell_of(a, at->net, at->site, &at->cell);
    }
    if (e == ERR_OK) {
        e = daynet_of(a, at->net, calendar_day(row->start_s), &at->daynet);
    }
    return e;
}

static enum err count_observers(struct aggregate *a,
                                const struct store_row *row, struct places *at)
{
    struct observers **seen[4] = {&a->seen, &at->net->seen, &at->site->seen,
                                  &at->daynet->seen};
    bool ignored;
    enum err e = ERR_OK;
    for (size_t i = 0; i < 4 && e == ERR_OK; i++) {
        e = observers_add(a->region, seen[i], row, &ignored);
    }
    return e;
}

static void count(struct aggregate *a, const struct store_row *row,
                  struct places *at)
{
    struct aggregate_counts *counts[5] = {&a->count, &at->net->count,
                                          &at->site->count, &at->cell->count,
                                          &at->daynet->count};
    for (size_t i = 0; i < 5; i++) {
        counts[i]->n[row->state]++;
    }
    if (!a->tables->any) {
        a->first_s = row->start_s;
        a->tables->any = true;
    }
    a->last_s = at->net->last_s = at->site->last_s = row->start_s;
    a->receipt_s =
        row->receipt_s > a->receipt_s ? row->receipt_s : a->receipt_s;
    a->control_verified += row->control_verified ? 1 : 0;
    a->by_place[row->place]++;
    a->vouched += store_claim_vouched(row) ? 1 : 0;
    a->inferred_location += row->inferred_location ? 1 : 0;
}

enum err aggregate_add(struct aggregate *a, const struct store_row *row,
                       const struct aggregate_finding **finding)
{
    struct places at = {0};
    *finding = NULL;
    if (row->state < 0 || row->state >= AGGREGATE_STATES ||
        (a->tables->any && row->start_s < a->last_s)) {
        return ERR_INVAL;
    }
    if (!store_claim_counts(row)) {
        a->set_aside[row->timing]++;
        return ERR_OK;
    }
    enum err e = find_places(a, row, &at);
    if (e == ERR_OK) {
        e = count_observers(a, row, &at);
    }
    if (e == ERR_OK && row->state == X_BLOCKED) {
        e = add_blocked(a, at.cell, row, finding);
    }
    if (e == ERR_OK && row->state == X_OK) {
        e = add_ok(a, at.cell, row);
    }
    if (e == ERR_OK) {
        count(a, row, &at);
    }
    return e;
}

static void place_networks(struct aggregate *a)
{
    for (size_t i = 0; i < a->n_cells; i++) {
        const struct aggregate_cell *cell = a->cells[i];
        struct aggregate_site *site = cell->site;
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

void aggregate_finish(struct aggregate *a)
{
    place_networks(a);
    a->observers = observers_end(a->seen);
    for (size_t i = 0; i < a->n_networks; i++) {
        a->networks[i]->observers = observers_end(a->networks[i]->seen);
    }
    for (size_t i = 0; i < a->n_sites; i++) {
        a->sites[i]->observers = observers_end(a->sites[i]->seen);
        a->sites[i]->blocked_observers =
            observers_end(a->sites[i]->seen_blocked);
    }
    for (size_t i = 0; i < a->n_findings; i++) {
        struct aggregate_finding *f = a->findings[i];
        f->observers = observers_end(f->seen);
        f->ok_observers = observers_end(f->seen_ok);
        f->both = observers_end(f->seen_both);
        f->verified_observers = observers_end(f->seen_verified);
    }
    for (size_t i = 0; i < a->n_daynets; i++) {
        a->daynets[i]->observers = observers_end(a->daynets[i]->seen);
    }
}
