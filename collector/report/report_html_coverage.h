// SPDX-License-Identifier: Apache-2.0
/* Sections 4 and 5 of report.html: what was tested and what was not. */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_HTML_COVERAGE_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_HTML_COVERAGE_H

#include "base/buf.h"
#include "collector/report/report.h"

/* Appends it. Lists are cut with a pointer to the annex. */
void report_html_coverage(struct buf *b, const struct report *rep);

#endif
