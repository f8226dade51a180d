// SPDX-License-Identifier: Apache-2.0
/* Lines that anybody can bring about. */
#include "base/log_rare.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MINUTE INT64_C(60000000)

/* Says something `n` times at `now_us`; what comes out goes behind `said`. */
static void say(struct log_rare *r, int64_t now_us, int n, char *said,
                size_t size)
{
    int ends[2], old = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    for (int i = 0; i < n; i++) {
        log_rare_say(r, now_us, LOG_ERROR, "store", "no room, %d", i);
    }
    dup2(old, STDERR_FILENO);
    close(old);
    close(ends[1]);
    size_t have = strlen(said);
    ssize_t got = read(ends[0], said + have, size - have - 1);
    said[have + (size_t)(got > 0 ? got : 0)] = '\0';
    close(ends[0]);
}

static void one_a_minute_and_how_many_more(void **state)
{
    struct log_rare r = {0};
    char said[400] = "";
    (void)state;
    log_setup("test", LOG_ERROR);
    say(&r, 5, 400, said, sizeof(said));
    say(&r, 5 + MINUTE - 1, 1, said, sizeof(said));
    say(&r, 5 + MINUTE, 2, said, sizeof(said));
    say(&r, 5 + 2 * MINUTE, 1, said, sizeof(said));
    say(&r, 5 + 3 * MINUTE, 1, said, sizeof(said));
    assert_string_equal(
        said,
        "test: error: store: no room, 0\n"
        "test: error: store: no room, 0 (and 400 times more since the last "
        "line)\n"
        "test: error: store: no room, 0 (and 1 times more since the last "
        "line)\n"
        "test: error: store: no room, 0\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_a_minute_and_how_many_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
