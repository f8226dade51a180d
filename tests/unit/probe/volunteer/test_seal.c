// SPDX-License-Identifier: Apache-2.0
#include "base/fs.h"
#include "base/look.h"
#include "probe/volunteer/paths.h"
#include "probe/volunteer/seal.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* In memory, and none of this user's own. */
static char runtime[64], path[128];

static int setup(void **state)
{
    (void)state;
    str_copy(runtime, sizeof(runtime), "/dev/shm/test_seal_XXXXXX");
    if (!mkdtemp(runtime)) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/parallax", runtime);
    return setenv("XDG_RUNTIME_DIR", runtime, 1);
}

static int teardown(void **state)
{
    (void)state;
    struct diag d;
    return fs_remove_tree(runtime, &d) == ERR_OK ? 0 : -1;
}

static bool same_key(const struct seal *a, const struct seal *b)
{
    return memcmp(a->keys[0], b->keys[0], CRYPTO_KEY_LEN) == 0;
}

static void the_next_process_finds_the_key(void **state)
{
    (void)state;
    struct seal one, two;
    struct diag why = {""};
    struct look seen;
    char file[160];
    seal_load(&one, &why);
    assert_true(one.lasting);
    seal_load(&two, &why);
    assert_true(two.lasting);
    assert_true(same_key(&one, &two));
    assert_int_equal(look_link(path, &seen, &why), ERR_OK);
    assert_int_equal(seen.mode, 0700);
    snprintf(file, sizeof(file), "%s/key", path);
    assert_int_equal(look_link(file, &seen, &why), ERR_OK);
    assert_int_equal(seen.mode, 0600);
    assert_int_equal(seen.bytes, CRYPTO_KEY_LEN);
    seal_fini(&one);
    assert_false(same_key(&one, &two));
}

static void a_directory_on_a_disk_gets_no_key(void **state)
{
    (void)state;
    struct seal s;
    struct diag why = {""};
    char disk[] = "/tmp/test_seal_XXXXXX", there[128];
    struct look seen;
    assert_non_null(mkdtemp(disk));
    snprintf(there, sizeof(there), "%s/parallax/key", disk);
    assert_int_equal(setenv("XDG_RUNTIME_DIR", disk, 1), 0);
    seal_load(&s, &why);
    if (look_at("/tmp", &seen, &why) == ERR_OK && s.n > 0) {
        assert_int_equal(look_link(there, &seen, &why), ERR_NOTFOUND);
    }
    assert_int_equal(fs_remove_tree(disk, &why), ERR_OK);
}

static void a_link_and_an_open_directory_get_no_key(void **state)
{
    (void)state;
    struct seal s;
    struct diag why = {""};
    struct look seen;
    char target[100], file[160];
    snprintf(target, sizeof(target), "%s/elsewhere", runtime);
    snprintf(file, sizeof(file), "%s/key", target);
    assert_int_equal(mkdir(target, 0700), 0);
    assert_int_equal(symlink(target, path), 0);
    seal_load(&s, &why);
    assert_int_equal(look_link(file, &seen, &why), ERR_NOTFOUND);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700) | chmod(path, 0755), 0);
    snprintf(file, sizeof(file), "%s/key", path);
    seal_load(&s, &why);
    assert_int_equal(look_link(file, &seen, &why), ERR_NOTFOUND);
}

/* Somebody of this process alone: others may run this test at the same time. */
#define SOMEBODY (20000 + (uid_t)getpid() % 30000)

/* As in a container without root: the owner of /dev/shm is nobody known. The
 * key of whoever runs this test is left alone; that of somebody made up is
 * removed. */
static int in_a_namespace(void)
{
    char map[40], there[40];
    struct seal s;
    struct diag why = {""};
    unsigned n = 0;
    bool made_up = geteuid() == 0;
    /* whoever changes who it is may not write its own map, unless it says so */
    if (made_up && (setuid(SOMEBODY) != 0 || prctl(PR_SET_DUMPABLE, 1) != 0)) {
        return 2;
    }
    snprintf(map, sizeof(map), "%u %u 1", (unsigned)geteuid(),
             (unsigned)geteuid());
    snprintf(there, sizeof(there), "/dev/shm/parallax-%u", (unsigned)geteuid());
    unsetenv("XDG_RUNTIME_DIR");
    if (unshare(CLONE_NEWUSER) != 0) {
        return 2;
    }
    FILE *f = fopen("/proc/self/uid_map", "w");
    if (!f || fputs(map, f) < 0 || fclose(f) != 0) {
        return 2;
    }
    seal_load(&s, &why);
    bool lasting = s.lasting;
    seal_fini(&s);
    if (made_up && seal_wipe(there, true, &n, &why) != ERR_OK) {
        return 1;
    }
    return lasting ? 0 : 1;
}

static void in_a_user_namespace_the_key_lasts_too(void **state)
{
    (void)state;
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        _exit(in_a_namespace());
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 2) {
        print_message("# no user namespace is to be had\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void what_is_sealed_opens_and_says_when_its_key_is_gone(void **state)
{
    (void)state;
    static const struct seal ours = {.keys = {{1}, {2}}, .n = 2};
    static const struct seal second = {.keys = {{2}}, .n = 1};
    static const struct seal other = {.keys = {{3}}, .n = 1};
    struct buf sealed, out;
    buf_init(&sealed, 1 << 20);
    buf_init(&out, 1 << 20);
    if (seal_close(&second, STR("words"), &sealed) != ERR_OK) {
        fail();
    }
    assert_true(seal_has_key(&ours, buf_str(&sealed)));
    assert_int_equal(seal_open(&ours, buf_str(&sealed), &out), ERR_OK);
    assert_true(str_eq_c(buf_str(&out), "words"));
    assert_int_equal(seal_open(&other, buf_str(&sealed), &out), ERR_NOTFOUND);
    assert_int_equal(
        seal_open(&ours, str_sub(buf_str(&sealed), 0, sealed.len - 1), &out),
        ERR_PARSE);
    assert_int_equal(seal_open(&ours, STR("abc"), &out), ERR_PARSE);
    sealed.p[0] ^= 1; /* which key it was is damaged, it is not */
    buf_clear(&out);
    assert_int_equal(seal_open(&ours, buf_str(&sealed), &out), ERR_OK);
    assert_true(str_eq_c(buf_str(&out), "words"));
    buf_fini(&sealed);
    buf_fini(&out);
}

static void lengths_are_hidden_in_steps(void **state)
{
    (void)state;
    static const struct seal ours = {.keys = {{1}}, .n = 1};
    static char many[300000];
    struct buf sealed;
    size_t seen = 0, last = 0;
    buf_init(&sealed, 1 << 20);
    for (size_t len = 0; len < sizeof(many); len += 97) {
        buf_clear(&sealed);
        if (seal_close(&ours, (struct str){many, len}, &sealed) != ERR_OK) {
            fail();
        }
        assert_true(sealed.len >= len + 4);
        assert_true(sealed.len <= len + SEAL_MORE(len));
        seen += sealed.len != last;
        last = sealed.len;
    }
    assert_in_range(seen, 20, 70);
    buf_fini(&sealed);
}

static void wiping_leaves_no_key(void **state)
{
    (void)state;
    struct seal one, two;
    struct diag why = {""};
    struct look seen;
    unsigned n = 0;
    seal_load(&one, &why);
    assert_int_equal(look_link(path, &seen, &why), ERR_OK);
    assert_int_equal(seal_wipe(path, true, &n, &why), ERR_OK);
    assert_int_equal(look_link(path, &seen, &why), ERR_NOTFOUND);
    assert_int_equal(n, 1);
    seal_load(&two, &why);
    assert_false(same_key(&one, &two));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(the_next_process_finds_the_key),
        T(a_directory_on_a_disk_gets_no_key),
        T(a_link_and_an_open_directory_get_no_key),
        T(in_a_user_namespace_the_key_lasts_too),
        T(what_is_sealed_opens_and_says_when_its_key_is_gone),
        T(lengths_are_hidden_in_steps),
        T(wiping_leaves_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
