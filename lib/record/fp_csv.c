// SPDX-License-Identifier: Apache-2.0
#include "record/fp_csv.h"
#include "base/ascii.h"
#include "base/utf8.h"
#include <string.h>

#define MAX_COUNTRIES 300

enum column {
    COL_NAME,
    COL_SCOPE,
    COL_OTHER,
    COL_WHERE,
    COL_HOW,
    COL_PATTERN,
    COL_CONFIDENCE,
    COL_COUNTRIES,
    COL_COUNT
};

/* OONI's. A word that we do not know might mean anything, and what is no
 * exception would accuse. */
static bool known_scope(struct str s)
{
    static const char *const scopes[] = {"nat", "isp", "prod", "inst",
                                         "vbw", "fp",  "injb", "prov"};
    for (unsigned i = 0; i < sizeof(scopes) / sizeof(*scopes); i++) {
        if (str_eq_c(s, scopes[i])) {
            return true;
        }
    }
    return false;
}

static bool read_how(struct str s, enum fp_how *out)
{
    static const char *const names[] = {
        [FP_FULL] = "full",
        [FP_PREFIX] = "prefix",
        [FP_CONTAINS] = "contains",
        [FP_REGEXP] = "regexp",
    };
    for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (str_eq_c(s, names[i])) {
            *out = (enum fp_how)i;
            return true;
        }
    }
    return false;
}

enum err fp_csv_where(struct region *r, struct str text,
                      struct fingerprint *out, struct diag *d)
{
    if (str_eq_c(text, "dns")) {
        out->where = FP_DNS;
    } else if (str_eq_c(text, "body")) {
        out->where = FP_BODY;
    } else if (str_starts(text, "header.") && text.len > 7) {
        char *name = region_strndup(r, text.p + 7, text.len - 7);
        if (!name) {
            return ERR_NOMEM;
        }
        for (char *p = name; *p; p++) {
            *p = ascii_lower(*p);
        }
        out->where = FP_HEADER;
        out->header = name;
    } else {
        return diag_set(d, ERR_PARSE, "unknown location_found");
    }
    return ERR_OK;
}

static bool is_letter(char c)
{
    return ascii_isalnum(c) && !ascii_isdigit(c);
}

/* "IT, IR" and "it,ir" mean IT,IR; an empty column means anywhere, and an empty
 * place between two commas nothing. */
static enum err read_countries(struct region *r, struct str text,
                               const char **out, struct diag *d)
{
    struct str rest = str_trim(text), one;
    size_t n = 0;
    char *list = region_alloc(r, rest.len + 2);
    if (!list) {
        return ERR_NOMEM;
    }
    bool anywhere = rest.len == 0;
    while (!anywhere && str_next(&rest, ',', &one)) {
        one = str_trim(one);
        if (one.len != 2 || !is_letter(one.p[0]) || !is_letter(one.p[1])) {
            return diag_set(d, ERR_PARSE,
                            "expected_countries: want two letters for each, "
                            "with commas between them, or nothing");
        }
        if (n > 0) {
            list[n++] = ',';
        }
        list[n++] = ascii_upper(one.p[0]);
        list[n++] = ascii_upper(one.p[1]);
    }
    if (n > 3 * MAX_COUNTRIES) {
        return diag_set(d, ERR_PARSE, "expected_countries: too many");
    }
    *out = list;
    return ERR_OK;
}

/* What holds for any text of a row. */
static enum err check_texts(const struct csv_row *row, struct diag *d)
{
    if (row->n < COL_COUNT) {
        return diag_set(d, ERR_PARSE, "too few columns");
    }
    for (size_t i = 0; i < COL_COUNT; i++) {
        if (!utf8_valid(row->field[i])) {
            return diag_set(d, ERR_PARSE, "column %zu is not UTF-8", i + 1);
        }
    }
    if (row->field[COL_NAME].len == 0) {
        return diag_set(d, ERR_PARSE, "no name");
    }
    if (!known_scope(row->field[COL_SCOPE])) {
        return diag_set(d, ERR_PARSE, "unknown scope");
    }
    size_t len = row->field[COL_PATTERN].len;
    if (len == 0 || len > FP_CSV_PATTERN_MAX) {
        return diag_set(d, ERR_PARSE,
                        len ? "pattern too long" : "empty pattern");
    }
    return ERR_OK;
}

static enum err copy_texts(struct region *r, const struct csv_row *row,
                           struct fingerprint *fp)
{
    struct str name = row->field[COL_NAME], scope = row->field[COL_SCOPE];
    fp->name = region_strndup(r, name.p, name.len);
    fp->scope = region_strndup(r, scope.p, scope.len);
    fp->pattern = region_str(r, row->field[COL_PATTERN]);
    return fp->name && fp->scope && fp->pattern.p ? ERR_OK : ERR_NOMEM;
}

bool fp_csv_is_header(const struct csv_row *row)
{
    return row->n > COL_PATTERN && str_eq_c(row->field[COL_NAME], "name") &&
           str_eq_c(row->field[COL_PATTERN], "pattern");
}

enum err fp_csv_read(struct region *r, const struct csv_row *row,
                     struct fingerprint *out, struct diag *d)
{
    struct fingerprint fp = {.confidence = 5};
    int64_t confidence = 5;
    enum err e = check_texts(row, d);
    if (e) {
        return e;
    }
    if (!read_how(row->field[COL_HOW], &fp.how)) {
        return diag_set(d, ERR_PARSE, "unknown pattern_type");
    }
    struct str text = str_trim(row->field[COL_CONFIDENCE]);
    if (text.len > 0 && str_to_i64(text, 0, 10, &confidence) != ERR_OK) {
        return diag_set(d, ERR_PARSE, "confidence_no_fp is not 0 to 10");
    }
    fp.confidence = (int)confidence;
    e = fp_csv_where(r, row->field[COL_WHERE], &fp, d);
    if (!e) {
        e = read_countries(r, row->field[COL_COUNTRIES], &fp.countries, d);
    }
    if (!e) {
        e = copy_texts(r, row, &fp);
    }
    if (!e) {
        *out = fp;
    }
    return e;
}
