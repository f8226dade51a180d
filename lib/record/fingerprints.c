// SPDX-License-Identifier: Apache-2.0
#include "record/fingerprints.h"
#include "base/ascii.h"
#include "base/csv.h"
#include "base/map.h"
#include "record/fp_builtin.h"
#include "record/fp_regexp.h"
#include "record/fp_search.h"
#include "record/fp_worth.h"
#include "wire/ip.h"
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FINGERPRINTS   100000
#define MAX_PATTERN        4096
#define MAX_BODY_REGEXPS   256
#define REGION_BYTES       ((size_t)64 << 20)
#define POSIX_TEXT_MAX     65536 /* regexec sees no more of a text than this */
#define MAX_POSIX_REPEATED 4     /* groups with + in one expression */

struct entry {
    struct fingerprint fp;
    const struct fp_regexp *simple; /* FP_REGEXP of the plain kind */
    regex_t *posix;                 /* FP_REGEXP of any other kind */
    unsigned number;                /* of a plain one for the body */
    uint32_t next; /* FP_DNS: another row of the same address, plus one */
};

struct fingerprints {
    struct region *r;
    struct entry *entries;
    size_t n, cap;
    struct map *dns;
    struct fp_search *body;
    uint32_t *body_entry; /* pattern number -> entry */
    unsigned n_regexps;   /* plain ones for the body */
};

/* ---- adding -------------------------------------------------------------- */

/* Addresses in one spelling, names in lower case without the last dot. */
static struct str dns_key(struct str s, char *text, size_t size)
{
    struct ip ip;
    if (ip_parse(s, &ip)) {
        ip_format(&ip, text);
        return str_c(text);
    }
    if (s.len > 0 && s.p[s.len - 1] == '.') {
        s.len--;
    }
    if (s.len >= size) {
        return (struct str){NULL, 0};
    }
    for (size_t i = 0; i < s.len; i++) {
        text[i] = ascii_lower(s.p[i]);
    }
    return (struct str){text, s.len};
}

static void free_regex(void *p)
{
    regfree(p);
    free(p);
}

static bool is_repeat(char c)
{
    return c == '*' || c == '+' || c == '?';
}

/* What can take the matcher of POSIX apart: counted repetition, back
 * references, and what is repeated over and over (`a++`, or groups within
 * groups), each time of which glibc doubles it in memory. */
static bool too_much_for_posix(struct str pattern)
{
    const char *p = pattern.p;
    unsigned repeated = 0;
    for (size_t i = 0; i < pattern.len; i++) {
        if (p[i] == '\0' || p[i] == '{' ||
            (p[i] == '\\' && ascii_isalnum(p[i + 1]))) {
            return true;
        }
        if (is_repeat(p[i]) && is_repeat(p[i + 1])) {
            return true;
        }
        repeated += p[i] == ')' && p[i + 1] == '+';
        i += p[i] == '\\';
    }
    return repeated > MAX_POSIX_REPEATED;
}

/* Anything but the plain kind goes to POSIX. */
static enum err compile_posix(struct fingerprints *f, struct entry *e,
                              const char **why)
{
    const char *p = e->fp.pattern.p;
    if (too_much_for_posix(e->fp.pattern)) {
        *why = "regular expression of an unsupported kind";
        return ERR_PARSE;
    }
    regex_t *re = calloc(1, sizeof(*re));
    if (!re) {
        return ERR_NOMEM;
    }
    if (regcomp(re, p, REG_EXTENDED | REG_NOSUB) != 0) {
        free(re);
        *why = "invalid regular expression";
        return ERR_PARSE;
    }
    enum err err = region_on_free(f->r, free_regex, re);
    if (err) {
        free_regex(re);
        return err;
    }
    e->posix = re;
    return ERR_OK;
}

static enum err compile(struct fingerprints *f, struct entry *e,
                        const char **why)
{
    enum err err = fp_regexp_new(f->r, e->fp.pattern, &e->simple);
    if (err == ERR_PARSE) {
        *why = "regular expression that would match anything";
        return err;
    }
    if (err == ERR_NOTFOUND) {
        return compile_posix(f, e, why);
    }
    if (!err && e->fp.where == FP_BODY) {
        if (f->n_regexps >= MAX_BODY_REGEXPS) {
            *why = "too many regular expressions";
            return ERR_PARSE;
        }
        e->number = f->n_regexps++;
    }
    return err;
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

static enum err read_where(struct fingerprints *f, struct str s,
                           struct fingerprint *fp, const char **why)
{
    if (str_eq_c(s, "dns")) {
        fp->where = FP_DNS;
    } else if (str_eq_c(s, "body")) {
        fp->where = FP_BODY;
    } else if (str_starts(s, "header.") && s.len > 7) {
        char *name = region_strndup(f->r, s.p + 7, s.len - 7);
        if (!name) {
            return ERR_NOMEM;
        }
        for (char *p = name; *p; p++) {
            *p = ascii_lower(*p);
        }
        fp->where = FP_HEADER;
        fp->header = name;
    } else {
        *why = "unknown location_found";
        return ERR_PARSE;
    }
    return ERR_OK;
}

static enum err index_dns(struct fingerprints *f, size_t index,
                          const char **why)
{
    char text[256];
    struct str key = dns_key(f->entries[index].fp.pattern, text, sizeof(text));
    if (key.len == 0 || f->entries[index].fp.how != FP_FULL) {
        *why = "a DNS pattern must be a full address or name";
        return ERR_PARSE;
    }
    /* The map's values must not be NULL: number plus one. */
    uintptr_t first = (uintptr_t)map_get(f->dns, key);
    if (first) {
        f->entries[index].next = f->entries[first - 1].next;
        f->entries[first - 1].next = (uint32_t)index + 1;
        return ERR_OK;
    }
    return map_put(f->dns, key, (void *)(uintptr_t)(index + 1));
}

/* `fp` borrows its texts from the region already. */
static enum err add(struct fingerprints *f, const struct fingerprint *fp,
                    const char **why)
{
    if (fp->pattern.len == 0 || fp->pattern.len > MAX_PATTERN) {
        *why = fp->pattern.len ? "pattern too long" : "empty pattern";
        return ERR_PARSE;
    }
    enum err err = region_grow(f->r, (void **)&f->entries, &f->cap, f->n,
                               sizeof(*f->entries), MAX_FINGERPRINTS);
    if (err) {
        return err;
    }
    f->entries[f->n] = (struct entry){.fp = *fp};
    if (fp->where == FP_DNS) {
        err = index_dns(f, f->n, why);
    } else if (fp->how == FP_REGEXP) {
        err = compile(f, &f->entries[f->n], why);
    }
    f->n += err == ERR_OK;
    return err;
}

/* What is searched for in the body: the pattern, or what a regular expression
 * cannot match without. */
static struct str body_needle(const struct entry *e)
{
    if (e->fp.where != FP_BODY || e->posix ||
        (!fp_worth_decides(&e->fp) && !fp_worth_is_harmless(&e->fp))) {
        return (struct str){NULL, 0};
    }
    return e->simple ? fp_regexp_needle(e->simple) : e->fp.pattern;
}

static enum err rebuild(struct fingerprints *f)
{
    struct str *patterns = calloc(f->n + 1, sizeof(*patterns));
    uint32_t *entry = calloc(f->n + 1, sizeof(*entry));
    struct fp_search *search = NULL;
    size_t n = 0;
    enum err err = patterns && entry ? ERR_OK : ERR_NOMEM;
    for (size_t i = 0; i < f->n && !err; i++) {
        struct str needle = body_needle(&f->entries[i]);
        if (needle.len > 0) {
            patterns[n] = needle;
            entry[n++] = (uint32_t)i;
        }
    }
    if (!err) {
        err = fp_search_new(patterns, n, &search);
    }
    free(patterns);
    if (err) {
        free(entry);
        return err;
    }
    fp_search_free(f->body);
    free(f->body_entry);
    f->body = search;
    f->body_entry = entry;
    return ERR_OK;
}

static enum err add_builtin(struct fingerprints *f)
{
    for (size_t i = 0; i < fp_builtin_count; i++) {
        const struct fp_builtin *b = &fp_builtin[i];
        const char *why = NULL;
        struct fingerprint fp = {
            .name = b->name,
            .scope = b->scope,
            .how = b->how,
            .pattern = str_c(b->pattern),
            .countries = b->countries,
            .confidence = b->confidence,
        };
        enum err err = read_where(f, str_c(b->location), &fp, &why);
        if (!err) {
            err = add(f, &fp, &why);
        }
        if (err) {
            return err == ERR_PARSE ? ERR_INTERNAL : err;
        }
    }
    return rebuild(f);
}

enum err fingerprints_builtin(struct fingerprints **out)
{
    struct fingerprints *f = calloc(1, sizeof(*f));
    if (!f) {
        return ERR_NOMEM;
    }
    f->r = region_new(REGION_BYTES);
    f->dns = map_new(MAX_FINGERPRINTS);
    enum err err = f->r && f->dns ? add_builtin(f) : ERR_NOMEM;
    if (err) {
        fingerprints_free(f);
        return err;
    }
    *out = f;
    return ERR_OK;
}

void fingerprints_free(struct fingerprints *f)
{
    if (f) {
        fp_search_free(f->body);
        free(f->body_entry);
        map_free(f->dns);
        region_free(f->r);
        free(f);
    }
}

size_t fingerprints_count(const struct fingerprints *f)
{
    return f->n;
}

const struct fingerprint *fingerprints_get(const struct fingerprints *f,
                                           size_t i)
{
    return &f->entries[i].fp;
}

/* ---- CSV ----------------------------------------------------------------- */

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

static const char *keep(struct fingerprints *f, struct str s)
{
    return region_strndup(f->r, s.p ? s.p : "", s.len);
}

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

static enum err add_row(struct fingerprints *f, const struct csv_row *row,
                        const char **why)
{
    struct fingerprint fp = {.confidence = 5};
    int64_t confidence = 5;
    if (row->n < COL_COUNT) {
        *why = "too few columns";
        return ERR_PARSE;
    }
    if (row->field[COL_NAME].len == 0 || !known_scope(row->field[COL_SCOPE])) {
        *why = row->field[COL_NAME].len ? "unknown scope" : "no name";
        return ERR_PARSE;
    }
    if (!read_how(row->field[COL_HOW], &fp.how)) {
        *why = "unknown pattern_type";
        return ERR_PARSE;
    }
    struct str text = str_trim(row->field[COL_CONFIDENCE]);
    if (text.len > 0 && str_to_i64(text, 0, 10, &confidence) != ERR_OK) {
        *why = "confidence_no_fp is not 0 to 10";
        return ERR_PARSE;
    }
    enum err err = read_where(f, row->field[COL_WHERE], &fp, why);
    if (err) {
        return err;
    }
    fp.confidence = (int)confidence;
    fp.name = keep(f, row->field[COL_NAME]);
    fp.scope = keep(f, row->field[COL_SCOPE]);
    fp.countries = keep(f, row->field[COL_COUNTRIES]);
    fp.pattern.p = keep(f, row->field[COL_PATTERN]);
    fp.pattern.len = row->field[COL_PATTERN].len;
    if (!fp.name || !fp.scope || !fp.countries || !fp.pattern.p) {
        return ERR_NOMEM;
    }
    return add(f, &fp, why);
}

static bool is_header(const struct csv_row *row)
{
    return row->n > COL_PATTERN && str_eq_c(row->field[COL_NAME], "name") &&
           str_eq_c(row->field[COL_PATTERN], "pattern");
}

static void keep_row(struct buf *kept, const struct csv_row *row)
{
    for (size_t i = 0; kept && i < row->n; i++) {
        csv_add(kept, row->field[i], i == 0, false);
    }
    if (kept) {
        csv_end(kept);
    }
}

enum err fingerprints_add_csv(struct fingerprints *f, const char *file,
                              struct str text, struct buf *kept,
                              void (*bad)(void *, const char *msg), void *arg)
{
    struct csv csv;
    struct csv_row *row = calloc(1, sizeof(*row));
    struct region *scratch = region_new(REGION_BYTES);
    enum err err = row && scratch ? ERR_OK : ERR_NOMEM;
    csv_init(&csv, text);
    while (!err) {
        struct diag d = {""};
        const char *why = NULL;
        err = csv_next(&csv, scratch, row, &d);
        if (err == ERR_NOTFOUND) {
            break;
        }
        if (!err && !is_header(row)) {
            err = add_row(f, row, &why);
        }
        if (!err) {
            keep_row(kept, row);
        }
        if (err == ERR_PARSE) {
            char msg[512];
            snprintf(msg, sizeof(msg), "%s:%u: %s", file, row->line,
                     why ? why : d.text);
            if (bad) {
                bad(arg, msg);
            }
            err = ERR_OK;
        }
    }
    free(row);
    region_free(scratch);
    if (err != ERR_NOTFOUND) {
        return err;
    }
    return kept && kept->failed ? kept->failed : rebuild(f);
}

/* ---- matching ------------------------------------------------------------ */

static bool posix_match(const struct entry *e, struct str text)
{
    regmatch_t range = {0};
    range.rm_eo =
        (regoff_t)(text.len < POSIX_TEXT_MAX ? text.len : POSIX_TEXT_MAX);
    return text.p && regexec(e->posix, text.p, 1, &range, REG_STARTEND) == 0;
}

static bool entry_match(const struct entry *e, struct str text)
{
    struct str p = e->fp.pattern;
    switch (e->fp.how) {
    case FP_FULL:
        return str_eq(text, p);
    case FP_PREFIX:
        return text.len >= p.len && str_eq(str_sub(text, 0, p.len), p);
    case FP_CONTAINS:
        return str_find(text, p) != SIZE_MAX;
    case FP_REGEXP:
        return e->simple ? fp_regexp_match(e->simple, text)
                         : posix_match(e, text);
    }
    return false;
}

struct body_hits {
    const struct fingerprints *f;
    struct str body, cc;
    uint32_t best, harmless; /* entry numbers, UINT32_MAX none */
    bool tried[MAX_BODY_REGEXPS];
};

/* Of two that say as much the lower number counts, so that the answer does not
 * depend on where in the page a pattern stands. */
static bool is_better(const struct body_hits *h, uint32_t index)
{
    const struct fingerprint *fp = &h->f->entries[index].fp;
    if (fp_worth_is_harmless(fp)) {
        return index < h->harmless;
    }
    if (h->best == UINT32_MAX) {
        return true;
    }
    const struct fingerprint *best = &h->f->entries[h->best].fp;
    return fp_worth_more(fp, best, h->cc) ||
           (index < h->best && !fp_worth_more(best, fp, h->cc));
}

static void note_hit(struct body_hits *h, uint32_t index)
{
    const struct fingerprint *fp = &h->f->entries[index].fp;
    *(fp_worth_is_harmless(fp) ? &h->harmless : &h->best) = index;
}

static void on_hit(void *arg, uint32_t pattern, size_t end)
{
    struct body_hits *h = arg;
    uint32_t index = h->f->body_entry[pattern];
    const struct entry *e = &h->f->entries[index];
    if (index == h->best || index == h->harmless || !is_better(h, index)) {
        return;
    }
    bool found = false;
    switch (e->fp.how) {
    case FP_CONTAINS:
        found = true;
        break;
    case FP_PREFIX:
        found = end == e->fp.pattern.len;
        break;
    case FP_FULL:
        found = end == e->fp.pattern.len && h->body.len == end;
        break;
    case FP_REGEXP: /* once, however often its needle occurs */
        found = !h->tried[e->number] && fp_regexp_match(e->simple, h->body);
        h->tried[e->number] = true;
        break;
    }
    if (found) {
        note_hit(h, index);
    }
}

static const struct fingerprint *at(const struct fingerprints *f, uint32_t i)
{
    return i < f->n ? &f->entries[i].fp : NULL;
}

enum err fingerprints_match_body(const struct fingerprints *f, struct str body,
                                 struct str cc, struct fp_match *out)
{
    struct body_hits h = {.f = f,
                          .body = body,
                          .cc = cc,
                          .best = UINT32_MAX,
                          .harmless = UINT32_MAX};
    fp_search_run(f->body, body, on_hit, &h);
    for (uint32_t i = 0; i < f->n; i++) {
        const struct entry *e = &f->entries[i];
        if (e->posix && e->fp.where == FP_BODY && is_better(&h, i) &&
            posix_match(e, body)) {
            note_hit(&h, i);
        }
    }
    *out = (struct fp_match){at(f, h.best), at(f, h.harmless)};
    return ERR_OK;
}

enum err fingerprints_match_header(const struct fingerprints *f,
                                   struct str name, struct str value,
                                   struct str cc, struct fp_match *out)
{
    *out = (struct fp_match){NULL, NULL};
    for (size_t i = 0; i < f->n; i++) {
        const struct entry *e = &f->entries[i];
        if (e->fp.where == FP_HEADER && str_ieq_c(name, e->fp.header) &&
            fp_worth_decides(&e->fp) && fp_worth_more(&e->fp, out->fp, cc) &&
            entry_match(e, value)) {
            out->fp = &e->fp;
        }
    }
    return ERR_OK;
}

const struct fingerprint *fingerprints_match_dns(const struct fingerprints *f,
                                                 struct str address_or_name,
                                                 struct str cc)
{
    char text[256];
    struct str key = dns_key(address_or_name, text, sizeof(text));
    uintptr_t i = (uintptr_t)map_get(f->dns, key);
    const struct fingerprint *best = NULL;
    for (; i; i = f->entries[i - 1].next) {
        const struct fingerprint *fp = &f->entries[i - 1].fp;
        if (fp_worth_is_harmless(fp)) {
            return NULL;
        }
        if (fp_worth_decides(fp) && fp_worth_more(fp, best, cc)) {
            best = fp;
        }
    }
    return best;
}
