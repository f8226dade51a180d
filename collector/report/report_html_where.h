// SPDX-License-Identifier: Apache-2.0
/* Section 1 of report.html, where and how: sites interfered with, and charts by
 * network, day and method.
 */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_HTML_WHERE_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_HTML_WHERE_H

#include "base/buf.h"
#include "collector/report/report.h"

/* Appends it. Lists are cut with a pointer to the annex. */
void report_html_where(struct buf *b, const struct report *rep);

#endif
