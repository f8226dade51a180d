// SPDX-License-Identifier: Apache-2.0
/* Charts as inline SVG without text: bars in per cent of the width, so that
 * they fit a phone and a printed page alike; words and numbers stand beside
 * them as HTML. States are told apart by pattern as well as shade, so that a
 * print without colours can be read. Titles and descriptions are for people
 * whose program reads the page aloud; they are escaped here.
 *
 * Counts by state are arrays with one number per enum xstate
 * (verdict/xstate.h).
 */
#ifndef PARALLAX_COLLECTOR_HTML_SVG_H
#define PARALLAX_COLLECTOR_HTML_SVG_H

#include "base/buf.h"

#define SVG_STATES 5 /* enum xstate */
#define SVG_COLUMNS_MIN                                                        \
    14 /* with fewer columns each is as wide as with so many:                  \
          a chart of two days must not be two broad blocks */

/* The patterns of the states; once per page, before any chart. */
void svg_patterns(struct buf *b);
/* One row: the share of each state. */
void svg_stacked(struct buf *b, const char *title,
                 const uint64_t by_state[SVG_STATES]);
/* One row: `n` out of `max`, which fills it. */
void svg_bar(struct buf *b, const char *title, uint64_t n, uint64_t max);
/* `n` columns side by side, each its counts by state with blocked at the foot;
 * the largest is `height` pixels high. */
void svg_columns(struct buf *b, const char *title, const char *desc,
                 const uint64_t *const *columns, size_t n, unsigned height);
/* A small square with the pattern of one state, for a legend. */
void svg_key(struct buf *b, int state);

#endif
