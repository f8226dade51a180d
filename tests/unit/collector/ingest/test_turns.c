// SPDX-License-Identifier: Apache-2.0
/* Whose turn it is among large uploads, by a clock that the test sets. */
#include "collector/ingest/turns.h"

#include "base/clock.h"
#include "base/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_one_had_is_forgotten),
        cmocka_unit_test(a_prefix_is_one_sender),
    };
    return crypto_setup() == ERR_OK ? cmocka_run_group_tests(tests, NULL, NULL)
                                    : 1;
}
