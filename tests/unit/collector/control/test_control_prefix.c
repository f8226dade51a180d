// SPDX-License-Identifier: Apache-2.0
#include "collector/control/control_prefix.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct ip ip(const char *text)
{
    struct ip out;
    assert_true(ip_parse(str_c(text), &out));
    return out;
}

#define HELD_MAX 8

/* Which of those, the newest first and ended by NULL, leaves his place. */
static size_t yields(const char *const *held, const char *next)
{
    struct ip all[HELD_MAX], from = ip(next);
    size_t n = 0;
    for (; held[n]; n++) {
        assert_true(n < HELD_MAX);
        all[n] = ip(held[n]);
    }
    return control_prefix_yields(all, n, &from);
}

static void who_has_most_leaves_the_oldest(void **state)
{
    (void)state;
    static const char *const held[] = {"192.0.2.1", "198.51.100.1", "192.0.2.1",
                                       "192.0.2.1", "198.51.100.1", NULL};
    assert_int_equal(yields(held, "203.0.113.1"), 3);
    assert_int_equal(yields(held, "192.0.2.1"), 5);    /* has most himself */
    assert_int_equal(yields(held, "198.51.100.1"), 5); /* would have as many */
}

static void many_addresses_of_one_network_are_one(void **state)
{
    (void)state;
    static const char *const v4[] = {"192.0.2.1",    "192.0.2.2",
                                     "192.0.3.1",    "198.51.100.1",
                                     "198.51.100.1", NULL};
    assert_int_equal(yields(v4, "203.0.113.1"), 1);
    /* within the larger one: the smaller one with most */
    assert_int_equal(yields(v4, "192.0.4.1"), 1);
    assert_int_equal(yields(v4, "192.0.2.3"), 5);
    static const char *const v6[] = {"2001:db8:0:1::1",   "2001:db8:0:2::1",
                                     "2001:db8:0:100::1", "2001:db8:1::1",
                                     "198.51.100.1",      NULL};
    assert_int_equal(yields(v6, "198.51.100.2"), 1);
    assert_int_equal(yields(v6, "2001:db8:2::1"), 1);
    assert_int_equal(yields(v6, "2001:db8:0:3::1"), 5);
}

static void nobody_is_nobody(void **state)
{
    (void)state;
    struct ip none = {.family = 0}, held[] = {none, none};
    struct ip other = ip("192.0.2.1");
    uint8_t a[CONTROL_PREFIX_MAX], b[CONTROL_PREFIX_MAX];
    assert_int_equal(control_prefix_levels(&none), 1);
    assert_int_equal(control_prefix_yields(held, 0, &other), 0);
    assert_int_equal(control_prefix_yields(held, 2, &none), 2);
    assert_int_equal(control_prefix_yields(held, 2, &other), 1);
    /* a prefix of four bytes of either family */
    struct ip v4 = ip("32.1.13.184"), v6 = ip("2001:db8::1");
    assert_false(str_eq(control_prefix(&v4, 0, a), control_prefix(&v6, 3, b)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_has_most_leaves_the_oldest),
        cmocka_unit_test(many_addresses_of_one_network_are_one),
        cmocka_unit_test(nobody_is_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
