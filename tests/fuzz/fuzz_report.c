// SPDX-License-Identifier: Apache-2.0
/* Rows made of arbitrary bytes: the page stays valid UTF-8, free of control
 * characters, and no byte of the data becomes markup. */
#include "base/utf8.h"
#include "collector/report/report_html.h"
#include "collector/report/report_model.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Fields are what stands between newlines; seven make a row. */
static void feed(struct aggregate *a, char *text)
{
    const struct aggregate_finding *finding;
    char *save = NULL, *f[7];
    int64_t t = 1793491200;
    for (unsigned n = 0; n < 200; n++) {
        for (size_t i = 0; i < 7; i++) {
            f[i] = strtok_r(i == 0 && n == 0 ? text : NULL, "\n", &save);
            if (!f[i]) {
                return;
            }
        }
        struct store_row r = {.start_s = t += f[0][0] * 60,
                              .cc = "IR",
                              .asn = (uint32_t)f[0][0] % 5,
                              .network_name = f[1],
                              .input = f[2],
                              .domain = f[3],
                              .category = f[4],
                              .method = f[5],
                              .reasons = f[6],
                              .state = f[0][0] & 1};
        if (f[0][0] < 0) {
            return;
        }
        snprintf(r.uid, sizeof(r.uid), "uid%u", n);
        if (aggregate_add(a, &r, &finding) != ERR_OK) {
            return;
        }
    }
}

static void check_controls(const struct buf *b)
{
    for (size_t i = 0; i < b->len; i++) {
        if ((b->p[i] < 0x20 && b->p[i] != '\n') || b->p[i] == 0x7f) {
            abort();
        }
    }
}

/* Every tag must be one that the page itself is made of. */
static void check_tags(const struct buf *b)
{
    static const char *const known[] = {
        "!DOCTYPE", "a",      "article", "b",       "bdi",   "body",  "br",
        "caption",  "circle", "code",    "dd",      "defs",  "desc",  "div",
        "dl",       "dt",     "h1",      "h2",      "h3",    "h4",    "head",
        "html",     "li",     "main",    "meta",    "nav",   "ol",    "p",
        "pattern",  "pre",    "rect",    "section", "small", "span",  "style",
        "svg",      "table",  "tbody",   "td",      "th",    "thead", "title",
        "tr",       "ul"};
    for (size_t i = 0; i + 1 < b->len; i++) {
        if (b->p[i] != '<') {
            continue;
        }
        size_t from = b->p[i + 1] == '/' ? i + 2 : i + 1, to = from;
        while (to < b->len && !strchr(" />\n", b->p[to])) {
            to++;
        }
        struct str name = {(const char *)b->p + from, to - from};
        bool ok = false;
        for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++) {
            ok = ok || str_eq_c(name, known[k]);
        }
        if (!ok) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct coalition coalition;
    static struct region *tables;
    struct diag d;
    if (!tables) {
        tables = region_new((size_t)1 << 20);
        if (!tables || coalition_load(tables, &coalition, &d)) {
            abort();
        }
    }
    struct report_args args = {"IR", 1793491200, 1796083200, 1796083200, true};
    struct report *rep = NULL;
    struct buf b;
    char *text = malloc(size + 1);
    struct aggregate *a = aggregate_new(NULL);
    struct region *r = region_new((size_t)64 << 20);
    if (text && a && r) {
        memcpy(text, data, size);
        text[size] = '\0';
        feed(a, text);
        aggregate_finish(a);
        buf_init(&b, (size_t)64 << 20);
        if (report_model_build(r, a, &coalition, &args, &rep) == ERR_OK) {
            report_html(&b, rep);
            if (!utf8_valid(buf_str(&b))) {
                abort();
            }
            check_controls(&b);
            check_tags(&b);
        }
        buf_fini(&b);
    }
    aggregate_free(a);
    region_free(r);
    free(text);
    return 0;
}
