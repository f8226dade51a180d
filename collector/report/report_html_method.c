// SPDX-License-Identifier: Apache-2.0
/* Sections 6 to 9: how sure, method and limits, how to verify, glossary. */
#include "collector/report/report_html_method.h"

#include "base/calendar.h"
#include "base/html.h"
#include "collector/report/report_glossary.h"
#include "collector/report/report_text.h"

static void confidence_rules(struct buf *b)
{
    static const char *const rules[REPORT_CONFIDENCES] = {
        [CONF_CONFIRMED] =
            "a known block page or forged answer was recognised by 2 observers on "
            "one day; repeated over an hour or more; controls verified",
        [CONF_HIGH] =
            "at least 3 observers for the site; 2 networks and 2 methods, each of "
            "2 observers; a day or 6 rounds; controls verified",
        [CONF_MODERATE] = "at least 2 observers and 3 rounds on the network, "
                          "blocked in four of five tests since it began, of "
                          "those that somebody vouches for",
        [CONF_CONTESTED] =
            "as much, but more than half as many people reached the site there "
            "since then as saw it blocked; not to be quoted outside",
        [CONF_LOW] = "anything less; not to be quoted outside"};
    buf_add_c(b, "<section id=\"s6\">\n<h2>6. How sure, and what "
                 "else it could be</h2>\n"
                 "<p>Three statements are kept apart: that interference took "
                 "place, that the network did it, and that a State ordered it. "
                 "This report rates only the first. Confidence speaks about "
                 "the evidence, not about how grave a matter is.</p>\n"
                 "<table><thead><tr><th scope=\"col\">Confidence</th>"
                 "<th scope=\"col\">Asked of the evidence</th></tr></thead>"
                 "<tbody>\n");
    for (int c = CONF_CONFIRMED; c >= CONF_LOW; c--) {
        buf_printf(b, "<tr><td><b>%s</b></td><td>%s</td></tr>\n",
                   report_text_confidence((enum report_confidence)c), rules[c]);
    }
    buf_add_c(
        b,
        "</tbody></table>\n<p>People are counted, not measurements: however "
        "many measurements come from one device or one place, they are one "
        "observer's. What is said of a finding that two observers share (its kind, "
        "dates, methods and reasons, the networks and their names) is what two "
        "observers say on one day; one alone adds nothing to it. Measurements "
        "that reached a site, for which nobody vouches, "
        "make a finding contested at most. Controls are verified if each answer "
        "is, or those of 2 observers and 3 rounds are.</p>\n<p>The levels are set by rule. A person may lower "
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
        "<li>Numbers may change while measurements arrive late, for 35 days. Then "
        "who sent what is deleted, and the numbers of observers stay as they "
        "are.</li>\n"
        "</ul>\n<p>Who measured, from where, and which measurements come from "
        "the same person is not in this report nor in its annex.</p>\n"
        "</section>\n");
}

/* The command that writes this report again. */
static void verify_command(struct buf *b, const struct report *rep)
{
    char t[24];
    buf_printf(
        b,
        "<pre>SOURCE_DATE_EPOCH=%lld parallax-collector report --country "
        "%s --since ",
        (long long)rep->generated_s, rep->cc);
    calendar_iso(t, rep->since_s);
    buf_printf(b, "%s --until ", t);
    calendar_iso(t, rep->until_s);
    buf_printf(b, "%s --out DIR</pre>\n", t);
}

static void verify_files(struct buf *b)
{
    static const char *const files[][2] = {
        {"report.json", "everything in this report, for programs"},
        {"findings.csv", "one row for each finding"},
        {"measurements.csv", "one row for each measurement and its uid"},
        {"targets.csv", "one row for each site tested"},
        {"networks.csv", "one row for each network"},
        {"coverage.csv", "one row for each day and network"},
        {"manifest.json", "SHA-256 of every file"}};
    buf_add_c(b, "<table><caption>The files</caption><tbody>\n");
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        buf_printf(b, "<tr><td><code>%s</code></td><td>%s</td></tr>\n",
                   files[i][0], files[i][1]);
    }
    buf_add_c(b, "</tbody></table>\n");
}

static void verify(struct buf *b, const struct report *rep)
{
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
    verify_command(b, rep);
    if (rep->n_findings > 0) {
        buf_add_c(b, "<p>An example of a uid: <span class=\"uid\">");
        html_add(b, rep->findings[0].f->uids[0], 80);
        buf_add_c(b, "</span> is the time, six digits, the country, the test "
                     "and sixteen hexadecimal digits; the digits are computed "
                     "from the measurement's content.</p>\n");
    }
    verify_files(b);
    buf_add_c(b, "</section>\n");
}

static void glossary(struct buf *b)
{
    buf_add_c(b, "<section id=\"s9\">\n<h2>9. Glossary</h2>\n"
                 "<dl class=\"gl\">\n");
    for (size_t i = 0; i < report_glossary_n; i++) {
        buf_printf(b, "<div><dt>%s</dt><dd>%s</dd></div>\n",
                   report_glossary[i].term, report_glossary[i].meaning);
    }
    buf_add_c(b, "</dl>\n</section>\n");
}

void report_html_method(struct buf *b, const struct report *rep)
{
    confidence_rules(b);
    limits(b);
    verify(b, rep);
    glossary(b);
}
