// SPDX-License-Identifier: Apache-2.0
/* Looks up rights and commitments in the coalition's tables. */
#include "collector/report/report_rights.h"

static unsigned rights_of(const struct category *k)
{
    return k ? k->primary | k->secondary : 0;
}

static void count_rights(struct report *rep)
{
    for (size_t i = 0; i < rep->n_findings; i++) {
        const struct category *k = rep->findings[i].category;
        rep->rights_primary |= k ? k->primary : 0;
        rep->rights_secondary |= k ? k->secondary : 0;
    }
    rep->rights_secondary &= ~rep->rights_primary;
    for (size_t i = 0; i < rep->n_sites; i++) {
        const struct category *k = rep->sites[i].category;
        rep->unmapped += k ? 0 : 1;
        for (unsigned n = 0; k && n < RIGHTS_NAMED; n++) {
            if ((k->primary & 1u << n) != 0) {
                rep->rights[n].primary++;
            } else if ((k->secondary & 1u << n) != 0) {
                rep->rights[n].secondary++;
            }
        }
    }
}

/* Days of the first and the last sighting, or of the period. */
static void find_days(const struct report *rep, int64_t *first, int64_t *last)
{
    *first = rep->since_s;
    *last = rep->until_s - 1;
    for (size_t i = 0; i < rep->n_findings; i++) {
        const struct aggregate_finding *f = rep->findings[i].f;
        *first = i == 0 || f->first_s < *first ? f->first_s : *first;
        *last = i == 0 || f->last_s > *last ? f->last_s : *last;
    }
}

static enum err build_commitments(struct region *r, const struct coalition *c,
                                  struct report *rep)
{
    unsigned rights = rep->rights_primary | rep->rights_secondary;
    int64_t first, last;
    find_days(rep, &first, &last);
    rep->member = coalition_member(c, rep->cc);
    rep->member_first = coalition_membership(c, rep->cc, first);
    rep->member_last = coalition_membership(c, rep->cc, last);
    rep->commitments =
        region_calloc(r, c->n_commitments + 1, sizeof(*rep->commitments));
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

/* How each of the report's commitments stands for each finding. */
static enum err build_of_findings(struct region *r, const struct coalition *c,
                                  struct report *rep)
{
    if (rep->n_commitments == 0) {
        return ERR_OK;
    }
    uint8_t *state = region_calloc(r, rep->n_findings, rep->n_commitments);
    if (!state) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < rep->n_findings; i++) {
        struct report_finding *f = &rep->findings[i];
        f->commitments = state;
        for (size_t k = 0; k < rep->n_commitments; k++) {
            const struct commitment *m = rep->commitments[k].c;
            bool named = (m->rights & rights_of(f->category)) != 0;
            *state++ = (uint8_t)(named ? coalition_applies(c, m, rep->cc,
                                                           f->f->first_s)
                                       : COMMITMENT_NOT);
        }
    }
    return ERR_OK;
}

enum err report_rights_build(struct region *r, const struct coalition *c,
                             struct report *rep)
{
    count_rights(rep);
    enum err e = build_commitments(r, c, rep);
    return e == ERR_OK ? build_of_findings(r, c, rep) : e;
}
