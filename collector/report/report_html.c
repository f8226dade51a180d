// SPDX-License-Identifier: Apache-2.0
#include "collector/report/report_html.h"

#include "base/calendar.h"
#include "base/html.h"
#include "collector/html/svg.h"
#include "verdict/verdict.h"
#include "words/phrase.h"
#include <stdio.h>
#include <string.h>

void html_td(struct buf *b, const char *label, const char *attr)
{
    buf_printf(b, "<td data-l=\"%s\"%s>", label, attr);
}

void html_network(struct buf *b, const struct aggregate_network *n)
{
    buf_printf(b, "AS%u", n->asn);
    if (n->name[0] != '\0') {
        buf_add_c(b, " <bdi>");
        html_add(b, n->name, 80);
        buf_add_c(b, "</bdi>");
    }
}

void html_more(struct buf *b, uint64_t shown, uint64_t total, const char *what,
               const char *file)
{
    if (shown >= total) {
        return;
    }
    buf_add_c(b, "<p class=\"soft\">And ");
    phrase_count(b, total - shown);
    buf_printf(b, " more %s, all of them in <code>%s</code>.</p>\n", what,
               file);
}

static void head(struct buf *b, const struct report *rep)
{
    buf_add_c(b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                 "<meta charset=\"utf-8\"/>\n"
                 "<meta name=\"viewport\" content=\"width=device-width, "
                 "initial-scale=1\"/>\n"
                 "<meta name=\"referrer\" content=\"no-referrer\"/>\n"
                 "<meta http-equiv=\"Content-Security-Policy\" "
                 "content=\"default-src 'none'; style-src "
                 "'unsafe-inline'\"/>\n<title>INTERNAL: interference with "
                 "websites in ");
    html_add(b, text_country(rep), 80);
    buf_add_c(b, "</title>\n<style>\n");
    buf_add_c(b, report_css);
    buf_add_c(b, "</style>\n</head>\n<body>\n");
    svg_patterns(b);
    buf_add_c(b, "<div class=\"mark\"><b>INTERNAL</b><span>For the coalition's "
                 "own work. Not for publication.</span></div>\n<main>\n");
}

static void tile(struct buf *b, uint64_t n, const char *of, uint64_t total,
                 const char *what)
{
    buf_add_c(b, "<li><b>");
    phrase_count(b, n);
    if (of) {
        buf_add_c(b, of);
        phrase_count(b, total);
    }
    buf_printf(b, "</b><span>%s</span></li>\n", what);
}

static void tiles(struct buf *b, const struct report *rep)
{
    const struct aggregate *a = rep->agg;
    buf_add_c(b, "<ul class=\"tiles\">\n");
    tile(b, rep->n_sites, " of ", a->n_sites, "sites tested with interference");
    tile(b, rep->affected, " of ", a->n_networks,
         "networks tested with interference");
    tile(b, aggregate_total(&a->count), NULL, 0, "measurements");
    tile(b, (uint64_t)rep->days_measured, " of ", (uint64_t)rep->days,
         "days of the period with a measurement");
    buf_add_c(b, "</ul>\n");
}

/* One quotable sentence, how sure, how to verify. */
static void key_finding(struct buf *b, const struct report *rep,
                        const struct report_site *s)
{
    struct buf t;
    const struct aggregate_finding *f = s->best->f;
    buf_init(&t, 8192);
    text_key_sentence(rep->region, &t, rep, s);
    buf_add_byte(&t, '\0');
    buf_add_c(b, "<li><p>");
    html_add(b, t.failed == ERR_OK ? (const char *)t.p : "", 4000);
    buf_fini(&t);
    buf_add_c(b, "</p><p class=\"ev\">Measured blocked ");
    phrase_count(b, s->blocked);
    buf_add_c(b, " of ");
    phrase_count(b, s->measurements);
    buf_add_c(b, " times; ");
    text_strength(b, s->strength, s->site->blocked_networks, s->observers);
    if (s->strength == STRENGTH_NETWORKS) {
        buf_add_c(b, " by ");
        text_observers(b, s->observers);
    }
    buf_printf(b, "; confidence %s. Verify: <span class=\"uid\">",
               text_confidence(s->confidence));
    html_add(b, f->uids[0], 80);
    buf_add_c(b, "</span></p></li>\n");
}

static void key_findings(struct buf *b, const struct report *rep)
{
    size_t n =
        rep->n_sites < HTML_KEY_FINDINGS ? rep->n_sites : HTML_KEY_FINDINGS;
    buf_add_c(b, "<h3>Key findings</h3>\n");
    if (aggregate_total(&rep->agg->count) == 0) {
        buf_add_c(b, "<p>None: nothing was measured.</p>\n");
        return;
    }
    if (n == 0) {
        buf_add_c(b, "<p>No interference was found. That is not to say that "
                     "there was none: see what was not tested.</p>\n");
        return;
    }
    buf_add_c(b, "<ol class=\"key\">\n");
    for (size_t i = 0; i < n; i++) {
        key_finding(b, rep, &rep->sites[i]);
    }
    buf_add_c(b, "</ol>\n");
    if (n < rep->n_sites) {
        buf_add_c(b, "<p class=\"soft\">The ");
        phrase_count(b, rep->n_sites - n);
        buf_add_c(b, " other sites are in section 1.</p>\n");
    }
}

static void how_sure(struct buf *b, const struct report *rep)
{
    uint64_t by_level[4] = {0};
    for (size_t i = 0; i < rep->n_sites; i++) {
        by_level[rep->sites[i].confidence]++;
    }
    buf_add_c(b, "<h3>How sure we are</h3>\n<ul class=\"sure\">\n"
                 "<li><b>That interference took place</b>");
    bool any = false;
    for (int c = CONF_CONFIRMED; c >= CONF_LOW; c--) {
        if (by_level[c] > 0) {
            buf_printf(b, "%s%s for %llu site%s", any ? ", " : "Confidence ",
                       text_confidence((enum report_confidence)c),
                       (unsigned long long)by_level[c],
                       by_level[c] == 1 ? "" : "s");
            any = true;
        }
    }
    buf_add_c(b, ". Section 6 has the rule for each level.</li>\n"
                 "<li><b>That the network itself did it</b>Not assessed. The "
                 "measurements show on which networks it is felt, not whose "
                 "equipment does it.</li>\n"
                 "<li><b>That a State ordered it</b>Not assessed. We cannot "
                 "determine from measurements who ordered this.</li>\n</ul>\n");
}

static void summary(struct buf *b, const struct report *rep)
{
    const struct aggregate *a = rep->agg;
    buf_add_c(b,
              "<section id=\"summary\">\n<h1>Interference with websites in ");
    html_add(b, text_country(rep), 80);
    buf_add_c(b, "</h1>\n<p class=\"soft\">What volunteers' computers measured "
                 "from ");
    phrase_date(b, rep->since_s);
    buf_add_c(b, " to ");
    phrase_date(b, rep->until_s - 1);
    buf_add_c(b, " (UTC). Written ");
    calendar_add_minute(b, rep->generated_s);
    buf_add_c(b, " UTC");
    if (aggregate_total(&a->count) > 0) {
        buf_add_c(b, " from measurements received until ");
        calendar_add_minute(b, a->receipt_s);
        buf_add_c(b, " UTC");
    }
    buf_add_c(b, ".</p>\n");
    if (aggregate_total(&a->count) == 0) {
        buf_add_c(b, "<p class=\"note lead\"><b>Coverage is zero.</b> No "
                     "measurement from this country in this period is held "
                     "here. This report can say nothing about interference, "
                     "neither that there was any nor that there was "
                     "none.</p>\n");
    }
    tiles(b, rep);
    key_findings(b, rep);
    if (rep->n_sites > 0) {
        how_sure(b, rep);
    }
    buf_add_c(
        b, "<p class=\"note\">Measurements show <b>interference</b>: that "
           "something on the way disturbed access to a site. Whether that was "
           "lawful is for people to judge (section 3). Where nothing was "
           "found, or nothing was tested, censorship may still exist "
           "(section 5).</p>\n</section>\n");
}

static void contents(struct buf *b)
{
    static const char *const titles[] = {"Where and how",
                                         "Findings, one by one",
                                         "Rights and commitments",
                                         "What was tested",
                                         "What was not tested",
                                         "How sure, and what else it could be",
                                         "Method and limits",
                                         "How to verify",
                                         "Glossary"};
    buf_add_c(b, "<nav aria-label=\"Contents\"><ol>\n");
    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
        buf_printf(b, "<li><a href=\"#s%zu\">%s</a></li>\n", i + 1, titles[i]);
    }
    buf_add_c(b, "</ol></nav>\n");
}

#define N_METHODS 6

static const char *const method_keys[N_METHODS] = {
    "dns", "ip", "tls", "http", "throttling", "other"};

/* A method that is not in the list is the last of it. */
static size_t method_of(const struct aggregate_finding *f)
{
    size_t k = 0;
    while (k < N_METHODS - 1 && strcmp(method_keys[k], f->method) != 0) {
        k++;
    }
    return k;
}

static void site_methods(struct buf *b, const struct aggregate_site *site)
{
    bool seen[N_METHODS] = {false}, any = false;
    for (struct aggregate_finding *f = site->findings; f; f = f->next_of_site) {
        seen[method_of(f)] = true;
    }
    for (size_t k = 0; k < N_METHODS; k++) {
        if (seen[k]) {
            buf_printf(b, "%s%s", any ? "<br/>" : "",
                       text_method(method_keys[k]));
            any = true;
        }
    }
}

static void overview_row(struct buf *b, const struct report *rep,
                         const struct report_site *s)
{
    buf_add_c(b, "<tr>");
    html_td(b, "Site", " class=\"s\"");
    buf_add_c(b, "<bdi class=\"u\">");
    html_add(b, text_site(rep->region, s->site), HTML_URL_CHARS);
    buf_add_c(b, "</bdi></td>");
    html_td(b, "Kind", "");
    html_add(b, s->category ? s->category->meaning : "not recorded", 80);
    buf_add_c(b, "</td>");
    html_td(b, "How", "");
    site_methods(b, s->site);
    buf_add_c(b, "</td>");
    html_td(b, "Networks", " class=\"n\"");
    buf_printf(b, "%llu of %llu</td>",
               (unsigned long long)s->site->blocked_networks,
               (unsigned long long)s->site->networks);
    html_td(b, "Blocked", " class=\"n\"");
    buf_printf(b, "%llu of %llu", (unsigned long long)s->blocked,
               (unsigned long long)s->measurements);
    buf_add_c(b, s->ok_since > 0 ? "<br/><small>intermittent</small></td>"
                                 : "</td>");
    html_td(b, "Observers", " class=\"n\"");
    buf_printf(b, "%u</td>", s->observers);
    html_td(b, "Seen", " class=\"nw\"");
    calendar_add_day(b, calendar_day(s->first_s));
    if (calendar_day(s->first_s) != calendar_day(s->last_s)) {
        buf_add_c(b, " to<br/>");
        calendar_add_day(b, calendar_day(s->last_s));
    }
    buf_add_c(b, "</td>");
    html_td(b, "Confidence", "");
    buf_printf(b, "%s</td></tr>\n", text_confidence(s->confidence));
}

static void overview(struct buf *b, const struct report *rep)
{
    size_t n = rep->n_sites < HTML_SITES ? rep->n_sites : HTML_SITES;
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
        overview_row(b, rep, &rep->sites[i]);
    }
    buf_add_c(b, "</tbody></table>\n");
    html_more(b, n, rep->n_sites, "sites", "targets.csv");
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
    static const char *const names[] = {
        "blocked", "inconclusive", "down for everybody",
        "failed at the measuring end", "reached"};
    buf_add_c(b, "<ul class=\"legend\">");
    for (size_t i = 0; i < AGGREGATE_STATES; i++) {
        buf_add_c(b, "<li>");
        svg_key(b, states[i]);
        buf_printf(b, "%s</li>", names[i]);
    }
    buf_add_c(b, "</ul>\n");
}

static void network_chart(struct buf *b, const struct report *rep)
{
    size_t total = rep->agg->n_networks;
    size_t n = total < HTML_NETWORKS ? total : HTML_NETWORKS;
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
        html_network(b, net);
        buf_add_c(b, "</div><div class=\"c\">");
        svg_stacked(b, title, net->count.n);
        buf_add_c(b, "</div><div class=\"v\">");
        phrase_count(b, c[X_BLOCKED]);
        buf_add_c(b, " of ");
        phrase_count(b, aggregate_total(&net->count));
        buf_add_c(b, "</div>\n");
    }
    buf_add_c(b, "</div>\n");
    html_more(b, n, total, "networks", "networks.csv");
}

static void method_chart(struct buf *b, const struct report *rep)
{
    const char *const *keys = method_keys;
    uint64_t count[N_METHODS] = {0}, max = 0;
    for (size_t i = 0; i < rep->n_findings; i++) {
        size_t k = method_of(rep->findings[i].f);
        count[k]++;
        max = count[k] > max ? count[k] : max;
    }
    if (max == 0) {
        return;
    }
    buf_add_c(b, "<h3>How it was done</h3>\n<div class=\"rows\">\n");
    for (size_t k = 0; k < N_METHODS; k++) {
        if (count[k] == 0) {
            continue;
        }
        buf_printf(b, "<div class=\"l\">%s (%s)</div><div class=\"c\">",
                   text_method(keys[k]), keys[k]);
        svg_bar(b, text_method(keys[k]), count[k], max);
        buf_printf(b, "</div><div class=\"v\">%llu finding%s</div>\n",
                   (unsigned long long)count[k], count[k] == 1 ? "" : "s");
    }
    buf_add_c(b, "</div>\n<dl>\n");
    for (size_t k = 0; k < N_METHODS; k++) {
        if (count[k] > 0) {
            buf_printf(b, "<dt><b>%s</b></dt><dd>%s</dd>\n",
                       text_method(keys[k]), text_method_long(keys[k]));
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
             (unsigned long long)rep->agg->count.n[X_BLOCKED],
             (unsigned long long)aggregate_total(&rep->agg->count));
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

static void where_and_how(struct buf *b, const struct report *rep)
{
    buf_add_c(b, "<section class=\"page\" id=\"s1\">\n<h2>1. Where and "
                 "how</h2>\n");
    if (aggregate_total(&rep->agg->count) == 0) {
        buf_add_c(b, "<p>Nothing was measured.</p>\n</section>\n");
        return;
    }
    overview(b, rep);
    network_chart(b, rep);
    timeline(b, rep);
    method_chart(b, rep);
    buf_add_c(b, "</section>\n");
}

void report_html(struct buf *b, const struct report *rep)
{
    head(b, rep);
    summary(b, rep);
    contents(b);
    where_and_how(b, rep);
    html_findings(b, rep);
    html_rights(b, rep);
    html_coverage(b, rep);
    html_method(b, rep);
    buf_add_c(
        b,
        "</main>\n<div class=\"foot\">INTERNAL. Parallax " PARALLAX_VERSION
        ", report rules " REPORT_RULES ", verdict rules " VERDICT_RULES_VERSION
        ". We thank the volunteers who "
        "measured and who stay unnamed.</div>\n</body>\n</html>\n");
}
