// SPDX-License-Identifier: Apache-2.0
/* Lists of addresses that say nothing about who sends. */
#include "collector/ingest/relays.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void addresses_and_prefixes_are_found(void **state)
{
    static const char *const in[] = {
        "192.0.2.7",   "198.51.100.0", "198.51.100.9", "203.0.112.1",
        "203.0.113.1", "2001:db8::1",  "2001:db9::9",  "::ffff:1.2.3.4"};
    static const char *const out[] = {"192.0.2.6",
                                      "192.0.2.8",
                                      "198.51.101.0",
                                      "203.0.114.1",
                                      "2001:db7::1",
                                      "2001:db9::8",
                                      "",
                                      "nonsense",
                                      "1.2.3.4"};
    struct relays *r = NULL;
    (void)state;
    assert_int_equal(relays_parse(STR("# exits\n"
                                      "192.0.2.7\n"
                                      " 198.51.100.77/24 # a VPN\r\n"
                                      "\n"
                                      "203.0.112.0/23\n"
                                      "2001:DB8::/32\n"
                                      "2001:db9::9\n"
                                      "::ffff:1.2.3.4\n"),
                                  &r, NULL),
                     ERR_OK);
    for (size_t i = 0; i < sizeof(in) / sizeof(*in); i++) {
        if (!relays_has(r, in[i])) {
            fail_msg("%s", in[i]);
        }
    }
    for (size_t i = 0; i < sizeof(out) / sizeof(*out); i++) {
        if (relays_has(r, out[i])) {
            fail_msg("%s", out[i]);
        }
    }
    assert_false(relays_has(r, NULL));
    assert_false(relays_has(NULL, "192.0.2.7"));
    relays_free(r);
}

static void an_empty_list_has_nobody_and_one_prefix_can_have_all(void **state)
{
    struct relays *r = NULL;
    (void)state;
    assert_int_equal(relays_parse(STR("# nobody\n"), &r, NULL), ERR_OK);
    assert_false(relays_has(r, "192.0.2.7"));
    relays_free(r);
    assert_int_equal(relays_parse(STR("0.0.0.0/0"), &r, NULL), ERR_OK);
    assert_true(relays_has(r, "192.0.2.7"));
    assert_false(relays_has(r, "2001:db8::1"));
    relays_free(r);
}

static void what_is_no_address_is_named_by_its_line(void **state)
{
    static const char *const bad[] = {
        "192.0.2.7\nnonsense\n", "192.0.2.7\n192.0.2.0/33\n", "\n192.0.2.0/-1",
        "\n192.0.2.0/",          "\n192.0.2.0/24/1",          "\n/24",
        "\n2001:db8::/129",      "\n192.0.2.7 192.0.2.8\n"};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct relays *r = NULL;
        struct diag d = {{0}};
        assert_int_equal(relays_parse(str_c(bad[i]), &r, &d), ERR_PARSE);
        assert_non_null(strstr(d.text, "line 2"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_and_prefixes_are_found),
        cmocka_unit_test(an_empty_list_has_nobody_and_one_prefix_can_have_all),
        cmocka_unit_test(what_is_no_address_is_named_by_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
