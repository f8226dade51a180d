// SPDX-License-Identifier: Apache-2.0
/* The shape of a list, proved from its bytes. */
#include "record/list_format.h"

#include "base/ascii.h"
#include "base/utf8.h"
#include "record/category.h"

#include <string.h>

/* What unquoting may take; a list itself is never above 64 MiB. */
#define SCRATCH_MAX ((size_t)160 << 20)

static const char separators[] = {',', ';', '\t'};

/* ---- encoding and line ends ---------------------------------------------- */

struct units {
    const unsigned char *p;
    size_t n; /* of two bytes */
    bool big;
};

static uint32_t unit(const struct units *u, size_t i)
{
    const unsigned char *p = u->p + 2 * i;

    return u->big ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
}

/* The bytes behind the mark, as UTF-8. Half a surrogate pair becomes a byte
 * that no UTF-8 has, so that its row is refused like any damaged one. */
static enum err from_utf16(struct region *r, struct str bytes,
                           struct list_format *f, struct diag *d)
{
    struct units u = {(const unsigned char *)bytes.p + 2, bytes.len / 2 - 1,
                      bytes.p[0] == '\xfe'};
    char *text = bytes.len % 2 ? NULL : region_alloc(r, u.n * 3 + 1);
    size_t n = 0;

    if (!text) {
        return bytes.len % 2 ? diag_set(d, ERR_PARSE,
                                        "UTF-16 with half a "
                                        "character at its end")
                             : ERR_NOMEM;
    }
    for (size_t i = 0; i < u.n; i++) {
        uint32_t c = unit(&u, i);
        uint32_t low = i + 1 < u.n ? unit(&u, i + 1) : 0;

        if (c >= 0xd800 && c < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
            n += utf8_put(0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00),
                          text + n);
            i++;
        } else if (c >= 0xd800 && c < 0xe000) {
            text[n++] = '\xff';
        } else {
            n += utf8_put(c, text + n);
        }
    }
    f->text = (struct str){text, n};
    return ERR_OK;
}

static enum err decode(struct region *r, struct str bytes,
                       struct list_format *f, struct diag *d)
{
    struct str four = str_sub(bytes, 0, 4);

    if (str_eq(four, STR("\xff\xfe\0\0")) ||
        str_eq(four, STR("\0\0\xfe\xff"))) {
        return diag_set(d, ERR_PARSE,
                        "UTF-32 is not read; save the list as UTF-8");
    }
    if (str_starts(bytes, "\xff\xfe") || str_starts(bytes, "\xfe\xff")) {
        return from_utf16(r, bytes, f, d);
    }
    f->text = utf8_skip_bom(bytes);
    return ERR_OK;
}

/* Where no line ends in LF, CR is what ends them. */
static enum err end_lines(struct region *r, struct list_format *f)
{
    if (str_find_char(f->text, '\n') != SIZE_MAX ||
        str_find_char(f->text, '\r') == SIZE_MAX) {
        return ERR_OK;
    }
    char *text = region_memdup(r, f->text.p, f->text.len);
    if (!text) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < f->text.len; i++) {
        text[i] = text[i] == '\r' ? '\n' : text[i];
    }
    f->text.p = text;
    return ERR_OK;
}

/* ---- is it one URL? ------------------------------------------------------ */

/* May the byte stand between cells? That is what URLs do not have, and two
 * characters that they have. */
static bool may_separate(char c)
{
    return (unsigned char)c <= ' ' || (unsigned char)c >= 0x7f ||
           strchr(",;\"<>\\^`{|}", c);
}

/* Is one of its words a code in capitals ("LGBT/NEWS")? */
static bool has_code(struct str piece)
{
    size_t end;

    for (size_t i = 0; i < piece.len; i = end + 1) {
        end = i;
        while (end < piece.len &&
               (ascii_isdigit(piece.p[end]) ||
                (piece.p[end] >= 'A' && piece.p[end] <= 'Z'))) {
            end++;
        }
        if ((i == 0 || !ascii_isalnum(piece.p[i - 1])) &&
            (end == piece.len || !ascii_isalnum(piece.p[end])) &&
            category_find(str_sub(piece, i, end - i))) {
            return true;
        }
    }
    return false;
}

/* Is what follows `before` clearly more of the URL, and no cell? */
static bool goes_on(char before, struct str piece)
{
    size_t digits = 0;

    if (category_find(piece) || has_code(piece) ||
        str_find(piece, STR("://")) != SIZE_MAX) {
        return false;
    }
    if ((unsigned char)before >= 0x80) {
        return true; /* letters of other scripts */
    }
    if ((before != ',' && before != ';') || piece.len == 0) {
        return false;
    }
    for (size_t i = 0; i < piece.len; i++) {
        if (strchr("/=.%&?:~+@!*()$#", piece.p[i])) {
            return true;
        }
        digits += ascii_isdigit(piece.p[i]);
    }
    return piece.len == 1 || digits == piece.len;
}

char list_format_torn(struct str url)
{
    char torn = 0;

    for (size_t i = 0; i < url.len; i++) {
        size_t end = i + 1;
        if (!may_separate(url.p[i])) {
            continue;
        }
        while (end < url.len && !may_separate(url.p[end])) {
            end++;
        }
        if (!goes_on(url.p[i], str_sub(url, i + 1, end - i - 1)) &&
            !(torn && memchr(separators, torn, sizeof(separators)))) {
            torn = url.p[i];
        }
    }
    return torn;
}

/* ---- header -------------------------------------------------------------- */

void list_format_rows(const struct list_format *f, struct csv *csv)
{
    csv_init(csv, f->text);
    csv->separator = f->separator;
    csv->comment = '#';
}

static bool is_blank(const struct csv_row *row)
{
    for (size_t i = 0; i < row->n; i++) {
        if (str_trim(row->field[i]).len > 0) {
            return false;
        }
    }
    return true;
}

enum err list_format_next(struct csv *csv, struct region *r,
                          struct csv_row *row, struct diag *d)
{
    enum err e;

    do {
        e = csv_next(csv, r, row, d);
    } while (e == ERR_OK && is_blank(row));
    return e;
}

static size_t find_column(const struct csv_row *row, const char *name,
                          size_t *count)
{
    size_t at = LIST_FORMAT_NO_COLUMN;

    *count = 0;
    for (size_t i = row->n; i-- > 0;) {
        if (str_ieq_c(str_trim(row->field[i]), name)) {
            at = i;
            ++*count;
        }
    }
    return at;
}

bool list_format_is_header(const struct csv_row *row, size_t *url,
                           size_t *category)
{
    size_t urls, categories;

    *url = find_column(row, "url", &urls);
    *category = find_column(row, "category_code", &categories);
    return urls + categories > 0;
}

static enum err check_header(const struct csv_row *row, struct list_format *f,
                             struct diag *d)
{
    size_t urls, categories, risks;

    f->url = find_column(row, "url", &urls);
    f->category = find_column(row, "category_code", &categories);
    f->risk = find_column(row, "risk_class", &risks);
    if (urls == 1 && (categories == 1 || row->n == 1) && risks <= 1) {
        f->header = true;
        return ERR_OK;
    }
    return diag_set(d, ERR_PARSE,
                    "the header in line %u has to name the columns `url` and "
                    "`category_code`, once each",
                    row->line);
}

/* ERR_NOTFOUND: the list has none. */
static enum err find_header(struct region *scratch, struct list_format *f,
                            struct diag *d)
{
    for (size_t i = 0; i < sizeof(separators); i++) {
        struct csv csv;
        struct csv_row row;
        size_t url, category;

        f->separator = separators[i];
        list_format_rows(f, &csv);
        enum err e = list_format_next(&csv, scratch, &row, NULL);
        if (e == ERR_NOMEM) {
            return e;
        }
        if (e == ERR_OK && list_format_is_header(&row, &url, &category)) {
            return check_header(&row, f, d);
        }
    }
    f->separator = 0;
    return ERR_NOTFOUND;
}

/* ---- no header ----------------------------------------------------------- */

/* The next line that is neither blank nor a comment. */
static bool next_line(struct str *rest, unsigned *n, struct str *line)
{
    while (str_next(rest, '\n', line)) {
        ++*n;
        *line = str_trim(*line);
        if (line->len > 0 && line->p[0] != '#') {
            return true;
        }
    }
    return false;
}

/* The first line that may hold several cells, or 0. */
static unsigned find_cells(struct str text, char *by)
{
    struct str line;
    unsigned n = 0;

    while (next_line(&text, &n, &line)) {
        *by = list_format_torn(line);
        if (*by && memchr(separators, *by, sizeof(separators))) {
            return n;
        }
    }
    return 0;
}

/* The first line, without a quote before it. */
static struct str first_line(struct str text)
{
    struct str line = {NULL, 0};
    unsigned n = 0;

    if (next_line(&text, &n, &line) && line.p[0] == '"') {
        line = str_sub(line, 1, line.len);
    }
    return line;
}

static bool begins_with_url(struct str line)
{
    return str_ieq_c(str_sub(line, 0, 7), "http://") ||
           str_ieq_c(str_sub(line, 0, 8), "https://");
}

/* Does the line name columns, in a way that is not read? */
static bool is_unknown_header(struct str line)
{
    for (size_t i = 0; i < line.len && !begins_with_url(line); i++) {
        if (str_ieq_c(str_sub(line, i, 3), "url") ||
            str_ieq_c(str_sub(line, i, 8), "category")) {
            return true;
        }
    }
    return false;
}

static enum err uncertain(unsigned line, struct diag *d)
{
    return diag_set(d, ERR_PARSE,
                    "it is not certain what the columns are (see line %u), "
                    "because the first line is not a header such as "
                    "`url,category_code`",
                    line);
}

/* Is the second cell of any row a known code, by this separator? */
static enum err has_codes(struct region *scratch, const struct list_format *f,
                          bool *yes)
{
    struct csv csv;
    struct csv_row row;

    *yes = false;
    list_format_rows(f, &csv);
    for (;;) {
        enum err e = list_format_next(&csv, scratch, &row, NULL);
        if (e == ERR_NOTFOUND) {
            return ERR_OK;
        }
        if (e != ERR_OK && e != ERR_PARSE) {
            return e;
        }
        *yes = *yes || (e == ERR_OK && row.n > 1 &&
                        category_find(str_trim(row.field[1])));
    }
}

/* What separates the columns of a list without a header. */
static enum err find_separator(struct region *scratch, struct list_format *f,
                               struct diag *d)
{
    char found = 0, by = 0;
    unsigned line = find_cells(f->text, &by), ways = 0;
    const struct str first = first_line(f->text);

    f->url = 0;
    f->category = LIST_FORMAT_NO_COLUMN;
    if (!line) {
        return is_unknown_header(first) ? uncertain(1, d) : ERR_OK;
    }
    for (size_t i = 0; i < sizeof(separators); i++) {
        bool yes;
        f->separator = separators[i];
        enum err e = has_codes(scratch, f, &yes);
        if (e != ERR_OK) {
            return e;
        }
        found = yes ? separators[i] : found;
        ways += yes;
    }
    if (ways != 1 || !begins_with_url(first)) {
        return uncertain(line, d);
    }
    f->separator = found;
    f->category = 1;
    return ERR_OK;
}

/* ---- rows ---------------------------------------------------------------- */

/* A cell too many, or a second header that differs, and nobody knows which cell
 * is which. */
static enum err check_row(const struct list_format *f,
                          const struct csv_row *row, size_t cells,
                          struct diag *d)
{
    size_t url, category;

    if (row->n > cells) {
        return diag_set(d, ERR_PARSE,
                        "line %u has more cells than the %s, so that its "
                        "category is not certain",
                        row->line, f->header ? "header" : "first line");
    }
    if (list_format_is_header(row, &url, &category) &&
        (url != f->url || category != f->category)) {
        return diag_set(d, ERR_PARSE,
                        "line %u is another header, with other columns",
                        row->line);
    }
    return ERR_OK;
}

static enum err check_rows(struct region *scratch, const struct list_format *f,
                           struct diag *d)
{
    struct csv csv;
    struct csv_row row;
    size_t cells = 0;

    list_format_rows(f, &csv);
    for (;;) {
        enum err e = list_format_next(&csv, scratch, &row, NULL);
        if (e == ERR_NOTFOUND) {
            return ERR_OK;
        }
        if (e == ERR_PARSE && row.n < CSV_MAX_FIELDS) {
            continue; /* a bad row, and no more */
        }
        if (e != ERR_OK && e != ERR_PARSE) {
            return e;
        }
        cells = cells ? cells : row.n;
        e = check_row(f, &row, e == ERR_PARSE ? 0 : cells, d);
        if (e != ERR_OK) {
            return e;
        }
    }
}

static enum err find(struct region *scratch, struct list_format *f,
                     struct diag *d)
{
    size_t end = str_find_char(f->text, '\n');

    if (memchr(f->text.p, 0, end == SIZE_MAX ? f->text.len : end)) {
        return diag_set(d, ERR_PARSE,
                        "it has zero bytes, as UTF-16 without a byte order "
                        "mark; save the list as UTF-8");
    }
    enum err e = find_header(scratch, f, d);
    if (e == ERR_NOTFOUND) {
        e = find_separator(scratch, f, d);
    }
    return e == ERR_OK && f->separator ? check_rows(scratch, f, d) : e;
}

enum err list_format_find(struct region *r, struct str bytes,
                          struct list_format *out, struct diag *d)
{
    struct list_format f = {.separator = 0, .risk = LIST_FORMAT_NO_COLUMN};
    struct region *scratch = region_new(SCRATCH_MAX);
    enum err e = scratch ? decode(r, bytes, &f, d) : ERR_NOMEM;

    if (e == ERR_OK) {
        e = end_lines(r, &f);
    }
    if (e == ERR_OK && f.text.len > 0) {
        e = find(scratch, &f, d);
    }
    region_free(scratch);
    if (e == ERR_OK) {
        *out = f;
    }
    return e;
}
