// SPDX-License-Identifier: Apache-2.0
/* Draws rectangles: shares and heights of counts by state. */
#include "collector/html/svg.h"

#include "base/html.h"
#include "verdict/xstate.h"

#define BAR_HEIGHT 16  /* pixels */
#define MAX_TITLE  200 /* characters */
#define MAX_DESC   500

/* Order of drawing: what matters most stands first. */
static const int order[SVG_STATES] = {X_BLOCKED, X_INCONCLUSIVE, X_DOWN,
                                      X_INTERNAL, X_OK};

static const char *fill_of(int state)
{
    switch (state) {
    case X_BLOCKED:
        return "#7a1a1a";
    case X_INCONCLUSIVE:
        return "url(#p-unsure)";
    case X_DOWN:
        return "url(#p-down)";
    case X_INTERNAL:
        return "#ffffff";
    default:
        return "#c3d2dc";
    }
}

void svg_patterns(struct buf *b)
{
    buf_add_c(
        b,
        "<svg class=\"defs\" width=\"0\" height=\"0\" aria-hidden=\"true\" "
        "focusable=\"false\"><defs>\n"
        "<pattern id=\"p-unsure\" width=\"6\" height=\"6\" "
        "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
        "<rect width=\"6\" height=\"6\" fill=\"#ffffff\"/>"
        "<rect width=\"2.4\" height=\"6\" fill=\"#7d6a3a\"/></pattern>\n"
        "<pattern id=\"p-down\" width=\"5\" height=\"5\" "
        "patternUnits=\"userSpaceOnUse\">"
        "<rect width=\"5\" height=\"5\" fill=\"#ffffff\"/>"
        "<circle cx=\"2.5\" cy=\"2.5\" r=\"1.4\" fill=\"#59636b\"/></pattern>\n"
        "</defs></svg>\n");
}

static void rect(struct buf *b, double x, double y, double w, double h,
                 int state, bool percent_y)
{
    buf_printf(b,
               "<rect x=\"%.3f%%\" y=\"%.2f\" width=\"%.3f%%\" "
               "height=\"%.2f\" fill=\"%s\" stroke=\"#44505a\" "
               "stroke-width=\"%s\"/>",
               x, y, w, h, fill_of(state), percent_y ? "0.5" : "0.6");
}

static uint64_t total_of(const uint64_t *by_state)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < SVG_STATES; i++) {
        sum += by_state[i];
    }
    return sum;
}

/* A row as wide as there is room, up to the end of its title. */
static void row_begin(struct buf *b, const char *title)
{
    buf_printf(b,
               "<svg class=\"bar\" width=\"100%%\" height=\"%d\" "
               "role=\"img\"><title>",
               BAR_HEIGHT);
    html_add(b, title, MAX_TITLE);
    buf_add_c(b, "</title>");
}

void svg_stacked(struct buf *b, const char *title,
                 const uint64_t by_state[SVG_STATES])
{
    uint64_t total = total_of(by_state);
    double x = 0;
    row_begin(b, title);
    for (size_t i = 0; i < SVG_STATES && total > 0; i++) {
        uint64_t n = by_state[order[i]];
        double w = 100.0 * (double)n / (double)total;
        if (n > 0) {
            rect(b, x, 0.5, w, BAR_HEIGHT - 1, order[i], false);
        }
        x += w;
    }
    buf_add_c(b, "</svg>");
}

void svg_bar(struct buf *b, const char *title, uint64_t n, uint64_t max)
{
    row_begin(b, title);
    if (max > 0) {
        rect(b, 0, 0.5, 100.0 * (double)n / (double)max, BAR_HEIGHT - 1,
             X_BLOCKED, false);
    }
    buf_add_c(b, "</svg>");
}

/* One column from the foot up; `max` is as high as there is room. */
static void column(struct buf *b, const uint64_t *by_state, uint64_t max,
                   unsigned height, double x, double width)
{
    double y = height;
    for (size_t i = 0; i < SVG_STATES; i++) {
        uint64_t n = by_state[order[i]];
        double h = (double)(height - 2) * (double)n / (double)max;
        if (n > 0) {
            y -= h;
            rect(b, x, y, width, h, order[i], true);
        }
    }
}

void svg_columns(struct buf *b, const char *title, const char *desc,
                 const uint64_t *const *columns, size_t n, unsigned height)
{
    uint64_t max = 1;
    for (size_t i = 0; i < n; i++) {
        uint64_t total = total_of(columns[i]);
        max = total > max ? total : max;
    }
    buf_printf(b,
               "<svg class=\"cols\" width=\"100%%\" height=\"%u\" "
               "role=\"img\"><title>",
               height);
    html_add(b, title, MAX_TITLE);
    buf_add_c(b, "</title><desc>");
    html_add(b, desc, MAX_DESC);
    buf_add_c(b, "</desc>");
    double step = 100.0 / (double)(n < SVG_COLUMNS_MIN ? SVG_COLUMNS_MIN : n);
    for (size_t i = 0; i < n; i++) {
        column(b, columns[i], max, height, (double)i * step + step * 0.1,
               step * 0.8);
    }
    buf_add_c(b, "</svg>");
}

void svg_key(struct buf *b, int state)
{
    buf_printf(b,
               "<svg class=\"key\" width=\"14\" height=\"14\" "
               "aria-hidden=\"true\"><rect x=\"1\" y=\"1\" width=\"12\" "
               "height=\"12\" fill=\"%s\" stroke=\"#44505a\" "
               "stroke-width=\"0.8\"/></svg>",
               fill_of(state));
}
