// SPDX-License-Identifier: Apache-2.0
/* Rows of one host are spaced; others are not held up by them. */
#include "probe/run/spacing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ROWS 12

static char big[] = "big.example", small[] = "small.example";
static struct site sites[ROWS];
static struct order_row rows[ROWS];
static struct order order = {.rows = rows, .n = ROWS};

/* Every fourth row is of another host. */
static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        sites[i].url.host = i % 4 == 3 ? small : big;
        rows[i].site = &sites[i];
    }
    return 0;
}

static void the_first_rows_of_a_host_begin_at_once(void **state)
{
    struct spacing s;
    int64_t now = 100 * US_PER_S;
    size_t begun = 0;
    (void)state;
    assert_int_equal(spacing_make(&s, &order), ERR_OK);
    assert_non_null(s.host);
    for (size_t i = 0; i < ROWS; i++) {
        if (i % 4 == 3) {
            continue;
        }
        if (begun < SPACING_AT_ONCE) {
            assert_int_equal(spacing_until(&s, i, now), 0);
            spacing_begin(&s, i, now);
            begun++;
        } else {
            assert_int_equal(spacing_until(&s, i, now), now + SPACING_US);
        }
    }
    assert_int_equal(spacing_until(&s, 3, now), 0);
    spacing_free(&s);
}

static void later_rows_begin_one_by_one(void **state)
{
    struct spacing s;
    int64_t now = 100 * US_PER_S;
    (void)state;
    assert_int_equal(spacing_make(&s, &order), ERR_OK);
    assert_non_null(s.host);
    for (size_t i = 0; i < SPACING_AT_ONCE; i++) {
        spacing_begin(&s, 0, now);
    }
    for (size_t i = 0; i < 3; i++) {
        int64_t until = spacing_until(&s, 0, now);
        assert_int_equal(until, now + SPACING_US);
        assert_int_equal(spacing_until(&s, 0, until), 0);
        now = until;
        spacing_begin(&s, 0, now);
    }
    spacing_free(&s);
}

static void a_host_that_was_left_alone_is_as_before(void **state)
{
    struct spacing s;
    int64_t now = 100 * US_PER_S;
    (void)state;
    assert_int_equal(spacing_make(&s, &order), ERR_OK);
    assert_non_null(s.host);
    for (size_t i = 0; i < SPACING_AT_ONCE; i++) {
        spacing_begin(&s, 0, now);
    }
    now += SPACING_AT_ONCE * SPACING_US;
    for (size_t i = 0; i < SPACING_AT_ONCE; i++) {
        assert_int_equal(spacing_until(&s, 0, now), 0);
        spacing_begin(&s, 0, now);
    }
    assert_int_equal(spacing_until(&s, 0, now), now + SPACING_US);
    spacing_free(&s);
}

static void a_host_that_is_put_off_does_not_hold_up_others(void **state)
{
    struct spacing s;
    int64_t now = 100 * US_PER_S, until = now + 180 * US_PER_S;
    (void)state;
    assert_int_equal(spacing_make(&s, &order), ERR_OK);
    assert_non_null(s.host);
    spacing_put_off(&s, &order, "big.example", until);
    spacing_put_off(&s, &order, "big.example", now); /* never sooner */
    spacing_put_off(&s, &order, "unknown.example", until);
    for (size_t i = 0; i < ROWS; i++) {
        assert_int_equal(spacing_until(&s, i, now), i % 4 == 3 ? 0 : until);
        assert_int_equal(spacing_until(&s, i, until), 0);
    }
    spacing_free(&s);
}

static void a_server_is_put_off_with_all_its_hosts(void **state)
{
    struct spacing s;
    struct ip shared, own;
    int64_t now = 100 * US_PER_S, until = now + 180 * US_PER_S;
    (void)state;
    assert_true(ip_parse(STR("45.64.1.1"), &shared));
    assert_true(ip_parse(STR("45.64.1.2"), &own));
    assert_int_equal(spacing_make(&s, &order), ERR_OK);
    assert_non_null(s.host);
    spacing_put_off_at(&s, &shared, until); /* nobody was met there */
    assert_int_equal(spacing_until(&s, 0, now), 0);
    spacing_met(&s, &order, "big.example", &shared);
    spacing_met(&s, &order, "small.example", &shared);
    spacing_met(&s, &order, "small.example", &own);
    spacing_met(&s, &order, "unknown.example", &own);
    assert_int_equal(s.n_addrs, 3);
    spacing_put_off_at(&s, &own, until);
    assert_int_equal(spacing_until(&s, 0, now), 0);
    assert_int_equal(spacing_until(&s, 3, now), until);
    spacing_put_off_at(&s, &shared, until + US_PER_S);
    assert_int_equal(spacing_until(&s, 0, now), until + US_PER_S);
    assert_int_equal(spacing_until(&s, 3, now), until + US_PER_S);
    spacing_free(&s);
}

static void more_addresses_than_there_is_room_for_are_left_out(void **state)
{
    struct spacing s;
    struct ip ip;
    (void)state;
    assert_true(ip_parse(STR("45.64.0.0"), &ip));
    assert_int_equal(spacing_make(&s, &order), ERR_OK);
    assert_non_null(s.host);
    for (size_t i = 0; i < SPACING_ADDRS + 10; i++) {
        ip.b[2] = (uint8_t)(i >> 8);
        ip.b[3] = (uint8_t)i;
        spacing_met(&s, &order, "big.example", &ip);
        spacing_met(&s, &order, "big.example", &ip); /* once is enough */
    }
    assert_int_equal(s.n_addrs, SPACING_ADDRS);
    spacing_free(&s);
}

static void a_run_without_rows_has_nothing_to_space(void **state)
{
    struct order none = {.n = 0};
    struct spacing s;
    (void)state;
    assert_int_equal(spacing_make(&s, &none), ERR_OK);
    spacing_free(&s);
    spacing_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_rows_of_a_host_begin_at_once),
        cmocka_unit_test(later_rows_begin_one_by_one),
        cmocka_unit_test(a_host_that_was_left_alone_is_as_before),
        cmocka_unit_test(a_host_that_is_put_off_does_not_hold_up_others),
        cmocka_unit_test(a_server_is_put_off_with_all_its_hosts),
        cmocka_unit_test(more_addresses_than_there_is_room_for_are_left_out),
        cmocka_unit_test(a_run_without_rows_has_nothing_to_space),
    };
    return cmocka_run_group_tests_name("spacing", tests, setup, NULL);
}
