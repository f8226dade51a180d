// SPDX-License-Identifier: Apache-2.0
/* Tables that are stacked on a narrow screen: there each cell shows the name of
 * its column before it. The style that does so belongs to the page
 * (table.st in report_html_css.c).
 */
#ifndef PARALLAX_COLLECTOR_HTML_TABLE_H
#define PARALLAX_COLLECTOR_HTML_TABLE_H

#include "base/buf.h"

/* Appends the start of a cell: `<td data-l="LABEL" ATTR>`. Both are HTML, not
 * data; `attr` is "" or begins with a space. */
void table_cell(struct buf *b, const char *label, const char *attr);

#endif
