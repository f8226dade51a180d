// SPDX-License-Identifier: Apache-2.0
#include "collector/report/report_model.h"

#include "base/calendar.h"
#include "verdict/rules.h"
#include "verdict/verdict.h"
#include <stdlib.h>
#include <string.h>

#define HOUR_S INT64_C(3600)

/* Presumption by category: strongly protected first, unknown last. */
static int presumption_rank(const struct category *c)
{
    switch (!c ? '?' : c->presumption) {
    case 'H':
        return 0;
    case 'M':
        return 1;
    case 'L':
        return 2;
    default:
        return 3;
    }
}

/* A block page or a forged address that is on the list of known ones. */
static bool known_fingerprint(const struct aggregate_finding *f)
{
    for (size_t i = 0; i < f->n_reasons; i++) {
        if (strcmp(f->reasons[i], RULE_HTTP_FINGERPRINT) == 0 ||
            strcmp(f->reasons[i], RULE_DNS_FINGERPRINT) == 0) {
            return true;
        }
    }
    return false;
}

/* Blocked in at least four of five tests since it was first seen. */
static bool consistent(const struct aggregate_finding *f)
{
    return f->blocked * 5 >= (f->blocked + f->ok_since) * 4;
}

/* The published table: each level asks for more of the evidence. */
static enum report_confidence confidence_of(const struct aggregate_finding *f)
{
    const struct aggregate_site *site = f->cell->site;
    int64_t span_s = f->last_s - f->first_s;
    bool control = f->control_verified == f->blocked;
    if (f->observers < 2 || f->rounds < 3 || !consistent(f)) {
        return CONF_LOW;
    }
    if (control && known_fingerprint(f) && span_s >= HOUR_S) {
        return CONF_CONFIRMED;
    }
    if (control && site->blocked_observers >= 3 &&
        site->blocked_networks >= 2 && site->methods >= 2 &&
        (span_s >= 24 * HOUR_S || f->rounds >= 6)) {
        return CONF_HIGH;
    }
    return CONF_MODERATE;
}

static enum report_strength strength_of(const struct aggregate_finding *f)
{
    const struct aggregate_site *site = f->cell->site;
    if (site->blocked_networks >= 2 && site->blocked_observers >= 2) {
        return STRENGTH_NETWORKS;
    }
    return f->observers >= 2 ? STRENGTH_OBSERVERS : STRENGTH_ONE;
}

static int cmp_u64_desc(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b);
}

static int cmp_network(const void *pa, const void *pb)
{
    const struct aggregate_network *a = *(struct aggregate_network *const *)pa;
    const struct aggregate_network *b = *(struct aggregate_network *const *)pb;
    int c = cmp_u64_desc(a->blocked, b->blocked);
    return c != 0 ? c : (a->asn > b->asn) - (a->asn < b->asn);
}

static int cmp_tested(const void *pa, const void *pb)
{
    const struct aggregate_site *a = *(struct aggregate_site *const *)pa;
    const struct aggregate_site *b = *(struct aggregate_site *const *)pb;
    int c = strcmp(a->domain, b->domain);
    return c != 0 ? c : strcmp(a->input, b->input);
}

static int cmp_finding(const void *pa, const void *pb)
{
    const struct report_finding *a = pa, *b = pb;
    const struct aggregate_network *na = a->f->cell->net, *nb = b->f->cell->net;
    int c = cmp_network(&na, &nb);
    if (c == 0) {
        c = presumption_rank(a->category) - presumption_rank(b->category);
    }
    if (c == 0) {
        c = (int)b->confidence - (int)a->confidence;
    }
    if (c == 0) {
        c = cmp_u64_desc(a->f->observers, b->f->observers);
    }
    if (c == 0) {
        c = cmp_u64_desc(a->f->blocked, b->f->blocked);
    }
    if (c == 0) {
        c = cmp_tested(&a->f->cell->site, &b->f->cell->site);
    }
    return c != 0 ? c : strcmp(a->f->method, b->f->method);
}

static int cmp_site(const void *pa, const void *pb)
{
    const struct report_site *a = pa, *b = pb;
    int c = presumption_rank(a->category) - presumption_rank(b->category);
    if (c == 0) {
        c = (int)b->confidence - (int)a->confidence;
    }
    if (c == 0) {
        c = cmp_u64_desc(a->site->blocked_networks, b->site->blocked_networks);
    }
    if (c == 0) {
        c = cmp_u64_desc(a->observers, b->observers);
    }
    if (c == 0) {
        c = cmp_u64_desc(a->blocked, b->blocked);
    }
    return c != 0 ? c : cmp_tested(&a->site, &b->site);
}

static enum err build_findings(struct report *rep)
{
    size_t n = rep->agg->n_findings;
    rep->findings = region_calloc(rep->region, n + 1, sizeof(*rep->findings));
    if (!rep->findings) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        struct report_finding *f = &rep->findings[i];
        f->f = rep->agg->findings[i];
        f->category =
            coalition_category(rep->coalition, f->f->cell->site->category);
        f->strength = strength_of(f->f);
        f->confidence = confidence_of(f->f);
        f->membership =
            coalition_membership(rep->coalition, rep->cc, f->f->first_s);
        if (f->category) {
            rep->rights_primary |= f->category->primary;
            rep->rights_secondary |= f->category->secondary;
        }
    }
    rep->n_findings = n;
    qsort(rep->findings, n, sizeof(*rep->findings), cmp_finding);
    for (size_t i = 0; i < n; i++) {
        rep->findings[i].number = (unsigned)i + 1;
    }
    rep->rights_secondary &= ~rep->rights_primary;
    return ERR_OK;
}

static int cmp_by_site(const void *pa, const void *pb)
{
    const struct report_finding *a = *(const struct report_finding *const *)pa;
    const struct report_finding *b = *(const struct report_finding *const *)pb;
    int c = cmp_tested(&a->f->cell->site, &b->f->cell->site);
    return c != 0 ? c : (a->number > b->number) - (a->number < b->number);
}

static void site_add(struct report_site *s, const struct report_finding *f)
{
    const struct aggregate_finding *af = f->f;
    if (!s->site) {
        *s =
            (struct report_site){.site = af->cell->site,
                                 .category = f->category,
                                 .strength = f->strength,
                                 .confidence = f->confidence,
                                 .best = f,
                                 .observers = af->cell->site->blocked_observers,
                                 .first_s = af->first_s,
                                 .last_s = af->last_s};
    }
    if (f->confidence > s->confidence ||
        (f->confidence == s->confidence &&
         af->observers > s->best->f->observers)) {
        s->best = f;
    }
    s->confidence =
        f->confidence > s->confidence ? f->confidence : s->confidence;
    s->strength = f->strength > s->strength ? f->strength : s->strength;
    s->first_s = af->first_s < s->first_s ? af->first_s : s->first_s;
    s->last_s = af->last_s > s->last_s ? af->last_s : s->last_s;
    s->blocked += af->blocked;
    if (af->cell->findings == af) { /* once per network */
        s->measurements += aggregate_total(&af->cell->count);
        s->ok_since += af->ok_since;
    }
}

static enum err build_sites(struct report *rep)
{
    size_t n = rep->n_findings;
    const struct report_finding **order =
        region_calloc(rep->region, n + 1, sizeof(*order));
    rep->sites = region_calloc(rep->region, n + 1, sizeof(*rep->sites));
    if (!order || !rep->sites) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        order[i] = &rep->findings[i];
    }
    qsort(order, n, sizeof(*order), cmp_by_site);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && order[i]->f->cell->site != order[i - 1]->f->cell->site) {
            rep->n_sites++;
        }
        site_add(&rep->sites[rep->n_sites], order[i]);
    }
    rep->n_sites += n > 0 ? 1 : 0;
    qsort(rep->sites, rep->n_sites, sizeof(*rep->sites), cmp_site);
    return ERR_OK;
}

enum site_status report_site_status(const struct aggregate_site *s)
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

static enum err build_coverage(struct report *rep)
{
    const struct aggregate *a = rep->agg;
    const struct coalition *c = rep->coalition;
    rep->networks = region_memdup(rep->region, a->networks,
                                  a->n_networks * sizeof(*a->networks));
    rep->tested =
        region_memdup(rep->region, a->sites, a->n_sites * sizeof(*a->sites));
    rep->untested =
        region_calloc(rep->region, c->n_categories + 1, sizeof(*rep->untested));
    bool *seen = region_calloc(rep->region, c->n_categories + 1, sizeof(*seen));
    if ((a->n_networks > 0 && !rep->networks) ||
        (a->n_sites > 0 && !rep->tested) || !rep->untested || !seen) {
        return ERR_NOMEM;
    }
    if (a->n_networks > 0) {
        qsort(rep->networks, a->n_networks, sizeof(*rep->networks),
              cmp_network);
    }
    if (a->n_sites > 0) {
        qsort(rep->tested, a->n_sites, sizeof(*rep->tested), cmp_tested);
    }
    for (size_t i = 0; i < a->n_networks; i++) {
        rep->single_observer += a->networks[i]->observers == 1 ? 1 : 0;
        rep->affected += a->networks[i]->blocked > 0 ? 1 : 0;
    }
    for (size_t i = 0; i < a->n_sites; i++) {
        const struct category *k = coalition_category(c, a->sites[i]->category);
        rep->by_status[report_site_status(a->sites[i])]++;
        if (k) {
            seen[k - c->categories] = true;
        }
    }
    for (size_t i = 0; i < c->n_categories; i++) {
        if (!seen[i] && strcmp(c->categories[i].code, "CTRL") != 0) {
            rep->untested[rep->n_untested++] = &c->categories[i];
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

static enum err add_gap(struct report *rep, size_t *cap, int64_t from,
                        int64_t to)
{
    void *p = rep->gaps;
    if (from > to) {
        return ERR_OK;
    }
    enum err e = region_grow(rep->region, &p, cap, rep->n_gaps,
                             sizeof(*rep->gaps), AGGREGATE_MAX_DAYNETS);
    if (e == ERR_OK) {
        rep->gaps = p;
        rep->gaps[rep->n_gaps++] = (struct report_span){from, to};
    }
    return e;
}

static enum err build_gaps(struct report *rep)
{
    int64_t next = calendar_day(rep->since_s), end = last_day(rep);
    size_t cap = 0;
    rep->days = end - next + 1;
    for (size_t i = 0; i < rep->agg->n_daynets; i++) {
        int64_t day = rep->agg->daynets[i]->day;
        if (day < next) {
            continue;
        }
        enum err e = add_gap(rep, &cap, next, day - 1);
        if (e != ERR_OK) {
            return e;
        }
        rep->days_measured++;
        next = day + 1;
    }
    return add_gap(rep, &cap, next, end);
}

static void build_bins(struct report *rep)
{
    const struct aggregate *a = rep->agg;
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

static enum err build_commitments(struct report *rep)
{
    const struct coalition *c = rep->coalition;
    unsigned rights = rep->rights_primary | rep->rights_secondary;
    int64_t first = rep->since_s, last = rep->until_s - 1;
    for (size_t i = 0; i < rep->n_findings; i++) {
        const struct aggregate_finding *f = rep->findings[i].f;
        first = i == 0 || f->first_s < first ? f->first_s : first;
        last = i == 0 || f->last_s > last ? f->last_s : last;
    }
    rep->member_first = coalition_membership(c, rep->cc, first);
    rep->member_last = coalition_membership(c, rep->cc, last);
    rep->commitments = region_calloc(rep->region, c->n_commitments + 1,
                                     sizeof(*rep->commitments));
    if (!rep->commitments) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < c->n_commitments; i++) {
        const struct commitment *m = &c->commitments[i];
        struct report_commitment rc = {m,
                                       coalition_applies(c, m, rep->cc, first),
                                       coalition_applies(c, m, rep->cc, last)};
        if ((m->rights & rights) != 0 &&
            (rc.first != COMMITMENT_NOT || rc.last != COMMITMENT_NOT)) {
            rep->commitments[rep->n_commitments++] = rc;
        }
    }
    return ERR_OK;
}

enum err report_build(struct region *r, const struct aggregate *agg,
                      const struct coalition *c, const struct report_args *args,
                      struct report **out)
{
    struct report *rep = region_alloc(r, sizeof(*rep));
    if (!rep) {
        return ERR_NOMEM;
    }
    rep->region = r;
    rep->agg = agg;
    rep->coalition = c;
    rep->cc = args->cc;
    rep->country = coalition_country(c, args->cc);
    rep->since_s = args->since_s;
    rep->until_s = args->until_s;
    rep->generated_s = args->generated_s;
    rep->generated_fixed = args->generated_fixed;
    if (!rep->country) {
        return ERR_INVAL;
    }
    enum err e = build_findings(rep);
    if (e == ERR_OK) {
        e = build_sites(rep);
    }
    if (e == ERR_OK) {
        e = build_coverage(rep);
    }
    if (e == ERR_OK) {
        e = build_gaps(rep);
    }
    if (e == ERR_OK) {
        e = build_commitments(rep);
    }
    build_bins(rep);
    if (e == ERR_OK) {
        *out = rep;
    }
    return e;
}

bool report_intermittent(const struct report_finding *f)
{
    return f->f->ok_since > 0;
}

/* Was the site reached from some other network of the country? */
static bool reached_elsewhere(const struct aggregate_finding *f)
{
    return f->cell->site->count.n[X_OK] > f->cell->count.n[X_OK];
}

static struct report_alt by_method(const struct aggregate_finding *f)
{
    if (strcmp(f->method, "dns") == 0) {
        return (struct report_alt){
            "Another true address of the site was given",
            "answers were compared with those seen from outside before the "
            "verdict",
            true};
    }
    if (strcmp(f->method, "http") == 0) {
        return (struct report_alt){
            "The site shows a different page to some visitors",
            "pages were compared with the one seen from outside before the "
            "verdict",
            f->observers >= 2};
    }
    return (struct report_alt){
        "A firewall at the site's end refuses this network's addresses",
        "one network alone cannot show this; several networks can",
        f->cell->site->blocked_networks >= 2};
}

size_t report_alternatives(const struct report_finding *rf,
                           struct report_alt out[REPORT_ALTS])
{
    const struct aggregate_finding *f = rf->f;
    size_t n = 0;
    bool control = f->control_verified == f->blocked;
    out[n++] = (struct report_alt){
        "The site was down for everybody",
        control ? "the control outside the country reached it at the same "
                  "time, in a signed answer"
                : "the control outside the country reached it, but not every "
                  "answer of the control carried a checked signature",
        control};
    out[n++] = (struct report_alt){
        "A fault or filter of one volunteer's equipment",
        f->observers >= 2 ? "seen by several independent observers"
                          : "seen by one observer only",
        f->observers >= 2};
    bool repeated = f->rounds >= 2 && f->last_s - f->first_s >= HOUR_S;
    out[n++] = (struct report_alt){
        "A passing fault of the network",
        repeated ? "seen in several rounds at least one hour apart"
                 : "not yet repeated at least one hour apart",
        repeated};
    bool elsewhere = reached_elsewhere(f);
    out[n++] = (struct report_alt){
        "The site turns away visitors from this country",
        elsewhere ? "it was reached from another network of the country"
                  : "it was not reached from another network of the country",
        elsewhere};
    out[n++] = by_method(f);
    return n;
}

enum commitment_state report_commitment_of(const struct report *rep,
                                           const struct report_finding *f,
                                           const struct commitment *c)
{
    unsigned rights =
        !f->category ? 0 : f->category->primary | f->category->secondary;
    if ((c->rights & rights) == 0) {
        return COMMITMENT_NOT;
    }
    return coalition_applies(rep->coalition, c, rep->cc, f->f->first_s);
}
