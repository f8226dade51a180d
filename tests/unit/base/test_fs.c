// SPDX-License-Identifier: Apache-2.0
#include "base/fs.h"
#include "tests/unit/tmp.h"

#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64], path[128];
static struct diag d;
static struct buf b;

static int setup(void **state)
{
    (void)state;
    tmp_path(dir, sizeof(dir), "test_fs.XXXXXX");
    buf_init(&b, 100000);
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    buf_fini(&b);
    return fs_remove_tree(dir, &d) == ERR_OK ? 0 : -1;
}

static const char *in_dir(const char *name)
{
    assert_int_equal(fs_join(path, sizeof(path), dir, name), ERR_OK);
    return path;
}

static void written_files_read_back_with_their_mode(void **state)
{
    struct stat st;

    (void)state;
    assert_int_equal(fs_write_atomic(in_dir("a"), STR("one\0two"), 0600, &d),
                     ERR_OK);
    assert_int_equal(fs_write_atomic(path, STR("three"), 0600, &d), ERR_OK);
    buf_add_c(&b, "zero ");
    assert_int_equal(fs_read(path, 100, &b, &d), ERR_OK);
    assert_string_equal((const char *)b.p, "zero three");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void reading_holds_the_limit_and_keeps_the_buffer(void **state)
{
    struct buf small;

    (void)state;
    buf_add_c(&b, "kept");
    assert_int_equal(fs_write_atomic(in_dir("a"), STR("12345"), 0600, &d),
                     ERR_OK);
    assert_int_equal(fs_read(path, 4, &b, &d), ERR_LIMIT);
    assert_non_null(strstr(d.text, path));
    assert_string_equal((const char *)b.p, "kept");
    assert_int_equal(fs_read(path, 5, &b, &d), ERR_OK);
    buf_init(&small, 4);
    assert_int_equal(fs_read(path, 5, &small, &d), ERR_LIMIT);
    assert_int_equal(small.failed, ERR_OK);
    buf_fini(&small);
}

static void missing_and_unreadable_files_are_named(void **state)
{
    (void)state;
    assert_int_equal(fs_read(in_dir("none"), 10, &b, &d), ERR_NOTFOUND);
    assert_non_null(strstr(d.text, "none"));
    assert_int_equal(fs_read(dir, 10, &b, &d), ERR_IO);
    assert_int_equal(fs_write_atomic(in_dir("no/such"), STR("x"), 0600, &d),
                     ERR_NOTFOUND);
    assert_non_null(strstr(d.text, "no/such"));
}

static void a_failed_write_leaves_the_old_file_and_no_other(void **state)
{
    (void)state;
    assert_int_equal(mkdir(in_dir("target"), 0700), 0);
    assert_int_equal(mkdir(in_dir("target/x"), 0700), 0);
    in_dir("target");
    assert_int_not_equal(fs_write_atomic(path, STR("x"), 0600, &d), ERR_OK);
    assert_int_equal(rmdir(in_dir("target/x")), 0);
    assert_int_equal(rmdir(in_dir("target")), 0);
    assert_int_equal(rmdir(dir), 0); /* nothing was left behind */
    assert_int_equal(mkdir(dir, 0700), 0);
}

static void write_all_reports_a_full_disk(void **state)
{
    static const char data[8192];
    FILE *full = fopen("/dev/full", "w");

    (void)state;
    assert_non_null(full);
    assert_int_equal(fs_write_all(fileno(full), data, sizeof(data)), ERR_NOSPC);
    fclose(full);
}

static void mkdirs_makes_every_level_once(void **state)
{
    struct stat st;

    (void)state;
    assert_int_equal(fs_mkdirs(in_dir("x/y/z"), 0750, &d), ERR_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_int_equal(st.st_mode & 0777, 0750);
    assert_int_equal(fs_mkdirs(path, 0700, &d), ERR_OK);
    assert_int_equal(fs_mkdirs(in_dir("x/y/"), 0700, &d), ERR_OK);
    assert_int_equal(fs_write_atomic(in_dir("file"), STR(""), 0600, &d),
                     ERR_OK);
    assert_int_equal(fs_mkdirs(in_dir("file"), 0700, &d), ERR_EXISTS);
    assert_int_not_equal(fs_mkdirs(in_dir("file/x"), 0700, &d), ERR_OK);
    assert_non_null(strstr(d.text, "file"));
}

static void join_puts_one_slash_between_and_holds_the_size(void **state)
{
    char out[8] = "same";

    (void)state;
    assert_int_equal(fs_join(out, sizeof(out), "/a", "b"), ERR_OK);
    assert_string_equal(out, "/a/b");
    assert_int_equal(fs_join(out, sizeof(out), "/a/", "b"), ERR_OK);
    assert_string_equal(out, "/a/b");
    assert_int_equal(fs_join(out, sizeof(out), "/a", "bcde"), ERR_OK);
    assert_int_equal(fs_join(out, sizeof(out), "/a", "bcdef"), ERR_LIMIT);
    assert_string_equal(out, "/a/bcde");
}

static void a_lock_has_one_holder_and_names_it(void **state)
{
    int fd = -1, other = -1, holder = -1, pipes[2];
    char c;
    pid_t child;

    (void)state;
    assert_int_equal(pipe(pipes), 0);
    in_dir("lock");
    child = fork();
    if (child == 0) {
        alarm(30);
        _exit(fs_lock(path, &fd, NULL) != ERR_OK ||
              write(pipes[1], "x", 1) != 1 || pause() != -1);
    }
    assert_int_equal(read(pipes[0], &c, 1), 1);
    assert_int_equal(fs_lock(path, &other, &holder), ERR_BUSY);
    assert_int_equal(holder, child);
    assert_int_equal(other, -1);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_int_equal(fs_lock(path, &fd, &holder), ERR_OK);
    assert_int_equal(fs_read(path, 100, &b, &d), ERR_OK);
    assert_int_equal(strtol((const char *)b.p, NULL, 10), getpid());
    close(fd);
    assert_int_equal(fs_lock(path, &fd, &holder), ERR_OK);
    close(fd);
    close(pipes[0]);
    close(pipes[1]);
}

static void remove_tree_does_not_follow_links(void **state)
{
    char keep[128], link[128];

    (void)state;
    snprintf(keep, sizeof(keep), "%s/keep", dir);
    assert_int_equal(fs_mkdirs(in_dir("t/a/b"), 0700, &d), ERR_OK);
    assert_int_equal(fs_write_atomic(keep, STR("x"), 0600, &d), ERR_OK);
    assert_int_equal(fs_write_atomic(in_dir("t/a/f"), STR("x"), 0600, &d),
                     ERR_OK);
    snprintf(link, sizeof(link), "%s/t/a/link", dir);
    assert_int_equal(symlink(dir, link), 0);
    assert_int_equal(fs_remove_tree(in_dir("t"), &d), ERR_OK);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(access(keep, F_OK), 0);
    assert_int_equal(fs_remove_tree(path, &d), ERR_NOTFOUND);
    snprintf(link, sizeof(link), "%s/dirlink", dir);
    assert_int_equal(symlink(dir, link), 0);
    assert_int_not_equal(fs_remove_tree(link, &d), ERR_OK);
    assert_int_equal(access(keep, F_OK), 0);
}

static void descriptors_are_asked_for_up_to_what_is_allowed(void **state)
{
    struct rlimit before, lim;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    lim = (struct rlimit){40, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &lim), 0);
    assert_int_equal(fs_descriptors(20), 40);
    assert_int_equal(fs_descriptors(50), 50);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &lim), 0);
    assert_int_equal(lim.rlim_cur, 50);
    if (before.rlim_max < UINT_MAX) {
        assert_int_equal(fs_descriptors(UINT_MAX), before.rlim_max);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(written_files_read_back_with_their_mode),
        T(reading_holds_the_limit_and_keeps_the_buffer),
        T(missing_and_unreadable_files_are_named),
        T(a_failed_write_leaves_the_old_file_and_no_other),
        T(write_all_reports_a_full_disk),
        T(mkdirs_makes_every_level_once),
        T(join_puts_one_slash_between_and_holds_the_size),
        T(a_lock_has_one_holder_and_names_it),
        T(remove_tree_does_not_follow_links),
        T(descriptors_are_asked_for_up_to_what_is_allowed),
    };

    return cmocka_run_group_tests_name("fs", tests, NULL, NULL);
}
