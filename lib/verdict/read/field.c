// SPDX-License-Identifier: Apache-2.0
#include "verdict/read/field.h"
#include <stdio.h>

static const char *type_name(const struct json *n)
{
    switch (json_type(n)) {
    case JSON_NULL:
        return "null";
    case JSON_BOOL:
        return "a boolean";
    case JSON_NUM:
        return "a number";
    case JSON_STR:
        return "a string";
    case JSON_ARR:
        return "an array";
    case JSON_OBJ:
        return "an object";
    }
    return "something else";
}

/* Names come from the record: only plain ASCII goes into a message. */
static void plain_name(struct str name, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < name.len && n + 1 < size; i++) {
        char c = name.p[i];
        out[n++] = (char)(c > ' ' && c < 0x7f && c != '"' ? c : '?');
    }
    out[n] = '\0';
}

enum err field_fail(struct at at, const char *what, struct diag *d)
{
    char index[64] = "";
    char name[56];
    if (at.name.p) {
        plain_name(at.name, name, sizeof(name));
        snprintf(index, sizeof(index), "[\"%s\"]", name);
    } else if (at.i != AT_NONE) {
        snprintf(index, sizeof(index), "[%zu]", at.i);
    }
    return diag_set(d, ERR_PARSE, "%s%s%s%s: %s", at.list, index,
                    at.key ? "." : "", at.key ? at.key : "", what);
}

static enum err mistyped(const struct json *n, struct at at, const char *want,
                         struct diag *d)
{
    char what[80];
    snprintf(what, sizeof(what), "want %s, not %s", want, type_name(n));
    return field_fail(at, what, d);
}

enum err field_outcome(const struct json *n, struct at at, struct outcome *out,
                       struct diag *d)
{
    bool flag = true;
    if (json_is_null(n) || (json_bool(n, &flag) && !flag)) {
        *out = (struct outcome){.known = true};
        return ERR_OK;
    }
    if (!json_is_str(n)) {
        return mistyped(n, at, "a failure string or null", d);
    }
    struct str s = json_str(n);
    if (s.len == 0) {
        return field_fail(at, "an empty failure string", d);
    }
    if (!json_cstr(n)) {
        return field_fail(at, "a NUL in a failure string", d);
    }
    *out = (struct outcome){.known = true, .failure = s, .kind = failure_of(s)};
    return ERR_OK;
}

enum err field_str(const struct json *n, struct at at, struct str *out,
                   struct diag *d)
{
    if (!json_is_null(n) && !json_is_str(n)) {
        return mistyped(n, at, "a string", d);
    }
    *out = json_is_str(n) ? json_str(n) : (struct str){NULL, 0};
    return ERR_OK;
}

enum err field_i64(const struct json *n, struct at at, int64_t *out,
                   struct diag *d)
{
    int64_t v = 0;
    if (!json_is_null(n) && !json_i64(n, &v)) {
        return mistyped(n, at, "an integer", d);
    }
    *out = v;
    return ERR_OK;
}

enum err field_num(const struct json *n, struct at at, double *out,
                   struct diag *d)
{
    double v = 0;
    if (!json_is_null(n) && !json_num(n, &v)) {
        return mistyped(n, at, "a number", d);
    }
    *out = v;
    return ERR_OK;
}

enum err field_bool(const struct json *n, struct at at, bool *out,
                    struct diag *d)
{
    bool v = false;
    if (!json_is_null(n) && !json_bool(n, &v)) {
        return mistyped(n, at, "a boolean", d);
    }
    *out = v;
    return ERR_OK;
}

static enum err container(const struct json *n, bool right, struct at at,
                          const char *want, size_t max, struct diag *d)
{
    if (!json_is_null(n) && !right) {
        return mistyped(n, at, want, d);
    }
    if (json_len(n) > max) {
        char what[80];
        snprintf(what, sizeof(what), "%zu entries, at most %zu are read",
                 json_len(n), max);
        return field_fail(at, what, d);
    }
    return ERR_OK;
}

enum err field_arr(const struct json *n, struct at at, size_t max,
                   struct diag *d)
{
    return container(n, json_is_arr(n), at, "an array", max, d);
}

enum err field_obj(const struct json *n, struct at at, size_t max,
                   struct diag *d)
{
    return container(n, json_is_obj(n), at, "an object", max, d);
}
