// SPDX-License-Identifier: Apache-2.0
/* Pieces of the page that several sections write. */
#include "collector/report/report_html_parts.h"

#include "base/html.h"
#include "collector/report/report_text.h"
#include "words/phrase.h"

void report_html_parts_network(struct buf *b, const struct aggregate_network *n)
{
    buf_printf(b, "AS%u", n->asn);
    if (n->name[0] != '\0') {
        buf_add_c(b, " <bdi>");
        html_add(b, n->name, 80);
        buf_add_c(b, "</bdi>");
    }
}

void report_html_parts_more(struct buf *b, uint64_t shown, uint64_t total,
                            const char *what, const char *file)
{
    if (shown >= total) {
        return;
    }
    buf_add_c(b, "<p class=\"soft\">And ");
    phrase_count(b, total - shown);
    buf_printf(b, " more %s, all of them in <code>%s</code>.</p>\n", what,
               file);
}

void report_html_parts_site(struct buf *b, const struct aggregate_site *site)
{
    bool cut;
    struct str label = report_text_site(site, &cut);
    buf_add_c(b, "<bdi class=\"u\">");
    html_add_str(b, label, label.len);
    buf_add_c(b, cut ? "…</bdi>" : "</bdi>");
}
