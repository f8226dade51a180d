// SPDX-License-Identifier: Apache-2.0
/* Rows of older frames get what they lack from the record. */
#include "collector/store/store_migrate.h"

#include "collector/store/store_claim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define RECEIPT INT64_C(1795487407) /* 2026-11-24 02:30:07 */

static bool verified; /* are the rows to be migrated? */

static struct store_row migrate(struct region *r, const char *facts,
                                const char *record)
{
    struct store_row row = {.start_s = 1795485600, /* the hour of receipt */
                            .receipt_s = RECEIPT,
                            .input = "HTTP://A.example",
                            .domain = "a.example",
                            .vouched = "",
                            .recorded_blocking = "",
                            .site = "",
                            .signatures = "",
                            .late_control = "",
                            .control_verified = verified};
    struct json_doc *doc = NULL;
    assert_int_equal(json_parse(str_c(facts), NULL, &doc, NULL), ERR_OK);
    assert_int_equal(store_migrate(r, json_root(doc), str_c(record), &row),
                     ERR_OK);
    json_doc_free(doc);
    return row;
}

static void what_is_lacking_is_read_from_the_record(void **state)
{
    static const struct {
        const char *record;
        int64_t start_s;
        int timing;
        const char *blocking;
    } rows[] = {
        {"{\"measurement_start_time\":\"2026-11-24 01:00:00\","
         "\"test_keys\":{\"blocking\":false}}",
         1795482000, TIMING_IN_TIME, "false"},
        {"{\"measurement_start_time\":\"2012-01-01 00:00:00\","
         "\"test_keys\":{\"blocking\":\"dns\"}}",
         1325376000, TIMING_OLD, "dns"},
        {"{\"measurement_start_time\":\"2029-01-01 00:00:00\","
         "\"test_keys\":{\"blocking\":null}}",
         STORE_CLAIM_NOWHERE, TIMING_FUTURE, ""},
        {"{\"measurement_start_time\":7,\"test_keys\":null}", 1795485600,
         TIMING_IN_TIME, ""},
        {"[]", 1795485600, TIMING_IN_TIME, ""},
        {"not JSON", 1795485600, TIMING_IN_TIME, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct region *r = region_new(1 << 20);
        assert_non_null(r);
        struct store_row row = migrate(r, "{\"uid\":\"u\"}", rows[i].record);
        assert_int_equal(row.start_s, rows[i].start_s);
        assert_int_equal(row.timing, rows[i].timing);
        assert_string_equal(row.recorded_blocking, rows[i].blocking);
        assert_string_equal(row.site, "http://a.example/");
        assert_int_equal(row.place, PLACE_UNCHECKED);
        assert_int_equal(row.receipt_s, RECEIPT);
        region_free(r);
    }
}

static void what_is_there_stays(void **state)
{
    struct region *r = region_new(1 << 20);
    (void)state;
    assert_non_null(r);
    struct store_row row =
        migrate(r, "{\"claimed\":5}",
                "{\"measurement_start_time\":\"2012-01-01 00:00:00\"}");
    assert_int_equal(row.start_s, 1795485600);
    assert_string_equal(row.site, "");
    region_free(r);
}

/* Before 1 December 2026 a signed answer was good for any number of records. */
static void what_is_verified_says_by_what(void **state)
{
    static const char record[] =
        "{\"test_keys\":{\"control\":{},\"x_control_signature\":{\"minute\":7,"
        "\"nonce\":\"n\",\"key\":\"000102030405060708090a0b0c0d0e0f101112131415"
        "161718191a1b1c1d1e1f\"},\"x_other_control\":{\"control\":null,"
        "\"x_control_signature\":{\"minute\":8,\"nonce\":\"n\",\"key\":\"00010203"
        "0405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\"}},"
        "\"x_retest\":[{\"test_keys\":{\"control\":{},\"x_control_signature\":{"
        "\"minute\":9,\"nonce\":\"n\",\"key\":\"000102030405060708090a0b0c0d0e0f"
        "101112131415161718191a1b1c1d1e1f\"}}}]}}";
    struct region *r = region_new(1 << 20);
    (void)state;
    assert_non_null(r);
    struct store_row row = migrate(r, "{\"claimed\":5}", record);
    assert_string_equal(row.signatures, "");
    verified = true;
    row = migrate(r, "{\"claimed\":5}", record);
    assert_int_equal(strlen(row.signatures), 2 * 2 * STORE_SIGNATURE_LEN + 1);
    assert_true(row.control_verified);
    row = migrate(r, "{\"claimed\":5,\"signatures\":\"\"}", record);
    assert_string_equal(row.signatures, "");
    row = migrate(r, "{\"uid\":\"u\"}", record);
    assert_int_equal(strlen(row.signatures), 2 * 2 * STORE_SIGNATURE_LEN + 1);
    verified = false;
    region_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_lacking_is_read_from_the_record),
        cmocka_unit_test(what_is_there_stays),
        cmocka_unit_test(what_is_verified_says_by_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
