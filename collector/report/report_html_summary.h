// SPDX-License-Identifier: Apache-2.0
/* The first page of report.html: what can be read in a minute. */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_HTML_SUMMARY_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_HTML_SUMMARY_H

#include "base/buf.h"
#include "collector/report/report.h"

/* Appends it. */
void report_html_summary(struct buf *b, const struct report *rep);

#endif
