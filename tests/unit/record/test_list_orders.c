// SPDX-License-Identifier: Apache-2.0
#include "record/list_orders.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEST "web_connectivity"

static struct list_orders orders(const char *list)
{
    struct list_orders o = {.everywhere = false};
    list_orders_add(str_c(list), TEST, &o);
    return o;
}

static void list_orders_pause_countries(void **state)
{
    struct list_orders o = orders("#untrusted comment: x\n"
                                  "#! pause country IR\r\n"
                                  "# a comment\n"
                                  "#! pause country tm\n"
                                  "url,category_code\n"
                                  "#! pause country DE\n");
    (void)state;
    assert_true(list_orders_paused(&o, "IR"));
    assert_true(list_orders_paused(&o, "ir"));
    assert_true(list_orders_paused(&o, "TM"));
    assert_false(list_orders_paused(&o, "DE")); /* behind the header */
    assert_false(list_orders_paused(&o, "ZZ"));
    assert_false(list_orders_paused(&o, ""));
}

static void list_orders_pause_a_test_everywhere(void **state)
{
    struct list_orders o = orders("#! pause test " TEST "\nurl\n");
    (void)state;
    assert_true(list_orders_paused(&o, "DE"));
    assert_true(list_orders_paused(&o, "ZZ"));
    o = orders("#! pause test tor\n");
    assert_false(list_orders_paused(&o, "DE"));
    list_orders_add(STR("#! pause country DE\n"), TEST, &o);
    assert_true(list_orders_paused(&o, "DE"));
}

static void list_orders_name_further_addresses(void **state)
{
    struct list_orders o =
        orders("#! address https://c.example/ https://a.example/x\n"
               "#! address https://other.example https://o.example\n"
               "#! address https://c.example http://clear.example\n"
               "#! address https://c.example https://b.example\n"
               "#! address https://c.example\nurl\n");
    (void)state;
    assert_string_equal(list_orders_address(&o, "https://c.example", 0),
                        "https://a.example/x");
    assert_string_equal(list_orders_address(&o, "https://c.example/", 1),
                        "https://b.example");
    assert_null(list_orders_address(&o, "https://c.example", 2));
    assert_null(list_orders_address(&o, "https://d.example", 0));
    for (int i = 0; i < 9; i++) {
        list_orders_add(STR("#! address https://d.example https://e.example\n"),
                        TEST, &o);
    }
    assert_non_null(list_orders_address(&o, "https://d.example", 0));
    assert_null(
        list_orders_address(&o, "https://d.example", LIST_ORDERS_ADDRESSES));
}

static void list_orders_name_keys(void **state)
{
    struct minisign_keys keys = {.n = 0};
    struct diag d;
    struct str list = STR(
        "#! key "
        "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\n#! key x\n"
        "url\n");
    (void)state;
    assert_int_equal(list_orders_keys(list, &keys), ERR_OK);
    assert_int_equal(keys.n, 1);
    assert_int_equal(list_orders_check(list, &d), ERR_PARSE);
    assert_non_null(strstr(d.text, "line 2"));
}

#define KEY "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

static void list_orders_name_keys_to_seal_for(void **state)
{
    struct list_orders o = orders("#! seal https://c.example/ " KEY "\n"
                                  "#! seal https://d.example " KEY "0\n"
                                  "#! seal https://e.example 00\n"
                                  "url\n"
                                  "#! seal https://f.example " KEY "\n");
    (void)state;
    assert_int_equal(o.n_seals, 1);
    assert_string_equal(list_orders_seal_key(&o, "https://c.example"), KEY);
    assert_null(list_orders_seal_key(&o, "https://d.example"));
    assert_null(list_orders_seal_key(&o, "https://f.example"));
    for (int i = 0; i < 9; i++) {
        list_orders_add(STR("#! seal https://g.example " KEY "\n"), TEST, &o);
    }
    assert_int_equal(o.n_seals, LIST_ORDERS_SEALS);
}

static void list_orders_follow_nothing_else(void **state)
{
    static const char *const bad[] = {"#! pause\n",
                                      "#! pause country\n",
                                      "#! pause country D\n",
                                      "#! pause country DEU\n",
                                      "#! pause country D1\n",
                                      "#! pause country DE FR\n",
                                      "#! pause test \n",
                                      "#! resume country DE\n",
                                      "#!  pause country DE\n"};
    struct diag d;
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct list_orders o = orders(bad[i]);
        bool is = bad[i][3] == ' '; /* a space more is fine */
        assert_int_equal(list_orders_paused(&o, "DE"), is);
        assert_int_equal(list_orders_check(str_c(bad[i]), &d),
                         is ? ERR_OK : ERR_PARSE);
    }
    assert_int_equal(list_orders_check(STR("# x\n#! pause country de\nurl\n"
                                           "#! more\n"),
                                       &d),
                     ERR_OK);
    struct list_orders o = orders("");
    assert_false(list_orders_paused(&o, "DE"));
    o = orders("#!pause country DE\n");
    assert_false(list_orders_paused(&o, "DE"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_orders_pause_countries),
        cmocka_unit_test(list_orders_pause_a_test_everywhere),
        cmocka_unit_test(list_orders_name_further_addresses),
        cmocka_unit_test(list_orders_name_keys),
        cmocka_unit_test(list_orders_name_keys_to_seal_for),
        cmocka_unit_test(list_orders_follow_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
