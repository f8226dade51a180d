// SPDX-License-Identifier: Apache-2.0
/* Pieces of the page that several sections write: names from data, escaped,
 * and what stands at the end of a list that was cut.
 */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_HTML_PARTS_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_HTML_PARTS_H

#include "base/buf.h"
#include "collector/analysis/aggregate.h"

#define REPORT_HTML_NETWORKS 60 /* rows of charts and tables at most */

/* Appends "AS137", and the network's name if it has one. */
void report_html_parts_network(struct buf *b,
                               const struct aggregate_network *n);
/* Appends a site's name. */
void report_html_parts_site(struct buf *b, const struct aggregate_site *site);
/* Appends "And 12 more WHAT, all of them in FILE." if not all were shown. */
void report_html_parts_more(struct buf *b, uint64_t shown, uint64_t total,
                            const char *what, const char *file);

#endif
