// SPDX-License-Identifier: Apache-2.0
/* The one-pass matcher against one that asks pattern by pattern. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/utf8.h"
#include "record/fingerprints.h"
#include "record/fp_worth.h"
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX  6000
#define MADE_ROWS 120

static uint32_t dice = 4711;

static uint32_t roll(uint32_t sides)
{
    dice = dice * 1664525u + 1013904223u;
    return (dice >> 8) % sides;
}

/* ---- the naive one ------------------------------------------------------- */

struct naive {
    const struct fingerprints *f;
    regex_t *compiled; /* of the regular expressions, by number */
};

/* A brace that begins JSON is meant literally. */
static void compile(regex_t *re, struct str pattern)
{
    char text[2 * 1000];
    size_t n = 0;
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.p[i] == '{') {
            text[n++] = '\\';
        }
        text[n++] = pattern.p[i];
        assert_true(n < sizeof(text) - 2);
    }
    text[n] = '\0';
    assert_int_equal(regcomp(re, text, REG_EXTENDED | REG_NOSUB), 0);
}

static struct naive naive_new(const struct fingerprints *f)
{
    struct naive n = {f, calloc(fingerprints_count(f), sizeof(*n.compiled))};
    assert_non_null(n.compiled);
    for (size_t i = 0; i < fingerprints_count(f); i++) {
        if (fingerprints_get(f, i)->how == FP_REGEXP) {
            compile(&n.compiled[i], fingerprints_get(f, i)->pattern);
        }
    }
    return n;
}

static void naive_free(struct naive *n)
{
    for (size_t i = 0; i < fingerprints_count(n->f); i++) {
        if (fingerprints_get(n->f, i)->how == FP_REGEXP) {
            regfree(&n->compiled[i]);
        }
    }
    free(n->compiled);
}

static bool naive_one(const struct naive *n, size_t i, struct str text)
{
    const struct fingerprint *fp = fingerprints_get(n->f, i);
    struct str p = fp->pattern;
    regmatch_t range = {.rm_so = 0, .rm_eo = (regoff_t)text.len};
    switch (fp->how) {
    case FP_FULL:
        return text.len == p.len && memcmp(text.p, p.p, p.len) == 0;
    case FP_PREFIX:
        return text.len >= p.len && memcmp(text.p, p.p, p.len) == 0;
    case FP_CONTAINS:
        return memmem(text.p, text.len, p.p, p.len);
    case FP_REGEXP:
        return regexec(&n->compiled[i], text.p, 1, &range, REG_STARTEND) == 0;
    }
    return false;
}

/* The first of those that say most in that country. */
static void naive_take(const struct fingerprint **found,
                       const struct fingerprint *fp)
{
    if (fp_worth_of(fp, STR("RU")) > FP_WORTH_NOTHING &&
        fp_worth_more(fp, *found, STR("RU"))) {
        *found = fp;
    }
}

static const struct fingerprint *naive_body(const struct naive *n,
                                            struct str text,
                                            const struct fingerprint **harmless)
{
    const struct fingerprint *found = NULL;
    *harmless = NULL;
    for (size_t i = 0; i < fingerprints_count(n->f); i++) {
        const struct fingerprint *fp = fingerprints_get(n->f, i);
        if (fp->where != FP_BODY || !naive_one(n, i, text)) {
            continue;
        }
        naive_take(&found, fp);
        if (!*harmless && strcmp(fp->scope, "fp") == 0) {
            *harmless = fp;
        }
    }
    return found;
}

static const struct fingerprint *
naive_header(const struct naive *n, const char *name, struct str value)
{
    const struct fingerprint *found = NULL;
    for (size_t i = 0; i < fingerprints_count(n->f); i++) {
        const struct fingerprint *fp = fingerprints_get(n->f, i);
        if (fp->where == FP_HEADER && strcmp(fp->header, name) == 0 &&
            naive_one(n, i, value)) {
            naive_take(&found, fp);
        }
    }
    return found;
}

/* ---- texts --------------------------------------------------------------- */

/* Whole characters only: what the rest means differs between the two. */
static struct str at_characters(struct str s, size_t max)
{
    while (s.len > 0 && ((unsigned char)s.p[0] & 0xc0) == 0x80) {
        s = str_sub(s, 1, s.len);
    }
    s = utf8_cut(s, max);
    while (s.len > 0 && !utf8_valid(s)) {
        s.len--;
    }
    return s;
}

/* Pieces of patterns, whole ones, damaged ones, and bytes between them. */
static struct str draw_text(const struct fingerprints *f, char *out,
                            bool of_headers)
{
    size_t n = 0, pieces = roll(of_headers ? 2 : 12) + 1;
    for (size_t i = 0; i < pieces; i++) {
        const struct fingerprint *fp;
        do {
            fp = fingerprints_get(f, roll((uint32_t)fingerprints_count(f)));
        } while ((fp->where == FP_HEADER) != of_headers);
        size_t from = roll(3) ? 0 : roll((uint32_t)fp->pattern.len);
        struct str piece = str_sub(fp->pattern, from, fp->pattern.len);
        size_t len = roll(2) ? piece.len : roll((uint32_t)piece.len + 1);
        piece = at_characters(str_sub(piece, 0, len), TEXT_MAX - n);
        len = piece.len;
        if (len > 0) {
            memcpy(out + n, piece.p, len);
        }
        size_t hit = n + roll((uint32_t)len + 1);
        if (hit < n + len && roll(4) == 0 && (signed char)out[hit] > 0) {
            out[hit] = (char)(1 + roll(127));
        }
        n += len;
        for (uint32_t k = roll(4); k > 1 && n < TEXT_MAX; k--) {
            out[n++] = "12 \n"[roll(4)];
        }
    }
    out[n] = '\0'; /* which a sanitizer's regexec looks for */
    return (struct str){out, n};
}

struct hits {
    size_t bodies, harmless, headers;
};

static struct hits compare(const struct fingerprints *f, int rounds)
{
    struct naive naive = naive_new(f);
    struct hits hits = {0};
    static const char *const names[] = {"location", "server", "via"};
    char *text = malloc(TEXT_MAX + 1);
    assert_non_null(text);
    for (int i = 0; i < rounds; i++) {
        const struct fingerprint *want, *harmless;
        struct fp_match got;
        struct str cc = STR("RU");
        struct str body = draw_text(f, text, false);
        want = naive_body(&naive, body, &harmless);
        assert_int_equal(fingerprints_match_body(f, body, cc, &got), ERR_OK);
        assert_ptr_equal(got.fp, want);
        assert_ptr_equal(got.harmless, harmless);
        hits.bodies += want ? 1 : 0;
        hits.harmless += harmless ? 1 : 0;
        struct str value = draw_text(f, text, true);
        const char *name = names[roll(3)];
        want = naive_header(&naive, name, value);
        assert_int_equal(
            fingerprints_match_header(f, str_c(name), value, cc, &got), ERR_OK);
        assert_ptr_equal(got.fp, want);
        hits.headers += want ? 1 : 0;
    }
    free(text);
    naive_free(&naive);
    return hits;
}

/* ---- lists --------------------------------------------------------------- */

/* Some are too weak; what is taken is compared. */
static void some_bad_rows(void *arg, const char *msg)
{
    (void)arg;
    assert_non_null(strstr(msg, "too weak: "));
}

static void add(struct fingerprints *f, const char *name, struct str csv)
{
    assert_int_equal(
        fingerprints_add_csv(f, name, csv, NULL, some_bad_rows, NULL), ERR_OK);
}

/* Over two letters, so that patterns overlap, nest and occur by chance. */
static void make_rows(struct buf *csv)
{
    static const char *const hows[] = {"full", "prefix", "contains", "contains",
                                       "regexp"};
    static const char *const scopes[] = {"isp", "isp", "nat",
                                         "fp",  "vbw", "inst"};
    static const char *const rest[] = {"5,,,,",   "5,RU,,,", "9,\"AE,RU\",,,",
                                       "5,IR,,,", "0,,,,",   "5,ZZ,,,"};
    static const char *const places[] = {"body", "body", "header.location",
                                         "header.via"};
    for (int i = 0; i < MADE_ROWS; i++) {
        const char *how = hows[roll(5)];
        bool expression = strcmp(how, "regexp") == 0;
        buf_printf(csv, "n%d,%s,,%s,%s,\"", i, scopes[roll(6)], places[roll(4)],
                   how);
        if (expression && roll(4) == 0) {
            buf_add_c(csv, "^");
        }
        for (uint32_t k = 7 + roll(3) + roll(6); k > 0; k--) {
            buf_add_byte(csv, (uint8_t)('1' + roll(2)));
        }
        if (expression && roll(3)) {
            buf_printf(csv, "%s%s", roll(2) ? ".*" : ".",
                       roll(2) ? "12" : "2(1|2 )2");
        }
        buf_printf(csv, "%s\",%s\n", expression && roll(4) == 0 ? "$" : "",
                   rest[roll(6)]);
    }
}

static void made_up_lists_match_as_a_naive_matcher_does(void **state)
{
    (void)state;
    struct hits all = {0};
    for (int round = 0; round < 40; round++) {
        struct fingerprints *f = NULL;
        struct buf csv;
        buf_init(&csv, 1 << 20);
        make_rows(&csv);
        assert_int_equal(fingerprints_builtin(&f), ERR_OK);
        add(f, "made up", buf_str(&csv));
        struct hits h = compare(f, 50);
        all.bodies += h.bodies;
        all.harmless += h.harmless;
        all.headers += h.headers;
        buf_fini(&csv);
        fingerprints_free(f);
    }
    /* the comparison would be idle without hits of every kind, and misses */
    assert_in_range(all.bodies, 100, 1999);
    assert_in_range(all.harmless, 100, 1999);
    assert_in_range(all.headers, 100, 1999);
}

static void oonis_list_matches_as_a_naive_matcher_does(void **state)
{
    (void)state;
    const char *shared = getenv("SHARED");
    char path[512];
    struct fingerprints *f = NULL;
    struct buf csv;
    struct diag d;
    snprintf(path, sizeof(path),
             "%s/data/blocking-fingerprints/fingerprints_http.csv",
             shared ? shared : "../shared");
    buf_init(&csv, 1 << 24);
    if (fs_read(path, csv.max, &csv, &d) != ERR_OK) {
        print_message("skipped: %s\n", d.text);
        buf_fini(&csv);
        skip();
    }
    assert_int_equal(fingerprints_builtin(&f), ERR_OK);
    add(f, path, buf_str(&csv));
    struct hits h = compare(f, 2000);
    assert_in_range(h.bodies, 100, 1999);
    assert_in_range(h.harmless, 100, 1999);
    assert_in_range(h.headers, 100, 1999);
    buf_fini(&csv);
    fingerprints_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_up_lists_match_as_a_naive_matcher_does),
        cmocka_unit_test(oonis_list_matches_as_a_naive_matcher_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
