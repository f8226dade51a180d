// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_known.h"
#include "verdict/pagediff.h"
#include "verdict/rules.h"
#include <string.h>

static const struct fingerprint *header_fingerprint(const struct judging *j,
                                                    const struct vendpoint *end)
{
    const struct json *at = NULL;
    struct str name, value;
    size_t n = 0;
    while (n++ < OBS_MAX_HEADERS &&
           vhttp_next_header(&end->resp, &at, &name, &value)) {
        const struct fingerprint *fp =
            fingerprints_match_header(j->fps, name, value);
        if (fp) {
            return fp;
        }
    }
    return NULL;
}

static bool scope_is(const struct fingerprint *fp, const char *scope)
{
    return strcmp(fp->scope, scope) == 0;
}

/* What a fingerprint is worth: vague words and institutions (a school, an
 * office) accuse nobody. */
static bool use_fingerprint(struct judging *j, const struct vendpoint *end,
                            const struct fingerprint *fp)
{
    struct ids ids = ids_one(end->id);
    if (scope_is(fp, "fp") || scope_is(fp, "vbw")) {
        return false;
    }
    if (scope_is(fp, "inst")) {
        judging_conclude(j, X_INCONCLUSIVE, NOTE_INSTITUTION_PAGE, &ids);
        return true;
    }
    judging_conclude_by(j, X_BLOCKED, NOTE_BLOCK_PAGE, &ids,
                        fp->confidence >= 8 ? 0.97 : 0.9);
    return true;
}

/* Cleartext hops whose headers are those of a block page. */
bool judge_known_hop(struct judging *j)
{
    const struct observations *o = j->o;
    for (size_t i = 0; j->fps && i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (outcome_ok(end->http) && !end->tls.known) {
            const struct fingerprint *fp = header_fingerprint(j, end);
            if (fp && use_fingerprint(j, end, fp)) {
                return true;
            }
        }
    }
    return false;
}

/* Cleartext hops and a cleartext page, deepest last. */
bool judge_known_page(struct judging *j, const struct vendpoint *page)
{
    const struct observations *o = j->o;
    struct pagediff diff;
    if (!j->fps) {
        return false;
    }
    pagediff_compute(o, page, &diff);
    if (diff.same) {
        return false; /* what everybody gets may look like a block page */
    }
    if (judge_known_hop(j)) {
        return true;
    }
    if (page->tls.known || diff.peculiar_headers > 0) {
        return false; /* it is the site's server that sends it */
    }
    const struct fingerprint *harmless = NULL;
    const struct fingerprint *fp =
        fingerprints_match_body(j->fps, page->resp.body, &harmless);
    if (harmless) {
        struct ids ids = ids_one(page->id);
        judging_alternative(j, NOTE_HARMLESS, &ids);
        return false;
    }
    return fp && use_fingerprint(j, page, fp);
}
