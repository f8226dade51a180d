// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_known.h"
#include "verdict/likeness.h"
#include "verdict/read/leads.h"
#include "verdict/rules.h"
#include "verdict/standing.h"
#include <string.h>

/* ---- pages --------------------------------------------------------------- */

/* What says most of all that was met. */
struct known {
    const struct fingerprint *fp;
    const struct vendpoint *end;
};

static void take(const struct judging *j, struct known *k,
                 const struct fingerprint *fp, const struct vendpoint *end)
{
    if (fp && fp_worth_more(fp, k->fp, j->o->cc)) {
        *k = (struct known){fp, end};
    }
}

/* Never silently: it may be a known page all the same. */
static void use(struct judging *j, struct known *k, enum err e,
                const struct fp_match *m, const struct vendpoint *end)
{
    struct ids ids = ids_one(end->id);
    j->nomem = j->nomem || e;
    if (e) {
        return;
    }
    if (m->gave_up) {
        judging_alternative(j, NOTE_PATTERN_UNFINISHED, &ids);
    }
    if (m->harmless) {
        judging_alternative(j, NOTE_HARMLESS, &ids);
    } else {
        take(j, k, m->fp, end);
    }
}

static void look_at_headers(struct judging *j, const struct vendpoint *end,
                            struct known *k)
{
    const struct json *at = NULL;
    struct str name, value;
    size_t n = 0;
    while (n++ < OBS_MAX_HEADERS &&
           vhttp_next_header(&end->resp, &at, &name, &value)) {
        struct fp_match m;
        enum err e =
            fingerprints_match_header(j->fps, name, value, j->o->cc, &m);
        use(j, k, e, &m, end);
    }
}

/* Where the answer leads by itself is known as a Location would be. */
static void look_at_leads(struct judging *j, const struct vendpoint *end,
                          struct known *k)
{
    struct leads l;
    struct str ref;
    leads_start(&l, &end->resp);
    while (leads_next(&l, &ref)) {
        struct fp_match m;
        enum err e = fingerprints_match_header(j->fps, STR("location"), ref,
                                               j->o->cc, &m);
        use(j, k, e, &m, end);
    }
}

static void look_at_page(struct judging *j, const struct vendpoint *end,
                         struct known *k)
{
    struct fp_match m;
    enum err e = fingerprints_match_body(j->fps, end->resp.body, j->o->cc, &m);
    use(j, k, e, &m, end);
    if (!e && !m.harmless) {
        look_at_leads(j, end, k);
    }
}

static void accuse(struct judging *j, const struct known *k,
                   const struct ids *ids)
{
    if (strcmp(k->fp->scope, "prod") == 0) {
        judging_alternative(j, NOTE_INSTITUTION_MAYBE, ids);
    }
    judging_alternative(
        j, k->fp->where == FP_BODY ? NOTE_PAGE_REGION : NOTE_REFUSES_REGION,
        ids);
    judging_conclude_by(j, X_BLOCKED, NOTE_BLOCK_PAGE, ids,
                        fp_worth_confidence(k->fp));
}

static bool decide(struct judging *j, const struct known *k)
{
    if (!k->fp) {
        return false;
    }
    struct ids ids = ids_one(k->end->id);
    switch (fp_worth_of(k->fp, j->o->cc)) {
    case FP_WORTH_PROOF:
        accuse(j, k, &ids);
        return true;
    case FP_WORTH_ELSEWHERE:
        judging_conclude(j, X_INCONCLUSIVE, NOTE_BLOCK_PAGE_ELSEWHERE, &ids);
        return true;
    case FP_WORTH_INSTITUTION:
        judging_conclude(j, X_INCONCLUSIVE, NOTE_INSTITUTION_PAGE, &ids);
        return true;
    case FP_WORTH_UNPLACED: /* other evidence may decide */
        j->unplaced_page = ids;
        return false;
    case FP_WORTH_NOTHING:
        break;
    }
    return false;
}

bool judge_known(struct judging *j, const struct vendpoint *end)
{
    struct ids ids = ids_one(end->id);
    struct known k = {NULL, NULL};
    struct likeness like;
    if (!j->fps || !end->resp.got_headers) {
        return false;
    }
    likeness_compute(j->o, end, &like);
    if (like.certain) {
        return false; /* what everybody gets may look like a block page */
    }
    look_at_headers(j, end, &k);
    look_at_page(j, end, &k);
    if (k.fp && end->resp.final && (like.same || like.telling > 0) &&
        fp_worth_of(k.fp, j->o->cc) == FP_WORTH_PROOF) {
        judging_alternative(j, NOTE_BLOCK_PAGE, &ids);
        judging_conclude(j, X_INCONCLUSIVE, NOTE_PAGE_QUOTES, &ids);
        return true;
    }
    return decide(j, &k);
}

/* ---- answers ------------------------------------------------------------- */

static struct known_answer known(const struct judging *j,
                                 const struct fingerprint *fp, bool alias)
{
    struct known_answer k = {fp, FP_WORTH_NOTHING, alias};
    if (fp) {
        k.worth = fp_worth_of(fp, j->o->cc);
    }
    return k;
}

struct known_answer judge_known_answer(const struct judging *j,
                                       const struct vquery *q)
{
    struct known_answer best = known(j, NULL, false);
    if (!j->fps) {
        return best;
    }
    if (q->cname.len > 0) {
        best =
            known(j, fingerprints_match_dns(j->fps, q->cname, j->o->cc), true);
    }
    for (size_t i = 0; i < q->n_addrs; i++) {
        const struct vaddr *a = &j->o->addrs[q->addrs[i]];
        char text[IP_TEXT_MAX];
        ip_format(&a->ip, text);
        struct known_answer k = known(
            j, fingerprints_match_dns(j->fps, str_c(text), j->o->cc), false);
        /* Networks of many countries use the same private addresses. */
        if (k.fp && k.worth > best.worth && !standing_is_bogon(j->o, a)) {
            best = k;
        }
    }
    return best;
}

void judge_known_finish(struct judging *j)
{
    if (j->v->state != X_INCONCLUSIVE) {
        return;
    }
    if (j->unplaced_page.n > 0) {
        judging_reason(j, NOTE_BLOCK_PAGE_UNPLACED, &j->unplaced_page);
    }
    if (j->unplaced_answer.n > 0) {
        judging_reason(j, NOTE_KNOWN_UNPLACED, &j->unplaced_answer);
    }
    if (j->institution_answer.n > 0) {
        judging_alternative(j, NOTE_INSTITUTION_MAYBE, &j->institution_answer);
    }
}
