// SPDX-License-Identifier: Apache-2.0
#include "base/resident.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Relocated by the loader, and read-only since. */
static const char *const words[] = {"one", "two", "three"};
static int changed = 7;

static void what_was_relocated_or_written_stays(void **state)
{
    (void)state;
    char *kept = strdup("on the heap");
    assert_non_null(kept);
    changed++;
    for (int i = 0; i < 3; i++) {
        resident_trim();
        assert_string_equal(words[i], i == 0   ? "one"
                                      : i == 1 ? "two"
                                               : "three");
        assert_string_equal(kept, "on the heap");
        assert_int_equal(changed, 8);
    }
    free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_relocated_or_written_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
