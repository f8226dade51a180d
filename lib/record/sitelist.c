// SPDX-License-Identifier: Apache-2.0
#include "record/sitelist.h"

#include "base/ascii.h"
#include "base/map.h"
#include "base/utf8.h"
#include "record/category.h"
#include "record/list_format.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_MAX    96 /* bytes of a cell in a message, escaped */
#define CATEGORY_MAX 32
#define ROW_MIN      10 /* bytes of the shortest row of a site: http://a.b */

struct reader {
    struct region *r;
    const char *file;
    struct sitelist *list;
    struct list_format format;
    struct map *seen; /* index of the site, by URL; one more than it */
    sitelist_bad_fn bad;
    void *arg;
};

/* One row as it stands in the list. */
struct row {
    struct str url, category;
    struct str risk;    /* "R2", or "" */
    unsigned line, col; /* of the URL */
    unsigned category_col, risk_col;
};

/* ---- what is refused ----------------------------------------------------- */

static void bad_row(struct reader *rd, unsigned line, unsigned col,
                    const char *reason)
{
    rd->list->rows++;
    rd->list->bad++;
    if (rd->bad) {
        rd->bad(rd->arg, rd->file, line, col, reason);
    }
}

/* The cell with `\xNN` for every byte that is not printable ASCII. */
static void escape(struct str cell, char out[SHOWN_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < cell.len && n + 5 < SHOWN_MAX; i++) {
        unsigned char c = (unsigned char)cell.p[i];
        bool plain = c >= ' ' && c < 0x7f && c != '\\';
        n += (size_t)snprintf(out + n, SHOWN_MAX - n, plain ? "%c" : "\\x%02x",
                              c);
    }
    out[n] = '\0';
}

static void bad_cell(struct reader *rd, unsigned line, unsigned col,
                     const char *why, struct str cell)
{
    char shown[SHOWN_MAX];
    char reason[SHOWN_MAX + 160];

    escape(cell, shown);
    snprintf(reason, sizeof(reason), "%s: %s", why, shown);
    bad_row(rd, line, col, reason);
}

/* "column N: reason" counts from the URL's own beginning, at `col`. */
static void bad_url(struct reader *rd, const struct row *row, const char *text)
{
    struct str rest = str_c(text), number;
    int64_t n;

    if (str_starts(rest, "column ") && str_find(rest, STR(": ")) != SIZE_MAX) {
        size_t colon = str_find(rest, STR(": "));

        number = str_sub(rest, 7, colon - 7);
        if (str_to_i64(number, 1, UINT16_MAX, &n) == ERR_OK) {
            bad_row(rd, row->line, row->col + (unsigned)n - 1,
                    text + colon + 2);
            return;
        }
    }
    bad_row(rd, row->line, row->col, text);
}

/* Characters that cannot be seen, or look like a space and are none. */
static bool is_invisible(uint32_t c)
{
    return c < ' ' || (c >= 0x7f && c <= 0xa0) || c == 0xad || c == 0x1680 ||
           c == 0x180e || (c >= 0x2000 && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202f) || (c >= 0x205f && c <= 0x206f) ||
           c == 0x3000 || c == 0xfeff;
}

static bool has_invisible(struct str s)
{
    while (s.len > 0) {
        if (is_invisible(utf8_next(&s))) {
            return true;
        }
    }
    return false;
}

/* Is it a word that may be a code: printable ASCII without spaces? */
static bool is_word(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] <= ' ' || s.p[i] >= 0x7f) {
            return false;
        }
    }
    return s.len <= CATEGORY_MAX;
}

/* The class that the row itself gives, -1 for none, -2: it is no class. */
static int class_of(struct str cell)
{
    if (cell.len == 0) {
        return -1;
    }
    return cell.len == 2 && cell.p[0] == 'R' && cell.p[1] >= '0' &&
                   cell.p[1] <= '3'
               ? cell.p[1] - '0'
               : -2;
}

/* True if the row is refused for how its cells look. */
static bool refuse_cells(struct reader *rd, const struct row *row)
{
    char torn = row->category.len == 0 ? list_format_torn(row->url) : 0;
    char why[80];

    if (row->url.len == 0) {
        bad_row(rd, row->line, row->col, "no URL");
    } else if (!is_word(row->category)) {
        bad_cell(rd, row->line, row->category_col,
                 "odd characters in the category", row->category);
    } else if (class_of(row->risk) < -1) {
        bad_cell(rd, row->line, row->risk_col,
                 "the class of risk is none of R0 to R3", row->risk);
    } else if (has_invisible(row->url)) {
        bad_cell(rd, row->line, row->col, "odd characters in the URL",
                 row->url);
    } else if (torn) {
        snprintf(why, sizeof(why),
                 torn > ' ' && torn < 0x7f
                     ? "the `%c` may stand between URL and category"
                     : "what is behind byte 0x%02x may be a category",
                 (unsigned char)torn);
        bad_cell(rd, row->line, row->col, why, row->url);
    } else {
        return false;
    }
    return true;
}

/* ---- what is kept -------------------------------------------------------- */

/* Known codes are not copied. */
static const char *keep_category(struct reader *rd, struct str code)
{
    const struct category *c = category_find(code);

    return c ? c->code : region_strndup(rd->r, code.p, code.len);
}

/* The same URL again: the riskiest class that somebody gives it counts. */
static void merge(struct site *old, const struct site *site)
{
    if (site->risk > old->risk || (old->chosen && !old->category[0])) {
        old->risk = site->risk;
        old->category = site->category;
    }
}

static enum err append(struct reader *rd, const struct site *site)
{
    struct sitelist *l = rd->list;
    struct str key = str_c(site->url.text);
    uintptr_t at = (uintptr_t)map_get(rd->seen, key);

    if (at) {
        merge(&l->sites[at - 1], site);
        l->rows++;
        l->duplicate++;
        return ERR_OK;
    }
    enum err e = map_put_kept(rd->seen, key, (void *)(uintptr_t)(l->n + 1));
    if (!e) {
        e = region_grow(rd->r, (void **)&l->sites, &l->cap, l->n,
                        sizeof(*l->sites), SITELIST_MAX_ROWS);
    }
    if (!e) {
        l->sites[l->n++] = *site;
        l->rows++;
    }
    return e;
}

static enum err add_row(struct reader *rd, struct row row)
{
    struct site site = {.line = row.line};
    struct diag why;

    row.url = str_trim(row.url);
    row.category = str_trim(row.category);
    row.risk = str_trim(row.risk);
    if (refuse_cells(rd, &row)) {
        return ERR_OK;
    }
    enum err e = url_parse(rd->r, row.url, &site.url, &why);
    if (e == ERR_NOMEM) {
        return e;
    }
    if (e) {
        bad_url(rd, &row, why.text);
        return ERR_OK;
    }
    if (site.url.literal.family != 0 && ip_is_special(&site.url.literal)) {
        bad_row(rd, row.line, row.col, "a private or special address");
        return ERR_OK;
    }
    site.input = site.url.text;
    site.category = keep_category(rd, row.category);
    if (!site.category) {
        return ERR_NOMEM;
    }
    site.risk = category_risk(row.category);
    if (class_of(row.risk) > site.risk) {
        site.risk = class_of(row.risk); /* never lower than its category's */
    }
    return append(rd, &site);
}

/* ---- CSV ----------------------------------------------------------------- */

/* Bytes that are no UTF-8, anywhere in the row: it is not known what they are
 * meant to be, nor what became of the rest. */
static bool refuse_bytes(struct reader *rd, const struct csv_row *cells)
{
    for (size_t i = 0; i < cells->n; i++) {
        if (!utf8_valid(cells->field[i])) {
            bad_cell(rd, cells->line, cells->col[i], "bytes that are not UTF-8",
                     cells->field[i]);
            return true;
        }
    }
    return false;
}

/* What codes look like: CODE, P2P. */
static bool looks_like_code(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!ascii_isdigit(s.p[i]) && (s.p[i] < 'A' || s.p[i] > 'Z')) {
            return false;
        }
    }
    return s.len == 0 || (s.len >= 3 && s.len <= 10);
}

/* Without a header it is the look of the second cell that shows which is which:
 * a known code, or none, or what may be one; and no other code behind it. */
static bool shows_its_code(const struct csv_row *cells)
{
    struct str code = cells->n > 1 ? str_trim(cells->field[1]) : STR("");
    const struct category *c = category_find(code);

    for (size_t i = 2; i < cells->n; i++) {
        const struct category *other = category_find(str_trim(cells->field[i]));
        if (other && (!c || other->risk != c->risk)) {
            return false;
        }
    }
    return c || looks_like_code(code);
}

/* Its category stands in another cell than the one for it: that is no row
 * without a category, but one whose cells have moved. */
static bool has_moved(const struct list_format *f, const struct csv_row *cells)
{
    if (f->category >= cells->n || str_trim(cells->field[f->category]).len) {
        return false;
    }
    for (size_t i = 0; i < cells->n; i++) {
        if (i != f->url && category_is_meant(str_trim(cells->field[i]))) {
            return true;
        }
    }
    return false;
}

/* Why the row cannot be told apart into its cells; NULL: it can. */
static const char *misshapen(const struct list_format *f,
                             const struct csv_row *cells)
{
    size_t url, category;

    if (list_format_is_header(cells, &url, &category)) {
        return "another header";
    }
    if (f->url >= cells->n) {
        return "no URL";
    }
    if (!f->header && !shows_its_code(cells)) {
        return "the second cell is not clearly a category, and the list has "
               "no header";
    }
    if (f->category != LIST_FORMAT_NO_COLUMN && f->category >= cells->n &&
        cells->n > 1) {
        return "cells are missing, and it is not certain which";
    }
    if (has_moved(f, cells)) {
        return "a category stands in another column than its own";
    }
    return NULL;
}

static enum err add_cells(struct reader *rd, const struct csv_row *cells)
{
    const struct list_format *f = &rd->format;
    struct row row = {.line = cells->line};
    const char *why = misshapen(f, cells);

    if (refuse_bytes(rd, cells)) {
        return ERR_OK;
    }
    if (why) {
        bad_row(rd, cells->line, cells->col[0], why);
        return ERR_OK;
    }
    row.url = cells->field[f->url];
    row.col = cells->col[f->url];
    if (f->category < cells->n) {
        row.category = cells->field[f->category];
        row.category_col = cells->col[f->category];
    }
    if (f->risk < cells->n) {
        row.risk = cells->field[f->risk];
        row.risk_col = cells->col[f->risk];
    }
    return add_row(rd, row);
}

static enum err parse_csv(struct reader *rd)
{
    struct csv csv;
    struct csv_row cells;
    struct diag why;
    bool first = rd->format.header;

    list_format_rows(&rd->format, &csv);
    for (;;) {
        enum err e = list_format_next(&csv, rd->r, &cells, &why);

        if (e == ERR_NOTFOUND) {
            return ERR_OK;
        }
        if (e == ERR_PARSE) {
            bad_row(rd, cells.line, cells.col[0], why.text);
            continue;
        }
        if (e == ERR_OK && !first) {
            e = add_cells(rd, &cells);
        }
        first = false;
        if (e) {
            return e;
        }
    }
}

/* ---- one URL a line ------------------------------------------------------ */

static enum err parse_plain(struct reader *rd)
{
    struct str text = rd->format.text, line;
    struct row row = {.line = 0};

    while (str_next(&text, '\n', &line)) {
        enum err e = ERR_OK;

        row.line++;
        row.url = str_trim(line);
        if (row.url.len == 0 || row.url.p[0] == '#') {
            continue;
        }
        row.col = (unsigned)(row.url.p - line.p) + 1;
        if (memchr(row.url.p, 0, row.url.len)) {
            bad_row(rd, row.line, 1, "a zero byte");
        } else if (!utf8_valid(row.url)) {
            bad_cell(rd, row.line, row.col, "bytes that are not UTF-8",
                     row.url);
        } else {
            e = add_row(rd, row);
        }
        if (e) {
            return e;
        }
    }
    return ERR_OK;
}

/* Room for all rows that may come, so that nothing is moved later: what was
 * moved stays in the region. */
static enum err make_room(const struct reader *rd)
{
    struct sitelist *l = rd->list;
    struct str rest = rd->format.text, line;
    size_t rows = 0;

    while (str_next(&rest, '\n', &line)) {
        rows += line.len >= ROW_MIN;
    }
    size_t want = l->n + rows;
    want = want < SITELIST_MAX_ROWS ? want : SITELIST_MAX_ROWS;
    if (want <= l->cap) {
        return ERR_OK;
    }
    struct site *sites = region_calloc(rd->r, want, sizeof(*sites));
    if (!sites) {
        return ERR_NOMEM;
    }
    if (l->n > 0) {
        memcpy(sites, l->sites, l->n * sizeof(*sites));
    }
    l->sites = sites;
    l->cap = want;
    return ERR_OK;
}

enum err sitelist_parse(struct region *r, const char *file, struct str text,
                        struct sitelist *list, sitelist_bad_fn bad, void *arg,
                        struct diag *d)
{
    struct reader rd = {.r = r,
                        .file = file,
                        .list = list,
                        .seen = map_new(SITELIST_MAX_ROWS),
                        .bad = bad,
                        .arg = arg};
    enum err e = rd.seen ? list_format_find(r, text, &rd.format, d) : ERR_NOMEM;

    if (!e) {
        e = make_room(&rd);
    }
    for (size_t i = 0; i < list->n && !e; i++) {
        e = map_put_kept(rd.seen, str_c(list->sites[i].url.text),
                         (void *)(uintptr_t)(i + 1));
    }
    if (!e) {
        e = rd.format.separator ? parse_csv(&rd) : parse_plain(&rd);
    }
    map_free(rd.seen);
    return e;
}
