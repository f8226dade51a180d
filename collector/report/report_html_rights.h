// SPDX-License-Identifier: Apache-2.0
/* Section 3 of report.html: rights, commitments, and the three-part test that
 * people fill in.
 */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_HTML_RIGHTS_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_HTML_RIGHTS_H

#include "base/buf.h"
#include "collector/report/report.h"

/* Appends it. Lists are cut with a pointer to the annex. */
void report_html_rights(struct buf *b, const struct report *rep);

#endif
