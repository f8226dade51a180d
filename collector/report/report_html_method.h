// SPDX-License-Identifier: Apache-2.0
/* Sections 6 to 9 of report.html, the same in each report but for a few names:
 * rules of confidence, limits, how to verify, glossary.
 */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_HTML_METHOD_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_HTML_METHOD_H

#include "base/buf.h"
#include "collector/report/report.h"

/* Appends it. */
void report_html_method(struct buf *b, const struct report *rep);

#endif
