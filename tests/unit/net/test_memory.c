// SPDX-License-Identifier: Apache-2.0
/* What counts as memory that ran out, and what does not. */
#include "net/memory.h"
#include "tests/sanitizers.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* More than there is; not known to the compiler, which would warn. */
static volatile size_t too_much = SIZE_MAX / 2;

/* AddressSanitizer would end the test where there is not so much. */
const char *sanitizers_of_test(void)
{
    return SANITIZERS_ASAN ":allocator_may_return_null=1";
}

static void what_is_had_is_not_counted(void **state)
{
    unsigned long before = memory_failures();
    char *p = memory_malloc(10);
    char *z = memory_calloc(3, 4);
    char *s = memory_strdup("text");

    (void)state;
    assert_non_null(p);
    assert_non_null(z);
    assert_memory_equal(z, "\0\0\0\0\0\0\0\0\0\0\0", 12);
    assert_string_equal(s, "text");
    memcpy(p, "123456789", 10);
    p = memory_realloc(p, 20);
    assert_string_equal(p, "123456789");
    free(p);
    free(z);
    free(s);
    assert_int_equal(memory_failures(), before);
}

static void asking_for_nothing_is_no_failure(void **state)
{
    unsigned long before = memory_failures();

    (void)state;
    free(memory_malloc(0));
    free(memory_calloc(0, 4));
    free(memory_calloc(4, 0));
    free(memory_realloc(NULL, 0));
    assert_int_equal(memory_failures(), before);
}

static void what_is_not_had_is_counted(void **state)
{
    unsigned long before = memory_failures();
    char *kept = memory_strdup("kept");

    (void)state;
    assert_null(memory_malloc(too_much));
    assert_int_equal(memory_failures(), before + 1);
    assert_null(memory_calloc(too_much, 4));
    assert_int_equal(memory_failures(), before + 2);
    assert_null(memory_realloc(kept, too_much));
    assert_int_equal(memory_failures(), before + 3);
    assert_string_equal(kept, "kept");
    free(kept);
}

static void an_errno_is_counted_once_and_only_if_it_is_memory(void **state)
{
    unsigned long before = memory_failures();

    (void)state;
    errno = ECONNRESET;
    memory_check_errno();
    assert_int_equal(errno, ECONNRESET);
    assert_int_equal(memory_failures(), before);
    errno = ENOMEM;
    memory_check_errno();
    memory_check_errno();
    assert_int_equal(errno, 0);
    assert_int_equal(memory_failures(), before + 1);
}

static void *in_another_thread(void *arg)
{
    errno = ENOMEM;
    memory_check_errno();
    *(unsigned long *)arg = memory_failures();
    return NULL;
}

static void each_thread_has_its_own_count(void **state)
{
    unsigned long before = memory_failures(), there = 0;
    pthread_t t;

    (void)state;
    assert_int_equal(pthread_create(&t, NULL, in_another_thread, &there), 0);
    assert_int_equal(pthread_join(t, NULL), 0);
    assert_int_equal(there, 1);
    assert_int_equal(memory_failures(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_had_is_not_counted),
        cmocka_unit_test(asking_for_nothing_is_no_failure),
        cmocka_unit_test(what_is_not_had_is_counted),
        cmocka_unit_test(an_errno_is_counted_once_and_only_if_it_is_memory),
        cmocka_unit_test(each_thread_has_its_own_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
