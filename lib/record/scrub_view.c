// SPDX-License-Identifier: Apache-2.0
#include "record/scrub_view.h"

#include "base/ascii.h"
#include "base/hex.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS_MAX 3 /* an escape within an escape within an escape */

/* One escape, or a zero byte, at the beginning of a text. */
struct escape {
    unsigned value; /* 0: a zero byte, which is dropped */
    size_t len;     /* 0: none */
};

/* ---- the escapes --------------------------------------------------------- */

/* Up to `most` digits, at least `least`; how many, else 0. */
static size_t read_number(struct str t, unsigned base, size_t least,
                          size_t most, unsigned *out)
{
    size_t n = 0;

    *out = 0;
    while (n < t.len && n < most) {
        int d = hex_digit(t.p[n]);
        if (d < 0 || (unsigned)d >= base) {
            break;
        }
        *out = *out * base + (unsigned)d;
        n++;
    }
    return n >= least ? n : 0;
}

static struct escape numbered(struct str t, size_t from, unsigned base,
                              size_t least, size_t most)
{
    struct escape e = {0, 0};
    size_t n = from <= t.len ? read_number(str_sub(t, from, SIZE_MAX), base,
                                           least, most, &e.value)
                             : 0;
    e.len = n > 0 ? from + n : 0;
    return e;
}

/* "%2e", "%u002e" */
static struct escape percent(struct str t)
{
    bool wide = t.len > 1 && ascii_lower(t.p[1]) == 'u';

    return wide ? numbered(t, 2, 16, 4, 4) : numbered(t, 1, 16, 2, 2);
}

/* The references by name that stand for marks in or around an address. */
static struct escape named(struct str t)
{
    static const struct {
        const char *name;
        char value;
    } names[] = {{"period;", '.'}, {"colon;", ':'},  {"sol;", '/'},
                 {"bsol;", '\\'},  {"hyphen;", '-'}, {"dash;", '-'},
                 {"lowbar;", '_'}, {"percnt;", '%'}, {"amp;", '&'},
                 {"comma;", ','},  {"equals;", '='}, {"plus;", '+'},
                 {"lsqb;", '['},   {"rsqb;", ']'},   {"quot;", '"'},
                 {"apos;", '\''},  {"lt;", '<'},     {"gt;", '>'},
                 {"num;", '#'},    {"semi;", ';'},   {"nbsp;", ' '}};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t n = strlen(names[i].name);
        if (t.len > n && t.p[1] == names[i].name[0] &&
            str_eq_c(str_sub(t, 1, n), names[i].name)) {
            return (struct escape){(unsigned char)names[i].value, n + 1};
        }
    }
    return (struct escape){0, 0};
}

/* "&#46;", "&#x2e;" (browsers do without the semicolon), "&period;" */
static struct escape reference(struct str t)
{
    if (t.len < 3 || t.p[1] != '#') {
        return named(t);
    }
    struct escape e = ascii_lower(t.p[2]) == 'x' ? numbered(t, 3, 16, 1, 7)
                                                 : numbered(t, 2, 10, 1, 7);
    e.len += e.len > 0 && e.len < t.len && t.p[e.len] == ';';
    return e;
}

/* "\u002e", "\u{2e}", "\x2e", "\056", "\.", "\n" */
static struct escape backslash(struct str t)
{
    char c = t.len > 1 ? t.p[1] : 'z';

    if (c == 'u' && t.len > 2 && t.p[2] == '{') {
        struct escape e = numbered(t, 3, 16, 1, 6);
        bool closed = e.len > 0 && e.len < t.len && t.p[e.len] == '}';
        e.len = closed ? e.len + 1 : 0;
        return e;
    }
    if (c == 'u') {
        return numbered(t, 2, 16, 4, 4);
    }
    if (c == 'x') {
        return numbered(t, 2, 16, 2, 2);
    }
    if (ascii_isdigit(c)) {
        return numbered(t, 1, 8, 2, 3);
    }
    if (c == 'n' || c == 'r' || c == 't') {
        return (struct escape){' ', 2};
    }
    if (ascii_isalnum(c) || c <= ' ' || c > '~') {
        return (struct escape){0, 0};
    }
    return (struct escape){(unsigned char)c, 2};
}

static bool may_be_escape(char c)
{
    return c == '%' || c == '&' || c == '\\' || c == '\0';
}

/* The escape at the beginning of `t` that `kind` undoes; len 0: none. */
static struct escape escape_of(struct str t, enum scrub_view_kind kind)
{
    struct escape e = {0, 0};

    switch (t.p[0]) {
    case '\0':
        return (struct escape){0, 1};
    case '%':
        e = percent(t);
        break;
    case '&':
        e = reference(t);
        break;
    case '\\':
        e = backslash(t);
        break;
    default:
        return e;
    }
    bool letter = e.value < 0x80 && ascii_isalnum((char)e.value);
    if (letter && kind == SCRUB_VIEW_MARKS) {
        e.len = 0;
    }
    if (e.value > 0 && (e.value < ' ' || e.value >= 0x7f)) {
        e.value = ' '; /* whatever it is: no digit of what follows */
    }
    return e;
}

/* ---- the view ------------------------------------------------------------ */

void scrub_view_plain(struct scrub_view *v, struct str source)
{
    *v = (struct scrub_view){.text = source};
}

/* Is there an escape of that kind, or one of a letter? */
static bool has_escape(struct str t, enum scrub_view_kind kind, bool *letters)
{
    for (size_t i = 0; i < t.len; i++) {
        if (!may_be_escape(t.p[i])) {
            continue;
        }
        struct str rest = {t.p + i, t.len - i};
        if (escape_of(rest, kind).len > 0) {
            return true;
        }
        *letters = *letters || escape_of(rest, SCRUB_VIEW_ALL).len > 0;
    }
    return false;
}

/* The escape at `i`; notes those of letters, which are for another kind. */
static struct escape take(struct scrub_view *v, size_t i,
                          enum scrub_view_kind kind)
{
    struct str rest = {v->text.p + i, v->text.len - i};
    struct escape e = escape_of(rest, kind);

    if (e.len == 0 && kind == SCRUB_VIEW_MARKS) {
        struct escape all = escape_of(rest, SCRUB_VIEW_ALL);
        v->letters = v->letters || all.len > 0;
    }
    return e;
}

/* Undoes one level of escapes in place. False if there were none. */
static bool undo(struct scrub_view *v, enum scrub_view_kind kind)
{
    struct str t = v->text;
    size_t n = 0;
    bool any = false;

    for (size_t i = 0; i < t.len;) {
        char c = t.p[i];
        size_t len = 1;

        if (may_be_escape(c)) {
            struct escape e = take(v, i, kind);
            any = any || e.len > 0;
            len = e.len ? e.len : 1;
            c = e.len ? (char)e.value : c;
        }
        if (c != '\0') {
            v->own[n] = c;
            v->at[n] = v->at[i];
            v->to[n++] = v->to[i + len - 1];
        }
        i += len;
    }
    v->text.len = n;
    return any;
}

enum err scrub_view_init(struct scrub_view *v, struct str source,
                         enum scrub_view_kind kind, bool *changed)
{
    bool letters = false;

    scrub_view_plain(v, source);
    *changed = has_escape(source, kind, &letters);
    v->letters = letters;
    if (!*changed) {
        return ERR_OK;
    }
    v->own = malloc(source.len);
    v->at = calloc(source.len, sizeof(*v->at));
    v->to = calloc(source.len, sizeof(*v->to));
    if (!v->own || !v->at || !v->to) {
        scrub_view_fini(v);
        return ERR_NOMEM;
    }
    memcpy(v->own, source.p, source.len);
    for (size_t i = 0; i < source.len; i++) {
        v->at[i] = (uint32_t)i;
        v->to[i] = (uint32_t)i + 1;
    }
    v->text.p = v->own;
    for (int i = 0; i < ROUNDS_MAX && undo(v, kind); i++) {
    }
    return ERR_OK;
}

void scrub_view_fini(struct scrub_view *v)
{
    free(v->own);
    free(v->at);
    free(v->to);
    *v = (struct scrub_view){.at = NULL};
}

void scrub_view_source(const struct scrub_view *v, size_t *from, size_t *to)
{
    if (v->at) {
        *from = v->at[*from];
        *to = v->to[*to - 1];
    }
}
