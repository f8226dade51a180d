// SPDX-License-Identifier: Apache-2.0
/* Whose turn it is among large uploads, by a clock that the test sets. */
#include "collector/ingest/turns.h"

#include "base/clock.h"
#include "base/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void what_one_had_is_forgotten(void **state)
{
    (void)state;
    struct turns *t = calloc(1, sizeof(*t));
    assert_non_null(t);
    turns_init(t);
    int64_t now = 1000 * US_PER_S;
    unsigned a = turns_sender(t, "192.0.2.1");
    assert_int_equal(turns_had(t, a, now), 0);
    turns_add(t, a, 3 * TURNS_BYTES_PER_S, now);
    turns_add(t, a, TURNS_BYTES_PER_S, now);
    assert_int_equal(turns_had(t, a, now), 4 * US_PER_S);
    assert_int_equal(turns_had(t, a, now + 3 * US_PER_S), US_PER_S);
    assert_int_equal(turns_had(t, a, now + 9 * US_PER_S), 0);
    turns_add(t, a, SIZE_MAX, now + 9 * US_PER_S); /* no overflow */
    assert_true(turns_had(t, a, now + 9 * US_PER_S) > 0);
    free(t);
}

static void a_prefix_is_one_sender(void **state)
{
    (void)state;
    struct turns *t = calloc(1, sizeof(*t));
    assert_non_null(t);
    turns_init(t);
    assert_int_equal(turns_sender(t, "192.0.2.1"),
                     turns_sender(t, "192.0.2.254"));
    assert_int_equal(turns_sender(t, "2001:db8:1::1"),
                     turns_sender(t, "2001:db8:1:ffff::2"));
    assert_int_equal(turns_sender(t, NULL), turns_sender(t, ""));
    assert_int_equal(turns_sender(t, NULL), turns_sender(t, "x"));
    unsigned apart = 0;
    for (unsigned i = 0; i < 8; i++) { /* two may be one by chance */
        const char *const other[] = {
            "192.0.3.1",   "192.1.2.1", "193.0.2.1", "2001:db8:2::1",
            "2002:db8::1", "10.0.0.1",  "",          "2001:db8:1::1"};
        apart += turns_sender(t, "192.0.2.1") != turns_sender(t, other[i]);
    }
    assert_true(apart >= 6);
    free(t);
}

/* However many /24s of one /16 come with large ones: who comes from elsewhere
 * and had less than they together is next. */
static void many_senders_of_one_network_wait_for_others(void **state)
{
    (void)state;
    struct turns *t = calloc(1, sizeof(*t));
    assert_non_null(t);
    int64_t now = 1000 * US_PER_S;
    turns_init(t);
    unsigned good = turns_sender(t, "45.10.3.9");
    char from[32];
    for (unsigned i = 0; i < 20; i++) {
        snprintf(from, sizeof(from), "61.1.%u.9", i);
        turns_add(t, turns_sender(t, from), 1 << 20, now);
    }
    turns_add(t, good, 10 << 20, now);
    unsigned fresh = turns_sender(t, "61.1.200.9");
    unsigned seen = turns_sender(t, "61.1.3.9");
    bool apart = fresh / TURNS_SENDERS != good / TURNS_SENDERS;
    assert_true(!apart || turns_less(t, good, fresh, now));
    assert_false(apart && turns_less(t, fresh, good, now));
    /* among themselves, who had nothing */
    assert_true(fresh % TURNS_SENDERS == seen % TURNS_SENDERS ||
                turns_had(t, fresh, now) > 0 ||
                turns_less(t, fresh, seen, now));
    free(t);
}

static void what_takes_long_costs_more(void **state)
{
    (void)state;
    assert_int_equal(turns_cost(1000, 10), 1000);
    assert_int_equal(turns_cost(1000, -1), 1000);
    assert_int_equal(turns_cost(4 << 20, US_PER_S / 2), TURNS_WORK_PER_S / 2);
    assert_true(turns_cost(1, INT64_MAX) >= (size_t)TURNS_WORK_PER_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_one_had_is_forgotten),
        cmocka_unit_test(a_prefix_is_one_sender),
        cmocka_unit_test(many_senders_of_one_network_wait_for_others),
        cmocka_unit_test(what_takes_long_costs_more),
    };
    return crypto_setup() == ERR_OK ? cmocka_run_group_tests(tests, NULL, NULL)
                                    : 1;
}
