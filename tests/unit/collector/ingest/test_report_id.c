// SPDX-License-Identifier: Apache-2.0
/* Report ids, and the places that clients claim, which go into them. */
#include "collector/ingest/report_id.h"

#include "base/crypto.h"
#include "collector/ingest/location.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void a_claimed_place_is_made_to_fit(void **state)
{
    (void)state;

    static const struct {
        const char *cc, *want;
    } cases[] = {
        {"IT", "IT"}, {"it", "IT"}, {"I_T", "IT"}, {"ITA", "ZZ"},
        {"I", "ZZ"},  {"", "ZZ"},   {NULL, "ZZ"},  {"I-", "ZZ"},
        {"__", "ZZ"}, {"A1", "A1"}, {" I", "ZZ"},  {"zz", "ZZ"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char cc[3] = "??";
        location_cc_claimed(cases[i].cc, cc);
        assert_string_equal(cc, cases[i].want);
    }
}

static void a_claimed_network_is_a_number_or_none(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        uint32_t want;
    } cases[] = {
        {"AS137", 137},
        {"as137", 137},
        {"AS0", 0},
        {"AS4294967295", UINT32_MAX},
        {"AS4294967296", 0},
        {"AS0137", 0},
        {"137", 0},
        {"AS", 0},
        {"AS-1", 0},
        {"AS13x", 0},
        {"", 0},
        {NULL, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(location_asn_claimed(cases[i].text), cases[i].want);
    }
    uint32_t n = 9;
    assert_false(location_asn_parse(STR("as137"), &n));
    assert_int_equal(n, 9);
    assert_true(location_asn_parse(STR("AS137"), &n));
    assert_int_equal(n, 137);
}

static void a_made_id_says_what_it_was_made_of(void **state)
{
    (void)state;
    char text[REPORT_ID_MAX];
    struct report_id id;
    report_id_make("it", "AS137", "web_connectivity", INT64_C(1793491200),
                   text);
    assert_int_equal(strncmp(text,
                             "20261101T000000Z_webconnectivity_IT_137_n1_",
                             strlen("20261101T000000Z_webconnectivity_IT_137_"
                                    "n1_")),
                     0);
    assert_true(report_id_parse(str_c(text), &id));
    assert_string_equal(id.cc, "IT");
    assert_int_equal(id.asn, 137);
    assert_string_equal(id.test, "webconnectivity");
    report_id_make("IT", "AS137", "abcdefghijklmnopqrstuvwxyz0123",
                   INT64_C(1793491200), text); /* as long as a name can be */
    assert_true(report_id_parse(str_c(text), &id));
    assert_string_equal(id.test, "abcdefghijklmnopqrstuvwxyz0123");
    report_id_make(NULL, "nonsense", NULL, INT64_C(1793491200), text);
    assert_int_equal(strncmp(text, "20261101T000000Z__ZZ_0_n1_", 26), 0);
}

static void what_has_not_six_fields_is_no_id(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "x",
        "20261101T000000Z_webconnectivity_IT_137_n1",
        "20261101T000000Z_webconnectivity_IT_137_n1_a_b",
        "20261101T000000Z_webconnectivity_ITA_137_n1_a",
        "20261101T000000Z_webconnectivity_IT_-1_n1_a",
        "20261101T000000Z_web-connectivity_IT_137_n1_a",
        "20261101T000000Z_w_IT_137_n1_a",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct report_id id = {.cc = "??"};
        assert_false(report_id_parse(str_c(bad[i]), &id));
        assert_string_equal(id.cc, "??");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_claimed_place_is_made_to_fit),
        cmocka_unit_test(a_claimed_network_is_a_number_or_none),
        cmocka_unit_test(a_made_id_says_what_it_was_made_of),
        cmocka_unit_test(what_has_not_six_fields_is_no_id),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
