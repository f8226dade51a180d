// SPDX-License-Identifier: Apache-2.0
/* What is read is walked with every getter, and what the canonical form and
 * our writer make of it must be read again as the same. */
#include "base/json.h"
#include "base/json_out.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void walk(const struct json_doc *doc, const struct json *n, struct jw *w)
{
    struct str span = json_span(doc, n);
    int64_t whole;
    double num;
    bool flag;
    size_t count = 0;

    must(span.len > 0);
    switch (json_type(n)) {
    case JSON_OBJ:
    case JSON_ARR:
        json_is_obj(n) ? jw_obj(w) : jw_arr(w);
        for (const struct json *m = json_first(n); m; m = json_next(m)) {
            if (json_is_obj(n)) {
                struct str key = json_key(m);
                char *c = strndup(key.p, key.len);

                if (c && strlen(c) == key.len) {
                    must(json_get(n, c) == m);
                }
                free(c);
                jw_key_str(w, key);
            }
            count++;
            walk(doc, m, w);
        }
        json_is_obj(n) ? jw_obj_end(w) : jw_arr_end(w);
        must(count == json_len(n));
        break;
    case JSON_STR:
        must(utf8_valid(json_str(n)));
        must(!json_cstr(n) || strlen(json_cstr(n)) == json_str(n).len);
        jw_str(w, json_str(n));
        break;
    case JSON_NUM:
        if (json_i64(n, &whole)) {
            jw_i64(w, whole);
        } else if (json_num(n, &num)) {
            jw_num(w, num);
        } else {
            jw_null(w);
        }
        break;
    case JSON_BOOL:
        must(json_bool(n, &flag));
        jw_bool(w, flag);
        break;
    case JSON_NULL:
        jw_null(w);
        break;
    }
}

static void write_again(const struct json_doc *doc, struct buf *out)
{
    struct jw w;

    jw_init(&w, out);
    walk(doc, json_root(doc), &w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct json_limits lim = {1 << 20, 10000, 1 << 16, 30};
    struct str text = {(const char *)data, size};
    struct json_doc *doc = NULL, *again = NULL;
    struct buf one, two;
    struct diag d;
    size_t len = 0;
    enum err e = json_parse(text, &lim, &doc, &d);

    if (json_value_len(text, &lim, &len, &d) == ERR_OK && len > 0) {
        must(len <= size);
    } else {
        must(e != ERR_OK || (size > 0 && len == 0)); /* a bare number */
    }
    if (e) {
        must(strlen(d.text) < sizeof(d.text));
        return 0;
    }
    buf_init(&one, (size_t)1 << 24);
    buf_init(&two, (size_t)1 << 24);
    write_again(doc, &one);
    must(one.failed == ERR_OK);
    must(json_parse(buf_str(&one), NULL, &again, &d) == ERR_OK);
    write_again(again, &two);
    must(str_eq(buf_str(&one), buf_str(&two)));
    json_doc_free(doc);
    json_doc_free(again);
    buf_fini(&one);
    buf_fini(&two);
    return 0;
}
