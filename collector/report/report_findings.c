// SPDX-License-Identifier: Apache-2.0
/* Orders findings, numbers them, and gathers those of one site. */
#include "collector/report/report_findings.h"

#include "collector/report/report_evidence.h"
#include "collector/report/report_order.h"
#include <stdlib.h>
#include <string.h>

/* Kinds of sites by presumption: strongly protected first, unknown last. */
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

/* The larger stands first. */
static int cmp_desc(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b);
}

static int cmp_finding(const void *pa, const void *pb)
{
    const struct report_finding *a = pa, *b = pb;
    int c = report_order_networks(a->f->cell->net, b->f->cell->net);
    if (c == 0) { /* what is weak never stands before what is not */
        c = cmp_desc(a->confidence > CONF_LOW, b->confidence > CONF_LOW);
    }
    if (c == 0) {
        c = presumption_rank(a->category) - presumption_rank(b->category);
    }
    if (c == 0) {
        c = cmp_desc(a->confidence, b->confidence);
    }
    if (c == 0) {
        c = cmp_desc(a->f->observers, b->f->observers);
    }
    if (c == 0) {
        c = cmp_desc(a->f->blocked, b->f->blocked);
    }
    if (c == 0) {
        c = report_order_sites(a->f->cell->site, b->f->cell->site);
    }
    return c != 0 ? c : strcmp(a->f->method, b->f->method);
}

static int cmp_site(const void *pa, const void *pb)
{
    const struct report_site *a = pa, *b = pb;
    int c = cmp_desc(a->confidence > CONF_LOW, b->confidence > CONF_LOW);
    if (c == 0) {
        c = presumption_rank(a->category) - presumption_rank(b->category);
    }
    if (c == 0) {
        c = cmp_desc(a->confidence, b->confidence);
    }
    if (c == 0) {
        c = cmp_desc(a->networks, b->networks);
    }
    if (c == 0) {
        c = cmp_desc(a->observers, b->observers);
    }
    if (c == 0) {
        c = cmp_desc(a->blocked, b->blocked);
    }
    return c != 0 ? c : report_order_sites(a->site, b->site);
}

static struct report_finding finding_of(const struct aggregate_finding *f,
                                        const struct coalition *c,
                                        const char *cc)
{
    struct report_finding rf = {
        .f = f,
        .category = coalition_category(c, f->cell->site->category),
        .method = method_by_name(f->method),
        .membership = coalition_membership(c, cc, f->first_s)};
    report_evidence_rate(&rf);
    return rf;
}

static enum err build_findings(struct region *r, const struct coalition *c,
                               struct report *rep)
{
    size_t n = rep->aggregate->n_findings;
    rep->findings = region_calloc(r, n + 1, sizeof(*rep->findings));
    if (!rep->findings) {
        return ERR_NOMEM;
    }
    rep->n_findings = n;
    for (size_t i = 0; i < n; i++) {
        struct report_finding *f = &rep->findings[i];
        *f = finding_of(rep->aggregate->findings[i], c, rep->cc);
        rep->by_method[f->method]++;
    }
    qsort(rep->findings, n, sizeof(*rep->findings), cmp_finding);
    for (size_t i = 0; i < n; i++) {
        rep->findings[i].number = (unsigned)i + 1;
    }
    return ERR_OK;
}

static int cmp_by_site(const void *pa, const void *pb)
{
    const struct report_finding *a = *(const struct report_finding *const *)pa;
    const struct report_finding *b = *(const struct report_finding *const *)pb;
    int c = report_order_sites(a->f->cell->site, b->f->cell->site);
    return c != 0 ? c : (a->number > b->number) - (a->number < b->number);
}

/* Is its evidence better than that of the one quoted so far? */
static bool is_better(const struct report_finding *f,
                      const struct report_site *s)
{
    return f->confidence > s->confidence ||
           (f->confidence == s->confidence &&
            f->f->observers > s->best->f->observers);
}

/* Where one finding of a site is well founded, the others say nothing of it. */
static bool says_something(const struct aggregate_finding *f)
{
    return f->founded || f->cell->site->founded_networks == 0;
}

static uint64_t tested_networks(const struct aggregate_site *site,
                                uint64_t blocked)
{
    uint64_t n =
        site->standing_networks > 0 ? site->standing_networks : site->networks;
    return n > blocked ? n : blocked;
}

/* The first of its network that says something? */
static bool is_first_of_cell(const struct aggregate_finding *f)
{
    const struct aggregate_finding *g = f->cell->findings;
    while (g && !says_something(g)) {
        g = g->next_in_cell;
    }
    return g == f;
}

static void site_add(struct report_site *s, const struct report_finding *f)
{
    const struct aggregate_finding *af = f->f;
    const struct aggregate_site *site = af->cell->site;
    if (s->site && !says_something(af)) {
        return;
    }
    if (!s->site || !says_something(s->best->f)) {
        uint64_t blocked = site->founded_networks > 0 ? site->founded_networks
                                                      : site->blocked_networks;
        *s =
            (struct report_site){.site = af->cell->site,
                                 .category = f->category,
                                 .strength = f->strength,
                                 .confidence = f->confidence,
                                 .best = f,
                                 .networks = blocked,
                                 .tested = tested_networks(site, blocked),
                                 .observers = af->cell->site->blocked_observers,
                                 .first_s = af->first_s,
                                 .last_s = af->last_s};
    }
    if (is_better(f, s)) {
        s->best = f;
        s->confidence = f->confidence;
    }
    s->strength = f->strength > s->strength ? f->strength : s->strength;
    s->methods |= 1u << f->method;
    s->first_s = af->first_s < s->first_s ? af->first_s : s->first_s;
    s->last_s = af->last_s > s->last_s ? af->last_s : s->last_s;
    s->blocked += af->blocked;
    s->intermittent = s->intermittent || f->intermittent;
    if (is_first_of_cell(af)) { /* once per network */
        s->measurements += aggregate_total(&af->cell->count);
        s->ok_since += af->ok_since;
        s->ok_observers = af->ok_observers > s->ok_observers ? af->ok_observers
                                                             : s->ok_observers;
    }
}

static enum err build_sites(struct region *r, struct report *rep)
{
    size_t n = rep->n_findings;
    const struct report_finding **order =
        region_calloc(r, n + 1, sizeof(*order));
    rep->sites = region_calloc(r, n + 1, sizeof(*rep->sites));
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
    for (size_t i = 0; i < rep->n_sites; i++) {
        rep->by_confidence[rep->sites[i].confidence]++;
        rep->founded_sites += rep->sites[i].site->founded_networks > 0 ? 1 : 0;
    }
    qsort(rep->sites, rep->n_sites, sizeof(*rep->sites), cmp_site);
    return ERR_OK;
}

enum err report_findings_build(struct region *r, const struct coalition *c,
                               struct report *rep)
{
    enum err e = build_findings(r, c, rep);
    return e == ERR_OK ? build_sites(r, rep) : e;
}
