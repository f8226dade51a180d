// SPDX-License-Identifier: Apache-2.0
/* JSON: a strict scan of its bytes. */
#include "base/json_scan.h"

#include "base/buf.h"
#include "base/hex.h"
#include "base/utf8.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of digits, sign, point and exponent. */
#define NUMBER_MAX 63

/* ---- messages ------------------------------------------------------------ */

static void add_path(struct buf *out, const struct scan *s)
{
    for (unsigned i = 0; i < s->depth; i++) {
        const struct level *l = &s->stack[i];

        if (!l->object) {
            buf_printf(out, "[%zu]", l->members ? l->members - 1 : 0);
        } else if (l->key.p) {
            buf_add_c(out, out->len ? "." : "");
            buf_add_str(out, utf8_cut(l->key, 40));
        }
    }
}

void json_scan_printable(char *text)
{
    for (; *text; text++) {
        if ((uint8_t)*text < 0x20 || *text == 0x7f) {
            *text = '?';
        }
    }
}

enum err json_scan_fail_at(struct scan *s, size_t at, enum err e,
                           const char *why)
{
    size_t line = 1;
    struct buf path;
    char where[128] = "";

    if (!s->diag) {
        return e;
    }
    for (const char *p = s->text.p, *end = p + at;
         p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++) {
        line++;
    }
    buf_init(&path, 4096);
    add_path(&path, s);
    if (path.len) {
        snprintf(where, sizeof(where), " (at %.100s)", (const char *)path.p);
        json_scan_printable(where);
    }
    buf_fini(&path);
    return diag_set(s->diag, e, "byte %zu, line %zu: %s%s", at, line, why,
                    where);
}

enum err json_scan_fail(struct scan *s, enum err e, const char *why)
{
    if (s->pos >= s->text.len && e == ERR_PARSE) {
        s->truncated = true;
        why = "the text ends in the middle of a value";
    }
    return json_scan_fail_at(s, s->pos, e, why);
}

/* ---- the scanner --------------------------------------------------------- */

void json_scan_space(struct scan *s)
{
    while (s->pos < s->text.len) {
        char c = s->text.p[s->pos];

        if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
            break;
        }
        s->pos++;
    }
}

static int peek(const struct scan *s)
{
    return s->pos < s->text.len ? (uint8_t)s->text.p[s->pos] : -1;
}

/* Counts a node, and keeps it unless only the length is wanted. */
static enum err add_node(struct scan *s, enum json_type type, size_t *index)
{
    if (s->n_nodes >= s->lim.max_nodes) {
        return json_scan_fail(s, ERR_LIMIT, "too many values");
    }
    *index = s->n_nodes++;
    if (s->depth) {
        struct level *up = &s->stack[s->depth - 1];

        up->members++;
        up->last = *index;
    }
    if (!s->doc) {
        return ERR_OK;
    }
    if (*index == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 32 + s->text.len / 64;
        struct json *p = realloc(s->doc->nodes, cap * sizeof(*p));

        if (!p) {
            return json_scan_fail(s, ERR_NOMEM, "out of memory");
        }
        s->doc->nodes = p;
        s->cap = cap;
    }
    struct json *n = &s->doc->nodes[*index];
    *n = (struct json){.begin = (uint32_t)s->pos,
                       .skip = 1,
                       .last = s->depth == 0,
                       .type = (uint8_t)type};
    if (s->depth) {
        n->key = s->stack[s->depth - 1].key;
    }
    s->doc->n_nodes = s->n_nodes;
    return ERR_OK;
}

/* Four hex digits at `p`, or -1. */
static int32_t hex4(const char *p)
{
    int32_t v = 0;

    for (int i = 0; i < 4; i++) {
        int h = hex_digit(p[i]);

        if (h < 0) {
            return -1;
        }
        v = v * 16 + h;
    }
    return v;
}

struct string_info {
    bool escaped;
    bool nul;
};

/* The escape at s->pos (a backslash); moves past it. */
static enum err scan_escape(struct scan *s, struct string_info *info)
{
    const char *p = s->text.p + s->pos;
    size_t left = s->text.len - s->pos;

    info->escaped = true;
    if (left < 2 || (p[1] == 'u' && left < 6)) {
        s->pos = s->text.len;
        return json_scan_fail(s, ERR_PARSE, "");
    }
    if (p[1] != 'u') {
        if (p[1] == 0 || !strchr("\"\\/bfnrt", p[1])) {
            return json_scan_fail(s, ERR_PARSE, "unknown escape in a string");
        }
        s->pos += 2;
        return ERR_OK;
    }
    int32_t code = hex4(p + 2);

    if (code < 0) {
        return json_scan_fail(s, ERR_PARSE, "\\u needs four hex digits");
    }
    if (code < 0xd800 || code > 0xdfff) {
        info->nul |= code == 0;
        s->pos += 6;
        return ERR_OK;
    }
    if (code < 0xdc00 && left < 12 && !memchr(p + 6, '"', left - 6)) {
        s->pos = s->text.len;
        return json_scan_fail(s, ERR_PARSE, "");
    }
    if (code >= 0xdc00 || left < 12 || p[6] != '\\' || p[7] != 'u' ||
        hex4(p + 8) < 0xdc00 || hex4(p + 8) > 0xdfff) {
        return json_scan_fail(s, ERR_PARSE, "half of a surrogate pair");
    }
    s->pos += 12;
    return ERR_OK;
}

/* The string whose opening quote is at s->pos; moves past its end. */
static enum err scan_string(struct scan *s, struct string_info *info)
{
    size_t start = s->pos++;

    memset(info, 0, sizeof(*info));
    for (;;) {
        size_t plain = str_plain(str_sub(s->text, s->pos, SIZE_MAX));
        s->pos += plain;
        int c = peek(s);
        if (s->pos - start > s->lim.max_string) {
            return json_scan_fail_at(s, start, ERR_LIMIT, "string too long");
        }
        if (c == '"') {
            s->pos++;
            return ERR_OK;
        }
        if (c == '\\') {
            enum err e = scan_escape(s, info);

            if (e) {
                return e;
            }
        } else if (c >= 0x80) {
            size_t n = utf8_len(s->text.p + s->pos, s->text.len - s->pos);

            if (n == 0) {
                s->truncated =
                    utf8_is_begun(str_sub(s->text, s->pos, SIZE_MAX));
                return json_scan_fail_at(s, s->pos, ERR_PARSE,
                                         "string is not UTF-8");
            }
            s->pos += n;
        } else {
            return json_scan_fail(s, ERR_PARSE,
                                  "control character in a string");
        }
    }
}

/* Decodes the escape at `p`, which the scanner has found good. */
static size_t decode_escape(const char *p, char *to, size_t *used)
{
    static const char from[] = "\"\\/bfnrt";
    static const char plain[] = "\"\\/\b\f\n\r\t";

    if (p[1] != 'u') {
        *to = plain[strchr(from, p[1]) - from];
        *used = 2;
        return 1;
    }
    uint32_t c = (uint32_t)hex4(p + 2);
    *used = 6;
    if (c >= 0xd800 && c <= 0xdbff) {
        c = 0x10000 + ((c - 0xd800) << 10) + ((uint32_t)hex4(p + 8) - 0xdc00);
        *used = 12;
    }
    return utf8_put(c, to);
}

/* Decodes the inside of a string into doc->strings. All decoded strings
 * together, NULs included, are shorter than the text with its quotes. */
static enum err decode(struct scan *s, struct str inside, struct str *out)
{
    struct json_doc *doc = s->doc;

    if (!doc->strings && !(doc->strings = malloc(s->text.len + 1))) {
        return json_scan_fail(s, ERR_NOMEM, "out of memory");
    }
    char *to = doc->strings + doc->strings_used;
    const char *p = inside.p, *end = inside.p + inside.len;
    size_t n = 0;

    while (p < end) {
        const char *escape = memchr(p, '\\', (size_t)(end - p));
        size_t plain = (size_t)((escape ? escape : end) - p), used = 0;

        memcpy(to + n, p, plain);
        n += plain;
        if (escape) {
            n += decode_escape(escape, to + n, &used);
        }
        p += plain + used;
    }
    to[n] = 0;
    doc->strings_used += n + 1;
    *out = (struct str){to, n};
    return ERR_OK;
}

static enum err scan_key(struct scan *s)
{
    struct level *l = &s->stack[s->depth - 1];
    struct string_info info;
    size_t start;
    enum err e;

    json_scan_space(s);
    start = s->pos;
    if (peek(s) != '"') {
        return json_scan_fail(s, ERR_PARSE, "a key in quotes was expected");
    }
    e = scan_string(s, &info);
    if (e) {
        return e;
    }
    l->key = str_sub(s->text, start + 1, s->pos - start - 2);
    if (info.escaped && s->doc) {
        e = decode(s, l->key, &l->key);
        if (e) {
            return e;
        }
    }
    json_scan_space(s);
    if (peek(s) != ':') {
        return json_scan_fail(s, ERR_PARSE, "a colon was expected after a key");
    }
    s->pos++;
    return ERR_OK;
}

static enum err scan_string_value(struct scan *s)
{
    struct string_info info = {0};
    size_t node = 0, start = s->pos;
    enum err e = add_node(s, JSON_STR, &node);

    if (!e) {
        e = scan_string(s, &info);
    }
    if (e || !s->doc) {
        return e;
    }
    struct json *n = &s->doc->nodes[node];
    struct str text = {NULL, 0};

    e = decode(s, str_sub(s->text, start + 1, s->pos - start - 2), &text);
    n->end = (uint32_t)s->pos;
    n->n = (uint32_t)text.len;
    n->exact = info.nul;
    n->v.text = text.p;
    return e;
}

static size_t scan_digits(struct scan *s)
{
    size_t from = s->pos;

    while (peek(s) >= '0' && peek(s) <= '9') {
        s->pos++;
    }
    return s->pos - from;
}

/* What the scanner has found to be a number, and short enough. */
static void read_number(struct json *n, struct str text)
{
    char copy[NUMBER_MAX + 1];

    n->exact = str_to_i64(text, INT64_MIN, INT64_MAX, &n->v.whole) == 0;
    if (!n->exact) {
        memcpy(copy, text.p, text.len);
        copy[text.len] = 0;
        n->v.num = strtod(copy, NULL);
    }
}

static enum err scan_number(struct scan *s)
{
    size_t node = 0, start = s->pos;
    enum err e = add_node(s, JSON_NUM, &node);

    if (e) {
        return e;
    }
    if (peek(s) == '-') {
        s->pos++;
    }
    if (peek(s) == '0') {
        s->pos++;
    } else if (!scan_digits(s)) {
        return json_scan_fail(s, ERR_PARSE, "a digit was expected");
    }
    if (peek(s) == '.') {
        s->pos++;
        if (!scan_digits(s)) {
            return json_scan_fail(s, ERR_PARSE,
                                  "a digit was expected after the point");
        }
    }
    if (peek(s) == 'e' || peek(s) == 'E') {
        s->pos++;
        if (peek(s) == '+' || peek(s) == '-') {
            s->pos++;
        }
        if (!scan_digits(s)) {
            return json_scan_fail(s, ERR_PARSE,
                                  "a digit was expected in the exponent");
        }
    }
    if (s->pos - start > NUMBER_MAX) {
        return json_scan_fail_at(s, start, ERR_LIMIT, "number too long");
    }
    if (s->doc) {
        struct json *n = &s->doc->nodes[node];
        struct str text = str_sub(s->text, start, s->pos - start);

        n->end = (uint32_t)s->pos;
        read_number(n, text);
    }
    return ERR_OK;
}

static enum err scan_word(struct scan *s, const char *word, enum json_type type)
{
    size_t node = 0, len = strlen(word);
    size_t left = s->text.len - s->pos;
    enum err e = add_node(s, type, &node);

    if (e) {
        return e;
    }
    if (memcmp(s->text.p + s->pos, word, left < len ? left : len) != 0) {
        return json_scan_fail(s, ERR_PARSE, "a value was expected");
    }
    s->pos += left < len ? left : len;
    if (left < len) {
        return json_scan_fail(s, ERR_PARSE, "");
    }
    if (s->doc) {
        s->doc->nodes[node].end = (uint32_t)s->pos;
        s->doc->nodes[node].v.flag = word[0] == 't';
    }
    return ERR_OK;
}

static void close_level(struct scan *s)
{
    struct level *l = &s->stack[--s->depth];

    s->pos++;
    if (!s->doc) {
        return;
    }
    struct json *n = &s->doc->nodes[l->node];
    n->end = (uint32_t)s->pos;
    n->skip = (uint32_t)(s->n_nodes - l->node);
    n->n = (uint32_t)l->members;
    if (l->members) {
        s->doc->nodes[l->last].last = true;
    }
}

/* Opens a container; *inside is false when it was empty and is closed. */
static enum err scan_open(struct scan *s, bool object, bool *inside)
{
    size_t node;
    enum err e = add_node(s, object ? JSON_OBJ : JSON_ARR, &node);

    if (e) {
        return e;
    }
    if (s->depth >= s->lim.max_depth || s->depth >= DEPTH_CAP) {
        return json_scan_fail(s, ERR_LIMIT, "nested too deeply");
    }
    s->stack[s->depth++] = (struct level){.node = node, .object = object};
    s->pos++;
    json_scan_space(s);
    *inside = peek(s) != (object ? '}' : ']');
    if (!*inside) {
        close_level(s);
        return ERR_OK;
    }
    return object ? scan_key(s) : ERR_OK;
}

static enum err scan_value(struct scan *s, bool *inside)
{
    *inside = false;
    json_scan_space(s);
    switch (peek(s)) {
    case '{':
        return scan_open(s, true, inside);
    case '[':
        return scan_open(s, false, inside);
    case '"':
        return scan_string_value(s);
    case 't':
        return scan_word(s, "true", JSON_BOOL);
    case 'f':
        return scan_word(s, "false", JSON_BOOL);
    case 'n':
        return scan_word(s, "null", JSON_NULL);
    default:
        if (peek(s) == '-' || (peek(s) >= '0' && peek(s) <= '9')) {
            return scan_number(s);
        }
        if (s->depth) {
            s->stack[s->depth - 1].members++; /* for the message */
        }
        return json_scan_fail(s, ERR_PARSE, "a value was expected");
    }
}

/* After a value: closes what ends here; *more when another value follows. */
static enum err scan_after(struct scan *s, bool *more)
{
    *more = false;
    while (s->depth) {
        struct level *l = &s->stack[s->depth - 1];

        json_scan_space(s);
        if (peek(s) == ',') {
            s->pos++;
            *more = true;
            return l->object ? scan_key(s) : ERR_OK;
        }
        if (peek(s) != (l->object ? '}' : ']')) {
            return json_scan_fail(s, ERR_PARSE,
                                  l->object ? "a comma or } was expected"
                                            : "a comma or ] was expected");
        }
        close_level(s);
    }
    return ERR_OK;
}

enum err json_scan_one(struct scan *s)
{
    bool go_on = true;

    while (go_on) {
        enum err e = scan_value(s, &go_on);

        if (!e && !go_on) {
            e = scan_after(s, &go_on);
        }
        if (e) {
            return e;
        }
    }
    return ERR_OK;
}
