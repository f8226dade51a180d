// SPDX-License-Identifier: Apache-2.0
#include "probe/volunteer/collector_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ONE "1111111111111111111111111111111111111111111111111111111111111111"
#define TWO "2222222222222222222222222222222222222222222222222222222222222222"

static void the_first_of_the_given_keys_is_used(void **state)
{
    (void)state;
    static const char *const given[] = {ONE, TWO, TWO};
    uint8_t pub[CRYPTO_BOX_KEY_LEN] = {0};
    struct diag d = {""};
    enum collector_key_from from = COLLECTOR_KEY_NONE;
    assert_int_equal(
        collector_key_find("https://c.example", given, 2, NULL, pub, &from, &d),
        ERR_OK);
    assert_int_equal(from, COLLECTOR_KEY_SET);
    assert_int_equal(pub[0], 0x11);
    assert_int_equal(
        collector_key_find("https://c.example", given, 3, NULL, pub, &from, &d),
        ERR_INVAL);
    assert_int_equal(from, COLLECTOR_KEY_NONE);
}

static void an_empty_key_is_none_and_nonsense_is_refused(void **state)
{
    (void)state;
    static const char *const none[] = {""}, *const bad[] = {ONE, "x"};
    uint8_t pub[CRYPTO_BOX_KEY_LEN];
    struct diag d = {""};
    enum collector_key_from from = COLLECTOR_KEY_NONE;
    assert_int_equal(
        collector_key_find("https://c.example", none, 1, NULL, pub, &from, &d),
        ERR_OK);
    assert_int_equal(from, COLLECTOR_KEY_NONE);
    assert_int_equal(
        collector_key_find("https://c.example", bad, 2, NULL, pub, &from, &d),
        ERR_INVAL);
    assert_int_equal(from, COLLECTOR_KEY_NONE);
}

static void the_package_has_keys_by_the_url_of_the_collector(void **state)
{
    (void)state;
    static const char text[] = "# keys\n"
                               "https://a.example " ONE " " TWO "\n"
                               "https://b.example/ \t" TWO "\n"
                               "https://d.example nonsense\n";
    uint8_t pub[CRYPTO_BOX_KEY_LEN];
    assert_true(collector_key_in(str_c(text), "https://a.example/", pub));
    assert_int_equal(pub[0], 0x11);
    assert_true(collector_key_in(str_c(text), "https://b.example", pub));
    assert_int_equal(pub[0], 0x22);
    assert_false(collector_key_in(str_c(text), "https://c.example", pub));
    assert_false(collector_key_in(str_c(text), "https://d.example", pub));
    assert_false(collector_key_in(STR(""), "https://a.example", pub));
}

static void a_set_key_comes_before_a_listed_one(void **state)
{
    (void)state;
    static const char *const given[] = {ONE}, *const none[] = {""};
    static const char list[] = "#! seal https://c.example " TWO "\n"
                               "url,category_code\n";
    struct list_orders orders = {.everywhere = false};
    uint8_t pub[CRYPTO_BOX_KEY_LEN] = {0};
    struct diag d = {""};
    enum collector_key_from from = COLLECTOR_KEY_NONE;
    list_orders_add(str_c(list), "web_connectivity", &orders);
    assert_int_equal(collector_key_find("https://c.example", NULL, 0, &orders,
                                        pub, &from, &d),
                     ERR_OK);
    assert_int_equal(from, COLLECTOR_KEY_LIST);
    assert_int_equal(pub[0], 0x22);
    assert_int_equal(collector_key_find("https://c.example", given, 1, &orders,
                                        pub, &from, &d),
                     ERR_OK);
    assert_int_equal(from, COLLECTOR_KEY_SET);
    assert_int_equal(pub[0], 0x11);
    assert_int_equal(collector_key_find("https://c.example", none, 1, &orders,
                                        pub, &from, &d),
                     ERR_OK);
    assert_int_equal(from, COLLECTOR_KEY_NONE);
    /* that of another collector is none */
    assert_int_equal(collector_key_find("https://d.example", NULL, 0, &orders,
                                        pub, &from, &d),
                     ERR_OK);
    assert_int_equal(from, COLLECTOR_KEY_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_of_the_given_keys_is_used),
        cmocka_unit_test(an_empty_key_is_none_and_nonsense_is_refused),
        cmocka_unit_test(a_set_key_comes_before_a_listed_one),
        cmocka_unit_test(the_package_has_keys_by_the_url_of_the_collector),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
