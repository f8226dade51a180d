// SPDX-License-Identifier: Apache-2.0
/* Which rights the findings touch, and which commitments name those rights and
 * stood for the country on the days of the findings.
 */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_RIGHTS_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_RIGHTS_H

#include "collector/report/report.h"

/* Fills the part "rights" of `rep` and the commitments of its findings, which
 * are built. ERR_NOMEM. */
MUST_USE enum err report_rights_build(struct region *r,
                                      const struct coalition *c,
                                      struct report *rep);

#endif
