// SPDX-License-Identifier: Apache-2.0
#include "record/fp_needle.h"
#include "base/ascii.h"
#include <string.h>

#define NEEDLE_MIN 3

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c);
}

/* The place behind a class that begins at `i`, or SIZE_MAX. */
static size_t skip_class(struct str p, size_t i)
{
    i++;
    i += i < p.len && p.p[i] == '^';
    i += i < p.len && p.p[i] == ']'; /* at the start it is literal */
    while (i < p.len && p.p[i] != ']') {
        if (p.p[i] == '[' && i + 1 < p.len && is_one_of(p.p[i + 1], ":.=")) {
            return SIZE_MAX;
        }
        i += p.p[i] == '\\' ? 2 : 1;
    }
    return i < p.len ? i + 1 : SIZE_MAX;
}

/* The place behind a group, with what it holds; SIZE_MAX if it has options. */
static size_t skip_group(struct str p, size_t i)
{
    size_t depth = 0;
    while (i < p.len) {
        if (p.p[i] == '[') {
            i = skip_class(p, i);
            if (i == SIZE_MAX) {
                return i;
            }
            continue;
        }
        if (p.p[i] == '(') {
            depth++;
            if (i + 1 < p.len && p.p[i + 1] == '?' &&
                !(i + 2 < p.len && p.p[i + 2] == ':')) {
                return SIZE_MAX;
            }
        }
        depth -= p.p[i] == ')';
        i += p.p[i] == '\\' ? 2 : 1;
        if (depth == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

static bool is_count(struct str p, size_t i)
{
    return p.p[i] == '{' && i + 1 < p.len &&
           (ascii_isdigit(p.p[i + 1]) || p.p[i + 1] == ',');
}

/* The place behind what says how often, if it stands at `i`. */
static size_t skip_repeat(struct str p, size_t i, bool *maybe_none)
{
    *maybe_none = false;
    if (i >= p.len || !(is_one_of(p.p[i], "*+?") || is_count(p, i))) {
        return i;
    }
    *maybe_none = p.p[i] != '+';
    while (i < p.len && p.p[i] == '{') {
        size_t end = str_find_char(str_sub(p, i, p.len), '}');
        if (end == SIZE_MAX) {
            return p.len;
        }
        i += end;
    }
    i++;
    return i + (i < p.len && is_one_of(p.p[i], "?+"));
}

/* The place behind what is not a literal at `i`; `i` itself if it is one, and
 * SIZE_MAX for syntax that is left alone. */
static size_t skip_special(struct str p, size_t i)
{
    char next = i + 1 < p.len ? p.p[i + 1] : '\0';
    switch (p.p[i]) {
    case '(':
        return skip_group(p, i);
    case '[':
        return skip_class(p, i);
    case '.':
    case '^':
    case '$':
        return i + 1;
    case '|':
    case ')':
        return SIZE_MAX;
    case '\\':
        return !ascii_isalnum(next)                  ? i
               : is_one_of(next, "dDwWsSbBAZznrtfv") ? i + 2
                                                     : SIZE_MAX;
    default:
        return i;
    }
}

static size_t character_at(struct str p, size_t i)
{
    size_t n = 1;
    while (i + n < p.len && ((unsigned char)p.p[i + n] & 0xc0) == 0x80) {
        n++;
    }
    return n;
}

static void keep(struct str p, size_t from, size_t to, struct fp_needles *out)
{
    struct str one = str_sub(p, from, to - from);
    if (one.len > out->longest.len) {
        out->longest = one;
    }
    if (one.len > 0 && out->n < FP_NEEDLES) {
        out->all[out->n++] = one;
    }
}

/* False: there is syntax that is left alone. */
static bool collect(struct str p, struct fp_needles *out)
{
    size_t run = 0, i = 0; /* the literals from `run` to `i` */
    while (i < p.len) {
        bool maybe_none = false;
        size_t next = skip_special(p, i);
        if (next == SIZE_MAX) {
            return false;
        }
        if (next > i) {
            keep(p, run, i, out);
            run = i = skip_repeat(p, next, &maybe_none);
            continue;
        }
        if (p.p[i] == '\\') { /* the literal is the next byte */
            keep(p, run, i, out);
            run = ++i;
            if (i == p.len) {
                return false;
            }
        }
        size_t end = i + character_at(p, i);
        size_t behind = skip_repeat(p, end, &maybe_none);
        if (behind > end) {
            keep(p, run, maybe_none ? i : end, out);
            run = behind;
        }
        i = behind;
    }
    keep(p, run, i, out);
    return true;
}

void fp_needle_read(struct str pattern, struct fp_needles *out)
{
    *out = (struct fp_needles){.n = 0};
    if (!collect(pattern, out)) {
        *out = (struct fp_needles){.n = 0};
    }
    if (out->longest.len < NEEDLE_MIN) {
        out->longest = (struct str){NULL, 0};
    }
}

bool fp_needle_in(const struct fp_needles *needles, struct str text)
{
    for (size_t i = 0; i < needles->n; i++) {
        size_t at = str_find(text, needles->all[i]);
        if (at == SIZE_MAX) {
            return false;
        }
        text = str_sub(text, at + needles->all[i].len, text.len);
    }
    return true;
}
