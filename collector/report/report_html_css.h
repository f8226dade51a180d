// SPDX-License-Identifier: Apache-2.0
/* The style of report.html, in the page itself: nothing is fetched. */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_HTML_CSS_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_HTML_CSS_H

/* CSS, as it stands in <style>. */
extern const char report_html_css[];

#endif
