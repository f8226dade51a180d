// SPDX-License-Identifier: Apache-2.0
/* The frame of the page, and its sections in order. */
#include "collector/report/report_html.h"

#include "base/html.h"
#include "collector/html/svg.h"
#include "collector/report/report_html_coverage.h"
#include "collector/report/report_html_css.h"
#include "collector/report/report_html_findings.h"
#include "collector/report/report_html_method.h"
#include "collector/report/report_html_rights.h"
#include "collector/report/report_html_summary.h"
#include "collector/report/report_html_where.h"
#include "verdict/rules.h"

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
    html_add(b, rep->country_inline, 80);
    buf_add_c(b, "</title>\n<style>\n");
    buf_add_c(b, report_html_css);
    buf_add_c(b, "</style>\n</head>\n<body>\n");
    svg_patterns(b);
    buf_add_c(b, "<div class=\"mark\"><b>INTERNAL</b><span>For the coalition's "
                 "own work. Not for publication.</span></div>\n<main>\n");
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

void report_html(struct buf *b, const struct report *rep)
{
    head(b, rep);
    report_html_summary(b, rep);
    contents(b);
    report_html_where(b, rep);
    report_html_findings(b, rep);
    report_html_rights(b, rep);
    report_html_coverage(b, rep);
    report_html_method(b, rep);
    buf_add_c(
        b,
        "</main>\n<div class=\"foot\">INTERNAL. Parallax " PARALLAX_VERSION
        ", report rules " REPORT_RULES ", verdict rules " VERDICT_RULES_VERSION
        ". We thank the volunteers who "
        "measured and who stay unnamed.</div>\n</body>\n</html>\n");
}
