// SPDX-License-Identifier: Apache-2.0
/* report.html: one file, no script, nothing fetched from anywhere, charts as
 * inline SVG; well-formed as XML too, so that it can be checked. Long lists
 * are cut with a pointer to the annex, so its size is bounded whatever the
 * data.
 */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_HTML_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_HTML_H

#include "base/buf.h"
#include "collector/report/report.h"

/* Appends the whole page. */
void report_html(struct buf *b, const struct report *rep);

#endif
