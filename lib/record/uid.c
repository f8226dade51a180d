// SPDX-License-Identifier: Apache-2.0
#include "record/uid.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "base/hex.h"
#include "base/json_out.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_BYTES 4  /* of the hash, for the six decimal digits */
#define TAIL_BYTES   8  /* of the hash, for the sixteen hex digits */
#define TEST_CHARS   30 /* of a test's name, at most */
#define YEAR_2010    INT64_C(1262304000)
#define NOWHERE      INT64_C(946684800) /* 2000-01-01: nobody measured then */
#define FEW_MEMBERS  48 /* of an object: are sorted without memory */
#define SAFE_DIGITS  15 /* so many digits survive a double */

/* ---- canonical JSON (RFC 8785) ------------------------------------------- */

/* What is written where. The text that the doc was parsed from has most numbers
 * and strings in their canonical form already: they are copied. */
struct canon {
    const struct json_doc *doc;
    struct buf *out;
};

/* Order of UTF-16 code units, on UTF-8: the same as that of the bytes, except
 * that the surrogates of characters above U+FFFF (lead byte F0 and up) sort
 * before U+E000 to U+FFFF (lead bytes EE and EF). */
static int cmp_utf16(struct str a, struct str b)
{
    size_t n = a.len < b.len ? a.len : b.len;

    for (size_t i = 0; i < n; i++) {
        uint8_t x = (uint8_t)a.p[i], y = (uint8_t)b.p[i];

        if (x == y) {
            continue;
        }
        if (x >= 0xee && y >= 0xee && (x >= 0xf0) != (y >= 0xf0)) {
            return x >= 0xf0 ? -1 : 1;
        }
        return x < y ? -1 : 1;
    }
    return a.len < b.len ? -1 : a.len > b.len;
}

static int by_key(const void *a, const void *b)
{
    const struct json *const *x = a, *const *y = b;

    return cmp_utf16(json_key(*x), json_key(*y));
}

/* A number taken apart: 0.d1d2d3... * 10^point. */
struct decimal {
    char digits[32];
    int n;
    int point;
};

/* From printf's %g form, "-1.25e-07". */
static struct decimal take_apart(const char *text)
{
    struct decimal d = {.n = 0};
    bool fraction = false;

    for (; *text && *text != 'e'; text++) {
        if (*text == '.') {
            fraction = true;
        } else if (ascii_isdigit(*text)) {
            bool leading = d.n == 0 && *text == '0';

            if (!leading) {
                d.digits[d.n++] = *text;
            }
            d.point += fraction ? (leading ? -1 : 0) : !leading;
        }
    }
    if (*text == 'e') {
        d.point += (int)strtol(text + 1, NULL, 10);
    }
    while (d.n > 0 && d.digits[d.n - 1] == '0') {
        d.n--;
    }
    return d;
}

static void add_zeros(struct buf *out, int n)
{
    for (; n > 0; n--) {
        buf_add_byte(out, '0');
    }
}

/* ECMAScript's Number::toString, which JCS prescribes. */
static void add_number(struct buf *out, double v)
{
    char text[32];
    struct decimal d;

    if (v == 0) {
        buf_add_byte(out, '0'); /* -0 too */
        return;
    }
    if (v < 0) {
        buf_add_byte(out, '-');
        v = -v;
    }
    jw_format_double(v, text);
    d = take_apart(text);
    if (d.point > 21 || d.point <= -6) {
        int e = d.point - 1;

        buf_add(out, d.digits, 1);
        if (d.n > 1) {
            buf_add_byte(out, '.');
            buf_add(out, d.digits + 1, (size_t)d.n - 1);
        }
        buf_printf(out, "e%c%d", e < 0 ? '-' : '+', e < 0 ? -e : e);
    } else if (d.point <= 0) {
        buf_add_c(out, "0.");
        add_zeros(out, -d.point);
        buf_add(out, d.digits, (size_t)d.n);
    } else if (d.n <= d.point) {
        buf_add(out, d.digits, (size_t)d.n);
        add_zeros(out, d.point - d.n);
    } else {
        buf_add(out, d.digits, (size_t)d.point);
        buf_add_byte(out, '.');
        buf_add(out, d.digits + d.point, (size_t)(d.n - d.point));
    }
}

/* Plain decimals of at most 15 digits, without an exponent, a zero that could
 * be left out, or a sign before zero: two of them are never the same double, so
 * each is the shortest text of its own. Those below 1e-5 may need an exponent,
 * and are left to add_number. */
static bool is_canonical_number(struct str s)
{
    size_t i = s.len > 0 && s.p[0] == '-', digits = 0;
    bool fraction = false;

    for (; i < s.len; i++) {
        if (s.p[i] == '.') {
            fraction = true;
        } else if (ascii_isdigit(s.p[i])) {
            digits++;
        } else {
            return false;
        }
    }
    if (digits == 0 || digits > SAFE_DIGITS) {
        return false;
    }
    bool tiny = str_starts(s, "0.00000") || str_starts(s, "-0");
    return !tiny && !(fraction && s.p[s.len - 1] == '0');
}

/* Which members of an object do not count. */
enum scope {
    SCOPE_ALL,
    SCOPE_RECORD,
    SCOPE_ANNOTATIONS
};

static bool is_left_out(enum scope scope, struct str key)
{
    static const char *const names[] = {"report_id", "measurement_uid",
                                        "probe_cc", "probe_asn",
                                        "probe_network_name"};

    if (scope == SCOPE_ANNOTATIONS) {
        return str_starts(key, "x_");
    }
    if (scope == SCOPE_ALL) {
        return false;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eq_c(key, names[i])) {
            return true;
        }
    }
    return str_starts(key, "backend_") || str_starts(key, "resolver_");
}

static enum err add_value(const struct canon *c, const struct json *v,
                          enum scope scope);

/* Few members stand in order quickly, many in time that a forger cannot
 * stretch. */
static void sort_members(const struct json **members, size_t n)
{
    if (n > FEW_MEMBERS) {
        qsort(members, n, sizeof(members[0]), by_key);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        const struct json *m = members[i];
        size_t at = i;
        for (; at > 0 && by_key(&members[at - 1], &m) > 0; at--) {
            members[at] = members[at - 1];
        }
        members[at] = m;
    }
}

static enum err add_members(const struct canon *c,
                            const struct json *const *members, size_t n,
                            enum scope scope)
{
    bool first = true;
    enum err e = ERR_OK;

    buf_add_byte(c->out, '{');
    for (size_t i = 0; i < n && !e; i++) {
        struct str key = json_key(members[i]);
        bool notes = scope == SCOPE_RECORD && str_eq_c(key, "annotations");

        if (is_left_out(scope, key)) {
            continue;
        }
        if (!first) {
            buf_add_byte(c->out, ',');
        }
        first = false;
        jw_add_quoted(c->out, key);
        buf_add_byte(c->out, ':');
        e = add_value(c, members[i], notes ? SCOPE_ANNOTATIONS : SCOPE_ALL);
    }
    buf_add_byte(c->out, '}');
    return e;
}

static enum err add_object(const struct canon *c, const struct json *obj,
                           enum scope scope)
{
    const struct json *few[FEW_MEMBERS];
    const struct json **members = few;
    size_t n = json_len(obj), i = 0;

    if (n > FEW_MEMBERS) {
        members = malloc(n * sizeof(*members));
    }
    if (!members) {
        return ERR_NOMEM;
    }
    for (const struct json *m = json_first(obj); m && i < n; m = json_next(m)) {
        members[i++] = m;
    }
    sort_members(members, i);
    enum err e = add_members(c, members, i, scope);
    if (members != few) {
        free(members);
    }
    return e;
}

static enum err add_array(const struct canon *c, const struct json *arr)
{
    enum err e = ERR_OK;

    buf_add_byte(c->out, '[');
    for (const struct json *v = json_first(arr); v && !e; v = json_next(v)) {
        if (v != json_first(arr)) {
            buf_add_byte(c->out, ',');
        }
        e = add_value(c, v, SCOPE_ALL);
    }
    buf_add_byte(c->out, ']');
    return e;
}

/* Every escape is longer than what it stands for: a string that is as long as
 * its source has none, and is canonical as it is. */
static void add_string(const struct canon *c, const struct json *v)
{
    struct str decoded = json_str(v), source = json_span(c->doc, v);

    if (source.len == decoded.len + 2) {
        buf_add_str(c->out, source);
    } else {
        jw_add_quoted(c->out, decoded);
    }
}

/* Recursion is bounded by the depth that json_parse allows. */
static enum err add_value(const struct canon *c, const struct json *v,
                          enum scope scope)
{
    bool flag = false;
    double num;

    switch (json_type(v)) {
    case JSON_OBJ:
        return add_object(c, v, scope);
    case JSON_ARR:
        return add_array(c, v);
    case JSON_STR:
        add_string(c, v);
        break;
    case JSON_NUM:
        if (!json_num(v, &num)) {
            return ERR_PARSE; /* beyond a double: JCS has no form for it */
        }
        if (is_canonical_number(json_span(c->doc, v))) {
            buf_add_str(c->out, json_span(c->doc, v));
        } else {
            add_number(c->out, num);
        }
        break;
    case JSON_BOOL:
        /* its type was just seen */
        (void)json_bool(v, &flag);
        buf_add_c(c->out, flag ? "true" : "false");
        break;
    case JSON_NULL:
        buf_add_c(c->out, "null");
        break;
    }
    return c->out->failed;
}

static enum err canonical(const struct json_doc *doc, const struct json *value,
                          enum scope scope, struct buf *out)
{
    const struct canon c = {doc, out};
    size_t start = out->len;
    enum err e = out->failed;

    if (e) {
        return e;
    }
    if (!value) {
        return ERR_INVAL;
    }
    e = add_value(&c, value, scope);
    if (!e) {
        e = out->failed;
    }
    if (e && out->p) {
        out->len = start;
        out->p[start] = 0;
        out->failed = ERR_OK;
    }
    return e;
}

enum err uid_canonical(const struct json_doc *doc, const struct json *value,
                       struct buf *out)
{
    return canonical(doc, value, SCOPE_ALL, out);
}

enum err uid_hash(const struct json_doc *doc, uint8_t hash[SHA256_LEN])
{
    const struct json *root = json_root(doc);
    struct buf text;
    enum err e;

    if (!json_is_obj(root)) {
        return ERR_PARSE;
    }
    /* a number may grow: 1e20 becomes 21 digits */
    buf_init(&text, json_span(doc, root).len * 8 + 64);
    e = canonical(doc, root, SCOPE_RECORD, &text);
    if (!e) {
        crypto_sha256(buf_str(&text), hash);
    }
    buf_fini(&text);
    return e;
}

/* ---- the uid ------------------------------------------------------------- */

static bool is_country(const char *cc)
{
    return cc && strlen(cc) == 2 && cc[0] >= 'A' && cc[0] <= 'Z' &&
           cc[1] >= 'A' && cc[1] <= 'Z';
}

/* The test's name without underscores, as OONI writes it into uids. */
static void add_test(const char *test, char out[TEST_CHARS + 1])
{
    size_t n = 0;

    for (const char *p = test && test[0] ? test : "web_connectivity"; *p; p++) {
        if (*p != '_' && n < TEST_CHARS) {
            out[n++] = *p;
        }
    }
    out[n] = '\0';
}

enum err uid_text(const uint8_t hash[SHA256_LEN], int64_t start_s,
                  int64_t receipt_s, const char *cc, const char *test,
                  unsigned attempt, char out[UID_MAX])
{
    char name[TEST_CHARS + 1];
    char date[20], digits[15], tail[2 * TAIL_BYTES + 1];
    size_t from = DIGITS_BYTES + (size_t)attempt * TAIL_BYTES, n = 0;
    uint32_t six = (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 |
                   (uint32_t)hash[2] << 8 | hash[3];
    enum err e;

    if (attempt > SHA256_LEN || from + TAIL_BYTES > SHA256_LEN) {
        return ERR_LIMIT;
    }
    if (start_s < YEAR_2010 || start_s > receipt_s + DAY_S) {
        start_s = NOWHERE;
    }
    e = clock_format(start_s, date);
    if (e) {
        return e;
    }
    for (const char *p = date; *p; p++) {
        if (ascii_isdigit(*p)) {
            digits[n++] = *p;
        }
    }
    digits[n] = 0;
    hex_encode(hash + from, TAIL_BYTES, tail);
    add_test(test, name);
    snprintf(out, UID_MAX, "%s.%06" PRIu32 "_%s_%s_%s", digits, six % 1000000,
             is_country(cc) ? cc : "ZZ", name, tail);
    return ERR_OK;
}
