// SPDX-License-Identifier: Apache-2.0
#include "base/fs.h"
#include "probe/deliver/spool_file.h"
#include "tests/unit/tmp.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define CONTENT_MAX 64

static int fd = -1;
static struct buf file;
static uint64_t starts[4]; /* of the frames in it */

struct seen {
    size_t n;
    uint64_t at[8];
    struct spool_head head[8];
    char begin[8][SPOOL_FILE_BEGIN + 1];
};

static enum err see(void *arg, const struct spool_head *h, uint64_t at,
                    struct str begin)
{
    struct seen *s = arg;
    assert_true(s->n < 8);
    s->at[s->n] = at;
    s->head[s->n] = *h;
    memcpy(s->begin[s->n], begin.p, begin.len);
    s->n++;
    return ERR_OK;
}

/* A file of three frames, also in `file`. */
static int setup(void **state)
{
    static const char *const contents[] = {"the first content", "two",
                                           "the third and last content"};
    char path[64];
    (void)state;
    tmp_path(path, sizeof(path), "test_spool_file_XXXXXX");
    fd = mkstemp(path);
    unlink(path);
    buf_init(&file, 4096);
    buf_add_c(&file, SPOOL_FILE_MAGIC);
    for (size_t i = 0; i < 3; i++) {
        struct spool_head h = {.priority = (enum frame_priority)i,
                               .state = FRAME_WAITING,
                               .day = (uint16_t)(20000 + i),
                               .boxed = i == 1};
        starts[i] = file.len;
        if (spool_file_encode(&h, str_c(contents[i]), &file) != ERR_OK) {
            return -1;
        }
    }
    starts[3] = file.len;
    return fd < 0 ? -1 : spool_file_write(fd, buf_str(&file), 0) != ERR_OK;
}

static int teardown(void **state)
{
    (void)state;
    close(fd);
    buf_fini(&file);
    return 0;
}

static struct spool_scan scan(struct seen *s)
{
    struct spool_scan out;
    memset(s, 0, sizeof(*s));
    assert_int_equal(spool_file_scan(fd, see, s, &out), ERR_OK);
    return out;
}

static void every_frame_is_found_with_its_head(void **state)
{
    (void)state;
    struct seen s;
    struct spool_scan found = scan(&s);
    assert_int_equal(s.n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(s.at[i], starts[i]);
        assert_int_equal(s.head[i].priority, i);
        assert_int_equal(s.head[i].state, FRAME_WAITING);
        assert_int_equal(s.head[i].day, 20000 + i);
        assert_int_equal(s.head[i].boxed, i == 1);
        assert_int_equal(s.head[i].sum != 0, 1);
    }
    assert_string_equal(s.begin[0], "the firs");
    assert_string_equal(s.begin[1], "two");
    assert_int_equal(found.end, starts[3]);
    assert_int_equal(found.size, starts[3]);
    assert_int_equal(found.damaged, 0);
}

static void
a_content_reads_back_and_a_mark_changes_the_state_alone(void **state)
{
    (void)state;
    struct seen s;
    struct buf got;
    buf_init(&got, CONTENT_MAX);
    assert_int_equal(spool_file_mark(fd, starts[1], FRAME_REFUSED), ERR_OK);
    assert_int_equal(spool_file_read(fd, starts[1], &got), ERR_OK);
    assert_true(str_eq_c(buf_str(&got), "two"));
    assert_int_equal(scan(&s).damaged, 0);
    assert_int_equal(s.n, 3);
    assert_int_equal(s.head[1].state, FRAME_REFUSED);
    buf_fini(&got);
}

static void wherever_the_end_is_torn_the_frames_before_it_stay(void **state)
{
    (void)state;
    struct seen s;
    for (uint64_t len = 0; len < file.len; len++) {
        assert_int_equal(ftruncate(fd, (off_t)len), 0);
        struct spool_scan found = scan(&s);
        size_t whole = 0;
        while (whole < 3 && starts[whole + 1] <= len) {
            whole++;
        }
        assert_int_equal(s.n, whole);
        assert_int_equal(found.damaged, 0);
        assert_false(found.foreign);
        assert_int_equal(found.end, len < SPOOL_FILE_START ? 0 : starts[whole]);
        assert_int_equal(spool_file_write(fd, buf_str(&file), 0), ERR_OK);
    }
}

static void an_end_of_zeros_or_of_anything_else_is_torn(void **state)
{
    (void)state;
    struct seen s;
    char junk[300];
    for (int fill = 0; fill < 256; fill += 51) {
        memset(junk, fill, sizeof(junk));
        for (uint64_t from = SPOOL_FILE_START; from < file.len; from++) {
            struct str tail = {junk, sizeof(junk)};
            assert_int_equal(spool_file_write(fd, buf_str(&file), 0), ERR_OK);
            assert_int_equal(spool_file_write(fd, tail, from), ERR_OK);
            struct spool_scan found = scan(&s);
            assert_true(found.end <= from || from > starts[2]);
            assert_true(found.end < found.size);
        }
    }
    memset(junk, 0, sizeof(junk));
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(spool_file_write(fd, (struct str){junk, 100}, 0), ERR_OK);
    assert_int_equal(scan(&s).end, 0);
    assert_int_equal(s.n, 0);
}

static void a_flipped_bit_costs_its_own_frame_alone(void **state)
{
    (void)state;
    struct seen s;
    for (uint64_t at = SPOOL_FILE_START; at < starts[2]; at++) {
        bool is_state = at == starts[0] + 9 || at == starts[1] + 9;
        for (unsigned bit = 0; bit < 8 && !is_state; bit++) {
            file.p[at] ^= (uint8_t)(1u << bit);
            assert_int_equal(spool_file_write(fd, buf_str(&file), 0), ERR_OK);
            struct spool_scan found = scan(&s);
            assert_int_equal(s.n, 2);
            assert_int_equal(found.damaged, 1);
            assert_int_equal(s.at[1], starts[2]);
            assert_int_equal(s.at[0], starts[at < starts[1] ? 1 : 0]);
            file.p[at] ^= (uint8_t)(1u << bit);
        }
    }
}

static void a_state_that_is_none_is_damage(void **state)
{
    (void)state;
    struct seen s;
    assert_int_equal(spool_file_mark(fd, starts[0], (enum frame_state)77),
                     ERR_OK);
    assert_int_equal(scan(&s).damaged, 1);
    assert_int_equal(s.n, 2);
}

static void another_kind_of_file_is_told_apart(void **state)
{
    (void)state;
    struct seen s;
    assert_int_equal(spool_file_write(fd, STR("PXSPOOL9"), 0), ERR_OK);
    assert_true(scan(&s).foreign);
    assert_int_equal(ftruncate(fd, 3), 0);
    assert_int_equal(spool_file_write(fd, STR("abc"), 0), ERR_OK);
    assert_true(scan(&s).foreign);
    assert_int_equal(s.n, 0);
}

static void what_changes_while_it_is_read_is_damage(void **state)
{
    (void)state;
    struct buf got;
    buf_init(&got, CONTENT_MAX);
    assert_int_equal(spool_file_write(fd, STR("x"), starts[0] + 14), ERR_OK);
    assert_int_equal(spool_file_read(fd, starts[0], &got), ERR_PARSE);
    assert_int_equal(spool_file_read(fd, starts[0] + 1, &got), ERR_PARSE);
    assert_int_equal(spool_file_read(fd, 100000, &got), ERR_PARSE);
    buf_fini(&got);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(every_frame_is_found_with_its_head),
        T(a_content_reads_back_and_a_mark_changes_the_state_alone),
        T(wherever_the_end_is_torn_the_frames_before_it_stay),
        T(an_end_of_zeros_or_of_anything_else_is_torn),
        T(a_flipped_bit_costs_its_own_frame_alone),
        T(a_state_that_is_none_is_damage),
        T(another_kind_of_file_is_told_apart),
        T(what_changes_while_it_is_read_is_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
