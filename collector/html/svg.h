// SPDX-License-Identifier: Apache-2.0
/* Charts as inline SVG without text: bars in per cent of the width, so that
 * they fit a phone and a printed page alike; words and numbers stand beside
 * them as HTML. Told apart by pattern as well as shade, so that a grey print
 * reads as well. Titles and descriptions are for people who hear the page.
 */
#ifndef PARALLAX_COLLECTOR_HTML_SVG_H
#define PARALLAX_COLLECTOR_HTML_SVG_H

#include "collector/analysis/aggregate.h"

/* The patterns; once per page, before any chart. */
void svg_patterns(struct buf *b);
/* One row: shares of the five states. `title` is escaped here. */
void svg_stacked(struct buf *b, const char *title,
                 const struct aggregate_counts *c);
/* One row: `n` out of `max`. */
void svg_bar(struct buf *b, const char *title, uint64_t n, uint64_t max);
/* Columns side by side, blocked at the foot, height in pixels. */
void svg_columns(struct buf *b, const char *title, const char *desc,
                 const struct aggregate_counts *const *cols, size_t n,
                 unsigned height);
/* A small square of one state's pattern, for the legend. */
void svg_key(struct buf *b, int state);

#endif
