// SPDX-License-Identifier: Apache-2.0
#include "collector/report/report_html.h"

#include "base/calendar.h"
#include "base/html.h"
#include "verdict/verdict.h"
#include "words/phrase.h"
#include <string.h>

/* ---- rights and commitments ---------------------------------------------- */

static void count_rights(const struct report *rep, unsigned bit, uint64_t *pri,
                         uint64_t *sec)
{
    *pri = *sec = 0;
    for (size_t i = 0; i < rep->n_sites; i++) {
        const struct category *k = rep->sites[i].category;
        if (k && (k->primary & bit) != 0) {
            (*pri)++;
        } else if (k && (k->secondary & bit) != 0) {
            (*sec)++;
        }
    }
}

static void rights_table(struct buf *b, const struct report *rep)
{
    uint64_t pri, sec, unmapped = 0;
    buf_add_c(b, "<table><caption>Rights touched by the sites interfered with"
                 "</caption><thead><tr><th scope=\"col\">Right</th>"
                 "<th scope=\"col\">Universal Declaration</th>"
                 "<th scope=\"col\">Covenant (ICCPR)</th><th scope=\"col\" "
                 "class=\"n\">Sites, mainly</th><th scope=\"col\" class=\"n\">"
                 "Sites, also</th></tr></thead><tbody>\n");
    for (unsigned i = 0; i < RIGHTS_NAMED; i++) {
        count_rights(rep, 1u << i, &pri, &sec);
        buf_printf(b,
                   "<tr><td>%s</td><td>article %s</td><td>article %s</td>"
                   "<td class=\"n\">",
                   coalition_rights[i].name, coalition_rights[i].udhr,
                   coalition_rights[i].iccpr);
        phrase_count(b, pri);
        buf_add_c(b, "</td><td class=\"n\">");
        phrase_count(b, sec);
        buf_add_c(b, "</td></tr>\n");
    }
    for (size_t i = 0; i < rep->n_sites; i++) {
        unmapped += !rep->sites[i].category ? 1 : 0;
    }
    buf_add_c(b, "</tbody></table>\n");
    if (unmapped > 0) {
        buf_add_c(b, "<p class=\"soft\">The kind of ");
        phrase_count(b, unmapped);
        buf_add_c(b, " of these sites is not recorded, so no right is named "
                     "for them.</p>\n");
    }
}

static void membership(struct buf *b, const struct report *rep)
{
    const struct member *m = coalition_member(rep->coalition, rep->cc);
    buf_add_c(b, "<p>");
    html_add(b, rep->country, 80);
    if (!m) {
        buf_add_c(b, " is not a member of the Freedom Online Coalition.");
    } else if (rep->member_first == MEMBERSHIP_OBSERVER) {
        buf_add_c(b, " is an observer of the Freedom Online Coalition, not a "
                     "member.");
    } else {
        buf_add_c(b, ": status in the Freedom Online Coalition ");
        buf_add_c(b, rep->n_findings > 0 ? "at the first sighting: <b>"
                                         : "on the first day: <b>");
        buf_add_c(b, coalition_membership_name(rep->member_first));
        buf_add_c(b, "</b>; at the last: <b>");
        buf_add_c(b, coalition_membership_name(rep->member_last));
        buf_add_c(b, "</b> (joined ");
        html_add(b, m->joined[0] != '\0' ? m->joined : "on a date not known",
                 40);
        buf_add_c(b, m->date_uncertain ? ", date uncertain" : "");
        if (m->left[0] != '\0') {
            buf_add_c(b, "; member until ");
            html_add(b, m->left, 12);
        }
        buf_add_c(b, ").");
    }
    buf_add_c(b, " The rules of this report are the same for members and "
                 "non-members.</p>\n");
}

static const char *commitment_words(const struct report_commitment *c)
{
    if (c->first == COMMITMENT_NOT_RECORDED ||
        c->last == COMMITMENT_NOT_RECORDED) {
        return "whether the State is a party: not recorded";
    }
    if (c->first == COMMITMENT_UNCERTAIN || c->last == COMMITMENT_UNCERTAIN) {
        return "uncertain: a date is not exact";
    }
    if (c->first != COMMITMENT_NOT && c->last == COMMITMENT_NOT) {
        return "on the first dates of this report only";
    }
    if (c->first == COMMITMENT_NOT) {
        return "on the later dates of this report only";
    }
    if (c->first == COMMITMENT_BEFORE_JOINING) {
        return "made before this country joined";
    }
    return c->c->scope == SCOPE_ALL ? "addressed to all States" : "applies";
}

static void commitments(struct buf *b, const struct report *rep)
{
    buf_add_c(b, "<table class=\"st\"><caption>Texts that can be quoted for "
                 "these rights on these dates</caption><thead><tr>"
                 "<th scope=\"col\">Text</th><th scope=\"col\">Date</th>"
                 "<th scope=\"col\">What it says</th><th scope=\"col\">Rights"
                 "</th><th scope=\"col\">For this country</th></tr></thead>"
                 "<tbody>\n");
    for (size_t i = 0; i < rep->n_commitments; i++) {
        const struct report_commitment *c = &rep->commitments[i];
        buf_add_c(b, "<tr>");
        html_td(b, "Text", "");
        html_add(b, c->c->title, 200);
        buf_add_c(b, "<br/><span class=\"uid\">");
        html_add(b, c->c->id, 40);
        buf_add_c(b, "</span></td>");
        html_td(b, "Date", " class=\"nw\"");
        html_add(b, c->c->date, 12);
        buf_add_c(b, "</td>");
        html_td(b, "What it says", "");
        html_add(b, c->c->says, 400);
        buf_add_c(b, "</td>");
        html_td(b, "Rights", "");
        text_rights(b, c->c->rights, " ", true);
        buf_add_c(b, "</td>");
        html_td(b, "For this country", "");
        buf_add_c(b, commitment_words(c));
        buf_add_c(b, "</td></tr>\n");
    }
    buf_add_c(b, "</tbody></table>\n<p class=\"soft\">EXPR: expression and "
                 "information; ASSOC: association; ASSEM: peaceful assembly; "
                 "PRIV: privacy; VOTE: taking part in public affairs.</p>\n");
}

static void three_part_test(struct buf *b)
{
    static const char *const rows[3][2] = {
        {"Legality", "Is there a published, precise law or order? By whom?"},
        {"Legitimate aim",
         "Is it one the Covenant names: rights or reputations of others, "
         "national security, public order, health or morals?"},
        {"Necessity and proportionality",
         "Is it the least intrusive means, narrow, limited in time, open to "
         "appeal?"}};
    buf_add_c(b, "<h3>The three-part test, to be filled in by people</h3>\n"
                 "<p>Interference becomes a breach of a right only if it fails "
                 "this test. Measurements cannot answer it.</p>\n"
                 "<table class=\"st\"><thead><tr><th scope=\"col\">Step</th>"
                 "<th scope=\"col\">Question</th><th scope=\"col\">Result</th>"
                 "<th scope=\"col\">Assessed by, date</th></tr></thead>"
                 "<tbody>\n");
    for (size_t i = 0; i < 3; i++) {
        buf_add_c(b, "<tr>");
        html_td(b, "Step", "");
        buf_printf(b, "<b>%s</b></td>", rows[i][0]);
        html_td(b, "Question", "");
        buf_printf(b, "%s</td>", rows[i][1]);
        html_td(b, "Result", "");
        buf_add_c(b, "not assessed</td>");
        html_td(b, "Assessed by", "");
        buf_add_c(b, "<span class=\"blank\">&#160;</span></td></tr>\n");
    }
    buf_add_c(b, "</tbody></table>\n");
}

void html_rights(struct buf *b, const struct report *rep)
{
    buf_add_c(b, "<section class=\"page\" id=\"s3\">\n<h2>3. Rights and "
                 "commitments</h2>\n");
    membership(b, rep);
    if (rep->n_findings > 0) {
        rights_table(b, rep);
        if (rep->n_commitments > 0) {
            commitments(b, rep);
        }
        three_part_test(b);
    } else {
        buf_add_c(b, "<p>No finding, so no right is named.</p>\n");
    }
    buf_add_c(b, "</section>\n");
}

/* ---- coverage ------------------------------------------------------------ */

static void name_list(struct buf *b, const struct report *rep,
                      enum site_status status, const char *title,
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
    for (size_t i = 0; i < rep->agg->n_sites && shown < HTML_NAMES; i++) {
        const struct aggregate_site *s = rep->tested[i];
        if (report_site_status(s) == status) {
            buf_add_c(b, "<li><bdi class=\"u\">");
            html_add(b, text_site(rep->region, s), HTML_URL_CHARS);
            buf_add_c(b, "</bdi></li>\n");
            shown++;
        }
    }
    buf_add_c(b, "</ul>\n");
    html_more(b, shown, total, "sites", "targets.csv");
}

static void networks_table(struct buf *b, const struct report *rep)
{
    size_t total = rep->agg->n_networks;
    size_t n = total < HTML_NETWORKS ? total : HTML_NETWORKS;
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
        html_td(b, "Network", "");
        html_network(b, net);
        buf_add_c(b, "</td>");
        html_td(b, "Measurements", " class=\"n\"");
        phrase_count(b, aggregate_total(&net->count));
        buf_add_c(b, "</td>");
        html_td(b, "Sites tested", " class=\"n\"");
        phrase_count(b, net->sites);
        buf_add_c(b, "</td>");
        html_td(b, "Interfered", " class=\"n\"");
        phrase_count(b, net->blocked);
        buf_add_c(b, "</td>");
        html_td(b, "Days", " class=\"n\"");
        phrase_count(b, net->days);
        buf_add_c(b, "</td>");
        html_td(b, "Observers", " class=\"n\"");
        buf_printf(b, "%u</td></tr>\n", net->observers);
    }
    buf_add_c(b, "</tbody></table>\n");
    html_more(b, n, total, "networks", "networks.csv");
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
    phrase_count(b, rep->agg->n_networks);
    size_t shown = 0;
    for (size_t i = 0; i < rep->agg->n_networks && shown < 20; i++) {
        if (rep->networks[i]->observers == 1) {
            buf_add_c(b, shown++ == 0 ? ": " : ", ");
            html_network(b, rep->networks[i]);
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

void html_coverage(struct buf *b, const struct report *rep)
{
    buf_add_c(b, "<section id=\"s4\">\n<h2>4. What was "
                 "tested</h2>\n<p>");
    phrase_count(b, rep->agg->n_sites);
    buf_add_c(b, " sites on ");
    phrase_count(b, rep->agg->n_networks);
    buf_printf(b, " network%s, in ", rep->agg->n_networks == 1 ? "" : "s");
    phrase_count(b, aggregate_total(&rep->agg->count));
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
    if (rep->agg->n_networks > 0) {
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

/* ---- method, limits, verification, glossary ------------------------------ */

static void confidence_rules(struct buf *b)
{
    static const char *const rows[4][2] = {
        {"confirmed", "a known block page or forged answer was recognised; at "
                      "least 2 observers, repeated over an hour or more; every "
                      "control verified"},
        {"high", "at least 3 observers, 2 networks and 2 methods for the site; "
                 "a day or 6 rounds; every control verified"},
        {"moderate",
         "at least 2 observers and 3 rounds on the network, blocked "
         "in four of five tests since it began"},
        {"low", "anything less; not to be quoted outside"}};
    buf_add_c(b, "<section id=\"s6\">\n<h2>6. How sure, and what "
                 "else it could be</h2>\n"
                 "<p>Three statements are kept apart: that interference took "
                 "place, that the network did it, and that a State ordered it. "
                 "This report rates only the first. Confidence speaks about "
                 "the evidence, not about how grave a matter is.</p>\n"
                 "<table><thead><tr><th scope=\"col\">Confidence</th>"
                 "<th scope=\"col\">Asked of the evidence</th></tr></thead>"
                 "<tbody>\n");
    for (size_t i = 0; i < 4; i++) {
        buf_printf(b, "<tr><td><b>%s</b></td><td>%s</td></tr>\n", rows[i][0],
                   rows[i][1]);
    }
    buf_add_c(
        b,
        "</tbody></table>\n<p>The levels are set by rule. A person may lower "
        "one; to raise one needs a written reason. Innocent explanations are "
        "weighed for each finding in section 2 under “Other causes”. "
        "What would change our mind: the site's owner refusing the "
        "country's visitors, a fault reported by the network, or measurements "
        "of others that reach the site at the same time.</p>\n"
        "<p>Where several networks cut off the same sites, a common cause is "
        "possible; the measurements do not show one.</p>\n</section>\n");
}

static void limits(struct buf *b)
{
    buf_add_c(
        b,
        "<section id=\"s7\">\n<h2>7. Method and limits</h2>\n"
        "<p>Volunteers run a program that opens listed sites step by step: it "
        "looks up the name (DNS), connects to the address, starts the "
        "encrypted connection (TLS) and asks for the page (HTTP). A control "
        "computer elsewhere does the same at the same time. A measurement "
        "counts as blocked only if the control reached the site, the volunteer "
        "did not, and the trace fits interference better than a fault. The "
        "collector computes every verdict again from the raw record and "
        "believes none that was sent.</p>\n<ul>\n"
        "<li>Volunteers choose themselves; their networks do not stand for the "
        "country. Mobile and fixed lines are not told apart.</li>\n"
        "<li>The list of sites decides what can be found.</li>\n"
        "<li>Owners may turn visitors away (by country, because of sanctions, "
        "or to keep robots out); networks that deliver pages, and expired "
        "certificates, cause noise.</li>\n"
        "<li>A sighting has a time; the beginning and the end lie between it "
        "and the nearest measurement that reached the site.</li>\n"
        "<li>Measurements that came without a checkable origin count as one "
        "observer at most.</li>\n"
        "<li>Someone with many lines could feed in false measurements. "
        "Observers are therefore counted by device and by place, and the "
        "control's signature is checked.</li>\n"
        "<li>Nothing follows from here about intent, law, arrests or "
        "orders.</li>\n"
        "<li>Numbers may change when measurements arrive late.</li>\n"
        "</ul>\n<p>Who measured, from where, and which measurements come from "
        "the same person is not in this report nor in its annex.</p>\n"
        "</section>\n");
}

static void verify(struct buf *b, const struct report *rep)
{
    const char *uid = rep->n_findings > 0 ? rep->findings[0].f->uids[0] : NULL;
    buf_add_c(
        b,
        "<section id=\"s8\">\n<h2>8. How to verify</h2>\n"
        "<p>Every finding names measurements by their uid. "
        "<code>measurements.csv</code> has one row for each measurement of this "
        "report, with the finding it belongs to. Whoever holds the "
        "collector's data can take out a record by its uid and have the "
        "verdict computed again without any network:</p>\n"
        "<pre>parallax analyze records.jsonl</pre>\n"
        "<p>To see that no file of this report was changed, compare with "
        "<code>manifest.json</code>:</p>\n"
        "<pre>sha256sum report.html report.json *.csv</pre>\n"
        "<p>To write it again from the same data, byte for byte");
    buf_add_c(b, rep->generated_fixed
                     ? " (the time of writing was given, not taken from the "
                       "clock):</p>\n"
                     : " (without <code>SOURCE_DATE_EPOCH</code> the time of "
                       "writing is taken from the clock, and differs):</p>\n");
    buf_printf(
        b,
        "<pre>SOURCE_DATE_EPOCH=%lld parallax-collector report --country "
        "%s --since ",
        (long long)rep->generated_s, rep->cc);
    char t[24];
    calendar_iso(t, rep->since_s);
    buf_printf(b, "%s --until ", t);
    calendar_iso(t, rep->until_s);
    buf_printf(b, "%s --out DIR</pre>\n", t);
    if (uid) {
        buf_add_c(b, "<p>An example of a uid: <span class=\"uid\">");
        html_add(b, uid, 80);
        buf_add_c(b, "</span> is the time, six digits, the country, the test "
                     "and sixteen hexadecimal digits; the digits are computed "
                     "from the measurement's content.</p>\n");
    }
    buf_add_c(
        b,
        "<table><caption>The files</caption><tbody>\n"
        "<tr><td><code>report.json</code></td><td>everything in this report, "
        "for programs</td></tr>\n"
        "<tr><td><code>findings.csv</code></td><td>one row for each "
        "finding</td></tr>\n"
        "<tr><td><code>measurements.csv</code></td><td>one row for each "
        "measurement and its uid</td></tr>\n"
        "<tr><td><code>targets.csv</code></td><td>one row for each site "
        "tested</td></tr>\n"
        "<tr><td><code>networks.csv</code></td><td>one row for each "
        "network</td></tr>\n"
        "<tr><td><code>coverage.csv</code></td><td>one row for each day and "
        "network</td></tr>\n"
        "<tr><td><code>manifest.json</code></td><td>SHA-256 of every "
        "file</td></tr>\n"
        "</tbody></table>\n</section>\n");
}

static void glossary(struct buf *b)
{
    buf_add_c(b, "<section id=\"s9\">\n<h2>9. Glossary</h2>\n"
                 "<dl class=\"gl\">\n");
    for (size_t i = 0; i < text_glossary_n; i++) {
        buf_printf(b, "<div><dt>%s</dt><dd>%s</dd></div>\n",
                   text_glossary[i].term, text_glossary[i].meaning);
    }
    buf_add_c(b, "</dl>\n</section>\n");
}

void html_method(struct buf *b, const struct report *rep)
{
    confidence_rules(b);
    limits(b);
    verify(b, rep);
    glossary(b);
}
