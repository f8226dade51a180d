// SPDX-License-Identifier: Apache-2.0
/* CSV read row by row and written field by field. */
#include "base/csv.h"

#include "base/utf8.h"
#include <string.h>

void csv_init(struct csv *c, struct str text)
{
    *c = (struct csv){.text = text, .line = 1, .separator = ','};
    c->pos = text.len - utf8_skip_bom(text).len;
}

/* Does a line end at `pos`? Then *len bytes make it up. */
static bool line_end(struct str t, size_t pos, size_t *len)
{
    if (pos < t.len && t.p[pos] == '\n') {
        *len = 1;
        return true;
    }
    if (pos + 1 < t.len && t.p[pos] == '\r' && t.p[pos + 1] == '\n') {
        *len = 2;
        return true;
    }
    *len = 0;
    return pos >= t.len;
}

struct field_end {
    size_t pos; /* first byte after the field */
    unsigned newlines;
};

/* The inside of quotes with each pair of them made one. */
static enum err unquote(struct region *r, struct str inside, struct str *out)
{
    char *copy = region_alloc(r, inside.len + 1);
    size_t n = 0;

    if (!copy) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < inside.len; i++) {
        copy[n++] = inside.p[i];
        i += inside.p[i] == '"';
    }
    *out = (struct str){copy, n};
    return ERR_OK;
}

static enum err quoted(struct region *r, const struct csv *c, size_t pos,
                       struct str *out, struct field_end *end, const char **why)
{
    struct str t = c->text;
    size_t start = ++pos, eol;
    bool doubled = false;

    for (;; pos++) {
        if (pos >= t.len) {
            *why = "a quote is not closed";
            return ERR_PARSE;
        }
        if (t.p[pos] == '\n') {
            end->newlines++;
        } else if (t.p[pos] == '"') {
            if (pos + 1 >= t.len || t.p[pos + 1] != '"') {
                break;
            }
            doubled = true;
            pos++;
        }
    }
    end->pos = pos + 1;
    if (!line_end(t, end->pos, &eol) && t.p[end->pos] != c->separator) {
        *why = "text after a closing quote";
        return ERR_PARSE;
    }
    struct str inside = {t.p + start, pos - start};
    if (doubled) {
        return unquote(r, inside, out);
    }
    *out = inside;
    return ERR_OK;
}

/* A quote inside an unquoted field is taken as it is: lists have them. */
static void unquoted(const struct csv *c, size_t pos, struct str *out,
                     struct field_end *end)
{
    struct str t = c->text;
    size_t start = pos, eol;

    while (!line_end(t, pos, &eol) && t.p[pos] != c->separator) {
        pos++;
    }
    *out = (struct str){t.p + start, pos - start};
    end->pos = pos;
}

static void skip_line(struct csv *c)
{
    struct str rest = str_sub(c->text, c->pos, SIZE_MAX);
    size_t at = str_find_char(rest, '\n');

    c->pos = at == SIZE_MAX ? c->text.len : c->pos + at + 1;
    c->line++;
}

static bool skip_blank_lines(struct csv *c)
{
    size_t eol;

    while (c->pos < c->text.len) {
        if (line_end(c->text, c->pos, &eol)) {
            c->pos += eol;
            c->line++;
        } else if (c->comment && c->text.p[c->pos] == c->comment) {
            skip_line(c);
        } else {
            return true;
        }
    }
    return false;
}

enum err csv_next(struct csv *c, struct region *r, struct csv_row *row,
                  struct diag *d)
{
    struct str t = c->text;
    struct field_end end;
    unsigned line;
    size_t row_start, line_start, eol;

    if (!skip_blank_lines(c)) {
        return ERR_NOTFOUND;
    }
    row_start = line_start = end.pos = c->pos;
    line = row->line = c->line;
    row->n = 0;
    for (;;) {
        size_t at = end.pos;
        const char *why = NULL;
        struct str field;
        enum err e = ERR_OK;

        end.newlines = 0;
        if (row->n == CSV_MAX_FIELDS) {
            why = "too many fields";
            e = ERR_PARSE;
        } else if (at < t.len && t.p[at] == '"') {
            e = quoted(r, c, at, &field, &end, &why);
        } else {
            unquoted(c, at, &field, &end);
        }
        if (!e && memchr(field.p, 0, field.len)) {
            why = "a zero byte";
            e = ERR_PARSE;
        }
        if (e) {
            /* one bad row costs one line: go on behind its first */
            c->pos = row_start;
            skip_line(c);
            row->line = line;
            row->col[0] = (unsigned)(at - line_start) + 1;
            return diag_set(d, e, "%s", why ? why : "out of memory");
        }
        row->field[row->n] = field;
        row->col[row->n++] = (unsigned)(at - line_start) + 1;
        if (end.newlines) {
            const char *nl = memrchr(t.p + at, '\n', end.pos - at);

            line += end.newlines;
            line_start = (size_t)(nl - t.p) + 1;
        }
        if (line_end(t, end.pos, &eol)) {
            c->pos = end.pos + eol;
            c->line = line + (eol > 0);
            return ERR_OK;
        }
        end.pos++; /* the separator */
    }
}

static bool needs_quotes(struct str field)
{
    for (size_t i = 0; i < field.len; i++) {
        char c = field.p[i];

        if (c == ',' || c == '"' || c == '\r' || c == '\n') {
            return true;
        }
    }
    return false;
}

void csv_add(struct buf *out, struct str field, bool first, bool guard)
{
    bool formula = guard && field.len > 0 && strchr("=+-@\t\r", field.p[0]) &&
                   field.p[0] != 0;
    bool quote = needs_quotes(field);

    if (!first) {
        buf_add_byte(out, ',');
    }
    if (quote) {
        buf_add_byte(out, '"');
    }
    if (formula) {
        buf_add_byte(out, '\'');
    }
    while (field.len > 0) {
        size_t at = str_find_char(field, '"');
        size_t n = at == SIZE_MAX ? field.len : at + 1;

        buf_add(out, field.p, n);
        if (at != SIZE_MAX) {
            buf_add_byte(out, '"');
        }
        field = str_sub(field, n, SIZE_MAX);
    }
    if (quote) {
        buf_add_byte(out, '"');
    }
}

void csv_end(struct buf *out)
{
    buf_add(out, "\r\n", 2);
}
