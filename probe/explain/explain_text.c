// SPDX-License-Identifier: Apache-2.0
#include "probe/explain/explain_text.h"

#include "base/utf8.h"
#include "cli/terminal.h"
#include "words/words.h"
#include <stdio.h>
#include <string.h>

#define WIDTH      79
#define HERE_WIDTH 50 /* of the column on what happened here */
#define MARK_WIDTH 10 /* " [FAILED] " */
#define MAX_ROWS   6  /* told of one step */
#define MAX_LINE   9200

/* ---- columns ------------------------------------------------------------- */

/* Columns of one character: what may be wide counts as wide, so that a line is
 * never longer than it seems. U+0800 to U+0FFF and U+2000 to U+2FFF are narrow.
 */
static size_t columns(const char *text, size_t bytes)
{
    unsigned char c = (unsigned char)*text;
    return bytes >= 3 && c != 0xe0 && c != 0xe2 ? 2 : 1;
}

static size_t char_len(const char *text)
{
    size_t n = utf8_len(text, strlen(text));
    return n ? n : 1;
}

static size_t text_columns(const char *text)
{
    size_t n = 0;
    while (*text) {
        size_t len = char_len(text);
        n += columns(text, len);
        text += len;
    }
    return n;
}

/* Bytes of `text` that fill at most `width` columns: up to a space if one is
 * there, else as much as fits. */
static size_t fit(const char *text, size_t width)
{
    size_t used = 0;
    size_t space = 0;
    size_t at = 0;
    while (text[at]) {
        size_t len = char_len(text + at);
        if (used + columns(text + at, len) > width) {
            return space ? space : at ? at : len;
        }
        if (text[at] == ' ' && at > 0) {
            space = at;
        }
        used += columns(text + at, len);
        at += len;
    }
    return at;
}

static const char *skip_spaces(const char *text)
{
    return text + strspn(text, " ");
}

static void pad(struct buf *out, size_t from, size_t to)
{
    for (; from < to; from++) {
        buf_add_byte(out, ' ');
    }
}

/* A paragraph: the first line begins with `first`, the others with as many
 * spaces. */
static void paragraph(struct buf *out, const char *first, const char *text)
{
    char safe[MAX_LINE];
    const char *rest = safe;
    size_t indent = strlen(first);
    terminal_safe(text, safe, sizeof(safe));
    do {
        size_t n = fit(rest, WIDTH - indent);
        if (rest == safe) {
            buf_add_c(out, first);
        } else {
            pad(out, 0, indent);
        }
        buf_add(out, rest, n);
        buf_add_c(out, "\n");
        rest = skip_spaces(rest + n);
    } while (*rest);
}

/* ---- steps --------------------------------------------------------------- */

static const char *const marks[] = {
    [MARK_OK] = " [ok]     ",     [MARK_ODD] = " [odd]    ",
    [MARK_FAILED] = " [FAILED] ", [MARK_NOT_TRIED] = " [--]     ",
    [MARK_NOTE] = "          ",
};

/* Two columns, each wrapped by itself. */
static void two_columns(struct buf *out, const char *mark, const char *left,
                        const char *right)
{
    char a[MAX_LINE];
    char c[MAX_LINE];
    const char *l = a;
    const char *r = c;
    terminal_safe(left, a, sizeof(a));
    terminal_safe(right, c, sizeof(c));
    do {
        size_t n = fit(l, HERE_WIDTH - MARK_WIDTH);
        char part[MAX_LINE];
        memcpy(part, l, n);
        part[n] = '\0';
        buf_add_c(out, l == a ? mark : marks[MARK_NOTE]);
        buf_add_c(out, part);
        l = skip_spaces(l + n);
        if (*r) {
            size_t m = fit(r, WIDTH - HERE_WIDTH - 3);
            pad(out, MARK_WIDTH + text_columns(part), HERE_WIDTH);
            buf_add_c(out, " | ");
            buf_add(out, r, m);
            r = skip_spaces(r + m);
        }
        buf_add_c(out, "\n");
    } while (*l || *r);
}

static void put_row(struct buf *out, const struct explain_row *row)
{
    struct buf left;
    bool told = row->what[0] && row->mark == MARK_OK && row->plain_ok;
    buf_init(&left, MAX_LINE);
    buf_add_c(&left, row->what);
    if (row->more > 0) {
        buf_printf(&left, " and %zu more", row->more);
    }
    if (row->what[0] && row->here[0] && !told) {
        buf_add_c(&left, ": ");
    }
    buf_add_c(&left, told ? "" : row->here);
    if (left.failed != ERR_OK) {
        out->failed = left.failed;
    } else {
        two_columns(out, marks[row->mark], left.len ? (const char *)left.p : "",
                    row->control ? row->control : "");
    }
    buf_fini(&left);
}

static bool all_ok(const struct explanation *x, int depth)
{
    for (size_t i = 0; i < x->n_steps; i++) {
        const struct explain_step *s = &x->steps[i];
        for (size_t k = 0;
             k < s->n_rows && s->depth == depth && s->kind != STEP_AGAIN; k++) {
            if (s->rows[k].mark != MARK_OK && s->rows[k].mark != MARK_NOTE) {
                return false;
            }
        }
    }
    return true;
}

static void put_step(struct buf *out, const struct explain_step *s)
{
    char title[MAX_LINE];
    char where[32] = "";
    if (s->depth > 0) {
        snprintf(where, sizeof(where), " after redirect %d", s->depth);
    }
    snprintf(title, sizeof(title), "%s%s%s%s", words_step(s->kind), where,
             s->about[0] ? ": " : "", s->about);
    paragraph(out, "", title);
    for (size_t i = 0; i < s->n_rows && i < MAX_ROWS; i++) {
        put_row(out, &s->rows[i]);
    }
    if (s->n_rows > MAX_ROWS) {
        buf_printf(out, "%s(%zu more: --json has them)\n", marks[MARK_NOTE],
                   s->n_rows - MAX_ROWS);
    }
}

/* A redirect where nothing failed needs one line: its last step. */
static void put_steps(struct buf *out, const struct explanation *x)
{
    for (size_t i = 0; i < x->n_steps; i++) {
        const struct explain_step *s = &x->steps[i];
        bool brief = s->depth > 0 && all_ok(x, s->depth);
        if (!brief) {
            put_step(out, s);
        } else if (s->kind == STEP_PAGE) {
            struct explain_row row = s->rows[0];
            char title[48];
            snprintf(title, sizeof(title), "redirect %d", s->depth);
            row.what = title;
            put_row(out, &row);
        }
    }
}

/* ---- text ---------------------------------------------------------------- */

static const char nothing_else[] = "Nothing else that we know of.";

static void put_points(struct buf *out, const char *title,
                       const struct explain_point *list, size_t n,
                       const char *none)
{
    buf_printf(out, "\n%s\n", title);
    for (size_t i = 0; i < n; i++) {
        paragraph(out, " - ", list[i].text);
    }
    if (n == 0) {
        paragraph(out, " - ", none);
    }
}

static void put_head(struct buf *out, const struct explanation *x)
{
    char text[MAX_LINE];
    paragraph(out, "", x->headline);
    paragraph(out, "", x->sure);
    bool placed = strcmp(x->cc, "ZZ") != 0 && x->cc[0];
    snprintf(text, sizeof(text), "Tested: %s, %.16s UTC%s%s%s%s%s%s%s",
             x->input, x->when, placed ? ", in " : "", placed ? x->cc : "",
             placed ? ", " : "", placed ? x->asn : "",
             placed && x->network[0] ? " (" : "", placed ? x->network : "",
             placed && x->network[0] ? ")" : "");
    paragraph(out, "", text);
    buf_printf(out, "\n%-*s | %s\n", HERE_WIDTH, "WHAT HAPPENED HERE",
               x->has_control ? "ELSEWHERE (control)" : "ELSEWHERE: no answer");
}

enum err explain_text(const struct explanation *x, struct buf *out)
{
    put_head(out, x);
    put_steps(out, x);
    put_points(out, "WHY WE THINK SO", x->why, x->n_why, nothing_else);
    put_points(out, "WHAT ELSE IT COULD BE", x->else_, x->n_else,
               x->undecided ? "What was seen does not tell: it may be many "
                              "things, the site's own doing among them."
                            : nothing_else);
    buf_add_c(out, "\nWHAT TO TRY\n");
    for (size_t i = 0; i < x->n_advice; i++) {
        paragraph(out, " - ", x->advice[i]);
    }
    buf_add_c(out, "\n");
    paragraph(out, "",
              "Careful: others on this network can see that this site was "
              "tested. If that could harm you, do not repeat it (`parallax "
              "consent` says more).");
    return out->failed;
}
