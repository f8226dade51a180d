// SPDX-License-Identifier: Apache-2.0
#include "record/fp_regexp.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "record/fp_needle.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

/* A match over half a megabyte with one `.*` takes 500,000 steps at most. Two
 * millions are some 20 ms. */
#define MATCH_LIMIT   2000000
#define DEPTH_LIMIT   50000
#define HEAP_KIB      16384
#define PARENS_MAX    50
#define PATTERN_MAX   4096
#define COMPILED_MAX  ((size_t)1 << 16)
#define CLEAN_MAX     ((size_t)16 << 20)
#define MESSAGE_BYTES 120

struct fp_regexp {
    pcre2_code *code;
    pcre2_match_context *limits;
    struct fp_needles needles;
    uint32_t shortest;
};

/* PCRE2 takes memory through these, so that our tests can refuse it. */
static void *take(size_t size, void *arg)
{
    (void)arg;
    return malloc(size);
}

static void give_back(void *p, void *arg)
{
    (void)arg;
    free(p);
}

static void free_regexp(void *p)
{
    struct fp_regexp *x = p;
    pcre2_code_free(x->code);
    pcre2_match_context_free(x->limits);
}

/* What PCRE2 has beyond OONI's Python and ClickHouse: verbs and settings at the
 * start, recursion, callouts, conditions. All begin with a bracket. */
static bool is_foreign(struct str p)
{
    for (size_t i = 0; i + 1 < p.len; i++) {
        if (p.p[i] == '\\') {
            i++;
            continue;
        }
        char next = p.p[i + 1];
        if (p.p[i] == '(' &&
            (next == '*' || (next == '?' && i + 2 < p.len &&
                             memchr("R&C(+-0123456789", p.p[i + 2], 16)))) {
            return true;
        }
    }
    return false;
}

static enum err compile(struct fp_regexp *x, struct str pattern,
                        pcre2_compile_context *limits, struct diag *d)
{
    int code = 0;
    size_t offset = 0, size = 0;
    x->code = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.len,
                            PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | PCRE2_UTF |
                                PCRE2_NEVER_BACKSLASH_C,
                            &code, &offset, limits);
    if (!x->code && code == PCRE2_ERROR_HEAP_FAILED) {
        return ERR_NOMEM;
    }
    if (!x->code) {
        unsigned char said[MESSAGE_BYTES] = "";
        /* cut short, or unknown: the text is there all the same */
        (void)pcre2_get_error_message(code, said, sizeof(said));
        return diag_set(d, ERR_PARSE,
                        "invalid regular expression: %s (byte %zu)",
                        (const char *)said, offset);
    }
    uint32_t empty = 0;
    if (pcre2_pattern_info(x->code, PCRE2_INFO_SIZE, &size) != 0 ||
        pcre2_pattern_info(x->code, PCRE2_INFO_MINLENGTH, &x->shortest) != 0 ||
        pcre2_pattern_info(x->code, PCRE2_INFO_MATCHEMPTY, &empty) != 0) {
        return ERR_INTERNAL;
    }
    if (size > COMPILED_MAX) {
        return diag_set(d, ERR_PARSE, "regular expression is too large");
    }
    if (empty) {
        x->shortest = 0;
    }
    return ERR_OK;
}

static enum err build(struct fp_regexp *x, struct str pattern, struct diag *d)
{
    pcre2_general_context *memory =
        pcre2_general_context_create(take, give_back, NULL);
    pcre2_compile_context *limits =
        memory ? pcre2_compile_context_create(memory) : NULL;
    x->limits = limits ? pcre2_match_context_create(memory) : NULL;
    enum err e = ERR_NOMEM;
    if (x->limits) {
        /* these setters cannot fail */
        (void)pcre2_set_max_pattern_length(limits, PATTERN_MAX);
        (void)pcre2_set_parens_nest_limit(limits, PARENS_MAX);
        (void)pcre2_set_match_limit(x->limits, MATCH_LIMIT);
        (void)pcre2_set_depth_limit(x->limits, DEPTH_LIMIT);
        (void)pcre2_set_heap_limit(x->limits, HEAP_KIB);
        e = compile(x, pattern, limits, d);
    }
    pcre2_compile_context_free(limits);
    pcre2_general_context_free(memory);
    return e;
}

enum err fp_regexp_new(struct region *r, struct str pattern,
                       struct fp_regexp **out, struct diag *d)
{
    if (!utf8_valid(pattern)) {
        return diag_set(d, ERR_PARSE, "regular expression is not UTF-8");
    }
    if (is_foreign(pattern)) {
        return diag_set(d, ERR_PARSE,
                        "regular expression of an unsupported kind");
    }
    struct fp_regexp *x = region_alloc(r, sizeof(*x));
    if (!x) {
        return ERR_NOMEM;
    }
    enum err e = build(x, pattern, d);
    if (!e) {
        e = region_on_free(r, free_regexp, x);
    }
    if (e) {
        free_regexp(x);
        return e;
    }
    fp_needle_read(pattern, &x->needles);
    *out = x;
    return ERR_OK;
}

struct str fp_regexp_needle(const struct fp_regexp *x)
{
    return x->needles.longest;
}

uint32_t fp_regexp_shortest(const struct fp_regexp *x)
{
    return x->shortest;
}

/* Bytes that are no characters become U+FFFD, as OONI's programs read them. */
static enum err clean(struct str text, struct buf *out)
{
    while (text.len > 0 && !out->failed) {
        char c[UTF8_MAX];
        buf_add(out, c, utf8_put(utf8_next(&text), c));
    }
    return out->failed;
}

static enum err match(const struct fp_regexp *x, struct str text, bool *found)
{
    if (!fp_needle_in(&x->needles, text)) {
        return ERR_OK;
    }
    /* from the code's own memory functions */
    pcre2_match_data *data =
        pcre2_match_data_create_from_pattern(x->code, NULL);
    if (!data) {
        return ERR_NOMEM;
    }
    int rc = pcre2_match(x->code, (PCRE2_SPTR)(text.p ? text.p : ""), text.len,
                         0, PCRE2_NO_UTF_CHECK, data, x->limits);
    pcre2_match_data_free(data);
    *found = rc >= 0;
    return rc >= 0 || rc == PCRE2_ERROR_NOMATCH ? ERR_OK
           : rc == PCRE2_ERROR_NOMEMORY         ? ERR_NOMEM
                                                : ERR_LIMIT;
}

enum err fp_regexp_match(const struct fp_regexp *x, struct str text,
                         bool *found)
{
    *found = false;
    struct str longest = x->needles.longest;
    if (longest.len > 0 && str_find(text, longest) == SIZE_MAX) {
        return ERR_OK;
    }
    if (utf8_valid(text)) {
        return match(x, text, found);
    }
    struct buf b;
    buf_init(&b, CLEAN_MAX);
    enum err e = clean(text, &b);
    if (!e) {
        e = match(x, buf_str(&b), found);
    }
    buf_fini(&b);
    return e;
}
