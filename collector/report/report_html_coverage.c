// SPDX-License-Identifier: Apache-2.0
/* Sections 4 and 5: what was tested and what was not. */
#include "collector/report/report_html_coverage.h"
#include "collector/store/store_claim.h"

#include "base/calendar.h"
#include "base/html.h"
#include "collector/html/table.h"
#include "collector/report/report_html_parts.h"
#include "words/phrase.h"

#define NAMES_MAX 80 /* sites named in one list */

static void name_list(struct buf *b, const struct report *rep,
                      enum report_status status, const char *title,
                      const char *note)
{
    uint64_t total = rep->by_status[status], shown = 0;
    if (total == 0) {
        return;
    }
    buf_printf(b, "<h3>%s: ", title);
    phrase_count(b, total);
    buf_printf(b,
               " site%s</h3>\n<p class=\"soft\">%s</p>\n"
               "<ul class=\"names\">\n",
               total == 1 ? "" : "s", note);
    for (size_t i = 0; i < rep->aggregate->n_sites && shown < NAMES_MAX; i++) {
        if (rep->tested[i].status == status) {
            buf_add_c(b, "<li>");
            report_html_parts_site(b, rep->tested[i].site);
            buf_add_c(b, "</li>\n");
            shown++;
        }
    }
    buf_add_c(b, "</ul>\n");
    report_html_parts_more(b, shown, total, "sites", "targets.csv");
}

static void networks_table(struct buf *b, const struct report *rep)
{
    size_t total = rep->aggregate->n_networks;
    size_t n = total < REPORT_HTML_NETWORKS ? total : REPORT_HTML_NETWORKS;
    buf_add_c(b, "<table class=\"st\"><caption>Networks</caption><thead><tr>"
                 "<th scope=\"col\">Network</th>"
                 "<th scope=\"col\" class=\"n\">Measurements</th>"
                 "<th scope=\"col\" class=\"n\">Sites tested</th>"
                 "<th scope=\"col\" class=\"n\">Sites interfered with</th>"
                 "<th scope=\"col\" class=\"n\">Days</th>"
                 "<th scope=\"col\" class=\"n\">Observers</th></tr></thead>"
                 "<tbody>\n");
    for (size_t i = 0; i < n; i++) {
        const struct aggregate_network *net = rep->networks[i];
        buf_add_c(b, "<tr>");
        table_cell(b, "Network", "");
        report_html_parts_network(b, net);
        buf_add_c(b, "</td>");
        table_cell(b, "Measurements", " class=\"n\"");
        phrase_count(b, aggregate_total(&net->count));
        buf_add_c(b, "</td>");
        table_cell(b, "Sites tested", " class=\"n\"");
        phrase_count(b, net->sites);
        buf_add_c(b, "</td>");
        table_cell(b, "Interfered", " class=\"n\"");
        phrase_count(b, net->blocked);
        buf_add_c(b, "</td>");
        table_cell(b, "Days", " class=\"n\"");
        phrase_count(b, net->days);
        buf_add_c(b, "</td>");
        table_cell(b, "Observers", " class=\"n\"");
        buf_printf(b, "%u</td></tr>\n", net->observers);
    }
    buf_add_c(b, "</tbody></table>\n");
    report_html_parts_more(b, n, total, "networks", "networks.csv");
}

static void gaps(struct buf *b, const struct report *rep)
{
    size_t shown = rep->n_gaps < 20 ? rep->n_gaps : 20;
    buf_add_c(b, "<li><b>Days without any measurement:</b> ");
    phrase_count(b, (uint64_t)(rep->days - rep->days_measured));
    buf_add_c(b, " of ");
    phrase_count(b, (uint64_t)rep->days);
    for (size_t i = 0; i < shown; i++) {
        buf_add_c(b, i == 0 ? ": " : ", ");
        calendar_add_day(b, rep->gaps[i].from_day);
        if (rep->gaps[i].to_day != rep->gaps[i].from_day) {
            buf_add_c(b, " to ");
            calendar_add_day(b, rep->gaps[i].to_day);
        }
    }
    buf_add_c(b, shown < rep->n_gaps
                     ? " and more, to be read from <code>coverage.csv</code>."
                     : ".");
    buf_add_c(b, "</li>\n");
}

static void not_tested(struct buf *b, const struct report *rep)
{
    buf_add_c(b, "<section id=\"s5\">\n<h2>5. What was not tested</h2>\n"
                 "<p class=\"note\"><b>No finding is not “no "
                 "censorship”.</b> Of what is named here, nothing can be "
                 "said.</p>\n<ul>\n<li><b>Kinds of sites of which none was "
                 "tested:</b> ");
    for (size_t i = 0; i < rep->n_untested; i++) {
        buf_add_c(b, i > 0 ? "; " : "");
        html_add(b, rep->untested[i]->meaning, 80);
        buf_add_c(b, " (");
        html_add(b, rep->untested[i]->code, 12);
        buf_add_c(b, ")");
    }
    buf_add_c(b, rep->n_untested == 0 ? "none.</li>\n" : ".</li>\n");
    buf_add_c(b, "<li><b>Networks seen by a single observer only:</b> ");
    phrase_count(b, rep->single_observer);
    buf_add_c(b, " of ");
    phrase_count(b, rep->aggregate->n_networks);
    size_t shown = 0;
    for (size_t i = 0; i < rep->aggregate->n_networks && shown < 20; i++) {
        if (rep->networks[i]->observers == 1) {
            buf_add_c(b, shown++ == 0 ? ": " : ", ");
            report_html_parts_network(b, rep->networks[i]);
        }
    }
    buf_add_c(b, shown < rep->single_observer
                     ? " and more, see <code>networks.csv</code>.</li>\n"
                     : ".</li>\n");
    gaps(b, rep);
    buf_add_c(b, "<li><b>Networks without a volunteer:</b> all others of the "
                 "country. How many of its people use the networks tested is "
                 "not recorded.</li>\n"
                 "<li><b>Not measured at all:</b> apps, calls and messages, "
                 "shutdowns of whole networks, slowed connections, single "
                 "pages inside a site other than those listed.</li>\n"
                 "</ul>\n</section>\n");
}

/* What is stored of the period and stands behind nothing here. */
static void set_aside(struct buf *b, const struct aggregate *a)
{
    uint64_t future = a->set_aside[TIMING_FUTURE];
    uint64_t old = a->set_aside[TIMING_OLD];
    if (future + old == 0) {
        return;
    }
    buf_add_c(b, "<p>Set aside and counted nowhere, because nobody vouches for "
                 "where they come from: ");
    if (old > 0) {
        phrase_count(b, old);
        buf_printf(b, " measurement%s older than 35 days when %s came",
                   old == 1 ? "" : "s", old == 1 ? "it" : "they");
    }
    buf_add_c(b, old > 0 && future > 0 ? "; " : "");
    if (future > 0) {
        phrase_count(b, future);
        buf_add_c(b, " that claimed to be of the future");
    }
    buf_add_c(b, ".</p>\n");
}

/* What was measured of more than a report can tell apart. */
static void other(struct buf *b, const struct aggregate *a)
{
    uint64_t n = aggregate_total(&a->other);
    if (n == 0) {
        return;
    }
    buf_add_c(b, "<p>Counted in the sums alone, because a report has room for "
                 "only so many sites and networks and nobody is known to stand "
                 "behind them: ");
    phrase_count(b, n);
    buf_printf(b, " measurement%s.</p>\n", n == 1 ? "" : "s");
}

void report_html_coverage(struct buf *b, const struct report *rep)
{
    buf_add_c(b, "<section id=\"s4\">\n<h2>4. What was "
                 "tested</h2>\n<p>");
    phrase_count(b, rep->aggregate->n_sites);
    buf_add_c(b, " sites on ");
    phrase_count(b, rep->aggregate->n_networks);
    buf_printf(b, " network%s, in ",
               rep->aggregate->n_networks == 1 ? "" : "s");
    phrase_count(b, aggregate_total(&rep->aggregate->count));
    buf_add_c(b, " measurements on ");
    phrase_count(b, (uint64_t)rep->days_measured);
    buf_printf(
        b, " day%s. With interference: ", rep->days_measured == 1 ? "" : "s");
    phrase_count(b, rep->by_status[SITE_BLOCKED]);
    buf_add_c(b, "; reached: ");
    phrase_count(b, rep->by_status[SITE_OK]);
    buf_add_c(b, "; down for everybody: ");
    phrase_count(b, rep->by_status[SITE_DOWN]);
    buf_add_c(b, "; inconclusive: ");
    phrase_count(b, rep->by_status[SITE_INCONCLUSIVE]);
    buf_add_c(b, "; failed at the measuring end: ");
    phrase_count(b, rep->by_status[SITE_INTERNAL]);
    buf_add_c(b, ".</p>\n");
    set_aside(b, rep->aggregate);
    other(b, rep->aggregate);
    if (rep->aggregate->n_networks > 0) {
        networks_table(b, rep);
    }
    name_list(b, rep, SITE_OK, "Reached",
              "Opened at least once, and no measurement showed interference.");
    name_list(b, rep, SITE_DOWN, "Down for everybody",
              "Unreachable from the control as well: not interference.");
    name_list(b, rep, SITE_INCONCLUSIVE, "Inconclusive",
              "The measurements do not tell interference from a fault, for "
              "instance where a site answers visitors differently.");
    name_list(b, rep, SITE_INTERNAL, "Failed at the measuring end",
              "The measuring computer could not do its part.");
    buf_add_c(b, "</section>\n");
    not_tested(b, rep);
}
