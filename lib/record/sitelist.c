// SPDX-License-Identifier: Apache-2.0
#include "record/sitelist.h"

#include "base/csv.h"
#include "base/map.h"
#include <string.h>

/* The risk is that of being seen to visit such a site, not of the site itself:
 * what a prosecutor, a family member or an employer would make of a line in a
 * provider's log. Where law differs between countries the harder case counts.
 *
 * R0  everyday use explains it: shops, search, games, public bodies
 * R1  ordinary, but says something of a person: what they read, whom they
 *     talk to, whom they want to meet
 * R2  sensitive where speech, belief or morals are policed, and everything
 *     whose meaning we do not know
 * R3  in some places alone a reason to be harmed or charged
 */
struct category {
    const char *code;
    const char *name;
    int risk;
};

static const struct category categories[] = {
    {"COMM", "E-commerce", 0},
    {"CTRL", "Control content", 0},
    {"CULTR", "Culture", 0},
    {"ECON", "Economics", 0},
    {"ENV", "Environment", 0},
    {"GAME", "Gaming", 0},
    {"GOVT", "Government", 0},
    {"HOST", "Hosting and blogging platforms", 0},
    {"IGO", "Intergovernmental organizations", 0},
    {"MMED", "Media sharing", 0},
    {"PUBH", "Public health", 0},
    {"SRCH", "Search engines", 0},

    {"COMT", "Communication tools", 1},
    {"DATE", "Online dating", 1},
    {"FILE", "File-sharing", 1},
    {"GRP", "Social networking", 1},
    {"NEWS", "News media", 1},
    {"PROV", "Provocative attire", 1},
    {"XED", "Sex education", 1},

    {"ALDR", "Alcohol and drugs", 2},
    {"ANON", "Anonymization and circumvention tools", 2},
    {"GMB", "Gambling", 2},
    {"HACK", "Hacking tools", 2},
    {"HUMR", "Human rights issues", 2},
    {"MISC", "Miscellaneous content", 2},
    {"POLR", "Political criticism", 2},
    {"REL", "Religion", 2},

    {"HATE", "Hate speech", 3},
    {"LGBT", "LGBT", 3},
    {"MILX", "Terrorism and militants", 3},
    {"PORN", "Pornography", 3},
};

#define RISK_UNKNOWN 2

static const struct category *find_category(struct str code)
{
    for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++) {
        if (str_eq_c(code, categories[i].code)) {
            return &categories[i];
        }
    }
    return NULL;
}

int sitelist_risk(struct str category)
{
    const struct category *c = find_category(category);

    return c ? c->risk : RISK_UNKNOWN;
}

const char *sitelist_category_name(struct str category)
{
    const struct category *c = find_category(category);

    return c ? c->name : NULL;
}

struct reader {
    struct region *r;
    const char *file;
    struct sitelist *list;
    struct map *seen; /* normalised URLs */
    sitelist_bad_fn bad;
    void *arg;
};

static void bad_row(struct reader *rd, unsigned line, unsigned col,
                    const char *reason)
{
    rd->list->rows++;
    rd->list->bad++;
    if (rd->bad) {
        rd->bad(rd->arg, rd->file, line, col, reason);
    }
}

/* "column N: reason" counts from the URL's own beginning, at `col`. */
static void bad_url(struct reader *rd, unsigned line, unsigned col,
                    const char *text)
{
    struct str rest = str_c(text), number;
    int64_t n;

    if (str_starts(rest, "column ") && str_find(rest, STR(": ")) != SIZE_MAX) {
        size_t colon = str_find(rest, STR(": "));

        number = str_sub(rest, 7, colon - 7);
        if (str_to_i64(number, 1, UINT16_MAX, &n) == ERR_OK) {
            bad_row(rd, line, col + (unsigned)n - 1, text + colon + 2);
            return;
        }
    }
    bad_row(rd, line, col, text);
}

/* Codes are short capitals; known ones are not copied. */
static const char *keep_category(struct reader *rd, struct str code)
{
    const struct category *c = find_category(code);

    return c ? c->code : region_strndup(rd->r, code.p, code.len);
}

static enum err append(struct reader *rd, const struct site *site)
{
    struct sitelist *l = rd->list;
    enum err e = map_put(rd->seen, str_c(site->url.text), rd);

    if (e == ERR_EXISTS) {
        l->rows++;
        l->duplicate++;
        return ERR_OK;
    }
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

static enum err add_row(struct reader *rd, struct str url, struct str category,
                        unsigned line, unsigned col)
{
    struct site site = {.line = line};
    struct diag why;
    enum err e;

    url = str_trim(url);
    category = str_trim(category);
    if (url.len == 0) {
        bad_row(rd, line, col, "no URL");
        return ERR_OK;
    }
    e = url_parse(rd->r, url, &site.url, &why);
    if (e == ERR_NOMEM) {
        return e;
    }
    if (e) {
        bad_url(rd, line, col, why.text);
        return ERR_OK;
    }
    if (site.url.literal.family != 0 && ip_is_special(&site.url.literal)) {
        bad_row(rd, line, col, "a private or special address");
        return ERR_OK;
    }
    site.input = region_strndup(rd->r, url.p, url.len);
    site.category = keep_category(rd, category);
    if (!site.input || !site.category) {
        return ERR_NOMEM;
    }
    site.risk = sitelist_risk(category);
    return append(rd, &site);
}

struct columns {
    size_t url, category; /* SIZE_MAX: there is none */
};

/* The columns by the names in the header row; false if it is not one. */
static bool read_header(const struct csv_row *row, struct columns *cols)
{
    *cols = (struct columns){SIZE_MAX, SIZE_MAX};
    for (size_t i = row->n; i-- > 0;) {
        struct str name = str_trim(row->field[i]);

        if (str_ieq_c(name, "url")) {
            cols->url = i;
        } else if (str_ieq_c(name, "category_code")) {
            cols->category = i;
        }
    }
    return cols->url != SIZE_MAX;
}

static enum err parse_csv(struct reader *rd, struct csv *csv,
                          const struct columns *cols)
{
    struct csv_row row;
    struct diag why;

    for (;;) {
        enum err e = csv_next(csv, rd->r, &row, &why);
        struct str category = {NULL, 0};

        if (e == ERR_NOTFOUND) {
            return ERR_OK;
        }
        if (e == ERR_PARSE) {
            bad_row(rd, row.line, row.col[0], why.text);
            continue;
        }
        if (e) {
            return e;
        }
        if (cols->url >= row.n) {
            bad_row(rd, row.line, row.col[row.n - 1], "no URL");
            continue;
        }
        if (cols->category < row.n) {
            category = row.field[cols->category];
        }
        e = add_row(rd, row.field[cols->url], category, row.line,
                    row.col[cols->url]);
        if (e) {
            return e;
        }
    }
}

/* One URL per line; `#` starts a comment line. */
static enum err parse_plain(struct reader *rd, struct str text)
{
    struct str line;
    unsigned n = 0;

    while (str_next(&text, '\n', &line)) {
        struct str url = str_trim(line);
        enum err e;

        n++;
        if (url.len == 0 || url.p[0] == '#') {
            continue;
        }
        if (memchr(url.p, 0, url.len)) {
            bad_row(rd, n, 1, "a zero byte");
            continue;
        }
        e = add_row(rd, url, (struct str){NULL, 0}, n,
                    (unsigned)(url.p - line.p) + 1);
        if (e) {
            return e;
        }
    }
    return ERR_OK;
}

/* With a header row, or with a category code in the second column (a list that
 * lost its header), it is CSV. */
static enum err parse_any(struct reader *rd, struct str text)
{
    struct csv csv;
    struct csv_row row;
    struct columns cols;
    enum err e;

    csv_init(&csv, text);
    text = str_sub(text, csv.pos, SIZE_MAX); /* without a byte order mark */
    e = csv_next(&csv, rd->r, &row, NULL);
    if (e == ERR_NOMEM) {
        return e;
    }
    if (!e && read_header(&row, &cols)) {
        return parse_csv(rd, &csv, &cols);
    }
    if (!e && row.n > 1 && find_category(row.field[1])) {
        csv_init(&csv, text);
        return parse_csv(rd, &csv, &(struct columns){0, 1});
    }
    return parse_plain(rd, text);
}

enum err sitelist_parse(struct region *r, const char *file, struct str text,
                        struct sitelist *list, sitelist_bad_fn bad, void *arg)
{
    struct reader rd = {.r = r,
                        .file = file,
                        .list = list,
                        .seen = map_new(SITELIST_MAX_ROWS),
                        .bad = bad,
                        .arg = arg};
    enum err e = rd.seen ? ERR_OK : ERR_NOMEM;

    for (size_t i = 0; i < list->n && !e; i++) {
        e = map_put(rd.seen, str_c(list->sites[i].url.text), &rd);
    }
    if (!e) {
        e = parse_any(&rd, text);
    }
    map_free(rd.seen);
    return e;
}
