// SPDX-License-Identifier: Apache-2.0
/* JSON: the nodes that the scanner made, and how they are asked. */
#include "base/json.h"

#include "base/ascii.h"
#include "base/json_scan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Objects with more members than this get a sorted index. */
#define INDEX_FROM 16

const struct json_limits json_default_limits = {
    .max_bytes = (size_t)32 << 20,
    .max_nodes = 2000000,
    .max_string = (size_t)24 << 20,
    .max_depth = 64,
};

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

/* Makes the node's path that of messages. The stack is empty by now. */
static void go_to(struct scan *s, const struct json *target)
{
    const struct json *at = s->doc->nodes;

    while (at != target) {
        struct level *l = &s->stack[s->depth++];
        const struct json *m = json_first(at);

        *l = (struct level){.members = 1, .object = at->type == JSON_OBJ};
        while (m + m->skip <= target) {
            m = json_next(m);
            l->members++;
        }
        l->key = m->key;
        at = m;
    }
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
                return json_scan_fail(s, ERR_NOMEM, "out of memory");
            }
        } else {
            twice = find_twice(n);
        }
        if (twice) {
            char why[80];

            snprintf(why, sizeof(why), "the key \"%.*s\" stands twice",
                     (int)(twice->key.len < 40 ? twice->key.len : 40),
                     twice->key.p);
            json_scan_printable(why);
            go_to(s, twice);
            return json_scan_fail_at(s, twice->begin, ERR_PARSE, why);
        }
    }
    return ERR_OK;
}

/* ---- parsing ------------------------------------------------------------- */

static enum err build(struct scan *s)
{
    enum err e = json_scan_one(s);

    if (e) {
        return e;
    }
    json_scan_space(s);
    if (s->pos < s->text.len) {
        return json_scan_fail(s, ERR_PARSE,
                              "something follows after the value");
    }
    return check_keys(s);
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
        s->doc->root = s->doc->nodes;
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
    free(doc->nodes);
    free(doc->strings);
    free(doc);
}

const struct json *json_root(const struct json_doc *doc)
{
    return doc ? doc->root : NULL;
}

void json_enter(struct json_doc *doc, const struct json *value)
{
    doc->root = value;
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
    e = json_scan_one(s);
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

static bool is_num(const struct json *n)
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
    if (!is_num(n) || !n->exact) {
        return false;
    }
    *out = n->v.whole;
    return true;
}

bool json_num(const struct json *n, double *out)
{
    if (!is_num(n) || (!n->exact && !isfinite(n->v.num))) {
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
