// SPDX-License-Identifier: Apache-2.0
/* What was tested and what was not: networks, sites by what came of them,
 * kinds of sites left out, days without a measurement, the timeline.
 */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_COVERAGE_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_COVERAGE_H

#include "collector/report/report.h"

/* Fills the part "coverage" of `rep`; its times and its aggregate are set.
 * ERR_NOMEM, ERR_LIMIT. */
MUST_USE enum err report_coverage_build(struct region *r,
                                        const struct coalition *c,
                                        struct report *rep);

#endif
