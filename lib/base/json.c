// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include "base/buf.h"
#include "base/json_out.h"
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Nodes lie in document order, so the first child of a container is the next
 * node, and the next sibling is `skip` nodes further on. The same order ties
 * them to cJSON's tree, which owns the decoded strings. */
struct json {
    struct str key; /* decoded, in the source or in doc->extra */
    uint32_t begin, end;
    uint32_t skip; /* nodes of this subtree, itself included */
    uint32_t n;    /* members, or bytes of the decoded string */
    uint8_t type;  /* enum json_type */
    bool last;     /* of its container */
    bool exact;    /* read by us: an integer, a string with U+0000 */

    union {
        const char *text;          /* strings: NUL-terminated */
        const struct json **index; /* big objects: members sorted by key */
        double num;
        int64_t whole; /* numbers that are `exact` */
        bool flag;
    } v;
};

struct json_doc {
    struct str text;
    struct json *nodes;
    size_t n_nodes;
    cJSON *tree;
    char *extra; /* strings that we decoded ourselves */
    size_t extra_used;
};

/* Objects with more members than this get a sorted index. */
#define INDEX_FROM 16
/* cJSON gives up on numbers that do not fit its own 64 byte buffer. */
#define NUMBER_MAX 63
/* What the scanner's stack holds; well below cJSON's own limit of 1000. */
#define DEPTH_CAP 256

const struct json_limits json_default_limits = {
    .max_bytes = (size_t)32 << 20,
    .max_nodes = 2000000,
    .max_string = (size_t)24 << 20,
    .max_depth = 64,
};

struct level {
    size_t node;
    size_t members;
    size_t last; /* node of the newest member */
    struct str key;
    bool object;
};

struct scan {
    struct str text;
    struct json_limits lim;
    struct json_doc *doc; /* NULL: only the length is wanted */
    size_t cap;           /* of doc->nodes */
    size_t pos;
    size_t n_nodes;
    unsigned depth;
    struct level stack[DEPTH_CAP];
    bool truncated; /* failed because the text ended */
    struct diag *diag;
};

/* ---- messages ------------------------------------------------------------ */

static void add_path(struct buf *out, const struct scan *s)
{
    for (unsigned i = 0; i < s->depth; i++) {
        const struct level *l = &s->stack[i];

        if (!l->object) {
            buf_printf(out, "[%zu]", l->members ? l->members - 1 : 0);
        } else if (l->key.p) {
            size_t n = l->key.len < 40 ? l->key.len : 40;

            while (n > 0 && n < l->key.len &&
                   ((uint8_t)l->key.p[n] & 0xc0) == 0x80) {
                n--; /* not in the middle of a character */
            }
            buf_add_c(out, out->len ? "." : "");
            buf_add(out, l->key.p, n);
        }
    }
}

/* Control characters have no business in a message. */
static void printable(char *text)
{
    for (; *text; text++) {
        if ((uint8_t)*text < 0x20 || *text == 0x7f) {
            *text = '?';
        }
    }
}

static enum err fail_at(struct scan *s, size_t at, enum err e, const char *why)
{
    size_t line = 1;
    struct buf path;
    char where[128] = "";

    if (!s->diag) {
        return e;
    }
    for (const char *p = s->text.p, *end = p + at;
         p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++) {
        line++;
    }
    buf_init(&path, 4096);
    add_path(&path, s);
    if (path.len) {
        snprintf(where, sizeof(where), " (at %.100s)", (const char *)path.p);
        printable(where);
    }
    buf_fini(&path);
    return diag_set(s->diag, e, "byte %zu, line %zu: %s%s", at, line, why,
                    where);
}

static enum err fail(struct scan *s, enum err e, const char *why)
{
    if (s->pos >= s->text.len && e == ERR_PARSE) {
        s->truncated = true;
        why = "the text ends in the middle of a value";
    }
    return fail_at(s, s->pos, e, why);
}

/* ---- the scanner --------------------------------------------------------- */

static void skip_space(struct scan *s)
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
        return fail(s, ERR_LIMIT, "too many values");
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
            return fail(s, ERR_NOMEM, "out of memory");
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

static int hex_value(int c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hex digits at `p`, or -1. */
static int32_t hex4(const char *p)
{
    int32_t v = 0;

    for (int i = 0; i < 4; i++) {
        int h = hex_value((uint8_t)p[i]);

        if (h < 0) {
            return -1;
        }
        v = v * 16 + h;
    }
    return v;
}

struct string_info {
    size_t decoded; /* bytes once decoded */
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
        return fail(s, ERR_PARSE, "");
    }
    if (p[1] != 'u') {
        if (p[1] == 0 || !strchr("\"\\/bfnrt", p[1])) {
            return fail(s, ERR_PARSE, "unknown escape in a string");
        }
        info->decoded++;
        s->pos += 2;
        return ERR_OK;
    }
    int32_t code = hex4(p + 2);

    if (code < 0) {
        return fail(s, ERR_PARSE, "\\u needs four hex digits");
    }
    if (code < 0xd800 || code > 0xdfff) {
        info->nul |= code == 0;
        info->decoded += code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
        s->pos += 6;
        return ERR_OK;
    }
    if (code < 0xdc00 && left < 12 && memchr(p + 6, '"', left - 6) == NULL) {
        s->pos = s->text.len;
        return fail(s, ERR_PARSE, "");
    }
    if (code >= 0xdc00 || left < 12 || p[6] != '\\' || p[7] != 'u' ||
        hex4(p + 8) < 0xdc00 || hex4(p + 8) > 0xdfff) {
        return fail(s, ERR_PARSE, "half of a surrogate pair");
    }
    info->decoded += 4;
    s->pos += 12;
    return ERR_OK;
}

/* Could more bytes make a character of these? */
static bool cut_character(struct str left)
{
    static const char rest[] = "\x80\x80\x80";
    char c[4];

    if (left.len == 0 || left.len > 3) {
        return false;
    }
    memcpy(c, left.p, left.len);
    memcpy(c + left.len, rest, 4 - left.len);
    /* E0 and F0 want a larger byte behind them than the least one */
    if (left.len == 1 && (c[0] == '\xe0' || c[0] == '\xf0')) {
        c[1] = '\xa0';
    }
    return jw_utf8_len(c, sizeof(c)) > left.len;
}

/* The string whose opening quote is at s->pos; moves past its end. */
static enum err scan_string(struct scan *s, struct string_info *info)
{
    size_t start = s->pos++;

    memset(info, 0, sizeof(*info));
    for (;;) {
        size_t from = s->pos;
        int c;

        while ((c = peek(s)) >= 0x20 && c != '"' && c != '\\' && c < 0x80) {
            s->pos++;
        }
        info->decoded += s->pos - from;
        if (s->pos - start > s->lim.max_string) {
            return fail_at(s, start, ERR_LIMIT, "string too long");
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
            size_t n = jw_utf8_len(s->text.p + s->pos, s->text.len - s->pos);

            if (n == 0) {
                s->truncated =
                    cut_character(str_sub(s->text, s->pos, SIZE_MAX));
                return fail_at(s, s->pos, ERR_PARSE, "string is not UTF-8");
            }
            s->pos += n;
            info->decoded += n;
        } else {
            return fail(s, ERR_PARSE, "control character in a string");
        }
    }
}

static size_t put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xe0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3f));
        to[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3f));
    to[2] = (char)(0x80 | (c >> 6 & 0x3f));
    to[3] = (char)(0x80 | (c & 0x3f));
    return 4;
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
    return put_utf8(to, c);
}

/* Decodes the inside of a string into doc->extra. All decoded strings
 * together, NULs included, are shorter than the text with its quotes. */
static enum err decode(struct scan *s, struct str inside, struct str *out)
{
    struct json_doc *doc = s->doc;

    if (!doc->extra && !(doc->extra = malloc(s->text.len + 1))) {
        return fail(s, ERR_NOMEM, "out of memory");
    }
    char *to = doc->extra + doc->extra_used;
    size_t n = 0, i = 0;

    while (i < inside.len) {
        size_t used = 1;

        if (inside.p[i] == '\\') {
            n += decode_escape(inside.p + i, to + n, &used);
        } else {
            to[n++] = inside.p[i];
        }
        i += used;
    }
    to[n] = 0;
    doc->extra_used += n + 1;
    *out = (struct str){to, n};
    return ERR_OK;
}

static enum err scan_key(struct scan *s)
{
    struct level *l = &s->stack[s->depth - 1];
    struct string_info info;
    size_t start;
    enum err e;

    skip_space(s);
    start = s->pos;
    if (peek(s) != '"') {
        return fail(s, ERR_PARSE, "a key in quotes was expected");
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
    skip_space(s);
    if (peek(s) != ':') {
        return fail(s, ERR_PARSE, "a colon was expected after a key");
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
    n->end = (uint32_t)s->pos;
    n->n = (uint32_t)info.decoded;
    if (info.nul) {
        struct str text = {NULL, 0};

        e = decode(s, str_sub(s->text, start + 1, s->pos - start - 2), &text);
        if (!e) {
            n->exact = true;
            n->v.text = text.p;
        }
    }
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
        return fail(s, ERR_PARSE, "a digit was expected");
    }
    if (peek(s) == '.') {
        s->pos++;
        if (!scan_digits(s)) {
            return fail(s, ERR_PARSE, "a digit was expected after the point");
        }
    }
    if (peek(s) == 'e' || peek(s) == 'E') {
        s->pos++;
        if (peek(s) == '+' || peek(s) == '-') {
            s->pos++;
        }
        if (!scan_digits(s)) {
            return fail(s, ERR_PARSE, "a digit was expected in the exponent");
        }
    }
    if (s->pos - start > NUMBER_MAX) {
        return fail_at(s, start, ERR_LIMIT, "number too long");
    }
    if (s->doc) {
        struct json *n = &s->doc->nodes[node];
        struct str text = str_sub(s->text, start, s->pos - start);

        n->end = (uint32_t)s->pos;
        n->exact = str_to_i64(text, INT64_MIN, INT64_MAX, &n->v.whole) == 0;
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
        return fail(s, ERR_PARSE, "a value was expected");
    }
    s->pos += left < len ? left : len;
    if (left < len) {
        return fail(s, ERR_PARSE, "");
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
        return fail(s, ERR_LIMIT, "nested too deeply");
    }
    s->stack[s->depth++] = (struct level){.node = node, .object = object};
    s->pos++;
    skip_space(s);
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
    skip_space(s);
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
        return fail(s, ERR_PARSE, "a value was expected");
    }
}

/* After a value: closes what ends here; *more when another value follows. */
static enum err scan_after(struct scan *s, bool *more)
{
    *more = false;
    while (s->depth) {
        struct level *l = &s->stack[s->depth - 1];

        skip_space(s);
        if (peek(s) == ',') {
            s->pos++;
            *more = true;
            return l->object ? scan_key(s) : ERR_OK;
        }
        if (peek(s) != (l->object ? '}' : ']')) {
            return fail(s, ERR_PARSE,
                        l->object ? "a comma or } was expected"
                                  : "a comma or ] was expected");
        }
        close_level(s);
    }
    return ERR_OK;
}

/* One value; s->pos is left after it. */
static enum err scan_one(struct scan *s)
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

/* ---- keys ---------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
    const struct json *const *x = a, *const *y = b;

    return str_cmp((*x)->key, (*y)->key);
}

/* Sorting bounds the work whatever keys a peer makes up, which a hash table
 * does not. */
static enum err index_members(struct json *obj, const struct json **twice)
{
    const struct json **index = malloc(obj->n * sizeof(struct json *));
    size_t n = 0;

    if (!index) {
        return ERR_NOMEM;
    }
    for (const struct json *m = json_first(obj); m; m = json_next(m)) {
        index[n++] = m;
    }
    qsort(index, n, sizeof(index[0]), by_key);
    for (size_t i = 1; i < n && !*twice; i++) {
        if (by_key(&index[i - 1], &index[i]) == 0) {
            *twice = index[i - 1] > index[i] ? index[i - 1] : index[i];
        }
    }
    obj->v.index = index;
    return ERR_OK;
}

static const struct json *find_twice(const struct json *obj)
{
    for (const struct json *a = json_first(obj); a; a = json_next(a)) {
        for (const struct json *b = json_next(a); b; b = json_next(b)) {
            if (str_eq(a->key, b->key)) {
                return b;
            }
        }
    }
    return NULL;
}

static enum err check_keys(struct scan *s)
{
    for (size_t i = 0; i < s->n_nodes; i++) {
        struct json *n = &s->doc->nodes[i];
        const struct json *twice = NULL;

        if (n->type != JSON_OBJ || n->n < 2) {
            continue;
        }
        if (n->n > INDEX_FROM) {
            if (index_members(n, &twice)) {
                return fail(s, ERR_NOMEM, "out of memory");
            }
        } else {
            twice = find_twice(n);
        }
        if (twice) {
            char why[80];

            snprintf(why, sizeof(why), "the key \"%.*s\" stands twice",
                     (int)(twice->key.len < 40 ? twice->key.len : 40),
                     twice->key.p);
            printable(why);
            return fail_at(s, twice->begin, ERR_PARSE, why);
        }
    }
    return ERR_OK;
}

/* ---- parsing ------------------------------------------------------------- */

/* Gives every node its value from cJSON's tree; *i counts in preorder.
 * Recursion is bounded by the scan's depth. */
static bool tie(struct json_doc *doc, size_t *i, const cJSON *c)
{
    if (*i >= doc->n_nodes) {
        return false;
    }
    struct json *n = &doc->nodes[(*i)++];

    switch ((enum json_type)n->type) {
    case JSON_STR:
        if (!n->exact) {
            n->v.text = c->valuestring;
        }
        return cJSON_IsString(c);
    case JSON_NUM:
        if (!n->exact) {
            n->v.num = c->valuedouble;
        }
        return cJSON_IsNumber(c);
    case JSON_ARR:
    case JSON_OBJ:
        for (const cJSON *m = c->child; m; m = m->next) {
            if (!tie(doc, i, m)) {
                return false;
            }
        }
        return n->type == JSON_ARR ? cJSON_IsArray(c) : cJSON_IsObject(c);
    case JSON_NULL:
        return cJSON_IsNull(c);
    case JSON_BOOL:
        return cJSON_IsBool(c);
    }
    return false;
}

static enum err build(struct scan *s)
{
    size_t i = 0;
    enum err e = scan_one(s);

    if (e) {
        return e;
    }
    skip_space(s);
    if (s->pos < s->text.len) {
        return fail(s, ERR_PARSE, "something follows after the value");
    }
    e = check_keys(s);
    if (e) {
        return e;
    }
    /* the scan has found nothing wrong, so only memory can be short */
    s->doc->tree = cJSON_ParseWithLength(s->text.p, s->text.len);
    if (!s->doc->tree) {
        return fail(s, ERR_NOMEM, "out of memory");
    }
    if (!tie(s->doc, &i, s->doc->tree) || i != s->doc->n_nodes) {
        return fail_at(s, 0, ERR_INTERNAL, "two readings of it differ");
    }
    return ERR_OK;
}

enum err json_parse(struct str text, const struct json_limits *lim,
                    struct json_doc **out, struct diag *d)
{
    struct scan *s;
    enum err e;

    if (!lim) {
        lim = &json_default_limits;
    }
    if (text.len > lim->max_bytes || text.len >= UINT32_MAX) {
        return diag_set(d, ERR_LIMIT, "%zu bytes of JSON, at most %zu allowed",
                        text.len, lim->max_bytes);
    }
    s = calloc(1, sizeof(*s));
    if (!s || !(s->doc = calloc(1, sizeof(*s->doc)))) {
        free(s);
        return diag_set(d, ERR_NOMEM, "out of memory");
    }
    s->text = text.p ? text : str_c("");
    s->lim = *lim;
    s->diag = d;
    s->doc->text = s->text;
    e = build(s);
    if (e) {
        json_doc_free(s->doc);
    } else {
        *out = s->doc;
    }
    free(s);
    return e;
}

void json_doc_free(struct json_doc *doc)
{
    if (!doc) {
        return;
    }
    for (size_t i = 0; i < doc->n_nodes; i++) {
        if (doc->nodes[i].type == JSON_OBJ && doc->nodes[i].n > INDEX_FROM) {
            free((void *)doc->nodes[i].v.index);
        }
    }
    cJSON_Delete(doc->tree);
    free(doc->nodes);
    free(doc->extra);
    free(doc);
}

const struct json *json_root(const struct json_doc *doc)
{
    return doc ? doc->nodes : NULL;
}

enum err json_value_len(struct str text, const struct json_limits *lim,
                        size_t *len, struct diag *d)
{
    struct scan *s = calloc(1, sizeof(*s));
    enum err e;

    if (!s) {
        return diag_set(d, ERR_NOMEM, "out of memory");
    }
    s->text = text.p ? text : str_c("");
    s->lim = lim ? *lim : json_default_limits;
    s->diag = d;
    e = scan_one(s);
    if (!e && s->pos == s->text.len && s->pos > 0 &&
        ascii_isdigit(s->text.p[s->pos - 1])) {
        s->truncated = true; /* a number may go on */
    }
    if (s->truncated) {
        s->pos = 0;
        e = ERR_OK;
    }
    if (!e && (s->pos ? s->pos : text.len) > s->lim.max_bytes) {
        e = diag_set(d, ERR_LIMIT, "a JSON value of more than %zu bytes",
                     s->lim.max_bytes);
    }
    if (!e) {
        *len = s->pos;
    }
    free(s);
    return e;
}

/* ---- getters ------------------------------------------------------------- */

enum json_type json_type(const struct json *n)
{
    return n ? (enum json_type)n->type : JSON_NULL;
}

static bool is_container(const struct json *n)
{
    return n && (n->type == JSON_ARR || n->type == JSON_OBJ);
}

const struct json *json_first(const struct json *n)
{
    return is_container(n) && n->n ? n + 1 : NULL;
}

const struct json *json_next(const struct json *n)
{
    return n && !n->last ? n + n->skip : NULL;
}

static const struct json *get(const struct json *obj, struct str key)
{
    if (json_type(obj) != JSON_OBJ) {
        return NULL;
    }
    if (obj->n <= INDEX_FROM) {
        for (const struct json *m = json_first(obj); m; m = json_next(m)) {
            if (str_eq(m->key, key)) {
                return m;
            }
        }
        return NULL;
    }
    struct json want = {.key = key};
    const struct json *wanted = &want;
    const struct json **at =
        bsearch(&wanted, obj->v.index, obj->n, sizeof(wanted), by_key);

    return at ? *at : NULL;
}

const struct json *json_get(const struct json *obj, const char *key)
{
    return get(obj, str_c(key));
}

const struct json *json_path(const struct json *obj, const char *path)
{
    struct str rest = str_c(path), key;

    while (obj && str_next(&rest, '.', &key)) {
        obj = get(obj, key);
    }
    return obj;
}

size_t json_len(const struct json *n)
{
    return is_container(n) ? n->n : 0;
}

struct str json_key(const struct json *n)
{
    return n ? n->key : (struct str){NULL, 0};
}

bool json_is_str(const struct json *n)
{
    return n && n->type == JSON_STR;
}

bool json_is_num(const struct json *n)
{
    return n && n->type == JSON_NUM;
}

bool json_is_obj(const struct json *n)
{
    return n && n->type == JSON_OBJ;
}

bool json_is_arr(const struct json *n)
{
    return n && n->type == JSON_ARR;
}

bool json_is_null(const struct json *n)
{
    return json_type(n) == JSON_NULL;
}

struct str json_str(const struct json *n)
{
    return json_is_str(n) ? (struct str){n->v.text, n->n}
                          : (struct str){NULL, 0};
}

const char *json_cstr(const struct json *n)
{
    return json_is_str(n) && !n->exact ? n->v.text : NULL;
}

bool json_i64(const struct json *n, int64_t *out)
{
    if (!json_is_num(n) || !n->exact) {
        return false;
    }
    *out = n->v.whole;
    return true;
}

bool json_num(const struct json *n, double *out)
{
    if (!json_is_num(n) || (!n->exact && !isfinite(n->v.num))) {
        return false;
    }
    *out = n->exact ? (double)n->v.whole : n->v.num;
    return true;
}

bool json_bool(const struct json *n, bool *out)
{
    if (!n || n->type != JSON_BOOL) {
        return false;
    }
    *out = n->v.flag;
    return true;
}

struct str json_span(const struct json_doc *doc, const struct json *n)
{
    return doc && n ? str_sub(doc->text, n->begin, n->end - n->begin)
                    : (struct str){NULL, 0};
}
