// SPDX-License-Identifier: Apache-2.0
/* report.html: one file, no script, nothing fetched from anywhere, charts as
 * inline SVG; well-formed as XML too, so that it can be checked. Long lists
 * are cut with a pointer to the annex, so its size is bounded whatever the
 * data.
 */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_HTML_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_HTML_H

#include "collector/report/report_text.h"

#define HTML_KEY_FINDINGS 5   /* on the first page */
#define HTML_SITES        60  /* rows of the overview */
#define HTML_PER_NETWORK  40  /* findings told in full, per network */
#define HTML_FINDINGS     240 /* and over all networks */
#define HTML_NETWORKS     60  /* rows of charts and tables */
#define HTML_NAMES        80  /* sites named in one list */
#define HTML_URL_CHARS    240
#define HTML_UIDS         3

void report_html(struct buf *b, const struct report *rep);

/* Parts, each in its own file. */
extern const char report_css[];
void html_findings(struct buf *b, const struct report *rep);
void html_rights(struct buf *b, const struct report *rep);
void html_coverage(struct buf *b, const struct report *rep);
void html_method(struct buf *b, const struct report *rep);

/* `<td data-l="LABEL"` ... the label is shown where the table is stacked. */
void html_td(struct buf *b, const char *label, const char *attr);
void html_network(struct buf *b, const struct aggregate_network *n);
/* "and 12 more, all in FILE" when shown < total. */
void html_more(struct buf *b, uint64_t shown, uint64_t total, const char *what,
               const char *file);

#endif
