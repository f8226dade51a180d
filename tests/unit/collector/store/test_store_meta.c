// SPDX-License-Identifier: Apache-2.0
/* Facts of a record as JSON: what is written is read; what is absent, as in
 * frames of versions that knew less, is empty. */
#include "collector/store/store_meta.h"

#include "base/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HASH "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define NEEDED                                                                 \
    "\"uid\":\"u\",\"hash\":\"" HASH "\",\"start\":5,\"receipt\":6,\"asn\":7"

static enum err read_text(const char *text, struct json_doc **doc,
                          struct store_row *row)
{
    assert_int_equal(json_parse(str_c(text), &json_default_limits, doc, NULL),
                     ERR_OK);
    return store_meta_read(json_root(*doc), row);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct store_row row = {.uid = "20261101",
                            .start_s = 1,
                            .receipt_s = -2,
                            .cc = "IR",
                            .asn = UINT32_MAX,
                            .network_name = "a \"network\"",
                            .input = "https://www.example.com/",
                            .domain = "www.example.com",
                            .category = "NEWS",
                            .report_id = "id",
                            .foreign_uid = "other",
                            .software = "parallax/1",
                            .blocking = "tcp_ip",
                            .state = X_DOWN,
                            .method = "ip",
                            .confidence = 0.1,
                            .reasons = "a,b",
                            .inferred_location = true,
                            .control_verified = true,
                            .test_name = "telegram",
                            .recorded_blocking = "false",
                            .claimed_s = 7,
                            .timing = TIMING_FUTURE,
                            .vouched = "ooni",
                            .place = PLACE_DISAGREES,
                            .site = "https://www.example.com/",
                            .signatures = "00,01",
                            .late_s = 9,
                            .late_control = "{}"};
    assert_int_equal(hex_decode(STR(HASH), row.hash, SHA256_LEN), ERR_OK);
    struct buf b, again;
    buf_init(&b, 4096);
    buf_init(&again, 4096);
    assert_int_equal(store_meta_write(&b, &row), ERR_OK);
    assert_int_equal(buf_add_byte(&b, 0), ERR_OK);
    struct json_doc *doc = NULL;
    struct store_row got;
    assert_int_equal(read_text((const char *)b.p, &doc, &got), ERR_OK);
    assert_int_equal(store_meta_write(&again, &got), ERR_OK);
    assert_int_equal(buf_add_byte(&again, 0), ERR_OK);
    assert_string_equal((const char *)again.p, (const char *)b.p);
    json_doc_free(doc);
    buf_fini(&b);
    buf_fini(&again);
}

static void what_is_absent_is_empty(void **state)
{
    (void)state;
    struct json_doc *doc = NULL;
    struct store_row row;
    assert_int_equal(read_text("{" NEEDED "}", &doc, &row), ERR_OK);
    assert_string_equal(row.uid, "u");
    assert_int_equal(row.start_s, 5);
    assert_int_equal(row.receipt_s, 6);
    assert_int_equal(row.asn, 7);
    assert_string_equal(row.cc, "");
    assert_string_equal(row.network_name, "");
    assert_string_equal(row.reasons, "");
    assert_int_equal(row.state, X_INCONCLUSIVE);
    assert_true(row.confidence == 0);
    assert_false(row.inferred_location);
    assert_false(row.control_verified);
    assert_string_equal(row.x_probe, "");
    /* there was no other test then */
    assert_string_equal(row.test_name, "web_connectivity");
    assert_string_equal(row.recorded_blocking, "");
    assert_string_equal(row.vouched, "");
    assert_string_equal(row.site, "");
    assert_string_equal(row.signatures, "");
    assert_int_equal(row.claimed_s, 0);
    assert_int_equal(row.timing, TIMING_IN_TIME);
    assert_int_equal(row.place, PLACE_UNCHECKED);
    json_doc_free(doc);
}

static void not_judged_is_a_state(void **state)
{
    (void)state;
    struct json_doc *doc = NULL;
    struct store_row row;
    assert_int_equal(
        read_text("{" NEEDED ",\"state\":\"not_judged\"}", &doc, &row), ERR_OK);
    assert_int_equal(row.state, STORE_NOT_JUDGED);
    json_doc_free(doc);
}

static void without_its_identity_it_is_no_record(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{}",
        "[]",
        "{\"hash\":\"" HASH "\",\"start\":5,\"receipt\":6,\"asn\":7}",
        "{\"uid\":\"u\",\"start\":5,\"receipt\":6,\"asn\":7}",
        "{\"uid\":\"u\",\"hash\":\"00\",\"start\":5,\"receipt\":6,\"asn\":7}",
        "{\"uid\":\"u\",\"hash\":\"" HASH "\",\"receipt\":6,\"asn\":7}",
        "{\"uid\":\"u\",\"hash\":\"" HASH "\",\"start\":5,\"asn\":7}",
        "{\"uid\":\"u\",\"hash\":\"" HASH "\",\"start\":5,\"receipt\":6,"
        "\"asn\":4294967296}",
        "{\"uid\":\"\",\"hash\":\"" HASH "\",\"start\":5,\"receipt\":6,"
        "\"asn\":7}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct json_doc *doc = NULL;
        struct store_row row = {.uid = "untouched"};
        assert_int_equal(read_text(bad[i], &doc, &row), ERR_PARSE);
        assert_string_equal(row.uid, "untouched");
        json_doc_free(doc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(what_is_absent_is_empty),
        cmocka_unit_test(not_judged_is_a_state),
        cmocka_unit_test(without_its_identity_it_is_no_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
