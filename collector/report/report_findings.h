// SPDX-License-Identifier: Apache-2.0
/* The findings of a report and the sites that have any: in which order they
 * are told, how sure each is, and which innocent explanations remain. The
 * rules are published in the report itself (section 6) and in REPORT_RULES'
 * version.
 */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_FINDINGS_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_FINDINGS_H

#include "collector/report/report.h"

/* Fills the part "findings" of `rep`, save each finding's commitments;
 * rep->cc and rep->aggregate are set. ERR_NOMEM. */
MUST_USE enum err report_findings_build(struct region *r,
                                        const struct coalition *c,
                                        struct report *rep);

#endif
