// SPDX-License-Identifier: Apache-2.0
/* A batch is stored as a whole or not at all, also by a disk that is full or
 * fails. */
#include "collector/store/store.h"

#include "collector/store/segment_frame.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "tests/unit/collector/store/store_fixture.h"

static bool fsync_fails, disk_full, full_later;

/* Stands before libc's, so that a disk can be made to fail. */
int fdatasync(int fd)
{
    if (fsync_fails) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

/* Room for its log, and none to write that back. */
static bool is_new_index(int fd)
{
    char link[64], name[300];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, name, sizeof(name) - 1);
    name[n > 0 ? n : 0] = '\0';
    return str_ends(str_c(name), "index.sqlite.new");
}

/* The same: SQLite writes by it. */
ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    if (disk_full || (full_later && at > 0 && is_new_index(fd))) {
        errno = ENOSPC;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, p, n, at);
}

static int tear_down_disk(void **state)
{
    fsync_fails = disk_full = full_later = false;
    return tear_down(state);
}

static void a_batch_with_one_bad_record_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    put_number(f, 9);
    off_t before = segment_size(f);
    size_t big = SEGMENT_RECORD_MAX + 1;
    char *huge = calloc(1, big);
    assert_non_null(huge);
    struct store_put p[2] = {put_of(1, "{}"), put_of(2, "{}")};
    p[1].record = (struct str){huge, big};
    struct diag d = {{0}};
    assert_int_equal(store_put(f->s, p, 2, &d), ERR_LIMIT);
    assert_int_equal(count_of(f->s), 1);
    assert_int_equal(segment_size(f), before);
    assert_false(store_broken(f->s));
    put_number(f, 1);
    free(huge);
}

static char noise[200000];

static void make_noise(void)
{
    crypto_random(noise, sizeof(noise) - 1);
    for (size_t i = 0; i < sizeof(noise) - 1; i++) {
        noise[i] = (char)(noise[i] ? noise[i] : 1);
    }
}

static void a_full_disk_loses_nothing_and_can_be_emptied(void **state)
{
    struct fixture *f = *state;
    signal(SIGXFSZ, SIG_IGN);
    open_store(f, STORE_WRITE);
    put_number(f, 1);
    off_t before = segment_size(f);
    make_noise();
    struct store_put big = put_of(2, noise);
    struct rlimit old, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 100000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct diag d = {{0}};
    enum err e = store_put(f->s, &big, 1, &d);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(e, ERR_NOSPC);
    assert_int_equal(segment_size(f), before);
    assert_int_equal(count_of(f->s), 1);
    assert_false(store_broken(f->s));
    put(f, &big, 1);
    assert_int_equal(count_of(f->s), 2);
}

/* An index of an earlier version, and no room to make it again. */
static void a_collector_starts_on_a_full_disk_all_the_same(void **state)
{
    struct fixture *f = *state;
    struct diag d = {{0}};
    char path[128];
    sqlite3 *db = NULL;
    open_store(f, STORE_WRITE);
    for (unsigned n = 0; n < 20; n++) {
        put_number(f, n);
    }
    store_close(f->s);
    f->s = NULL;
    path_of(f, "index.sqlite", path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "PRAGMA user_version=5", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    for (int i = 0; i < 3; i++) {
        struct store_put p = put_of(100, "{}");
        struct buf b;
        bool with_room = i == 2;
        buf_init(&b, 1000);
        full_later = i > 0;
        disk_full = !full_later;
        enum err refused = store_open(f->dir, STORE_WRITE, &f->s, &d);
        enum err opened = store_open(f->dir, STORE_SERVE, &f->s, &d);
        full_later = i == 1;
        disk_full = i == 0;
        enum err e = opened == ERR_OK ? store_put(f->s, &p, 1, &d) : opened;
        disk_full = full_later = false;
        assert_int_equal(refused, ERR_NOSPC);
        assert_int_equal(opened, ERR_OK);
        assert_int_equal(e, with_room ? ERR_OK : ERR_NOSPC);
        assert_int_equal(store_get(f->s, p.row.uid, &b),
                         with_room ? ERR_OK : ERR_NOSPC);
        buf_fini(&b);
        store_close(f->s);
        f->s = NULL;
        path_of(f, "index.sqlite.new", path);
        assert_int_not_equal(access(path, F_OK), 0);
    }
    open_store(f, STORE_READ);
    assert_int_equal(count_of(f->s), 21);
}

static void a_failed_fsync_ends_all_writing(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    put_number(f, 1);
    fsync_fails = true;
    struct store_put p = put_of(2, "{}");
    struct diag d = {{0}};
    assert_int_equal(store_put(f->s, &p, 1, &d), ERR_IO);
    fsync_fails = false;
    assert_true(store_broken(f->s));
    assert_int_equal(store_put(f->s, &p, 1, &d), ERR_IO);
    assert_int_equal(count_of(f->s), 1);
    open_store(f, STORE_WRITE); /* whatever reached the disk is whole */
    assert_true(count_of(f->s) >= 1);
    put(f, &p, 1);
    assert_int_equal(count_of(f->s), 2);
}

static void assert_refuses(const struct fixture *f, enum err want,
                           const char *what)
{
    const char *said = NULL;
    assert_int_equal(store_refuses(f->s, &said), want);
    if (want == ERR_OK) {
        assert_null(said);
    } else {
        assert_string_equal(said, what);
    }
}

/* Whoever asks for its health is told, until something is stored again. */
static void that_nothing_can_be_stored_is_known(void **state)
{
    struct fixture *f = *state;
    struct diag d = {{0}};
    open_store(f, STORE_WRITE);
    assert_refuses(f, ERR_OK, NULL);
    put_number(f, 1);
    assert_refuses(f, ERR_OK, NULL);
    struct store_put p = put_of(2, "{}");
    disk_full = true;
    enum err e = store_put(f->s, &p, 1, &d);
    disk_full = false;
    assert_int_equal(e, ERR_NOSPC);
    assert_refuses(f, ERR_NOSPC, "index");
    assert_non_null(strstr(d.text, "index"));
    put(f, &p, 1);
    assert_refuses(f, ERR_OK, NULL);
    fsync_fails = true;
    p = put_of(3, "{}");
    assert_int_equal(store_put(f->s, &p, 1, &d), ERR_IO);
    assert_refuses(f, ERR_IO, "segments");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down_disk)
    const struct CMUnitTest tests[] = {
        T(a_batch_with_one_bad_record_leaves_nothing),
        T(a_full_disk_loses_nothing_and_can_be_emptied),
        T(a_collector_starts_on_a_full_disk_all_the_same),
        T(a_failed_fsync_ends_all_writing),
        T(that_nothing_can_be_stored_is_known),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    log_setup("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
