// SPDX-License-Identifier: Apache-2.0
/* Section 2: findings, one by one. */
#include "collector/report/report_html_findings.h"

#include "base/calendar.h"
#include "base/html.h"
#include "collector/report/report_html_parts.h"
#include "collector/report/report_sentence.h"
#include "collector/report/report_text.h"
#include "verdict/xstate.h"
#include "words/phrase.h"
#include "words/words.h"

#define PER_NETWORK_MAX 40  /* findings told in full */
#define FINDINGS_MAX    240 /* and over all networks */

/* A short row takes half the width, a wide one all of it. */
static void row(struct buf *b, const char *name)
{
    buf_printf(b, "<dt>%s</dt><dd>", name);
}

static void wide_row(struct buf *b, const char *name)
{
    buf_printf(b, "<dt>%s</dt><dd class=\"w\">", name);
}

static void row_end(struct buf *b)
{
    buf_add_c(b, "</dd>\n");
}

static void seen(struct buf *b, const struct aggregate_finding *f)
{
    wide_row(b, "Seen (UTC)");
    buf_add_c(b, "first ");
    calendar_add_minute(b, f->first_s);
    buf_add_c(b, ", last ");
    calendar_add_minute(b, f->last_s);
    if (f->lone_first_s != f->first_s || f->lone_last_s != f->last_s) {
        buf_add_c(b, " (by one observer alone also from ");
        calendar_add_minute(b, f->lone_first_s);
        buf_add_c(b, " to ");
        calendar_add_minute(b, f->lone_last_s);
        buf_add_c(b, ")");
    }
    if (f->clean_before_s != 0) {
        buf_add_c(b, "; reached before, last ");
        calendar_add_minute(b, f->clean_before_s);
    } else {
        buf_add_c(b,
                  f->lone_before
                      ? "; reached before, but not by two observers on one day"
                      : "; not measured before as reachable");
    }
    if (f->clean_after_s != 0) {
        buf_add_c(b, "; reached again ");
        calendar_add_minute(b, f->clean_after_s);
    } else {
        buf_add_c(b,
                  f->lone_after
                      ? "; reached since, but not by two observers on one day"
                      : "; not reached since");
    }
    row_end(b);
}

/* ", 3 reached, 1 inconclusive": what came of the others, if there were any. */
static void other_results(struct buf *b, const struct report_finding *rf)
{
    static const int states[] = {X_OK, X_DOWN, X_INCONCLUSIVE, X_INTERNAL};
    const uint64_t *n = rf->f->cell->count.n;
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        if (n[states[i]] > 0) {
            buf_add_c(b, ", ");
            phrase_count(b, n[states[i]]);
            buf_printf(b, " %s", report_text_state(states[i]));
        }
    }
    if (n[X_BLOCKED] > rf->f->blocked) {
        buf_add_c(b, ", ");
        phrase_count(b, n[X_BLOCKED] - rf->f->blocked);
        buf_add_c(b, " blocked in another way");
    }
}

static void measured(struct buf *b, const struct report_finding *rf)
{
    row(b, "Measured");
    if (rf->intermittent) {
        buf_add_c(b, "intermittent: ");
    }
    phrase_count(b, rf->f->blocked);
    buf_add_c(b, " of ");
    phrase_count(b, aggregate_total(&rf->f->cell->count));
    buf_add_c(b, " measurements blocked this way");
    other_results(b, rf);
    row_end(b);
}

static void what_was_seen(struct buf *b, const struct aggregate_finding *f)
{
    size_t told = 0;
    for (size_t i = 0; i < f->n_reasons; i++) {
        const char *t = report_text_reason(f->reasons[i].name);
        if (!t || !f->reasons[i].founded) {
            continue;
        }
        if (told++ == 0) {
            wide_row(b, "What was seen");
        }
        buf_printf(b, "%s%s", told > 1 ? "; " : "", t);
    }
    if (told > 0) {
        row_end(b);
    }
}

static void evidence(struct buf *b, const struct aggregate_finding *f)
{
    size_t n = f->n_uids;
    wide_row(b, "Evidence");
    for (size_t i = 0; i < n; i++) {
        buf_add_c(b,
                  i > 0 ? "<br/><span class=\"uid\">" : "<span class=\"uid\">");
        html_add(b, f->uids[i], 80);
        buf_add_c(b, "</span>");
    }
    if (f->blocked > n) {
        buf_add_c(b, " <small>and ");
        phrase_count(b, f->blocked - n);
        buf_add_c(b, " more in <code>measurements.csv</code></small>");
    }
    row_end(b);
}

/* How many answers of the control carried a signature that was checked. */
static void control(struct buf *b, const struct aggregate_finding *f)
{
    row(b, "Control");
    if (f->control_verified == 0) {
        buf_add_c(b, "not verified");
    } else if (f->control_verified == f->blocked) {
        buf_add_c(b, "verified every time");
    } else {
        buf_add_c(b, "verified ");
        phrase_count(b, f->control_verified);
        buf_add_c(b, " of ");
        phrase_count(b, f->blocked);
        buf_add_c(b, " times");
    }
    row_end(b);
}

/* Those that remain with what speaks about them; those excluded in short. */
static void alternatives(struct buf *b, const struct report_finding *rf)
{
    const struct report_alternative *alt = rf->alternatives;
    size_t n = REPORT_ALTERNATIVES, open = 0;
    wide_row(b, "Other causes");
    for (size_t i = 0; i < n; i++) {
        if (!alt[i].excluded) {
            buf_printf(b, "%s%s (%s)", open++ > 0 ? ". " : "Not excluded: ",
                       report_text_cause(alt[i].cause),
                       report_text_check(&alt[i]));
        }
    }
    buf_add_c(b, open > 0 ? ". " : "");
    for (size_t i = 0, done = 0; i < n; i++) {
        if (alt[i].excluded) {
            buf_printf(b, "%s%s", done++ > 0 ? "; " : "Excluded: ",
                       report_text_cause(alt[i].cause));
        }
    }
    buf_add_c(b, open < n ? "." : "");
    row_end(b);
}

/* Ids in one state, after the words that go with it. */
static size_t commitment_ids(struct buf *b, const struct report *rep,
                             const struct report_finding *rf,
                             enum commitment_state want, const char *words,
                             size_t before)
{
    size_t n = 0;
    for (size_t i = 0; i < rep->n_commitments; i++) {
        if (rf->commitments[i] != want) {
            continue;
        }
        if (n == 0) {
            buf_add_c(b, before > 0 ? "; " : "");
            buf_add_c(b, words);
        }
        buf_add_c(b,
                  n++ > 0 ? ", <span class=\"uid\">" : "<span class=\"uid\">");
        html_add(b, rep->commitments[i].c->id, 60);
        buf_add_c(b, "</span>");
    }
    return before + n;
}

static void commitments(struct buf *b, const struct report *rep,
                        const struct report_finding *rf)
{
    static const struct {
        enum commitment_state state;
        const char *words;
    } groups[] = {
        {COMMITMENT_APPLIES, ""},
        {COMMITMENT_BEFORE_JOINING, "made before it joined: "},
        {COMMITMENT_UNCERTAIN, "uncertain, a date is not exact: "},
        {COMMITMENT_NOT_RECORDED, "if a party, which is not recorded: "}};

    size_t n = 0;
    wide_row(b, "Commitments");
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        n = commitment_ids(b, rep, rf, groups[i].state, groups[i].words, n);
    }
    if (n == 0) {
        buf_add_c(b, !rf->category
                         ? "not mapped: the kind of site is not recorded"
                         : "none on record for this date and these rights");
    }
    row_end(b);
}

static void rights(struct buf *b, const struct report *rep,
                   const struct report_finding *rf)
{
    const struct category *k = rf->category;
    wide_row(b, "Rights affected");
    if (!k) {
        buf_add_c(b, "not mapped: the kind of site is not recorded");
    } else {
        report_text_rights(b, k->primary, ", ", false);
        if (k->secondary != 0) {
            buf_add_c(b, k->primary != 0 ? "; also touched: " : "touched: ");
            report_text_rights(b, k->secondary, ", ", false);
        }
        buf_printf(b, " (presumption: %s)",
                   report_text_presumption(k->presumption));
    }
    row_end(b);
    commitments(b, rep, rf);
}

static void contested(struct buf *b, const struct report_finding *rf)
{
    if (rf->contested) {
        wide_row(b, "Contested");
        report_sentence_contested(b, rf);
        row_end(b);
    }
}

static void finding(struct buf *b, const struct report *rep,
                    const struct report_finding *rf)
{
    const struct aggregate_finding *f = rf->f;
    const struct aggregate_site *site = f->cell->site;
    buf_printf(b, "<article class=\"f\" id=\"%s\">\n<h4>", f->id);
    report_html_parts_site(b, site);
    buf_printf(b, " <span class=\"no\">finding %u, %s</span></h4>\n<dl>\n",
               rf->number, f->id);
    row(b, "Kind of site");
    if (rf->category) {
        html_add(b, rf->category->meaning, 80);
        buf_add_c(b, " (");
        html_add(b, site->category, 12);
        buf_add_c(b, ")");
    } else {
        buf_add_c(b, "not recorded");
    }
    row_end(b);
    row(b, "How");
    buf_printf(b, "%s (%s)", words_method(rf->method)->name,
               report_text_method_key(rf->method));
    row_end(b);
    measured(b, rf);
    control(b, f);
    what_was_seen(b, f);
    seen(b, f);
    wide_row(b, "How sure");
    report_text_strength(b, rf->strength, site->placed_networks, f->observers);
    buf_printf(b, "; confidence <b>%s</b>: here ",
               report_text_confidence(rf->confidence));
    report_sentence_basis(b, rf);
    row_end(b);
    contested(b, rf);
    evidence(b, f);
    rights(b, rep, rf);
    alternatives(b, rf);
    buf_add_c(b, "</dl>\n</article>\n");
}

static void network_head(struct buf *b, const struct aggregate_network *net)
{
    buf_add_c(b, "<h3>");
    report_html_parts_network(b, net);
    buf_add_c(b, "</h3>\n<p class=\"soft\">");
    phrase_count(b, net->blocked);
    buf_add_c(b, " of ");
    phrase_count(b, net->sites);
    buf_add_c(b, " sites tested were interfered with; ");
    phrase_count(b, aggregate_total(&net->count));
    buf_add_c(b, " measurements on ");
    phrase_count(b, net->days);
    buf_printf(b, " day%s by ", net->days == 1 ? "" : "s");
    report_text_observers(b, net->observers);
    buf_add_c(b, ".</p>\n");
}

void report_html_findings(struct buf *b, const struct report *rep)
{
    const struct aggregate_network *net = NULL;
    size_t in_net = 0, shown = 0, shown_in_net = 0;
    buf_add_c(b, "<section id=\"s2\">\n<h2>2. Findings, one by "
                 "one</h2>\n");
    if (rep->n_findings == 0) {
        buf_add_c(b, "<p>There are none.</p>\n");
    } else {
        buf_add_c(b, "<p>One finding is one site, on one network, interfered "
                     "with in one way. The networks with most sites affected "
                     "come first.</p>\n");
    }
    for (size_t i = 0; i <= rep->n_findings; i++) {
        const struct report_finding *f =
            i < rep->n_findings ? &rep->findings[i] : NULL;
        if (!f || f->f->cell->net != net) {
            report_html_parts_more(b, shown_in_net, in_net,
                                   "findings on this network", "findings.csv");
            if (!f || shown >= FINDINGS_MAX) {
                break;
            }
            net = f->f->cell->net;
            in_net = 0;
            shown_in_net = 0;
            network_head(b, net);
        }
        in_net++;
        if (shown_in_net < PER_NETWORK_MAX && shown < FINDINGS_MAX) {
            finding(b, rep, f);
            shown_in_net++;
            shown++;
        }
    }
    report_html_parts_more(b, shown, rep->n_findings, "findings in all",
                           "findings.csv");
    buf_add_c(b, "</section>\n");
}
