// SPDX-License-Identifier: Apache-2.0
/* Section 2 of report.html: each finding with its evidence, how sure it is,
 * what rights it touches and what else it could be.
 */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_HTML_FINDINGS_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_HTML_FINDINGS_H

#include "base/buf.h"
#include "collector/report/report.h"

/* Appends it. Lists are cut with a pointer to the annex. */
void report_html_findings(struct buf *b, const struct report *rep);

#endif
