// SPDX-License-Identifier: Apache-2.0
/* The first page: numbers, what can be quoted, how sure it is. */
#include "collector/report/report_html_summary.h"

#include "base/calendar.h"
#include "base/html.h"
#include "collector/report/report_sentence.h"
#include "collector/report/report_text.h"
#include "words/phrase.h"

#define KEY_FINDINGS 5

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
    const struct aggregate *a = rep->aggregate;
    buf_add_c(b, "<ul class=\"tiles\">\n");
    if (rep->founded_sites > 0 || rep->n_sites == 0) {
        tile(b, rep->founded_sites, " of ", a->n_sites,
             "sites tested where two observers saw interference");
        tile(b, rep->founded_networks, " of ", rep->standing,
             "networks tested where two observers saw it");
    } else { /* which is less, and is called so */
        tile(b, rep->n_sites, " of ", a->n_sites,
             "sites tested where one observer saw interference");
        tile(b, rep->affected, " of ", rep->standing,
             "networks tested where one observer saw it");
    }
    tile(b, aggregate_total(&a->count), NULL, 0, "measurements");
    tile(b, (uint64_t)rep->days_measured, " of ", (uint64_t)rep->days,
         "days of the period with a measurement");
    buf_add_c(b, "</ul>\n");
}

/* "once", "12 times" */
static void times(struct buf *b, uint64_t n)
{
    if (n == 1) {
        buf_add_c(b, "once");
        return;
    }
    phrase_count(b, n);
    buf_add_c(b, " times");
}

/* One quotable sentence, how sure, how to verify. Measurements of one person
 * are as many as he likes, so it is said whose they are. */
static void key_finding(struct buf *b, const struct report *rep,
                        const struct report_site *s)
{
    struct buf t;
    const struct aggregate_finding *f = s->best->f;
    buf_init(&t, 8192);
    report_sentence_key(&t, rep, s);
    buf_add_byte(&t, '\0');
    buf_add_c(b, "<li><p>");
    html_add(b, t.failed == ERR_OK ? (const char *)t.p : "", 4000);
    buf_fini(&t);
    buf_add_c(b, "</p><p class=\"ev\">Measured blocked ");
    times(b, s->blocked);
    if (s->ok_since > 0) {
        buf_add_c(b, ", and since then reached ");
        times(b, s->ok_since);
        buf_add_c(b, " by ");
        report_text_observers(b, s->ok_observers);
    }
    buf_add_c(b, "; ");
    report_text_strength(b, s->strength, s->site->placed_networks,
                         s->observers);
    if (s->strength == STRENGTH_NETWORKS) {
        buf_add_c(b, " by ");
        report_text_observers(b, s->observers);
    }
    buf_printf(b, "; confidence %s", report_text_confidence(s->confidence));
    if (s->confidence == CONF_CONTESTED) {
        buf_add_c(b, " (");
        report_sentence_contested(b, s->best);
        buf_add_c(b, ")");
    }
    buf_add_c(b, ". Verify: <span class=\"uid\">");
    html_add(b, f->uids[0], 80);
    buf_add_c(b, "</span></p></li>\n");
}

static void key_findings(struct buf *b, const struct report *rep)
{
    size_t n = rep->n_sites < KEY_FINDINGS ? rep->n_sites : KEY_FINDINGS;
    buf_add_c(b, "<h3>Key findings</h3>\n");
    if (aggregate_total(&rep->aggregate->count) == 0) {
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
    const uint64_t *by_level = rep->by_confidence;
    buf_add_c(b, "<h3>How sure we are</h3>\n<ul class=\"sure\">\n"
                 "<li><b>That interference took place</b>");
    bool any = false;
    for (int c = CONF_CONFIRMED; c >= CONF_LOW; c--) {
        if (by_level[c] > 0) {
            buf_printf(b, "%s%s for %llu site%s", any ? ", " : "Confidence ",
                       report_text_confidence((enum report_confidence)c),
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

void report_html_summary(struct buf *b, const struct report *rep)
{
    const struct aggregate *a = rep->aggregate;
    buf_add_c(b,
              "<section id=\"summary\">\n<h1>Interference with websites in ");
    html_add(b, rep->country_inline, 80);
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
