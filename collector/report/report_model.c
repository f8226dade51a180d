// SPDX-License-Identifier: Apache-2.0
/* Puts a report together: findings, then coverage and rights, which read them.
 */
#include "collector/report/report_model.h"

#include "collector/report/report_coverage.h"
#include "collector/report/report_findings.h"
#include "collector/report/report_rights.h"
#include <stdio.h>
#include <string.h>

/* The country's name as it stands in a sentence; NULL: no memory. */
static const char *inline_name(struct region *r, const char *cc,
                               const char *country)
{
    /* those that English names with an article */
    static const char codes[] = "AE BS CD CF CG DO FK FO GB GM KM KP KR KY LA "
                                "MH MV NL PH RU SB SY TC US VA VG VI ";
    char key[4];
    snprintf(key, sizeof(key), "%.2s ", cc);
    return strstr(codes, key) ? region_printf(r, "the %s", country) : country;
}

enum err report_model_build(struct region *r, const struct aggregate *agg,
                            const struct coalition *c,
                            const struct report_args *args, struct report **out)
{
    struct report *rep = region_alloc(r, sizeof(*rep));
    if (!rep) {
        return ERR_NOMEM;
    }
    rep->aggregate = agg;
    rep->cc = args->cc;
    rep->since_s = args->since_s;
    rep->until_s = args->until_s;
    rep->generated_s = args->generated_s;
    rep->generated_fixed = args->generated_fixed;
    rep->country = coalition_country(c, args->cc);
    if (!rep->country) {
        return ERR_INVAL;
    }
    rep->country_inline = inline_name(r, rep->cc, rep->country);
    if (!rep->country_inline) {
        return ERR_NOMEM;
    }
    enum err e = report_findings_build(r, c, rep);
    if (e == ERR_OK) {
        e = report_coverage_build(r, c, rep);
    }
    if (e == ERR_OK) {
        e = report_rights_build(r, c, rep);
    }
    if (e == ERR_OK) {
        *out = rep;
    }
    return e;
}
