// SPDX-License-Identifier: Apache-2.0
#include "engine/web/control_order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct control_helper helpers[] = {
    {"https://0.th/", "https"},
    {"https://1.th/", "https"},
    {"https://2.th/", "https"},
    {"https://3.th/", "https"},
};

/* Their places in the list, as a number: 123 is the first, the second, ... */
static int order(bool again, const struct control_helper *after,
                 const struct hash_list *silent)
{
    const struct plan p = {.helpers = helpers, .n_helpers = 4, .again = again};
    const struct control_helper *out[CONTROL_ORDER_MAX];
    int text = 0;
    size_t n = control_order(&p, after, silent, out);
    for (size_t i = 0; i < n; i++) {
        text = 10 * text + (int)(out[i] - helpers) + 1;
    }
    return text;
}

static void helpers_are_asked_in_the_order_of_the_check_in(void **state)
{
    (void)state;
    struct hash_list none = {.n = 0};
    assert_int_equal(order(false, NULL, &none), 1234);
}

static void a_further_measurement_begins_with_another_helper(void **state)
{
    (void)state;
    struct hash_list none = {.n = 0};
    assert_int_equal(order(true, NULL, &none), 2341);
}

static void another_opinion_is_asked_of_the_next_in_the_circle(void **state)
{
    (void)state;
    struct hash_list none = {.n = 0};
    assert_int_equal(order(false, &helpers[2], &none), 412);
    assert_int_equal(order(true, &helpers[0], &none), 234);
}

static void who_was_silent_is_asked_last(void **state)
{
    (void)state;
    struct hash_list silent = {.n = 0};
    hash_list_add(&silent, str_c(helpers[0].url));
    hash_list_add(&silent, str_c(helpers[1].url));
    assert_int_equal(order(false, NULL, &silent), 3412);
    assert_int_equal(order(false, &helpers[2], &silent), 412);
    assert_int_equal(order(false, &helpers[3], &silent), 312);
}

static void a_further_measurement_does_not_begin_with_who_answered(void **state)
{
    (void)state;
    struct hash_list silent = {.n = 0};
    hash_list_add(&silent, str_c(helpers[0].url));
    assert_int_equal(order(false, NULL, &silent), 2341);
    assert_int_equal(order(true, NULL, &silent), 3421);
}

static void where_all_were_silent_nothing_changes(void **state)
{
    (void)state;
    struct hash_list silent = {.n = 0};
    for (size_t i = 0; i < 4; i++) {
        hash_list_add(&silent, str_c(helpers[i].url));
    }
    assert_int_equal(order(false, NULL, &silent), 1234);
    assert_int_equal(order(true, NULL, &silent), 2341);
}

static void who_was_reached_again_is_no_longer_silent(void **state)
{
    (void)state;
    struct hash_list silent = {.n = 0};
    hash_list_add(&silent, str_c(helpers[0].url));
    hash_list_add(&silent, str_c(helpers[2].url));
    hash_list_remove(&silent, str_c(helpers[0].url));
    hash_list_remove(&silent, str_c(helpers[1].url));
    assert_int_equal(order(false, NULL, &silent), 1243);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(helpers_are_asked_in_the_order_of_the_check_in),
        cmocka_unit_test(a_further_measurement_begins_with_another_helper),
        cmocka_unit_test(another_opinion_is_asked_of_the_next_in_the_circle),
        cmocka_unit_test(who_was_silent_is_asked_last),
        cmocka_unit_test(
            a_further_measurement_does_not_begin_with_who_answered),
        cmocka_unit_test(where_all_were_silent_nothing_changes),
        cmocka_unit_test(who_was_reached_again_is_no_longer_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
