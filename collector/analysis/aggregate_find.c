// SPDX-License-Identifier: Apache-2.0
/* Finds the network, the site, the cell of both, the day and the finding that a
 * row belongs to, or makes them. */
#include "collector/analysis/aggregate_find.h"

#include "base/calendar.h"
#include "base/hex.h"
#include "collector/analysis/aggregate_row.h"
#include "collector/store/store_claim.h"
#include "verdict/verdict.h"

#include <string.h>

static struct str network_key(const struct store_row *row)
{
    return (struct str){(const char *)&row->asn, sizeof(row->asn)};
}

static const char *site_name(const struct store_row *row)
{
    const char *name =
        row->site && row->site[0] != '\0' ? row->site : row->input;
    return name ? name : "";
}

/* Two people were counted on the settled day of `row`: in its network, on its
 * site. */
static bool is_settled_network(const struct aggregate *a,
                               const struct store_row *row)
{
    struct settled_key key = {SETTLED_NETWORK, row->asn, "", ""};
    return aggregate_row_settled(a, row, &key);
}

static bool is_settled_site(const struct aggregate *a,
                            const struct store_row *row)
{
    struct settled_key key = {SETTLED_SITE, 0, site_name(row), ""};
    return aggregate_row_settled(a, row, &key);
}

/* Is there room for one more? Half of each table is everybody's. The next
 * quarter is for what somebody stands behind: a sender who is in one network,
 * or who vouches. Of the last quarter each of those gets a little a day; and
 * its end is kept for what a control has signed or somebody vouches for. */
static bool has_room(struct aggregate *a, size_t n, size_t max,
                     const struct store_row *row, bool stands)
{
    if (n < max / 2) {
        return true;
    }
    if (!stands || n >= max) {
        return false;
    }
    return n < max - max / 4 || row->control_verified ||
           store_claim_vouched(row) || is_settled_site(a, row) ||
           (n < max - max / 16 && senders_spend(a->tables->senders, row));
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

/* Senders call their network what they like; who is elsewhere names none, nor
 * does a record that came from several places. */
static enum err name_network(struct aggregate *a, struct aggregate_network *net,
                             const struct store_row *row)
{
    bool counts = row->place != PLACE_DISAGREES && row->n_others == 0;
    return counts ? said_add(a->region, &net->names, row->network_name, row)
                  : ERR_OK;
}

static enum err network_of(struct aggregate *a, const struct store_row *row,
                           struct aggregate_places *at)
{
    struct str key = network_key(row);
    struct aggregate_network *net = at->net;
    if (!net) {
        net = region_alloc(a->region, sizeof(*net));
        if (!net) {
            return ERR_NOMEM;
        }
        net->asn = row->asn;
        net->name = "";
        net->first_s = aggregate_row_time(row);
        enum err e = map_put(a->tables->networks, key, net);
        if (e == ERR_OK) {
            e = list_add(a, (void ***)&a->networks, &a->n_networks,
                         &a->tables->cap_networks, a->tables->max.networks,
                         net);
        }
        if (e != ERR_OK) {
            return e;
        }
    }
    net->stands = net->stands || at->stands;
    at->net = net;
    return name_network(a, net, row);
}

static struct aggregate_site *new_site(struct aggregate *a,
                                       const struct store_row *row)
{
    const char *name = site_name(row);
    struct aggregate_site *site = region_alloc(a->region, sizeof(*site));
    if (!site) {
        return NULL;
    }
    site->input = region_strdup(a->region, name);
    site->domain = region_strdup(a->region, row->domain ? row->domain : "");
    site->category = "";
    site->first_s = aggregate_row_time(row);
    return site->input && site->domain ? site : NULL;
}

static enum err site_of(struct aggregate *a, const struct store_row *row,
                        struct aggregate_places *at)
{
    struct str key = str_c(site_name(row));
    struct aggregate_site *site = at->site;
    if (!site) {
        site = new_site(a, row);
        enum err e = site ? map_put(a->tables->sites, key, site) : ERR_NOMEM;
        if (e == ERR_OK) {
            e = list_add(a, (void ***)&a->sites, &a->n_sites,
                         &a->tables->cap_sites, a->tables->max.sites, site);
        }
        if (e != ERR_OK) {
            return e;
        }
    }
    at->site = site;
    /* what a finding is about is for those to say who stand behind it */
    bool behind = store_claim_vouched(row) ||
                  (row->state == X_BLOCKED && row->place != PLACE_DISAGREES);
    enum err e =
        behind ? said_add(a->region, &site->of_blocked, row->category, row)
               : ERR_OK;
    return e == ERR_OK
               ? said_add(a->region, &site->categories, row->category, row)
               : e;
}

static enum err cell_of(struct aggregate *a, const struct store_row *row,
                        struct aggregate_places *at)
{
    const void *pair[2] = {at->net, at->site};
    struct str key = {(const char *)pair, sizeof(pair)};
    struct aggregate_cell *cell = at->cell;
    (void)row; /* the pair says it all */
    if (!cell) {
        cell = region_alloc(a->region, sizeof(*cell));
        if (!cell) {
            return ERR_NOMEM;
        }
        cell->net = at->net;
        cell->site = at->site;
        enum err e = map_put(a->tables->cells, key, cell);
        if (e == ERR_OK) {
            e = list_add(a, (void ***)&a->cells, &a->n_cells,
                         &a->tables->cap_cells, a->tables->max.cells, cell);
        }
        if (e != ERR_OK) {
            return e;
        }
        at->net->sites++;
        at->site->networks++;
    }
    if (at->stands && !cell->stands) {
        cell->stands = true;
        at->site->standing_networks++;
    }
    at->cell = cell;
    return ERR_OK;
}

static enum err daynet_of(struct aggregate *a, const struct store_row *row,
                          struct aggregate_places *at)
{
    struct aggregate_network *net = at->net;
    if (!at->daynet) {
        struct aggregate_daynet *d = region_alloc(a->region, sizeof(*d));
        if (!d) {
            return ERR_NOMEM;
        }
        d->day = calendar_day(row->start_s);
        d->net = net;
        enum err e =
            list_add(a, (void ***)&a->daynets, &a->n_daynets,
                     &a->tables->cap_daynets, a->tables->max.daynets, d);
        if (e != ERR_OK) {
            return e;
        }
        net->today = d;
        net->days++;
    }
    at->daynet = net->today;
    return ERR_OK;
}

/* What is there already. */
static void look_up(const struct aggregate *a, const struct store_row *row,
                    struct aggregate_places *at)
{
    at->net = map_get(a->tables->networks, network_key(row));
    at->site = map_get(a->tables->sites, str_c(site_name(row)));
    /* both live as long as the map, so their addresses are the key */
    const void *pair[2] = {at->net, at->site};
    if (at->net && at->site) {
        struct str key = {(const char *)pair, sizeof(pair)};
        at->cell = map_get(a->tables->cells, key);
    }
    /* Rows come in order of time, so a network's open day is its last one. */
    struct aggregate_daynet *today = at->net ? at->net->today : NULL;
    if (today && today->day == calendar_day(row->start_s)) {
        at->daynet = today;
    }
}

/* All of it or nothing: a site without a measurement is none that was tested.
 */
static bool all_have_room(struct aggregate *a, const struct store_row *row,
                          const struct aggregate_places *at)
{
    const struct aggregate_limits *max = &a->tables->max;

    const struct {
        const void *there;
        size_t n, max;
    } need[] = {{at->net, a->n_networks, max->networks},
                {at->site, a->n_sites, max->sites},
                {at->cell, a->n_cells, max->cells},
                {at->daynet, a->n_daynets, max->daynets}};

    for (size_t i = 0; i < sizeof(need) / sizeof(need[0]); i++) {
        if (!need[i].there &&
            !has_room(a, need[i].n, need[i].max, row, at->stands)) {
            return false;
        }
    }
    return true;
}

enum err aggregate_find(struct aggregate *a, const struct store_row *row,
                        struct aggregate_places *at)
{
    static enum err (*const steps[])(
        struct aggregate *, const struct store_row *,
        struct aggregate_places *) = {network_of, site_of, cell_of, daynet_of};

    *at = (struct aggregate_places){
        .stands = senders_stand(a->tables->senders, row) ||
                  is_settled_network(a, row)};
    look_up(a, row, at);
    if (!all_have_room(a, row, at)) {
        *at = (struct aggregate_places){.net = NULL};
        return ERR_OK;
    }
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < sizeof(steps) / sizeof(steps[0]);
         i++) {
        e = steps[i](a, row, at);
    }
    a->any_stands = a->any_stands || at->stands;
    return e;
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

static struct aggregate_finding *new_finding(struct aggregate *a,
                                             struct aggregate_cell *cell,
                                             const char *cc, const char *method)
{
    struct aggregate_finding *f = region_alloc(a->region, sizeof(*f));
    if (!f || !(f->method = region_strdup(a->region, method))) {
        return NULL;
    }
    f->cell = cell;
    finding_name(f, cc);
    return f;
}

enum err aggregate_find_finding(struct aggregate *a,
                                struct aggregate_cell *cell,
                                const struct store_row *row,
                                struct aggregate_finding **out)
{
    const char *method =
        row->method && row->method[0] != '\0' ? row->method : "other";
    struct aggregate_finding *f = cell->findings;
    size_t max = a->tables->max.findings;
    *out = NULL;
    while (f && strcmp(f->method, method) != 0) {
        f = f->next_in_cell;
    }
    bool stands =
        senders_stand(a->tables->senders, row) || is_settled_network(a, row);
    if (f || !has_room(a, a->n_findings, max, row, stands)) {
        *out = f;
        return ERR_OK;
    }
    f = new_finding(a, cell, row->cc, method);
    enum err e = !f ? ERR_NOMEM
                    : list_add(a, (void ***)&a->findings, &a->n_findings,
                               &a->tables->cap_findings, max, f);
    if (e != ERR_OK) {
        return e;
    }
    if (!cell->findings) {
        cell->net->blocked++;
        cell->site->blocked_networks++;
    }
    f->next_in_cell = cell->findings;
    cell->findings = f;
    f->next_of_site = cell->site->findings;
    cell->site->findings = f;
    *out = f;
    return ERR_OK;
}
