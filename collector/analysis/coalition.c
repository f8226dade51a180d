// SPDX-License-Identifier: Apache-2.0
/* Reads the coalition's tables and answers questions about a date. */
#include "collector/analysis/coalition.h"

#include "base/calendar.h"
#include "base/clock.h"
#include "base/csv.h"
#include "collector/analysis/embedded.h"
#include <stdio.h>
#include <string.h>

#define MAX_ROWS 2000

const struct coalition_right coalition_rights[RIGHTS_N] = {
    {"EXPR", "Freedom of expression and access to information", "19", "19"},
    {"ASSOC", "Freedom of association", "20", "22"},
    {"ASSEM", "Freedom of peaceful assembly", "20", "21"},
    {"PRIV", "Privacy", "12", "17"},
    {"VOTE", "Taking part in public affairs", "21", "25"},
};

/* A file of collector/data by name. */
static enum err embedded_text(const char *name, struct str *out, struct diag *d)
{
    for (unsigned long i = 0; i < embedded_files_count; i++) {
        if (strcmp(embedded_files[i].name, name) == 0) {
            *out = (struct str){(const char *)embedded_files[i].bytes,
                                embedded_files[i].len};
            return ERR_OK;
        }
    }
    return diag_set(d, ERR_NOTFOUND, "%s is not part of this program", name);
}

/* One table being read: the row at hand and how many columns it must have. */
struct table {
    struct region *r;
    struct csv csv;
    struct csv_row row;
    const char *name;
    size_t columns;
};

static enum err table_open(struct region *r, const char *name, size_t columns,
                           struct table *t, struct diag *d)
{
    struct str text = {NULL, 0};
    enum err e = embedded_text(name, &text, d);
    if (e != ERR_OK) {
        return e;
    }
    *t = (struct table){.r = r, .name = name, .columns = columns};
    csv_init(&t->csv, text);
    return csv_next(&t->csv, r, &t->row, d); /* the line of names */
}

/* The next line; ERR_NOTFOUND at the end. */
static enum err table_next(struct table *t, struct diag *d)
{
    enum err e = csv_next(&t->csv, t->r, &t->row, d);
    if (e == ERR_OK && t->row.n != t->columns) {
        return diag_set(d, ERR_PARSE, "%s line %u: %zu columns, not %zu",
                        t->name, t->row.line, t->row.n, t->columns);
    }
    return e;
}

/* A copy of one cell of the line at hand. */
static const char *cell(struct table *t, size_t i)
{
    const char *s = region_strndup(
        t->r, t->row.field[i].p ? t->row.field[i].p : "", t->row.field[i].len);
    return s ? s : "";
}

static enum err bad_cell(const struct table *t, size_t i, struct diag *d)
{
    return diag_set(d, ERR_PARSE, "%s line %u: bad value \"%.*s\"", t->name,
                    t->row.line, STR_ARG(t->row.field[i]));
}

/* YYYY, YYYY-MM or YYYY-MM-DD: the first second of what is named, and the first
 * second after it. */
static enum err read_date(const char *text, int64_t *from_s, int64_t *until_s)
{
    int year = 0, month = 1, day = 1;
    size_t len = strlen(text);
    char full[40];
    int64_t from, until;
    bool ok =
        (len == 4 && sscanf(text, "%4d", &year) == 1) ||
        (len == 7 && sscanf(text, "%4d-%2d", &year, &month) == 2) ||
        (len == 10 && sscanf(text, "%4d-%2d-%2d", &year, &month, &day) == 3);
    if (!ok || year < 1900 || year > 9998 || month < 1 || month > 12) {
        return ERR_PARSE;
    }
    snprintf(full, sizeof(full), "%04d-%02d-%02d", year, month, day);
    if (clock_parse(full, &from) != ERR_OK) {
        return ERR_PARSE;
    }
    if (len == 10) {
        until = from + DAY_S;
    } else {
        int next_year = len == 4 || month == 12 ? year + 1 : year;
        int next_month = len == 4 || month == 12 ? 1 : month + 1;
        snprintf(full, sizeof(full), "%04d-%02d-01", next_year, next_month);
        if (clock_parse(full, &until) != ERR_OK) {
            return ERR_PARSE;
        }
    }
    *from_s = from;
    *until_s = until;
    return ERR_OK;
}

static bool is_one_day(int64_t from_s, int64_t until_s)
{
    return until_s - from_s == DAY_S;
}

static enum err read_member(struct table *t, struct member *m, struct diag *d)
{
    struct str status = t->row.field[2];
    int64_t ignored;
    if (!str_eq_c(status, "member") && !str_eq_c(status, "observer")) {
        return bad_cell(t, 2, d);
    }
    *m = (struct member){.iso2 = cell(t, 0),
                         .name = cell(t, 1),
                         .observer = str_eq_c(status, "observer"),
                         .joined = cell(t, 3),
                         .joined_from_s = INT64_MIN,
                         .joined_by_s = INT64_MAX,
                         .left = cell(t, 4),
                         .left_s = INT64_MAX,
                         .date_uncertain = str_eq_c(t->row.field[5], "yes")};
    if (m->joined[0] != '\0') {
        if (read_date(m->joined, &m->joined_from_s, &m->joined_by_s) !=
            ERR_OK) {
            return bad_cell(t, 3, d);
        }
        m->joined_exact = is_one_day(m->joined_from_s, m->joined_by_s);
    }
    if (m->left[0] != '\0' &&
        read_date(m->left, &m->left_s, &ignored) != ERR_OK) {
        return bad_cell(t, 4, d);
    }
    return ERR_OK;
}

static enum err load_members(struct region *r, struct coalition *c,
                             struct diag *d)
{
    struct table t;
    size_t cap = 0;
    void *p = NULL;
    enum err e = table_open(r, "members.csv", 7, &t, d);
    while (e == ERR_OK && (e = table_next(&t, d)) == ERR_OK) {
        e = region_grow(r, &p, &cap, c->n_members, sizeof(*c->members),
                        MAX_ROWS);
        if (e == ERR_OK) {
            c->members = p;
            e = read_member(&t, &c->members[c->n_members++], d);
        }
    }
    return e == ERR_NOTFOUND ? ERR_OK : e;
}

static bool right_bit(struct str code, unsigned *bit)
{
    for (unsigned i = 0; i < RIGHTS_N; i++) {
        if (str_eq_c(code, coalition_rights[i].code)) {
            *bit = 1u << i;
            return true;
        }
    }
    return false;
}

static enum err read_commitment(struct table *t, struct commitment *m,
                                struct diag *d)
{
    struct str rest = t->row.field[4], one, scope = t->row.field[3];
    unsigned bit = 0;
    *m = (struct commitment){.id = cell(t, 0),
                             .title = cell(t, 1),
                             .date = cell(t, 2),
                             .says = cell(t, 5)};
    if (read_date(m->date, &m->from_s, &m->by_s) != ERR_OK) {
        return bad_cell(t, 2, d);
    }
    m->date_exact = is_one_day(m->from_s, m->by_s);
    if (str_eq_c(scope, "members")) {
        m->scope = SCOPE_MEMBERS;
    } else if (str_eq_c(scope, "all")) {
        m->scope = SCOPE_ALL;
    } else if (str_eq_c(scope, "parties")) {
        m->scope = SCOPE_PARTIES;
    } else {
        return bad_cell(t, 3, d);
    }
    while (str_next(&rest, ' ', &one)) {
        if (one.len == 0) {
            continue;
        }
        if (!right_bit(one, &bit)) {
            return bad_cell(t, 4, d);
        }
        m->rights |= bit;
    }
    return ERR_OK;
}

static enum err load_commitments(struct region *r, struct coalition *c,
                                 struct diag *d)
{
    struct table t;
    size_t cap = 0;
    void *p = NULL;
    enum err e = table_open(r, "commitments.csv", 6, &t, d);
    while (e == ERR_OK && (e = table_next(&t, d)) == ERR_OK) {
        e = region_grow(r, &p, &cap, c->n_commitments, sizeof(*c->commitments),
                        MAX_ROWS);
        if (e == ERR_OK) {
            c->commitments = p;
            e = read_commitment(&t, &c->commitments[c->n_commitments++], d);
        }
    }
    return e == ERR_NOTFOUND ? ERR_OK : e;
}

/* One line of a category: code, meaning, right, its weight, presumption. A
 * category has a line for each right it touches. */
static enum err read_category(struct table *t, struct category *k,
                              struct diag *d)
{
    unsigned bit = 0;
    struct str pres = t->row.field[4];
    if (pres.len != 1 || !memchr("HMLX", pres.p[0], 4)) {
        return bad_cell(t, 4, d);
    }
    k->presumption = pres.p[0];
    if (t->row.field[2].len == 0) {
        return ERR_OK;
    }
    if (!right_bit(t->row.field[2], &bit)) {
        return bad_cell(t, 2, d);
    }
    if (str_eq_c(t->row.field[3], "primary")) {
        k->primary |= bit;
    } else if (str_eq_c(t->row.field[3], "secondary")) {
        k->secondary |= bit;
    } else {
        return bad_cell(t, 3, d);
    }
    return ERR_OK;
}

/* Lines of one category stand together. */
static enum err load_categories(struct region *r, struct coalition *c,
                                struct diag *d)
{
    struct table t;
    size_t cap = 0;
    void *p = NULL;
    enum err e = table_open(r, "rights_map.csv", 5, &t, d);
    while (e == ERR_OK && (e = table_next(&t, d)) == ERR_OK) {
        struct category *last =
            c->n_categories > 0 ? &c->categories[c->n_categories - 1] : NULL;
        if (!last || !str_eq_c(t.row.field[0], last->code)) {
            e = region_grow(r, &p, &cap, c->n_categories,
                            sizeof(*c->categories), MAX_ROWS);
            if (e != ERR_OK) {
                break;
            }
            c->categories = p;
            last = &c->categories[c->n_categories++];
            *last =
                (struct category){.code = cell(&t, 0), .meaning = cell(&t, 1)};
        }
        e = read_category(&t, last, d);
    }
    return e == ERR_NOTFOUND ? ERR_OK : e;
}

static enum err load_countries(struct region *r, struct coalition *c,
                               struct diag *d)
{
    struct table t;
    size_t cap = 0;
    void *p = NULL;
    enum err e = table_open(r, "countries.csv", 2, &t, d);
    while (e == ERR_OK && (e = table_next(&t, d)) == ERR_OK) {
        e = region_grow(r, &p, &cap, c->n_countries, sizeof(*c->countries),
                        MAX_ROWS);
        if (e == ERR_OK) {
            c->countries = p;
            c->countries[c->n_countries].iso2 = cell(&t, 0);
            c->countries[c->n_countries++].name = cell(&t, 1);
        }
    }
    return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err coalition_load(struct region *r, struct coalition *out, struct diag *d)
{
    struct coalition c = {0};
    enum err e = load_members(r, &c, d);
    if (e == ERR_OK) {
        e = load_commitments(r, &c, d);
    }
    if (e == ERR_OK) {
        e = load_categories(r, &c, d);
    }
    if (e == ERR_OK) {
        e = load_countries(r, &c, d);
    }
    if (e == ERR_OK) {
        *out = c;
    }
    return e;
}

const struct member *coalition_member(const struct coalition *c,
                                      const char *iso2)
{
    for (size_t i = 0; i < c->n_members; i++) {
        if (strcmp(c->members[i].iso2, iso2) == 0) {
            return &c->members[i];
        }
    }
    return NULL;
}

enum membership coalition_membership(const struct coalition *c,
                                     const char *iso2, int64_t on_s)
{
    enum membership best = MEMBERSHIP_NONE;
    for (size_t i = 0; i < c->n_members; i++) {
        const struct member *m = &c->members[i];
        if (strcmp(m->iso2, iso2) != 0) {
            continue;
        }
        if (m->observer) {
            return MEMBERSHIP_OBSERVER;
        }
        if (on_s >= m->left_s) {
            best = MEMBERSHIP_FORMER;
        } else if (on_s >= m->joined_by_s) {
            return MEMBERSHIP_MEMBER;
        } else if (on_s >= m->joined_from_s) {
            /* an exact day counts from its first second */
            return m->joined_exact ? MEMBERSHIP_MEMBER : MEMBERSHIP_UNCERTAIN;
        }
    }
    return best;
}

const char *coalition_country(const struct coalition *c, const char *iso2)
{
    const struct member *m = coalition_member(c, iso2);
    if (m) {
        return m->name;
    }
    for (size_t i = 0; i < c->n_countries; i++) {
        if (strcmp(c->countries[i].iso2, iso2) == 0) {
            return c->countries[i].name;
        }
    }
    return NULL;
}

const struct category *coalition_category(const struct coalition *c,
                                          const char *code)
{
    for (size_t i = 0; i < c->n_categories; i++) {
        if (strcmp(c->categories[i].code, code) == 0) {
            return &c->categories[i];
        }
    }
    return NULL;
}

enum commitment_state coalition_applies(const struct coalition *c,
                                        const struct commitment *m,
                                        const char *iso2, int64_t on_s)
{
    bool dated = on_s >= m->by_s || (m->date_exact && on_s >= m->from_s);
    if (on_s < m->from_s) {
        return COMMITMENT_NOT;
    }
    if (m->scope == SCOPE_PARTIES) {
        return COMMITMENT_NOT_RECORDED;
    }
    if (m->scope == SCOPE_MEMBERS) {
        const struct member *who = coalition_member(c, iso2);
        enum membership s = coalition_membership(c, iso2, on_s);
        if (s == MEMBERSHIP_UNCERTAIN) {
            return COMMITMENT_UNCERTAIN;
        }
        if (s != MEMBERSHIP_MEMBER) {
            return COMMITMENT_NOT;
        }
        if (who->joined_from_s >= m->by_s) {
            return COMMITMENT_BEFORE_JOINING;
        }
    }
    return dated ? COMMITMENT_APPLIES : COMMITMENT_UNCERTAIN;
}

const char *coalition_membership_name(enum membership m)
{
    static const char *const names[] = {"not a member", "member", "uncertain",
                                        "former member", "observer"};
    return names[m];
}

const char *coalition_state_name(enum commitment_state s)
{
    static const char *const names[] = {"does not apply", "applies",
                                        "uncertain", "before joining",
                                        "not recorded"};
    return names[s];
}
