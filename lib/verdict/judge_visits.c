// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_visits.h"
#include "verdict/rules.h"
#include <string.h>

/* Pages of other hosts that make a handshake doubtful. Who takes but one new
 * connection of a visitor serves no browser; and a comparison makes a censor
 * who lets nothing pass for a while, once he has heard a name, look like one.
 */
#define OTHERS_LEAST 2

static bool is_accused(const struct judging *j, int64_t id)
{
    for (size_t i = 0; i < j->n_reasons; i++) {
        for (size_t k = 0; k < j->reasons[i].n_ids; k++) {
            if (j->reasons[i].ids[k] == id) {
                return true;
            }
        }
    }
    return false;
}

/* A server that has had enough of a visitor shuts all its ports to it: one that
 * gave pages, and another that is accused now, at the same address. */
static bool is_shut_too(const struct judging *j, const struct vendpoint *gave)
{
    if (j->v->method != METHOD_IP || !outcome_bad(gave->tcp)) {
        return false;
    }
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        if (end->addr == gave->addr && is_accused(j, end->id)) {
            return true;
        }
    }
    return false;
}

/* The accusation goes in front of the alternatives. */
static void take_back(struct judging *j)
{
    struct reason was[JUDGING_MAX_REASONS];
    size_t n_was = j->n_alternatives;
    memcpy(was, j->alternatives, sizeof(was));
    memcpy(j->alternatives, j->reasons, sizeof(was));
    j->n_alternatives = j->n_reasons;
    j->n_reasons = 0;
    for (size_t i = 0; i < n_was && j->n_alternatives < JUDGING_MAX_REASONS;
         i++) {
        j->alternatives[j->n_alternatives++] = was[i];
    }
}

/* Endpoints that are accused, or shut as well, and gave pages before. */
struct gave {
    struct ids host, others;            /* of the same host, of other hosts */
    const struct vendpoint *cut_host;   /* the first of them of which the */
    const struct vendpoint *cut_others; /* handshake was cut off, or NULL */
};

static void look_at(const struct judging *j, const struct vendpoint *end,
                    struct gave *g)
{
    if ((end->run_pages == 0 && end->run_others == 0) ||
        (!is_accused(j, end->id) && !is_shut_too(j, end))) {
        return;
    }
    bool cut = outcome_is_cut(end->tls);
    if (end->run_pages > 0) {
        ids_add(&g->host, end->id);
        g->cut_host = cut && !g->cut_host ? end : g->cut_host;
    } else {
        ids_add(&g->others, end->id);
        cut = cut && end->run_others >= OTHERS_LEAST;
        g->cut_others = cut && !g->cut_others ? end : g->cut_others;
    }
}

void judge_visits(struct judging *j)
{
    struct gave g = {.cut_host = NULL};
    if (j->v->state != X_BLOCKED ||
        (j->v->method != METHOD_IP && j->v->method != METHOD_TLS)) {
        return;
    }
    for (size_t i = 0; i < j->o->n_ends; i++) {
        look_at(j, &j->o->ends[i], &g);
    }
    /* a first packet names no site, a handshake does: there, other names'
     * pages leave the accusation as it is until it is asked without the name */
    if (g.host.n > 0) {
        take_back(j);
        judging_conclude(j, X_INCONCLUSIVE, NOTE_PAGES_BEFORE, &g.host);
    } else if (g.others.n > 0 && j->v->method == METHOD_IP) {
        take_back(j);
        judging_conclude(j, X_INCONCLUSIVE, NOTE_PAGES_OTHERS, &g.others);
    }
    if (g.cut_host || g.cut_others) {
        /* who counts connections counts those without the name as well */
        judging_want_compare(j, g.cut_host ? g.cut_host : g.cut_others);
    }
}
