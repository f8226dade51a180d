// SPDX-License-Identifier: Apache-2.0
/* Section 3: rights and commitments. */
#include "collector/report/report_html_rights.h"

#include "base/html.h"
#include "collector/html/table.h"
#include "collector/report/report_text.h"
#include "words/phrase.h"

static void rights_table(struct buf *b, const struct report *rep)
{
    buf_add_c(b, "<table><caption>Rights touched by the sites interfered with"
                 "</caption><thead><tr><th scope=\"col\">Right</th>"
                 "<th scope=\"col\">Universal Declaration</th>"
                 "<th scope=\"col\">Covenant (ICCPR)</th><th scope=\"col\" "
                 "class=\"n\">Sites, mainly</th><th scope=\"col\" class=\"n\">"
                 "Sites, also</th></tr></thead><tbody>\n");
    for (unsigned i = 0; i < RIGHTS_NAMED; i++) {
        buf_printf(b,
                   "<tr><td>%s</td><td>article %s</td><td>article %s</td>"
                   "<td class=\"n\">",
                   coalition_rights[i].name, coalition_rights[i].udhr,
                   coalition_rights[i].iccpr);
        phrase_count(b, rep->rights[i].primary);
        buf_add_c(b, "</td><td class=\"n\">");
        phrase_count(b, rep->rights[i].secondary);
        buf_add_c(b, "</td></tr>\n");
    }
    buf_add_c(b, "</tbody></table>\n");
    if (rep->unmapped > 0) {
        buf_add_c(b, "<p class=\"soft\">The kind of ");
        phrase_count(b, rep->unmapped);
        buf_add_c(b, " of these sites is not recorded, so no right is named "
                     "for them.</p>\n");
    }
}

static void membership(struct buf *b, const struct report *rep)
{
    const struct member *m = rep->member;
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
        table_cell(b, "Text", "");
        html_add(b, c->c->title, 200);
        buf_add_c(b, "<br/><span class=\"uid\">");
        html_add(b, c->c->id, 40);
        buf_add_c(b, "</span></td>");
        table_cell(b, "Date", " class=\"nw\"");
        html_add(b, c->c->date, 12);
        buf_add_c(b, "</td>");
        table_cell(b, "What it says", "");
        html_add(b, c->c->says, 400);
        buf_add_c(b, "</td>");
        table_cell(b, "Rights", "");
        report_text_rights(b, c->c->rights, " ", true);
        buf_add_c(b, "</td>");
        table_cell(b, "For this country", "");
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
        table_cell(b, "Step", "");
        buf_printf(b, "<b>%s</b></td>", rows[i][0]);
        table_cell(b, "Question", "");
        buf_printf(b, "%s</td>", rows[i][1]);
        table_cell(b, "Result", "");
        buf_add_c(b, "not assessed</td>");
        table_cell(b, "Assessed by", "");
        buf_add_c(b, "<span class=\"blank\">&#160;</span></td></tr>\n");
    }
    buf_add_c(b, "</tbody></table>\n");
}

void report_html_rights(struct buf *b, const struct report *rep)
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
