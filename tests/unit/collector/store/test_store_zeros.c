// SPDX-License-Identifier: Apache-2.0
/* The zeros that a writer keeps ready behind his records: who reads the files
 * takes them for nothing. */
#include "collector/store/store.h"

#include "collector/store/store_verify.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "tests/unit/collector/store/store_fixture.h"

#define NOISE 160000 /* a file that is no small one any more */

static char noise[NOISE + 1];

static off_t segment_size_in(const char *dir)
{
    char path[160];
    struct stat st;
    snprintf(path, sizeof(path), "%s/segments/00000001.seg", dir);
    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

/* Two records, behind which there are zeros. */
static int set_up_zeros(void **state)
{
    assert_int_equal(set_up(state), 0);
    struct fixture *f = *state;
    crypto_random(noise, NOISE);
    for (size_t i = 0; i < NOISE; i++) {
        noise[i] = (char)('a' + (noise[i] & 15));
    }
    open_store(f, STORE_WRITE);
    struct store_put big = put_of(1, noise);
    put(f, &big, 1);
    put_number(f, 2);
    return 0;
}

static void say(void *arg, const char *words)
{
    (void)arg;
    print_message("%s\n", words);
}

static void assert_whole(const char *dir, uint64_t frames)
{
    struct store_verified v;
    struct diag d = {{0}};
    assert_int_equal(store_verify(dir, say, NULL, &v, &d), ERR_OK);
    assert_int_equal(v.damage, 0);
    assert_int_equal(v.torn, 0);
    assert_int_equal(v.frames, frames);
}

static void who_ends_takes_them_away(void **state)
{
    struct fixture *f = *state;
    off_t with = segment_size_in(f->dir);
    assert_true(with > (1 << 20));
    put_number(f, 3);
    assert_int_equal(segment_size_in(f->dir), with);
    assert_whole(f->dir, 3);
    store_close(f->s);
    f->s = NULL;
    assert_true(segment_size_in(f->dir) < with / 2);
    assert_whole(f->dir, 3);
    remove_index(f);
    open_store(f, STORE_WRITE);
    assert_int_equal(count_of(f->s), 3);
}

static void close_store(struct fixture *f)
{
    store_close(f->s);
    f->s = NULL;
}

/* What a kill leaves there. */
static void leave_zeros(const struct fixture *f)
{
    char path[128];
    path_of(f, "segments/00000001.seg", path);
    assert_int_equal(truncate(path, segment_size_in(f->dir) + (1 << 20)), 0);
}

static void after_a_kill_they_are_nothing(void **state)
{
    struct fixture *f = *state;
    close_store(f);
    off_t whole = segment_size_in(f->dir);
    leave_zeros(f);
    assert_whole(f->dir, 2);
    open_store(f, STORE_WRITE);
    assert_int_equal(segment_size_in(f->dir), whole);
    put_number(f, 3);
    close_store(f);
    leave_zeros(f);
    remove_index(f);
    open_store(f, STORE_WRITE);
    assert_int_equal(count_of(f->s), 3);
    assert_whole(f->dir, 3);
}

/* A record that was not acknowledged stands before them, torn. */
static void a_torn_record_before_them_is_cut_off(void **state)
{
    struct fixture *f = *state;
    char path[128];
    close_store(f);
    off_t whole = segment_size_in(f->dir);
    path_of(f, "segments/00000001.seg", path);
    int fd = open(path, O_WRONLY | O_APPEND);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "PXR1\0\0\1\0\0\0\0\2", 12), 12);
    close(fd);
    leave_zeros(f);
    open_store(f, STORE_WRITE);
    assert_int_equal(segment_size_in(f->dir), whole);
    assert_int_equal(count_of(f->s), 2);
}

/* As long as the file that is missing, and zeros where its last record was. */
static void an_older_copy_of_the_file_is_a_loss(void **state)
{
    struct fixture *f = *state;
    struct diag d = {{0}};
    struct buf older;
    char path[128];
    buf_init(&older, 1 << 20);
    path_of(f, "segments/00000001.seg", path);
    close_store(f);
    assert_int_equal(fs_read(path, 1 << 20, &older, NULL), ERR_OK);
    open_store(f, STORE_WRITE);
    put_number(f, 3);
    close_store(f);
    assert_int_equal(fs_write_atomic(path, buf_str(&older), 0600, NULL),
                     ERR_OK);
    buf_fini(&older);
    leave_zeros(f);
    assert_int_equal(store_open(f->dir, STORE_WRITE, &f->s, &d), ERR_IO);
    assert_non_null(strstr(d.text, "1 of the 3 records"));
}

static void a_disk_without_room_for_them_takes_records(void **state)
{
    struct fixture *f = *state;
    struct rlimit old, small;
    signal(SIGXFSZ, SIG_IGN);
    close_store(f);
    open_store(f, STORE_WRITE);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 600000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    put_number(f, 3);
    off_t whole = segment_size_in(f->dir);
    put_number(f, 4);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_true(whole < NOISE);
    assert_true(segment_size_in(f->dir) < whole + 1000);
    assert_whole(f->dir, 4);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up_zeros, tear_down)
    const struct CMUnitTest tests[] = {
        T(who_ends_takes_them_away),
        T(after_a_kill_they_are_nothing),
        T(a_torn_record_before_them_is_cut_off),
        T(an_older_copy_of_the_file_is_a_loss),
        T(a_disk_without_room_for_them_takes_records),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    log_setup("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
