// SPDX-License-Identifier: Apache-2.0
#include "base/fs.h"
#include "base/look.h"
#include "probe/volunteer/wipe.h"
#include "tests/unit/tmp.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char home[64];

static int setup(void **state)
{
    char spool[128];
    struct diag d;
    (void)state;
    tmp_path(home, sizeof(home), "test_wipe_XXXXXX");
    if (!mkdtemp(home) || setenv("XDG_STATE_HOME", home, 1) != 0) {
        return -1;
    }
    snprintf(spool, sizeof(spool), "%s/parallax/spool", home);
    return fs_mkdirs(spool, 0700, &d) == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    struct diag d;
    return fs_remove_tree(home, &d) == ERR_OK ? 0 : -1;
}

static void path_of(const char *name, char out[160])
{
    snprintf(out, 160, "%s/%s", home, name);
}

static void put(const char *name)
{
    char path[160];
    struct diag d = {""};
    path_of(name, path);
    assert_int_equal(fs_write_atomic(path, STR("12345678"), 0600, &d), ERR_OK);
}

static bool is_there(const char *name)
{
    char path[160];
    struct look seen;
    path_of(name, path);
    return look_link(path, &seen, NULL) == ERR_OK;
}

static void put_everything(void)
{
    static const char *const all[] = {
        "parallax/consent",
        "parallax/device-secret",
        "parallax/device-secret.tmp-7-0",
        "parallax/helpers.json",
        "parallax/cursor",
        "parallax/parked-7-00000001",
        "parallax/spool/00000000-00000001.spool",
        "parallax/spool/00000000-00000001.frame",
        "parallax/spool/00000000-00000001.frame.tmp-7-0",
        "parallax/spool/0006443ba5f8e7d1-0000aaaaaaaa.frame",
        "parallax/spool/00000000-00000002.frame.bad",
        "parallax/spool/parked-8-00000001",
        "parallax/spool/reserve",
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        put(all[i]);
    }
}

/* The keys of whoever runs this test are left alone. */
static enum err wipe(struct wipe *w)
{
    struct diag d = {""};
    int pid = 0;
    enum err e = wipe_all(w, &pid, &d);
    if (e != ERR_OK) {
        print_message("%s\n", d.text);
    }
    return e;
}

static void lists_that_were_taken_in_go_too(void **state)
{
    (void)state;
    struct wipe w;
    char dir[160];
    struct diag d = {""};
    path_of("parallax/lists", dir);
    assert_int_equal(fs_mkdirs(dir, 0700, &d), ERR_OK);
    put("parallax/lists/global.csv");
    put("parallax/lists/de.csv.tmp-7-0");
    put("parallax/lists/versions");
    put("parallax/lists/notes");
    assert_int_equal(wipe(&w), ERR_OK);
    assert_int_equal(w.failed, 0);
    assert_int_equal(w.files[PATHS_SITES], 3);
    assert_int_equal(w.foreign, 1);
    assert_false(is_there("parallax/lists/global.csv"));
    assert_true(is_there("parallax/lists/notes"));
}

static void everything_that_is_ours_goes(void **state)
{
    (void)state;
    struct wipe w;
    put_everything();
    assert_int_equal(wipe(&w), ERR_OK);
    assert_int_equal(w.failed, 0);
    assert_int_equal(w.foreign, 0);
    assert_int_equal(w.files[PATHS_CONSENT], 1);
    assert_int_equal(w.files[PATHS_SECRET], 2);
    assert_int_equal(w.files[PATHS_RECORDS], 6);
    assert_true(wipe_any(&w));
    assert_false(is_there("parallax"));
    assert_int_equal(wipe(&w), ERR_OK);
    assert_int_equal(w.failed, 0);
}

static void what_is_not_ours_stays(void **state)
{
    (void)state;
    struct wipe w;
    put_everything();
    put("parallax/notes.txt");
    put("parallax/spool/my.list");
    assert_int_equal(wipe(&w), ERR_OK);
    assert_int_equal(w.foreign, 2);
    assert_true(is_there("parallax/notes.txt"));
    assert_true(is_there("parallax/spool/my.list"));
    assert_false(is_there("parallax/device-secret"));
    assert_false(is_there("parallax/spool/reserve"));
}

static void links_are_removed_and_not_followed(void **state)
{
    (void)state;
    char target[160], path[160], text[16] = "";
    struct wipe w;
    put("precious");
    path_of("precious", target);
    path_of("parallax/consent", path);
    assert_int_equal(symlink(target, path), 0);
    path_of("elsewhere", target);
    assert_int_equal(mkdir(target, 0700), 0);
    put("elsewhere/00000000-00000001.frame");
    path_of("parallax/spool", path);
    assert_int_equal(rmdir(path) | symlink(target, path), 0);
    assert_int_equal(wipe(&w), ERR_OK);
    assert_false(is_there("parallax"));
    assert_true(is_there("elsewhere/00000000-00000001.frame"));
    path_of("precious", target);
    int fd = open(target, O_RDONLY);
    assert_int_equal(read(fd, text, sizeof(text)), 8);
    close(fd);
    assert_string_equal(text, "12345678");
}

static void another_name_of_a_file_keeps_its_bytes(void **state)
{
    (void)state;
    char path[160], other[160], text[16] = "";
    struct wipe w;
    put("parallax/device-secret");
    path_of("parallax/device-secret", path);
    path_of("copy", other);
    assert_int_equal(link(path, other), 0);
    put("parallax/consent");
    path_of("parallax/consent", path);
    int kept = open(path, O_RDONLY);
    assert_int_equal(wipe(&w), ERR_OK);
    int fd = open(other, O_RDONLY);
    assert_int_equal(read(fd, text, sizeof(text)), 8);
    assert_string_equal(text, "12345678");
    close(fd);
    assert_int_equal(read(kept, text, 8), 8);
    assert_memory_equal(text, "\0\0\0\0\0\0\0\0", 8);
    close(kept);
}

static void nothing_goes_while_a_run_is_under_way(void **state)
{
    (void)state;
    char path[160];
    struct diag d = {""};
    struct wipe w;
    int fd = -1, pid = 0;
    put_everything();
    path_of("parallax/spool/lock", path);
    assert_int_equal(fs_lock(path, &fd, &pid), ERR_OK);
    assert_int_equal(wipe_all(&w, &pid, &d), ERR_BUSY);
    assert_int_equal(pid, getpid());
    assert_true(is_there("parallax/device-secret"));
    close(fd);
}

static void looking_removes_nothing(void **state)
{
    (void)state;
    struct diag d = {""};
    struct wipe w;
    put_everything();
    assert_int_equal(wipe_look(&w, &d), ERR_OK);
    assert_int_equal(w.files[PATHS_RECORDS], 6);
    assert_true(is_there("parallax/spool/parked-8-00000001"));
}

static void every_name_of_ours_is_in_the_table(void **state)
{
    (void)state;
    char path[PATHS_MAX];
    struct diag d = {""};
    enum paths_kind kind;
    assert_true(paths_kept("spool", &kind));
    assert_false(paths_kept("spool/notes", &kind));
    assert_int_equal(paths_state("something-new", path, &d), ERR_INTERNAL);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(everything_that_is_ours_goes),
        T(lists_that_were_taken_in_go_too),
        T(what_is_not_ours_stays),
        T(links_are_removed_and_not_followed),
        T(another_name_of_a_file_keeps_its_bytes),
        T(nothing_goes_while_a_run_is_under_way),
        T(looking_removes_nothing),
        T(every_name_of_ours_is_in_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
