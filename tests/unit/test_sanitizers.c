// SPDX-License-Identifier: Apache-2.0
/* Where the sanitizers are on, they find what they are there for. */
#include "tests/sanitizers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char *volatile kept;

static void keep(const char *text)
{
    kept = text;
}

/* Not known to the compiler, which would warn. */
static void (*volatile on_done)(const char *text) = keep;

__attribute__((noinline)) static void tell_a_local_string(void)
{
    char text[32];
    snprintf(text, sizeof(text), "%d", getpid());
    on_done(text);
}

/* What peers.c once did to backend.c. */
static void a_stack_string_used_after_return_is_found(void **state)
{
    (void)state;
    int status = 0;
    if (!SANITIZERS_ON) { /* nothing would find it */
        return;
    }
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        fclose(stderr);
        tell_a_local_string();
        _exit(kept[0] == 'x' ? 2 : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_not_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stack_string_used_after_return_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
