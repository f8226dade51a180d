// SPDX-License-Identifier: Apache-2.0
#include "base/hex.h"
#include "record/uid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_canonical(const char *text, const char *want)
{
    struct json_doc *doc = NULL;
    struct buf out;

    buf_init(&out, 100000);
    assert_int_equal(json_parse(str_c(text), NULL, &doc, NULL), ERR_OK);
    assert_int_equal(uid_canonical(doc, json_root(doc), &out), ERR_OK);
    assert_string_equal((const char *)out.p, want);
    json_doc_free(doc);
    buf_fini(&out);
}

static void hash_of(const char *text, char hex[65])
{
    struct json_doc *doc = NULL;
    uint8_t hash[SHA256_LEN];

    assert_int_equal(json_parse(str_c(text), NULL, &doc, NULL), ERR_OK);
    assert_int_equal(uid_hash(doc, hash), ERR_OK);
    hex_encode(hash, sizeof(hash), hex);
    json_doc_free(doc);
}

static void canonical_numbers_are_those_of_ecmascript(void **state)
{
    static const char *const pairs[][2] = {
        {"1E30", "1e+30"},
        {"4.50", "4.5"},
        {"2e-3", "0.002"},
        {"0.000000000000000000000000001", "1e-27"},
        {"333333333.33333329", "333333333.3333333"},
        {"1e21", "1e+21"},
        {"1e20", "100000000000000000000"},
        {"999999999999999900000", "999999999999999900000"},
        {"0.000001", "0.000001"},
        {"0.0000001", "1e-7"},
        {"0.00000123", "0.00000123"},
        {"-0", "0"},
        {"-0.0", "0"},
        {"0", "0"},
        {"-1.5", "-1.5"},
        {"5e-324", "5e-324"},
        {"-5e-324", "-5e-324"},
        {"1.7976931348623157e308", "1.7976931348623157e+308"},
        {"9007199254740992", "9007199254740992"},
        {"9007199254740993", "9007199254740992"},
        {"295147905179352830000", "295147905179352830000"},
        {"1234567890123456789", "1234567890123456800"},
        {"123.456", "123.456"},
        {"1424953923781206.2", "1424953923781206.2"},
        {"5.684341886080801486968994140625e-14", "5.684341886080802e-14"},
        {"9.5367431640625e-7", "9.5367431640625e-7"},
        {"10", "10"},
        {"100e-2", "1"},
        /* 15 digits are copied, 16 may be one too many */
        {"123456789.012345", "123456789.012345"},
        {"0.12345678901234566", "0.12345678901234566"},
        {"0.123456789012345670", "0.12345678901234566"},
        {"999999999999999", "999999999999999"},
        {"1.0", "1"},
        {"10.10", "10.1"},
        {"-0.5", "-0.5"},
        {"0.00001", "0.00001"},
        {"0.00000100", "0.000001"},
        {"0.0", "0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        assert_canonical(pairs[i][0], pairs[i][1]);
    }
}

static void canonical_objects_are_sorted_by_utf16(void **state)
{
    (void)state;
    assert_canonical("{ \"b\" : 1 , \"a\" : [ 2 , { \"d\":null,\"c\":true } "
                     "] , \"\" : false }",
                     "{\"\":false,\"a\":[2,{\"c\":true,\"d\":null}],\"b\":1}");
    /* RFC 8785 3.2.3: the emoji's surrogates sort before U+FB33 */
    assert_canonical(
        "{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude00\":5,"
        "\"\\u0080\":6,\"\\u00f6\":7}",
        "{\"\\r\":2,\"1\":4,\"\xc2\x80\":6,\"\xc3\xb6\":7,\"\xe2\x82\xac\":1,"
        "\"\xf0\x9f\x98\x80\":5,\"\xef\xac\xb3\":3}");
    assert_canonical("{\"ab\":1,\"a\":2}", "{\"a\":2,\"ab\":1}");
}

/* More members than are sorted in place. */
static void canonical_sorts_many_members(void **state)
{
    struct buf text, want;

    (void)state;
    buf_init(&text, 10000);
    buf_init(&want, 10000);
    for (int i = 0; i < 100; i++) {
        buf_printf(&text, "%s\"k%02d\":%d", i ? " , " : "{", 99 - i, i);
        buf_printf(&want, "%s\"k%02d\":%d", i ? "," : "{", i, 99 - i);
    }
    assert_int_equal(buf_add_c(&text, "}"), ERR_OK);
    assert_int_equal(buf_add_c(&want, "}"), ERR_OK);
    assert_canonical((const char *)text.p, (const char *)want.p);
    buf_fini(&text);
    buf_fini(&want);
}

static void canonical_strings_have_one_form(void **state)
{
    (void)state;
    assert_canonical("[\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\"
                     "\\\"\\/\\u0000\\u007f\"]",
                     "[\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\\u0000"
                     "\x7f\"]");
}

static void canonical_has_no_form_for_numbers_beyond_a_double(void **state)
{
    struct json_doc *doc = NULL;
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    buf_add_c(&out, "kept");
    assert_int_equal(json_parse(STR("[1,1e400]"), NULL, &doc, NULL), ERR_OK);
    assert_int_equal(uid_canonical(doc, json_root(doc), &out), ERR_PARSE);
    assert_string_equal((const char *)out.p, "kept");
    json_doc_free(doc);
    buf_fini(&out);
}

static void hash_leaves_out_what_others_may_change(void **state)
{
    char a[65], b[65];

    (void)state;
    hash_of("{\"input\":\"http://x/\",\"annotations\":{\"a\":\"b\"},"
            "\"test_keys\":{\"probe_asn\":\"AS1\"}}",
            a);
    hash_of("{\"report_id\":\"r\",\"measurement_uid\":\"m\","
            "\"backend_version\":\"1\",\"probe_cc\":\"IT\","
            "\"probe_asn\":\"AS2\",\"probe_network_name\":\"n\","
            "\"resolver_ip\":\"1.1.1.1\",\"resolver_asn\":\"AS3\","
            "\"test_keys\" : {\"probe_asn\":\"AS1\"},"
            "\"annotations\":{\"x_y\":\"z\",\"a\":\"b\"},"
            "\"input\":\"http:\\/\\/x/\"}",
            b);
    assert_string_equal(a, b);
    /* the hash itself, so that it stays what it is in later versions */
    assert_string_equal(
        a, "7aebdd914c7f68f47e2e58a8c3f18269be636925c833d6414d24bbf90fe172a6");
}

static void hash_changes_with_everything_else(void **state)
{
    static const char *const others[] = {
        "{\"input\":\"http://x\",\"annotations\":{\"a\":\"b\"}}",
        "{\"input\":\"http://x/\",\"annotations\":{\"a\":\"c\"}}",
        "{\"input\":\"http://x/\",\"annotations\":{\"a\":\"b\"},\"z\":0}",
        "{\"input\":\"http://x/\",\"annotations\":{\"a\":\"b\"},"
        "\"test_keys\":{\"resolver_ip\":\"1\"}}",
        "{\"input\":\"http://x/\",\"annotations\":{\"a\":\"b\"},"
        "\"test_keys\":{\"x_y\":\"1\"}}",
    };
    char a[65], b[65];

    (void)state;
    hash_of("{\"input\":\"http://x/\",\"annotations\":{\"a\":\"b\"}}", a);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        hash_of(others[i], b);
        assert_string_not_equal(a, b);
    }
}

static void hash_wants_an_object(void **state)
{
    struct json_doc *doc = NULL;
    uint8_t hash[SHA256_LEN];

    (void)state;
    assert_int_equal(json_parse(STR("[]"), NULL, &doc, NULL), ERR_OK);
    assert_int_equal(uid_hash(doc, hash), ERR_PARSE);
    json_doc_free(doc);
}

static const uint8_t hash[SHA256_LEN] = {
    0x00, 0x0f, 0x42, 0x41, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
    0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x00, 0x01, 0x02,
    0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c};
static const int64_t when = 1795487407; /* 2026-11-24 02:30:07 */

static void uid_has_the_grammar_of_ooni(void **state)
{
    char out[UID_MAX];

    (void)state;
    /* 0x000f4241 = 1000001, so the six digits are 000001 */
    assert_int_equal(uid_text(hash, when, when + 60, "IR", NULL, 0, out),
                     ERR_OK);
    assert_string_equal(
        out, "20261124023007.000001_IR_webconnectivity_1122334455667788");
}

static void uid_takes_other_digits_when_one_is_taken(void **state)
{
    char out[UID_MAX] = "same";

    (void)state;
    assert_int_equal(uid_text(hash, when, when, "IR", NULL, 1, out), ERR_OK);
    assert_string_equal(
        out, "20261124023007.000001_IR_webconnectivity_99aabbccddeeff00");
    assert_int_equal(uid_text(hash, when, when, "IR", NULL, 2, out), ERR_OK);
    assert_int_equal(uid_text(hash, when, when, "IR", NULL, 3, out), ERR_LIMIT);
    assert_int_equal(uid_text(hash, when, when, "IR", NULL, UINT32_MAX, out),
                     ERR_LIMIT);
    assert_string_equal(
        out, "20261124023007.000001_IR_webconnectivity_0102030405060708");
}

static void uid_is_of_the_year_2000_for_an_impossible_start(void **state)
{
    char out[UID_MAX];

    (void)state;
    assert_int_equal(uid_text(hash, 0, when, "IR", NULL, 0, out), ERR_OK);
    assert_memory_equal(out, "20000101000000.", 15);
    assert_int_equal(uid_text(hash, when + 86401, when, "IR", NULL, 0, out),
                     ERR_OK);
    assert_memory_equal(out, "20000101000000.", 15);
    assert_int_equal(uid_text(hash, when + 86400, when, "IR", NULL, 0, out),
                     ERR_OK);
    assert_memory_equal(out, "20261125023007.", 15);
    assert_int_equal(uid_text(hash, 1262304000, when, "IR", NULL, 0, out),
                     ERR_OK);
    assert_memory_equal(out, "20100101000000.", 15);
    assert_int_equal(uid_text(hash, 1262303999, when, "IR", NULL, 0, out),
                     ERR_OK);
    assert_memory_equal(out, "20000101000000.", 15);
}

static void uid_names_an_unknown_country_zz(void **state)
{
    static const char *const ccs[] = {NULL, "", "I", "it", "../", "ITA"};
    char out[UID_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(ccs) / sizeof(ccs[0]); i++) {
        assert_int_equal(uid_text(hash, when, when, ccs[i], NULL, 0, out),
                         ERR_OK);
        assert_memory_equal(out + 21, "_ZZ_", 4);
    }
}

static void a_uid_names_the_test_without_underscores(void **state)
{
    (void)state;

    static const struct {
        const char *test, *want;
    } rows[] = {
        {NULL, "_IR_webconnectivity_"},
        {"", "_IR_webconnectivity_"},
        {"web_connectivity", "_IR_webconnectivity_"},
        {"ndt", "_IR_ndt_"},
        {"http_header_field_manipulation", "_IR_httpheaderfieldmanipulation_"},
        {"abcdefghijklmnopqrstuvwxyz0123456789",
         "_IR_abcdefghijklmnopqrstuvwxyz0123_"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char out[UID_MAX] = "";
        assert_int_equal(uid_text(hash, when, when, "IR", rows[i].test, 0, out),
                         ERR_OK);
        assert_non_null(strstr(out, rows[i].want));
        assert_string_equal(out + strlen(out) - 16, "1122334455667788");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_uid_names_the_test_without_underscores),
        cmocka_unit_test(canonical_numbers_are_those_of_ecmascript),
        cmocka_unit_test(canonical_objects_are_sorted_by_utf16),
        cmocka_unit_test(canonical_sorts_many_members),
        cmocka_unit_test(canonical_strings_have_one_form),
        cmocka_unit_test(canonical_has_no_form_for_numbers_beyond_a_double),
        cmocka_unit_test(hash_leaves_out_what_others_may_change),
        cmocka_unit_test(hash_changes_with_everything_else),
        cmocka_unit_test(hash_wants_an_object),
        cmocka_unit_test(uid_has_the_grammar_of_ooni),
        cmocka_unit_test(uid_takes_other_digits_when_one_is_taken),
        cmocka_unit_test(uid_is_of_the_year_2000_for_an_impossible_start),
        cmocka_unit_test(uid_names_an_unknown_country_zz),
    };

    return cmocka_run_group_tests_name("uid", tests, NULL, NULL);
}
