// SPDX-License-Identifier: Apache-2.0
#include "record/fp_regexp.h"

#include "base/ascii.h"

#include <string.h>

#define NEEDLE_MIN 3

/* Bytes between two `.*`; any[i] is true for a dot. */
struct segment {
    char *bytes;
    bool *any;
    size_t len;
};

struct fp_regexp {
    struct segment *segments;
    size_t n;
    bool at_start, at_end;
    struct str needle;
};

static bool take_atom(struct str p, size_t *i, char *byte, bool *any)
{
    char c = p.p[*i];
    *any = c == '.';
    if (c == '\\') {
        if (*i + 1 >= p.len || ascii_isalnum(p.p[*i + 1])) {
            return false; /* classes, back references */
        }
        c = p.p[++*i];
    } else if (memchr("[](){}|*+?^$", c, 12)) {
        /* Braces and brackets without meaning are literal in practice, but
         * telling which is a full parser's job; `{"` starts JSON. */
        if (c != '{' || *i + 1 >= p.len || p.p[*i + 1] != '"') {
            return false;
        }
    }
    *byte = c;
    ++*i;
    return *i >= p.len || !memchr("*+?", p.p[*i], 3) ||
           (*any && p.p[*i] == '*');
}

static void note_needle(struct fp_regexp *x, const struct segment *seg)
{
    size_t run = 0;
    for (size_t i = 0; i < seg->len; i++) {
        run = seg->any[i] ? 0 : run + 1;
        if (run > x->needle.len) {
            x->needle = (struct str){seg->bytes + i + 1 - run, run};
        }
    }
}

enum err fp_regexp_new(struct region *r, struct str p,
                       const struct fp_regexp **out)
{
    struct fp_regexp *x = region_alloc(r, sizeof(*x));
    char *bytes = region_alloc(r, p.len + 1);
    bool *any = region_calloc(r, p.len + 1, sizeof(*any));
    struct segment *segs = region_calloc(r, p.len + 2, sizeof(*segs));
    if (!x || !bytes || !any || !segs) {
        return ERR_NOMEM;
    }
    size_t i = 0, used = 0;
    x->at_start = p.len > 0 && p.p[0] == '^';
    i = x->at_start;
    if (p.len > i && p.p[p.len - 1] == '$' &&
        (p.len < 2 || p.p[p.len - 2] != '\\')) {
        x->at_end = true;
        p.len--;
    }
    x->segments = segs;
    segs[0] = (struct segment){bytes, any, 0};
    while (i < p.len) {
        char byte;
        bool dot;
        if (!take_atom(p, &i, &byte, &dot)) {
            return ERR_NOTFOUND;
        }
        if (dot && i < p.len && p.p[i] == '*') {
            i++;
            segs[++x->n] = (struct segment){bytes + used, any + used, 0};
            continue;
        }
        bytes[used] = byte;
        any[used++] = dot;
        segs[x->n].len++;
    }
    x->n++;
    for (size_t k = 0; k < x->n; k++) {
        note_needle(x, &segs[k]);
    }
    if (x->needle.len < NEEDLE_MIN) {
        return ERR_PARSE;
    }
    *out = x;
    return ERR_OK;
}

struct str fp_regexp_needle(const struct fp_regexp *x)
{
    return x->needle;
}

static bool segment_at(const struct segment *seg, const char *p)
{
    for (size_t i = 0; i < seg->len; i++) {
        if (!seg->any[i] && seg->bytes[i] != p[i]) {
            return false;
        }
    }
    return true;
}

/* First place at or after `from`, or SIZE_MAX. */
static size_t find_segment(const struct segment *seg, struct str text,
                           size_t from)
{
    if (seg->len == 0) {
        return from;
    }
    while (from + seg->len <= text.len) {
        if (!seg->any[0]) {
            const char *hit = memchr(text.p + from, seg->bytes[0],
                                     text.len - seg->len - from + 1);
            if (!hit) {
                return SIZE_MAX;
            }
            from = (size_t)(hit - text.p);
        }
        if (segment_at(seg, text.p + from)) {
            return from;
        }
        from++;
    }
    return SIZE_MAX;
}

/* `.*` takes anything, so the earliest place of each segment is as good as any
 * other; only the last one of an expression with $ is tied to the end. */
bool fp_regexp_match(const struct fp_regexp *x, struct str text)
{
    size_t pos = 0;
    for (size_t k = 0; k < x->n; k++) {
        const struct segment *seg = &x->segments[k];
        bool last = k + 1 == x->n;
        size_t found;
        if (k == 0 && x->at_start) {
            found =
                seg->len <= text.len && segment_at(seg, text.p) ? 0 : SIZE_MAX;
            if (last && x->at_end && seg->len != text.len) {
                return false;
            }
        } else if (last && x->at_end) {
            found = pos + seg->len <= text.len &&
                            segment_at(seg, text.p + text.len - seg->len)
                        ? text.len - seg->len
                        : SIZE_MAX;
        } else {
            found = find_segment(seg, text, pos);
        }
        if (found == SIZE_MAX) {
            return false;
        }
        pos = found + seg->len;
    }
    return true;
}
