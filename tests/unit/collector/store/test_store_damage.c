// SPDX-License-Identifier: Apache-2.0
/* A store whose files are damaged, which is done by their names. */
#include "collector/store/store.h"

#include "collector/store/segment_frame.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/collector/store/store_fixture.h"

static void segment_append(const struct fixture *f, const void *p, size_t len)
{
    char path[128];
    path_of(f, "segments/00000001.seg", path);
    int fd = open(path, O_WRONLY | O_APPEND);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, p, len), (ssize_t)len);
    close(fd);
}

static void a_torn_tail_is_cut_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct buf frame;
    buf_init(&frame, 4096);
    assert_int_equal(
        segment_frame_write(NULL, &frame, STR("{}"), STR("{\"torn\":true}")),
        ERR_OK);
    for (size_t keep = 1; keep < frame.len; keep += 7) {
        open_store(f, STORE_WRITE);
        put_number(f, (unsigned)keep);
        uint64_t n = count_of(f->s);
        store_close(f->s);
        f->s = NULL;
        off_t whole = segment_size(f);
        segment_append(f, frame.p, keep);
        open_store(f, STORE_WRITE);
        assert_int_equal(segment_size(f), whole);
        assert_int_equal(count_of(f->s), n);
    }
    store_close(f->s);
    f->s = NULL;
    remove_index(f);
    char zeros[5000] = {0};
    off_t whole = segment_size(f);
    segment_append(f, zeros, sizeof(zeros));
    open_store(f, STORE_WRITE);
    assert_int_equal(segment_size(f), whole);
    buf_fini(&frame);
}

/* A hole in the middle, which no length of a file shows, is told to the next
 * who writes; he goes on. */
static void a_hole_in_the_middle_is_seen_at_the_start(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    off_t ends[100];
    for (unsigned n = 0; n < 100; n++) {
        put_number(f, n);
        ends[n] = segment_size(f);
    }
    open_store(f, STORE_WRITE);
    assert_int_equal(store_bad(f->s), 0);
    store_close(f->s);
    f->s = NULL;
    char path[128], zeros[1 << 15] = {0};
    path_of(f, "segments/00000001.seg", path);
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    size_t hole = (size_t)(ends[49] - ends[39]);
    assert_true(hole <= sizeof(zeros));
    assert_int_equal(pwrite(fd, zeros, hole, ends[39]), (ssize_t)hole);
    close(fd);
    open_store(f, STORE_WRITE);
    assert_int_equal(store_bad(f->s), 10);
    assert_int_equal(count_of(f->s), 100);
}

static void damage_in_the_middle_costs_one_record(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    put_number(f, 1);
    off_t first = segment_size(f);
    put_number(f, 2);
    put_number(f, 3);
    off_t whole = segment_size(f);
    store_close(f->s);
    f->s = NULL;
    remove_index(f);
    char path[128];
    path_of(f, "segments/00000001.seg", path);
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "XXXX", 4, first + 40), 4);
    close(fd);
    open_store(f, STORE_WRITE);
    assert_int_equal(count_of(f->s), 2);
    assert_int_equal(segment_size(f), whole);
}

static void a_damaged_index_is_made_again(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    for (unsigned n = 0; n < 20; n++) {
        put_number(f, n);
    }
    store_close(f->s);
    f->s = NULL;
    char path[128];
    path_of(f, "index.sqlite", path);
    int fd = open(path, O_WRONLY);
    char junk[4096];
    memset(junk, 'j', sizeof(junk));
    assert_int_equal(pwrite(fd, junk, sizeof(junk), 0), sizeof(junk));
    close(fd);
    open_store(f, STORE_WRITE);
    assert_int_equal(count_of(f->s), 20);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(a_torn_tail_is_cut_and_nothing_else),
        T(a_hole_in_the_middle_is_seen_at_the_start),
        T(damage_in_the_middle_costs_one_record),
        T(a_damaged_index_is_made_again),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    log_setup("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
