// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"
#include "base/json_out.h"

#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct json_doc *parse(const char *text)
{
    struct json_doc *doc = NULL;
    struct diag d = {""};
    enum err e = json_parse(str_c(text), NULL, &doc, &d);

    if (e) {
        print_message("%s: %s\n", text, d.text);
    }
    assert_int_equal(e, ERR_OK);
    return doc;
}

static enum err try(struct str text, const struct json_limits *lim,
                    struct diag *d)
{
    struct json_doc *doc = NULL;
    enum err e = json_parse(text, lim, &doc, d);

    if (e) {
        assert_null(doc);
    }
    json_doc_free(doc);
    return e;
}

static void assert_refused(const char *text, const char *why)
{
    struct diag d = {""};

    assert_int_equal(try(str_c(text), NULL, &d), ERR_PARSE);
    if (!strstr(d.text, why)) {
        fail_msg("%s: \"%s\" does not say \"%s\"", text, d.text, why);
    }
}

static void assert_str(struct str got, const char *want, size_t len)
{
    assert_int_equal(got.len, len);
    assert_memory_equal(got.p, want, len);
}

static void json_decodes_escapes_wherever_they_stand(void **state)
{
    static const char text[] =
        "[\"plain\",\"\",\"\\\\\",\"\\\"first\",\"last\\n\",\"a\\tb\\/c\",\"\\\\n\","
        "\"\\u0041\\u00df\\u20ac\\ud83d\\ude00z\",{\"k\\u0065y\":\"\\u0000\"}]";
    static const char *const want[] = {
        "plain",  "",       "\\",  "\"first",
        "last\n", "a\tb/c", "\\n", "A\xc3\x9f\xe2\x82\xac\xf0\x9f\x98\x80z"};
    struct json_doc *doc = parse(text);
    const struct json *n = json_first(json_root(doc));

    (void)state;
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        assert_str(json_str(n), want[i], strlen(want[i]));
        assert_string_equal(json_cstr(n), want[i]);
        n = json_next(n);
    }
    n = json_get(n, "key");
    assert_str(json_str(n), "\0", 1);
    assert_null(json_cstr(n));
    json_doc_free(doc);
}

static void json_reads_every_kind_of_value(void **state)
{
    struct json_doc *doc = parse(" {\"s\":\"a\\u00e9\\ud83d\\ude00\\n\","
                                 "\"n\":-12.5e1,\"t\":true,\"f\":false,"
                                 "\"z\":null,\"a\":[1,[],{}],\"o\":{\"k\":7}}"
                                 "\r\n");
    const struct json *root = json_root(doc);
    double num;
    bool flag;
    int64_t i;

    (void)state;
    assert_true(json_is_obj(root));
    assert_int_equal(json_len(root), 7);
    assert_string_equal(json_cstr(json_get(root, "s")),
                        "a\xc3\xa9\xf0\x9f\x98\x80\n");
    assert_true(json_num(json_get(root, "n"), &num));
    assert_true(num == -125.0);
    assert_false(json_i64(json_get(root, "n"), &i));
    assert_true(json_bool(json_get(root, "t"), &flag) && flag);
    assert_true(json_bool(json_get(root, "f"), &flag) && !flag);
    assert_true(json_is_null(json_get(root, "z")));
    assert_true(json_is_null(json_get(root, "missing")));
    assert_int_equal(json_len(json_get(root, "a")), 3);
    assert_true(json_i64(json_path(root, "o.k"), &i) && i == 7);
    assert_null(json_path(root, "o.k.x"));
    assert_null(json_path(root, "o.x"));
    json_doc_free(doc);
}

static void json_walks_members_in_order_with_their_keys(void **state)
{
    struct json_doc *doc = parse("{\"b\":[1,{\"x\":[2]}],\"a\":{},\"c\":3}");
    const struct json *n = json_first(json_root(doc));

    (void)state;
    assert_str(json_key(n), "b", 1);
    assert_int_equal(json_len(n), 2);
    assert_null(json_first(json_first(n)));
    assert_null(json_next(json_next(json_first(n))));
    n = json_next(n);
    assert_str(json_key(n), "a", 1);
    assert_null(json_first(n));
    n = json_next(n);
    assert_str(json_key(n), "c", 1);
    assert_null(json_next(n));
    assert_null(json_next(json_root(doc)));
    json_doc_free(doc);
}

static void json_getters_answer_absent_for_wrong_types(void **state)
{
    struct json_doc *doc = parse("[\"x\",1,{}]");
    const struct json *s = json_first(json_root(doc));
    double num = 4;
    int64_t i = 5;
    bool b = true;

    (void)state;
    assert_null(json_get(NULL, "a"));
    assert_null(json_get(s, "a"));
    assert_null(json_cstr(json_next(s)));
    assert_null(json_str(NULL).p);
    assert_false(json_num(s, &num));
    assert_false(json_i64(s, &i));
    assert_false(json_bool(s, &b));
    assert_true(num == 4 && i == 5 && b);
    assert_int_equal(json_type(NULL), JSON_NULL);
    assert_int_equal(json_len(s), 0);
    assert_null(json_next(NULL));
    assert_null(json_span(doc, NULL).p);
    json_doc_free(doc);
}

static void json_spans_are_the_bytes_of_the_source(void **state)
{
    const char *text = "{ \"a\" : [ 1 , \"x\\u0041\" ] , \"b\":{\"c\" :1e2 }}";
    struct json_doc *doc = parse(text);
    const struct json *root = json_root(doc);

    (void)state;
    assert_true(str_eq_c(json_span(doc, root), text));
    assert_true(
        str_eq_c(json_span(doc, json_get(root, "a")), "[ 1 , \"x\\u0041\" ]"));
    assert_true(str_eq_c(json_span(doc, json_path(root, "b.c")), "1e2"));
    assert_true(str_eq_c(json_span(doc, json_get(root, "b")), "{\"c\" :1e2 }"));
    json_doc_free(doc);
}

static void json_keeps_zero_characters_in_strings(void **state)
{
    struct json_doc *doc = parse("{\"a\":\"x\\u0000y\",\"\\u0000k\":2}");
    const struct json *a = json_get(json_root(doc), "a");

    (void)state;
    assert_str(json_str(a), "x\0y", 3);
    assert_null(json_cstr(a));
    assert_str(json_key(json_next(a)), "\0k", 2);
    json_doc_free(doc);
}

static void json_reads_integers_exactly_to_64_bits(void **state)
{
    struct json_doc *doc =
        parse("[9007199254740993,-9223372036854775808,9223372036854775807,"
              "9223372036854775808,1.0,1e3,-0]");
    const struct json *n = json_first(json_root(doc));
    int64_t v;

    (void)state;
    assert_true(json_i64(n, &v) && v == INT64_C(9007199254740993));
    n = json_next(n);
    assert_true(json_i64(n, &v) && v == INT64_MIN);
    n = json_next(n);
    assert_true(json_i64(n, &v) && v == INT64_MAX);
    n = json_next(n);
    assert_false(json_i64(n, &v));
    double d;
    assert_true(json_num(n, &d) && d == 9223372036854775808.0);
    n = json_next(n);
    assert_false(json_i64(n, &v));
    n = json_next(n);
    assert_false(json_i64(n, &v));
    n = json_next(n);
    assert_true(json_i64(n, &v) && v == 0);
    json_doc_free(doc);
}

static void json_has_no_number_beyond_a_double(void **state)
{
    struct json_doc *doc = parse("[1e999]");
    double v = 3;

    (void)state;
    assert_false(json_num(json_first(json_root(doc)), &v));
    assert_true(v == 3);
    json_doc_free(doc);
}

static void json_refuses_what_rfc_8259_does_not_allow(void **state)
{
    (void)state;
    assert_refused("", "ends");
    assert_refused("  ", "ends");
    assert_refused("{", "ends");
    assert_refused("[1,", "ends");
    assert_refused("\"abc", "ends");
    assert_refused("tru", "ends");
    assert_refused("[1,]", "a value was expected");
    assert_refused("{\"a\":1,}", "key");
    assert_refused("{a:1}", "key");
    assert_refused("{\"a\" 1}", "colon");
    assert_refused("[1 2]", "comma");
    assert_refused("[01]", "comma");
    assert_refused("[+1]", "a value was expected");
    assert_refused("[.5]", "a value was expected");
    assert_refused("[1.]", "digit");
    assert_refused("[1e]", "digit");
    assert_refused("[-]", "digit");
    assert_refused("[NaN]", "a value was expected");
    assert_refused("nul1", "a value was expected");
    assert_refused("[1] 2", "something follows");
    assert_refused("[\"\t\"]", "control character");
    assert_refused("[\"\\x\"]", "escape");
    assert_refused("[\"\\u12g4\"]", "hex");
    assert_refused("\xef\xbb\xbf[]", "a value was expected");
    assert_refused("[/* */]", "a value was expected");
    assert_refused("['a']", "a value was expected");
}

static void json_refuses_strings_that_are_not_unicode(void **state)
{
    (void)state;
    assert_refused("[\"\xff\", 12345]", "UTF-8");
    assert_refused("[\"\xc0\x80\", 12345]", "UTF-8");
    assert_refused("[\"\xed\xa0\x80\", 12345]", "UTF-8");
    assert_refused("[\"\xf5\x80\x80\x80\"]", "UTF-8");
    assert_refused("[\"\\ud800\"]", "surrogate");
    assert_refused("[\"\\udc00 and more text\"]", "surrogate");
    assert_refused("[\"\\ud800\\u0041 more text\"]", "surrogate");
}

static void json_refuses_a_key_that_stands_twice(void **state)
{
    char big[4096] = "{";

    (void)state;
    assert_refused("{\"a\":1,\"b\":2,\"a\":3}", "\"a\" stands twice");
    assert_refused("{\"a\":1,\"\\u0061\":3}", "stands twice");
    assert_refused("[{\"o\":{\"k\":1,\"k\":1}}]", "stands twice (at [0].o.k)");
    assert_refused("{\"a\":[1,[2],{\"b\":[3],\"c\":1,\"c\":[]}]}",
                   "stands twice (at a[2].c)");
    for (int i = 0; i < 100; i++) {
        snprintf(big + strlen(big), 32, "\"k%d\":%d,", i, i);
    }
    snprintf(big + strlen(big), 32, "\"k57\":0}");
    assert_refused(big, "\"k57\" stands twice");
}

static void json_says_where_it_went_wrong(void **state)
{
    struct diag d;

    (void)state;
    assert_int_equal(try(str_c("{\"a\":[1,\n{\"b\":\n [true, x]}]}"), NULL, &d),
                     ERR_PARSE);
    assert_non_null(strstr(d.text, "byte 23, line 3"));
    assert_non_null(strstr(d.text, "a[1].b[1]"));
}

static void json_holds_its_limits(void **state)
{
    struct json_limits lim = json_default_limits;
    struct diag d;
    char deep[400];

    (void)state;
    memset(deep, '[', 65);
    memset(deep + 65, ']', 65);
    assert_int_equal(try((struct str){deep, 130}, NULL, &d), ERR_LIMIT);
    assert_int_equal(try((struct str){deep + 1, 128}, NULL, &d), ERR_OK);
    lim.max_nodes = 3;
    assert_int_equal(try(STR("[1,2]"), &lim, &d), ERR_OK);
    assert_int_equal(try(STR("[1,2,3]"), &lim, &d), ERR_LIMIT);
    lim.max_string = 5;
    assert_int_equal(try(STR("[\"1234\"]"), &lim, &d), ERR_OK);
    assert_int_equal(try(STR("[\"123456\"]"), &lim, &d), ERR_LIMIT);
    lim.max_bytes = 4;
    assert_int_equal(try(STR("[12]"), &lim, &d), ERR_OK);
    assert_int_equal(try(STR("[123]"), &lim, &d), ERR_LIMIT);
    lim.max_depth = 100000; /* our own stack still holds */
    memset(deep, '[', sizeof(deep));
    lim.max_bytes = 1000;
    lim.max_nodes = 1000;
    assert_int_equal(try((struct str){deep, sizeof(deep)}, &lim, &d),
                     ERR_LIMIT);
    /* more digits than any double can tell apart */
    memset(deep, '1', 64);
    assert_int_equal(try((struct str){deep, 63}, NULL, &d), ERR_OK);
    assert_int_equal(try((struct str){deep, 64}, NULL, &d), ERR_LIMIT);
}

static void json_finds_members_of_big_objects(void **state)
{
    struct buf text;
    struct jw w;
    struct json_doc *doc;
    char key[32];
    int64_t v;

    (void)state;
    buf_init(&text, 1 << 24);
    jw_init(&w, &text);
    jw_obj(&w);
    for (int i = 0; i < 100000; i++) {
        snprintf(key, sizeof(key), "key %d", i * 7919 % 100000);
        jw_ki(&w, key, i);
    }
    jw_obj_end(&w);
    assert_int_equal(json_parse(buf_str(&text), NULL, &doc, NULL), ERR_OK);
    for (int i = 0; i < 100000; i++) {
        snprintf(key, sizeof(key), "key %d", i * 7919 % 100000);
        assert_true(json_i64(json_get(json_root(doc), key), &v));
        assert_int_equal(v, i);
    }
    assert_null(json_get(json_root(doc), "key"));
    json_doc_free(doc);
    buf_fini(&text);
}

static void json_value_len_cuts_values_from_a_stream(void **state)
{
    static const char text[] = " {\"a\":[1,\"}\"]}\n[2]\n 3 ";
    struct str rest = STR(text);
    size_t len = 99;

    (void)state;
    assert_int_equal(json_value_len(rest, NULL, &len, NULL), ERR_OK);
    assert_int_equal(len, 14);
    rest = str_sub(rest, len, SIZE_MAX);
    assert_int_equal(json_value_len(rest, NULL, &len, NULL), ERR_OK);
    assert_int_equal(len, 4);
    rest = str_sub(rest, len, SIZE_MAX);
    assert_int_equal(json_value_len(rest, NULL, &len, NULL), ERR_OK);
    assert_int_equal(len, 3);
}

static void json_value_len_waits_for_every_cut_value(void **state)
{
    static const char text[] =
        "{\"k\\u00e9\\ud83d\\ude00\":[-1.5e+3,true,null,"
        "\"\xe2\x82\xac\xf0\x9f\x98\x80\xe0\xa0\x80\xf4\x8f\xbf\xbf\"]}";
    size_t len;

    (void)state;
    for (size_t n = 0; n < sizeof(text) - 1; n++) {
        len = 99;
        assert_int_equal(
            json_value_len((struct str){text, n}, NULL, &len, NULL), ERR_OK);
        assert_int_equal(len, 0);
    }
    assert_int_equal(json_value_len(STR(text), NULL, &len, NULL), ERR_OK);
    assert_int_equal(len, sizeof(text) - 1);
    assert_int_equal(json_value_len(STR("12"), NULL, &len, NULL), ERR_OK);
    assert_int_equal(len, 0); /* a number may go on */
    len = 99;
    assert_int_equal(json_value_len(STR("[1 2]"), NULL, &len, NULL), ERR_PARSE);
    assert_int_equal(len, 99);
    assert_int_equal(json_value_len(STR("[\"\xff\"]"), NULL, &len, NULL),
                     ERR_PARSE);
    assert_int_equal(json_value_len(STR("[\"\xe0\x80"), NULL, &len, NULL),
                     ERR_PARSE);
}

static void json_value_len_holds_the_size_limit(void **state)
{
    struct json_limits lim = json_default_limits;
    size_t len;

    (void)state;
    lim.max_bytes = 8;
    assert_int_equal(json_value_len(STR("[1,2] [1,2]"), &lim, &len, NULL),
                     ERR_OK);
    assert_int_equal(len, 5);
    assert_int_equal(json_value_len(STR("[1,2,3,4"), &lim, &len, NULL), ERR_OK);
    assert_int_equal(json_value_len(STR("[1,2,3,4,"), &lim, &len, NULL),
                     ERR_LIMIT);
}

static void json_survives_every_cut_and_flip(void **state)
{
    static const char text[] = "{\"a\":[1,-2.5e3,\"x\\u0000\\ud83d\\ude00\","
                               "{\"b\":null,\"c\":[true,false]}]}";
    char copy[sizeof(text)];

    (void)state;
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        assert_int_not_equal(try((struct str){text, i}, NULL, NULL), ERR_OK);
        for (int c = 0; c < 256; c++) {
            enum err e;

            memcpy(copy, text, sizeof(text));
            copy[i] = (char)c;
            e = try((struct str){copy, sizeof(text) - 1}, NULL, NULL);
            assert_true(e == ERR_OK || e == ERR_PARSE);
        }
    }
}

/* ---- writer -------------------------------------------------------------- */

static struct buf out;
static struct jw w;

static int setup(void **state)
{
    (void)state;
    buf_init(&out, 100000);
    jw_init(&w, &out);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_fini(&out);
    return 0;
}

static void assert_written(const char *want)
{
    assert_int_equal(out.failed, ERR_OK);
    assert_string_equal((const char *)out.p, want);
    buf_clear(&out);
    jw_init(&w, &out);
}

static void writer_keeps_commas_and_nesting(void **state)
{
    (void)state;
    jw_obj(&w);
    jw_kc(&w, "a", "x");
    jw_kc(&w, "n", NULL);
    jw_key(&w, "l");
    jw_arr(&w);
    jw_i64(&w, INT64_MIN);
    jw_obj(&w);
    jw_obj_end(&w);
    jw_arr(&w);
    jw_arr_end(&w);
    jw_raw(&w, STR("{\"r\": 1}"));
    jw_arr_end(&w);
    jw_kb(&w, "b", true);
    jw_ki(&w, "i", 7);
    jw_kn(&w, "z");
    jw_ks(&w, "s", STR("t"));
    jw_obj_end(&w);
    assert_written("{\"a\":\"x\",\"n\":null,\"l\":[-9223372036854775808,{},[],"
                   "{\"r\": 1}],\"b\":true,\"i\":7,\"z\":null,\"s\":\"t\"}");
}

static void writer_escapes_what_rfc_8259_asks_for(void **state)
{
    (void)state;
    jw_str(&w, (struct str){"\"\\/\b\f\n\r\t\x01\x1f\0\x7f\xc3\xa9", 14});
    assert_written("\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\\u0000\x7f"
                   "\xc3\xa9\"");
}

static void writer_replaces_bytes_that_are_not_utf8(void **state)
{
    (void)state;
    jw_str(&w, STR("a\xff\xe2\x82z\xed\xa0\x80"));
    assert_written("\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd"
                   "\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void writer_gives_binary_data_the_shape_of_ooni(void **state)
{
    (void)state;
    jw_arr(&w);
    jw_maybe_binary(&w, STR("text \xc3\xa9"));
    jw_maybe_binary(&w, STR("\xff\x00\x01"));
    jw_binary(&w, STR("abcd"));
    jw_binary(&w, (struct str){NULL, 0});
    jw_base64(&w, STR("ab"));
    jw_arr_end(&w);
    assert_written("[\"text \xc3\xa9\",{\"format\":\"base64\",\"data\":"
                   "\"/wAB\"},{\"format\":\"base64\",\"data\":\"YWJjZA==\"},"
                   "null,\"YWI=\"]");
}

static void writer_gives_the_shortest_number_that_reads_back(void **state)
{
    static const double values[] = {0.1,
                                    1.0 / 3,
                                    5e-324,
                                    1.7976931348623157e308,
                                    123456789012345680.0,
                                    -2.5,
                                    5.684341886080802e-14,
                                    9007199254740993.0};
    char text[32];

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        jw_format_double(values[i], text);
        assert_true(strtod(text, NULL) == values[i]);
    }
    jw_arr(&w);
    jw_num(&w, 0.1);
    jw_num(&w, 5.684341886080802e-14); /* 2^-44 */
    jw_num(&w, NAN);
    jw_num(&w, -INFINITY);
    jw_num(&w, 0.3);
    jw_arr_end(&w);
    assert_written("[0.1,5.684341886080802e-14,null,null,0.3]");
}

static void writer_gives_seconds_without_rounding(void **state)
{
    (void)state;
    jw_arr(&w);
    jw_seconds(&w, 0);
    jw_seconds(&w, 1500000);
    jw_seconds(&w, 1);
    jw_seconds(&w, -1234567);
    jw_seconds(&w, INT64_MAX);
    jw_seconds(&w, 10000000);
    jw_arr_end(&w);
    assert_written("[0,1.5,0.000001,-1.234567,9223372036854.775807,10]");
}

static void writer_says_when_nesting_goes_wrong(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++) {
        jw_arr(&w);
    }
    for (int i = 0; i < 40; i++) {
        jw_arr_end(&w);
    }
    assert_int_equal(out.failed, ERR_LIMIT);
    buf_clear(&out);
    jw_init(&w, &out);
    jw_obj_end(&w);
    assert_int_equal(out.failed, ERR_INTERNAL);
}

static void what_is_written_is_read_back(void **state)
{
    struct json_doc *doc;
    char all[256];
    struct str got;

    (void)state;
    for (int i = 0; i < 128; i++) {
        all[i] = (char)i;
    }
    jw_arr(&w);
    jw_str(&w, (struct str){all, 128});
    jw_arr_end(&w);
    assert_int_equal(json_parse(buf_str(&out), NULL, &doc, NULL), ERR_OK);
    got = json_str(json_first(json_root(doc)));
    assert_str(got, all, 128);
    json_doc_free(doc);
}

/* A value in an envelope becomes the root; its spans stay in the whole text. */
static void json_enters_what_an_envelope_holds(void **state)
{
    struct json_doc *doc = NULL;
    struct str text = STR("{\"a\":1,\"content\":{\"k\":[1,2]},\"b\":2}");

    (void)state;
    assert_int_equal(json_parse(text, NULL, &doc, NULL), ERR_OK);
    const struct json *content = json_get(json_root(doc), "content");
    json_enter(doc, content);
    assert_ptr_equal(json_root(doc), content);
    assert_int_equal(json_len(json_root(doc)), 1);
    struct str span = json_span(doc, json_get(json_root(doc), "k"));
    assert_true(str_eq_c(span, "[1,2]"));
    assert_ptr_equal(span.p, text.p + 22);
    json_doc_free(doc);
}

/* Bytes are looked at in eights: each byte at each place, alone in plain text.
 */
static void quoting_finds_what_needs_an_escape_wherever_it_stands(void **state)
{
    char text[20], want[8], got[64];

    (void)state;
    for (int c = 0; c < 0x80; c++) {
        bool named = c != 0 && strchr("\"\\\b\f\n\r\t", c);
        bool plain = c >= 0x20 && !named;
        snprintf(want, sizeof(want), plain ? "%c" : "\\u%04x", (unsigned)c);
        if (named) {
            const char *at = strchr("\"\"\\\\\bb\ff\nn\rr\tt", c);
            snprintf(want, sizeof(want), "\\%c", at[1]);
        }
        for (size_t at = 0; at < sizeof(text); at++) {
            struct buf b;
            memset(text, 'a', sizeof(text));
            text[at] = (char)c;
            buf_init(&b, 100);
            jw_add_quoted(&b, (struct str){text, sizeof(text)});
            assert_int_equal(b.failed, ERR_OK);
            snprintf(got, sizeof(got), "\"%.*s%s%.*s\"", (int)at,
                     "aaaaaaaaaaaaaaaaaaaa", want, (int)(sizeof(text) - at - 1),
                     "aaaaaaaaaaaaaaaaaaaa");
            assert_string_equal((const char *)b.p, got);
            buf_fini(&b);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_enters_what_an_envelope_holds),
        cmocka_unit_test(quoting_finds_what_needs_an_escape_wherever_it_stands),
        cmocka_unit_test(json_reads_every_kind_of_value),
        cmocka_unit_test(json_decodes_escapes_wherever_they_stand),
        cmocka_unit_test(json_walks_members_in_order_with_their_keys),
        cmocka_unit_test(json_getters_answer_absent_for_wrong_types),
        cmocka_unit_test(json_spans_are_the_bytes_of_the_source),
        cmocka_unit_test(json_keeps_zero_characters_in_strings),
        cmocka_unit_test(json_reads_integers_exactly_to_64_bits),
        cmocka_unit_test(json_has_no_number_beyond_a_double),
        cmocka_unit_test(json_refuses_what_rfc_8259_does_not_allow),
        cmocka_unit_test(json_refuses_strings_that_are_not_unicode),
        cmocka_unit_test(json_refuses_a_key_that_stands_twice),
        cmocka_unit_test(json_says_where_it_went_wrong),
        cmocka_unit_test(json_holds_its_limits),
        cmocka_unit_test(json_finds_members_of_big_objects),
        cmocka_unit_test(json_value_len_cuts_values_from_a_stream),
        cmocka_unit_test(json_value_len_waits_for_every_cut_value),
        cmocka_unit_test(json_value_len_holds_the_size_limit),
        cmocka_unit_test(json_survives_every_cut_and_flip),
    };
    const struct CMUnitTest writer[] = {
        cmocka_unit_test_setup_teardown(writer_keeps_commas_and_nesting, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(writer_escapes_what_rfc_8259_asks_for,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(writer_replaces_bytes_that_are_not_utf8,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            writer_gives_binary_data_the_shape_of_ooni, setup, teardown),
        cmocka_unit_test_setup_teardown(
            writer_gives_the_shortest_number_that_reads_back, setup, teardown),
        cmocka_unit_test_setup_teardown(writer_gives_seconds_without_rounding,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(writer_says_when_nesting_goes_wrong,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_written_is_read_back, setup,
                                        teardown),
    };
    int failed = cmocka_run_group_tests_name("json", tests, NULL, NULL);

    return failed + cmocka_run_group_tests_name("json_out", writer, NULL, NULL);
}
