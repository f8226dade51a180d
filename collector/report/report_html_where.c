// SPDX-License-Identifier: Apache-2.0
/* Section 1: the table of sites, and the charts. */
#include "collector/report/report_html_where.h"

#include "base/calendar.h"
#include "base/html.h"
#include "collector/html/svg.h"
#include "collector/html/table.h"
#include "collector/report/report_html_parts.h"
#include "collector/report/report_text.h"
#include "verdict/xstate.h"
#include "words/phrase.h"
#include "words/words.h"
#include <stdio.h>

#define SITES_MAX 60 /* rows of the overview */

static void site_methods(struct buf *b, unsigned methods)
{
    bool any = false;
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        enum method m = report_text_methods[i];
        if ((methods & 1u << m) != 0) {
            buf_printf(b, "%s%s", any ? "<br/>" : "", words_method(m)->name);
            any = true;
        }
    }
}

static void overview_row(struct buf *b, const struct report_site *s)
{
    buf_add_c(b, "<tr>");
    table_cell(b, "Site", " class=\"s\"");
    report_html_parts_site(b, s->site);
    buf_add_c(b, "</td>");
    table_cell(b, "Kind", "");
    html_add(b, s->category ? s->category->meaning : "not recorded", 80);
    buf_add_c(b, "</td>");
    table_cell(b, "How", "");
    site_methods(b, s->methods);
    buf_add_c(b, "</td>");
    table_cell(b, "Networks", " class=\"n\"");
    buf_printf(b, "%llu of %llu</td>", (unsigned long long)s->networks,
               (unsigned long long)s->tested);
    table_cell(b, "Blocked", " class=\"n\"");
    buf_printf(b, "%llu of %llu", (unsigned long long)s->blocked,
               (unsigned long long)s->measurements);
    buf_add_c(b, s->intermittent ? "<br/><small>intermittent</small></td>"
                                 : "</td>");
    table_cell(b, "Observers", " class=\"n\"");
    buf_printf(b, "%u</td>", s->observers);
    table_cell(b, "Seen", " class=\"nw\"");
    calendar_add_day(b, calendar_day(s->first_s));
    if (calendar_day(s->first_s) != calendar_day(s->last_s)) {
        buf_add_c(b, " to<br/>");
        calendar_add_day(b, calendar_day(s->last_s));
    }
    buf_add_c(b, "</td>");
    table_cell(b, "Confidence", "");
    buf_printf(b, "%s</td></tr>\n", report_text_confidence(s->confidence));
}

static void overview(struct buf *b, const struct report *rep)
{
    size_t n = rep->n_sites < SITES_MAX ? rep->n_sites : SITES_MAX;
    if (n == 0) {
        return;
    }
    buf_add_c(b,
              "<h3>Sites interfered with</h3>\n<table class=\"st\"><thead><tr>"
              "<th scope=\"col\">Site</th><th scope=\"col\">Kind</th>"
              "<th scope=\"col\">How</th><th scope=\"col\" "
              "class=\"n\">Networks</th><th scope=\"col\" class=\"n\">Blocked"
              "</th><th scope=\"col\" class=\"n\">Observers</th>"
              "<th scope=\"col\">Seen (UTC)</th>"
              "<th scope=\"col\">Confidence</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < n; i++) {
        overview_row(b, &rep->sites[i]);
    }
    buf_add_c(b, "</tbody></table>\n");
    report_html_parts_more(b, n, rep->n_sites, "sites", "targets.csv");
    buf_add_c(b,
              "<p class=\"soft\"><b>Networks</b>: where it was seen, of those "
              "that tested the site. <b>Blocked</b>: measurements, of all on "
              "those networks. <b>Observers</b>: independent measurers who saw "
              "it, over all networks.</p>\n");
}

static void legend(struct buf *b)
{
    static const int states[] = {X_BLOCKED, X_INCONCLUSIVE, X_DOWN, X_INTERNAL,
                                 X_OK};
    buf_add_c(b, "<ul class=\"legend\">");
    for (size_t i = 0; i < AGGREGATE_STATES; i++) {
        buf_add_c(b, "<li>");
        svg_key(b, states[i]);
        buf_printf(b, "%s</li>", report_text_state(states[i]));
    }
    buf_add_c(b, "</ul>\n");
}

static void network_chart(struct buf *b, const struct report *rep)
{
    size_t total = rep->aggregate->n_networks;
    size_t n = total < REPORT_HTML_NETWORKS ? total : REPORT_HTML_NETWORKS;
    char title[160];
    buf_add_c(b, "<h3>Results of all measurements, by network</h3>\n");
    legend(b);
    buf_add_c(b, "<div class=\"rows\">\n");
    for (size_t i = 0; i < n; i++) {
        const struct aggregate_network *net = rep->networks[i];
        const uint64_t *c = net->count.n;
        snprintf(title, sizeof(title),
                 "AS%u: %llu blocked, %llu inconclusive, %llu down, %llu "
                 "internal, %llu reached",
                 net->asn, (unsigned long long)c[X_BLOCKED],
                 (unsigned long long)c[X_INCONCLUSIVE],
                 (unsigned long long)c[X_DOWN],
                 (unsigned long long)c[X_INTERNAL],
                 (unsigned long long)c[X_OK]);
        buf_add_c(b, "<div class=\"l\">");
        report_html_parts_network(b, net);
        buf_add_c(b, "</div><div class=\"c\">");
        svg_stacked(b, title, net->count.n);
        buf_add_c(b, "</div><div class=\"v\">");
        phrase_count(b, c[X_BLOCKED]);
        buf_add_c(b, " of ");
        phrase_count(b, aggregate_total(&net->count));
        buf_add_c(b, "</div>\n");
    }
    buf_add_c(b, "</div>\n");
    report_html_parts_more(b, n, total, "networks", "networks.csv");
}

/* A bar for each method that was found. */
static void method_bars(struct buf *b, const struct report *rep, uint64_t max)
{
    buf_add_c(b, "<h3>How it was done</h3>\n<div class=\"rows\">\n");
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        enum method m = report_text_methods[i];
        uint64_t n = rep->by_method[m];
        if (n == 0) {
            continue;
        }
        buf_printf(b, "<div class=\"l\">%s (%s)</div><div class=\"c\">",
                   words_method(m)->name, report_text_method_key(m));
        svg_bar(b, words_method(m)->name, n, max);
        buf_printf(b, "</div><div class=\"v\">%llu finding%s</div>\n",
                   (unsigned long long)n, n == 1 ? "" : "s");
    }
    buf_add_c(b, "</div>\n");
}

static void method_chart(struct buf *b, const struct report *rep)
{
    uint64_t max = 0;
    for (size_t m = 0; m < METHOD_COUNT; m++) {
        max = rep->by_method[m] > max ? rep->by_method[m] : max;
    }
    if (max == 0) {
        return;
    }
    method_bars(b, rep, max);
    buf_add_c(b, "<dl>\n");
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        enum method m = report_text_methods[i];
        if (rep->by_method[m] > 0) {
            buf_printf(b, "<dt><b>%s</b></dt><dd>%s</dd>\n",
                       words_method(m)->name, words_method(m)->text);
        }
    }
    buf_add_c(b, "</dl>\n");
}

static void timeline(struct buf *b, const struct report *rep)
{
    const uint64_t *cols[REPORT_BINS];
    char desc[200];
    if (rep->n_bins == 0) {
        return;
    }
    for (size_t i = 0; i < rep->n_bins; i++) {
        cols[i] = rep->bins[i].count.n;
    }
    snprintf(desc, sizeof(desc),
             "%zu columns of %lld day%s each; %llu of %llu measurements "
             "blocked",
             rep->n_bins, (long long)rep->bin_days,
             rep->bin_days == 1 ? "" : "s",
             (unsigned long long)rep->aggregate->count.n[X_BLOCKED],
             (unsigned long long)aggregate_total(&rep->aggregate->count));
    if (rep->bin_days == 1) {
        buf_add_c(b, "<h3>Measurements per day</h3>\n");
    } else {
        buf_printf(b, "<h3>Measurements per %lld days</h3>\n",
                   (long long)rep->bin_days);
    }
    legend(b);
    svg_columns(b, "Measurements over time", desc, cols, rep->n_bins, 110);
    /* the axis is as wide as the columns */
    buf_printf(b, "<div class=\"axis\" style=\"width:%zu%%\"><span>",
               rep->n_bins < SVG_COLUMNS_MIN
                   ? rep->n_bins * 100 / SVG_COLUMNS_MIN
                   : 100);
    calendar_add_day(b, rep->bins[0].from_day);
    buf_add_c(b, "</span>");
    if (rep->n_bins > 4) { /* room for both dates on a phone */
        buf_add_c(b, "<span>");
        calendar_add_day(b, rep->bins[rep->n_bins - 1].from_day);
        buf_add_c(b, "</span>");
    }
    buf_add_c(b, "</div>\n");
}

void report_html_where(struct buf *b, const struct report *rep)
{
    buf_add_c(b, "<section class=\"page\" id=\"s1\">\n<h2>1. Where and "
                 "how</h2>\n");
    if (aggregate_total(&rep->aggregate->count) == 0) {
        buf_add_c(b, "<p>Nothing was measured.</p>\n</section>\n");
        return;
    }
    overview(b, rep);
    network_chart(b, rep);
    timeline(b, rep);
    method_chart(b, rep);
    buf_add_c(b, "</section>\n");
}
