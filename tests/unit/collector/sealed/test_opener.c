// SPDX-License-Identifier: Apache-2.0
#include "base/fs.h"
#include "collector/sealed/opener.h"
#include "tests/unit/tmp.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define MAX (64u << 10)

static char dir[64], file[96];
static struct sealed_keys keys;
static struct buf box, plain;

static int setup(void **state)
{
    (void)state;
    struct diag d = {""};
    tmp_path(dir, sizeof(dir), "test_opener_XXXXXX");
    memset(&keys, 0, sizeof(keys));
    keys.n = 1;
    crypto_box_pair(keys.pub[0], keys.secret[0]);
    buf_init(&box, MAX);
    buf_init(&plain, MAX);
    if (!mkdtemp(dir) || sealed_write_keys(&keys, &plain) != ERR_OK) {
        return -1;
    }
    snprintf(file, sizeof(file), "%s/seal.key", dir);
    return fs_write_atomic(file, buf_str(&plain), 0600, &d) == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    struct diag d;
    buf_fini(&box);
    buf_fini(&plain);
    return fs_remove_tree(dir, &d) == ERR_OK ? 0 : -1;
}

static void boxes_are_opened_one_after_the_other(void **state)
{
    (void)state;
    struct opener *o = NULL;
    struct diag d = {""};
    struct str open, body;
    assert_int_equal(opener_start(file, &o, &d), ERR_OK);
    assert_non_null(o);
    for (int i = 0; i < 3; i++) {
        buf_clear(&box);
        assert_int_equal(
            sealed_close(keys.pub[0], STR("open"), STR("body"), &box), ERR_OK);
        assert_int_equal(opener_open(o, buf_str(&box), &plain, &open, &body),
                         ERR_OK);
        assert_true(str_eq_c(open, "open") && str_eq_c(body, "body"));
        /* what is no box of ours does not disturb it */
        assert_non_null(box.p);
        box.p[20] ^= 1;
        assert_int_equal(opener_open(o, buf_str(&box), &plain, &open, &body),
                         ERR_PARSE);
        box.p[0] ^= 1;
        assert_int_equal(opener_open(o, buf_str(&box), &plain, &open, &body),
                         ERR_NOTFOUND);
        assert_int_equal(opener_open(o, STR("short"), &plain, &open, &body),
                         ERR_PARSE);
    }
    opener_stop(o);
}

static enum err ask(struct opener *o)
{
    struct str open, body;
    buf_clear(&box);
    assert_int_equal(sealed_close(keys.pub[0], STR("open"), STR("body"), &box),
                     ERR_OK);
    return opener_open(o, buf_str(&box), &plain, &open, &body);
}

/* Asks until it is answered again, for two minutes at most. */
static enum err ask_until_answered(struct opener *o)
{
    enum err e = ERR_NET;
    for (int i = 0; i < 12000 && e == ERR_NET; i++) {
        e = ask(o);
        if (e == ERR_NET) {
            usleep(10000);
        }
    }
    return e;
}

static void one_that_died_is_started_again(void **state)
{
    (void)state;
    struct opener *o = NULL;
    struct diag d = {""};
    signal(SIGPIPE, SIG_IGN); /* as the collector does */
    assert_int_equal(opener_start(file, &o, &d), ERR_OK);
    assert_non_null(o);
    for (int i = 0; i < 2; i++) {
        pid_t before = opener_pid(o);
        assert_int_equal(kill(before, SIGKILL), 0);
        assert_int_equal(ask_until_answered(o), ERR_OK);
        assert_int_not_equal(opener_pid(o), before);
    }
    opener_stop(o);
}

/* The key of a later start is read from the file: one that others may read by
 * then is not taken. */
static void one_that_is_started_again_reads_the_file_again(void **state)
{
    (void)state;
    struct opener *o = NULL;
    struct diag d = {""};
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(opener_start(file, &o, &d), ERR_OK);
    assert_non_null(o);
    assert_int_equal(chmod(file, 0644), 0);
    assert_int_equal(kill(opener_pid(o), SIGKILL), 0);
    assert_int_equal(ask(o), ERR_NET);
    assert_int_equal(chmod(file, 0600), 0);
    assert_int_equal(ask_until_answered(o), ERR_OK);
    opener_stop(o);
}

static void a_file_that_is_not_for_us_alone_is_refused(void **state)
{
    (void)state;
    struct opener *o = NULL;
    struct diag d = {""};
    assert_int_equal(chmod(file, 0644), 0);
    assert_int_equal(opener_start(file, &o, &d), ERR_ACCESS);
    assert_non_null(strstr(d.text, "chmod 600"));
    assert_int_equal(unlink(file), 0);
    assert_int_equal(opener_start(file, &o, &d), ERR_NOTFOUND);
    assert_int_equal(fs_write_atomic(file, STR("nonsense"), 0600, &d), ERR_OK);
    assert_int_equal(opener_start(file, &o, &d), ERR_PARSE);
    assert_null(o);
}

/* The process ends at a question that is longer than any box, before it has
 * read or allocated anything for it. */
static void a_length_that_no_box_has_ends_it(void **state)
{
    (void)state;
    int fds[2];
    char byte;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(write(fds[0], "\377\377\377\377", 4), 4);
    opener_serve(fds[1], &keys);
    close(fds[1]);
    assert_int_equal(read(fds[0], &byte, 1), 0);
    close(fds[0]);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(boxes_are_opened_one_after_the_other),
        T(one_that_died_is_started_again),
        T(one_that_is_started_again_reads_the_file_again),
        T(a_file_that_is_not_for_us_alone_is_refused),
        T(a_length_that_no_box_has_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
