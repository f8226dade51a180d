// SPDX-License-Identifier: Apache-2.0
#include "record/fingerprints.h"
#include "base/ascii.h"
#include "base/csv.h"
#include "base/map.h"
#include "record/fp_builtin.h"
#include "record/fp_csv.h"
#include "record/fp_regexp.h"
#include "record/fp_search.h"
#include "record/fp_strength.h"
#include "record/fp_worth.h"
#include "wire/ip.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FINGERPRINTS 100000
#define MAX_REGEXPS      256
#define MAX_TRIED        1024 /* those that are refused count as well */
#define REGION_BYTES     ((size_t)64 << 20)

struct entry {
    struct fingerprint fp;
    struct fp_regexp *regexp; /* FP_REGEXP */
    unsigned number;          /* of a regular expression */
    uint32_t next; /* FP_DNS: another row of the same address, plus one */
};

struct fingerprints {
    struct region *r;
    struct entry *entries;
    size_t n, cap;
    struct map *dns;
    struct fp_search *body;
    uint32_t *body_entry; /* pattern number -> entry */
    unsigned n_regexps, n_tried;
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

static enum err compile(struct fingerprints *f, struct entry *e, struct diag *d)
{
    if (f->n_regexps >= MAX_REGEXPS || f->n_tried++ >= MAX_TRIED) {
        return diag_set(d, ERR_PARSE, "too many regular expressions");
    }
    enum err err = fp_regexp_new(f->r, e->fp.pattern, &e->regexp, d);
    if (!err) {
        e->number = f->n_regexps++;
    }
    return err;
}

static enum err index_dns(struct fingerprints *f, size_t index, struct diag *d)
{
    char text[256];
    struct str key = dns_key(f->entries[index].fp.pattern, text, sizeof(text));
    if (key.len == 0 || f->entries[index].fp.how != FP_FULL) {
        return diag_set(d, ERR_PARSE,
                        "a DNS pattern must be a full address or name");
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

/* `fp` borrows its texts from the region already. What is too weak is refused,
 * unless `strength` is NULL. */
static enum err add(struct fingerprints *f, const struct fingerprint *fp,
                    const struct fp_strength *strength, struct diag *d)
{
    enum err err = region_grow(f->r, (void **)&f->entries, &f->cap, f->n,
                               sizeof(*f->entries), MAX_FINGERPRINTS);
    if (err) {
        return err;
    }
    struct entry *e = &f->entries[f->n];
    *e = (struct entry){.fp = *fp};
    if (fp->how == FP_REGEXP && fp->where != FP_DNS) {
        err = compile(f, e, d);
    }
    if (!err && strength) {
        err = fp_strength_check(strength, fp, e->regexp, d);
    }
    if (!err && fp->where == FP_DNS) {
        err = index_dns(f, f->n, d);
    }
    f->n += err == ERR_OK;
    return err;
}

static bool says_nothing(const struct entry *e)
{
    return !fp_worth_decides(&e->fp) && !fp_worth_is_harmless(&e->fp);
}

/* What is searched for in the body: the pattern, or what a regular expression
 * cannot match without. */
static struct str body_needle(const struct entry *e)
{
    if (e->fp.where != FP_BODY || says_nothing(e)) {
        return (struct str){NULL, 0};
    }
    return e->regexp ? fp_regexp_needle(e->regexp) : e->fp.pattern;
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
        struct diag d = {""};
        struct fingerprint fp = {
            .name = b->name,
            .scope = b->scope,
            .how = b->how,
            .pattern = str_c(b->pattern),
            .countries = b->countries,
            .confidence = b->confidence,
        };
        enum err err = fp_csv_where(f->r, str_c(b->location), &fp, &d);
        if (!err) {
            err = add(f, &fp, NULL, &d);
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

static void keep_row(struct buf *kept, const struct csv_row *row)
{
    for (size_t i = 0; kept && i < row->n; i++) {
        csv_add(kept, row->field[i], i == 0, false);
    }
    if (kept) {
        csv_end(kept);
    }
}

/* One row of `csv`; ERR_NOTFOUND: that was all. */
static enum err add_row(struct fingerprints *f, struct csv *csv,
                        struct region *scratch, struct csv_row *row,
                        const struct fp_strength *strength, struct diag *d)
{
    struct fingerprint fp;
    enum err err = csv_next(csv, scratch, row, d);
    if (err || fp_csv_is_header(row)) {
        return err;
    }
    err = fp_csv_read(f->r, row, &fp, d);
    return err ? err : add(f, &fp, strength, d);
}

enum err fingerprints_add_csv(struct fingerprints *f, const char *file,
                              struct str text, struct buf *kept,
                              void (*bad)(void *, const char *msg), void *arg)
{
    struct csv csv;
    struct csv_row *row = calloc(1, sizeof(*row));
    struct region *scratch = region_new(REGION_BYTES);
    struct fp_strength *strength = NULL;
    enum err err = row ? fp_strength_new(scratch, &strength) : ERR_NOMEM;
    csv_init(&csv, text);
    while (!err) {
        struct diag d = {""};
        err = add_row(f, &csv, scratch, row, strength, &d);
        if (!err) {
            keep_row(kept, row);
        }
        if (err == ERR_PARSE) {
            char msg[640];
            snprintf(msg, sizeof(msg), "%s:%u: %s", file, row->line, d.text);
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

static enum err entry_match(const struct entry *e, struct str text, bool *found)
{
    struct str p = e->fp.pattern;
    switch (e->fp.how) {
    case FP_FULL:
        *found = str_eq(text, p);
        break;
    case FP_PREFIX:
        *found = text.len >= p.len && str_eq(str_sub(text, 0, p.len), p);
        break;
    case FP_CONTAINS:
        *found = str_find(text, p) != SIZE_MAX;
        break;
    case FP_REGEXP:
        return fp_regexp_match(e->regexp, text, found);
    }
    return ERR_OK;
}

struct body_hits {
    const struct fingerprints *f;
    struct str body, cc;
    uint32_t best, harmless; /* entry numbers, UINT32_MAX none */
    bool tried[MAX_REGEXPS];
    bool gave_up;
    enum err err;
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

/* Once for each page, however often what it needs occurs; and where one took
 * too long, no further one is tried on that page. */
static bool try_regexp(struct body_hits *h, const struct entry *e)
{
    bool found = false;
    if (h->tried[e->number] || h->gave_up || h->err) {
        return false;
    }
    h->tried[e->number] = true;
    enum err err = fp_regexp_match(e->regexp, h->body, &found);
    if (err == ERR_LIMIT) {
        h->gave_up = true;
    } else if (err) {
        h->err = err;
    }
    return found;
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
    case FP_REGEXP:
        found = try_regexp(h, e);
        break;
    }
    if (found) {
        note_hit(h, index);
    }
}

/* Those that no search finds, since nothing is known that they need. */
static void try_others(struct body_hits *h)
{
    const struct fingerprints *f = h->f;
    for (uint32_t i = 0; f->n_regexps > 0 && i < f->n; i++) {
        const struct entry *e = &f->entries[i];
        if (e->regexp && e->fp.where == FP_BODY && !says_nothing(e) &&
            fp_regexp_needle(e->regexp).len == 0 && is_better(h, i) &&
            try_regexp(h, e)) {
            note_hit(h, i);
        }
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
    try_others(&h);
    *out = (struct fp_match){.fp = at(f, h.best),
                             .harmless = at(f, h.harmless),
                             .gave_up = h.gave_up};
    return h.err;
}

enum err fingerprints_match_header(const struct fingerprints *f,
                                   struct str name, struct str value,
                                   struct str cc, struct fp_match *out)
{
    *out = (struct fp_match){NULL, NULL, false};
    for (size_t i = 0; i < f->n; i++) {
        const struct entry *e = &f->entries[i];
        bool found = false;
        if (e->fp.where != FP_HEADER || !str_ieq_c(name, e->fp.header) ||
            !fp_worth_decides(&e->fp) || !fp_worth_more(&e->fp, out->fp, cc)) {
            continue;
        }
        enum err err = entry_match(e, value, &found);
        if (err == ERR_LIMIT) {
            out->gave_up = true;
        } else if (err) {
            return err;
        }
        if (found) {
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
