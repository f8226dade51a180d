// SPDX-License-Identifier: Apache-2.0
#include "base/fs.h"
#include "probe/deliver/spool.h"
#include "tests/unit/tmp.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64];
static struct buf bytes;
static const struct seal key = {.keys = {{1, 2, 3}}, .n = 1, .lasting = true};

static int setup(void **state)
{
    (void)state;
    tmp_path(dir, sizeof(dir), "test_spool_XXXXXX");
    buf_init(&bytes, SPOOL_MAX_FRAME);
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    struct diag d;
    buf_fini(&bytes);
    return fs_remove_tree(dir, &d) == ERR_OK ? 0 : -1;
}

static struct spool_frame frame(const char *open, const char *body)
{
    return (struct spool_frame){.kind = SPOOL_SUBMISSION,
                                .state = SPOOL_WAITING,
                                .created_s = 1790000000,
                                .open = str_c(open),
                                .body = str_c(body)};
}

static struct spool *open_spool(uint64_t max)
{
    struct spool *s = NULL;
    struct diag d = {""};
    assert_int_equal(spool_open(dir, max, &key, &s, &d), ERR_OK);
    return s;
}

static void add(struct spool *s, const char *open, const char *body,
                char name[SPOOL_NAME_MAX])
{
    struct spool_frame f = frame(open, body);
    struct diag d = {""};
    assert_int_equal(spool_add(s, &f, name, &d), ERR_OK);
}

static void path_of(const char *name, char *out, size_t size)
{
    snprintf(out, size, "%s/%s", dir, name);
}

static void a_frame_reads_back_as_it_was_written(void **state)
{
    (void)state;
    struct spool_frame in = frame("{\"a\":1}", "body bytes");
    struct spool_frame out;
    struct diag d = {""};
    in.state = SPOOL_HELD;
    assert_int_equal(spool_encode(&in, &bytes), ERR_OK);
    assert_int_equal(spool_decode(buf_str(&bytes), &out, &d), ERR_OK);
    assert_int_equal(out.kind, SPOOL_SUBMISSION);
    assert_int_equal(out.state, SPOOL_HELD);
    assert_int_equal(out.created_s, 1790000000);
    assert_true(str_eq_c(out.open, "{\"a\":1}"));
    assert_true(str_eq_c(out.body, "body bytes"));
}

static void every_cut_and_every_flipped_bit_but_the_state_is_found(void **state)
{
    (void)state;
    struct spool_frame in = frame("open", "body");
    struct spool_frame out;
    struct diag d;
    assert_int_equal(spool_encode(&in, &bytes), ERR_OK);
    for (size_t len = 0; len < bytes.len; len++) {
        struct str cut = {(const char *)bytes.p, len};
        assert_int_equal(spool_decode(cut, &out, &d), ERR_PARSE);
        assert_true(d.text[0] != '\0');
    }
    for (size_t i = 0; i < bytes.len * 8; i++) {
        if (i / 8 == 9) {
            continue;
        }
        bytes.p[i / 8] ^= (uint8_t)(1u << (i % 8));
        assert_int_equal(spool_decode(buf_str(&bytes), &out, &d), ERR_PARSE);
        bytes.p[i / 8] ^= (uint8_t)(1u << (i % 8));
    }
    buf_add_byte(&bytes, 0);
    assert_int_equal(spool_decode(buf_str(&bytes), &out, &d), ERR_PARSE);
}

static void what_was_added_is_there_after_opening_again(void **state)
{
    (void)state;
    char first[SPOOL_NAME_MAX];
    char second[SPOOL_NAME_MAX];
    struct spool_frame f;
    struct diag d;
    struct spool *s = open_spool(1 << 20);
    add(s, "o", "one", first);
    add(s, "o", "two", second);
    assert_int_equal(spool_mark(s, second, SPOOL_REFUSED), ERR_OK);
    uint64_t size = spool_bytes(s);
    spool_close(s);

    s = open_spool(1 << 20);
    assert_int_equal(spool_len(s), 2);
    assert_int_equal(spool_bytes(s), size);
    assert_int_equal(spool_count(s, SPOOL_WAITING), 1);
    assert_int_equal(spool_count(s, SPOOL_REFUSED), 1);
    assert_string_equal(spool_name(s, 0), first);
    assert_int_equal(spool_load(s, first, &bytes, &f, &d), ERR_OK);
    assert_true(str_eq_c(f.body, "one"));
    assert_int_equal(spool_done(s, first), ERR_OK);
    assert_int_equal(spool_len(s), 1);
    spool_close(s);
}

/* Every byte of a file. */
static void read_all(const char *path, struct buf *out)
{
    struct diag d = {""};
    buf_clear(out);
    assert_int_equal(fs_read(path, SPOOL_MAX_FRAME, out, &d), ERR_OK);
    assert_non_null(out->p);
}

static void neither_file_nor_name_tells_what_is_in_it(void **state)
{
    (void)state;
    char first[SPOOL_NAME_MAX], second[SPOOL_NAME_MAX], path[256];
    struct spool *s = open_spool(1 << 20);
    add(s, "open of a report", "body of a record", first);
    add(s, "open of a report", "body of a record, and more of it", second);
    assert_memory_equal(first, "00000000-", 9);
    assert_memory_equal(second, "00000001-", 9);
    path_of(first, path, sizeof(path));
    read_all(path, &bytes);
    size_t len = bytes.len;
    assert_int_equal(str_find(buf_str(&bytes), STR("open of")), SIZE_MAX);
    assert_int_equal(str_find(buf_str(&bytes), STR("body of")), SIZE_MAX);
    assert_int_equal(str_find(buf_str(&bytes), STR("PXSPOOL1")), SIZE_MAX);
    path_of(second, path, sizeof(path));
    read_all(path, &bytes);
    assert_int_equal(bytes.len, len); /* nor how long it is */
    spool_close(s);
}

static void numbers_go_on_where_they_were_and_restart_when_empty(void **state)
{
    (void)state;
    char name[SPOOL_NAME_MAX], next[SPOOL_NAME_MAX];
    struct spool *s = open_spool(1 << 20);
    add(s, "o", "one", name);
    spool_close(s);
    s = open_spool(1 << 20);
    add(s, "o", "two", next);
    assert_memory_equal(next, "00000001-", 9);
    assert_string_equal(spool_name(s, 0), name);
    assert_int_equal(spool_done(s, name), ERR_OK);
    assert_int_equal(spool_done(s, next), ERR_OK);
    spool_close(s);
    s = open_spool(1 << 20);
    add(s, "o", "three", name);
    assert_memory_equal(name, "00000000-", 9);
    spool_close(s);
}

static void a_frame_whose_key_is_gone_is_counted_and_removed(void **state)
{
    (void)state;
    static const struct seal later = {
        .keys = {{9}, {8}}, .n = 2, .lasting = true};
    char name[SPOOL_NAME_MAX], path[256];
    struct diag d = {""};
    struct spool *s = open_spool(1 << 20);
    add(s, "o", "of before", name);
    spool_close(s);
    s = NULL;
    assert_int_equal(spool_open(dir, 1 << 20, &later, &s, &d), ERR_OK);
    assert_int_equal(spool_len(s), 0);
    assert_int_equal(spool_lost(s), 1);
    assert_int_equal(spool_damaged(s), 0);
    path_of(name, path, sizeof(path));
    assert_int_equal(access(path, F_OK), -1);
    spool_close(s);
}

static void what_another_key_of_ours_sealed_is_opened(void **state)
{
    (void)state;
    static const struct seal both = {
        .keys = {{9}, {1, 2, 3}}, .n = 2, .lasting = true};
    char name[SPOOL_NAME_MAX];
    struct spool_frame f;
    struct diag d = {""};
    struct spool *s = open_spool(1 << 20);
    add(s, "o", "under the other key", name);
    spool_close(s);
    s = NULL;
    assert_int_equal(spool_open(dir, 1 << 20, &both, &s, &d), ERR_OK);
    assert_int_equal(spool_load(s, name, &bytes, &f, &d), ERR_OK);
    assert_true(str_eq_c(f.body, "under the other key"));
    spool_close(s);
}

/* As earlier versions kept them: the frame itself, under a name that is a
 * time. */
static void leave_old(const char *name, const char *body,
                      enum spool_state state)
{
    char path[256];
    struct spool_frame f = frame("old open", body);
    struct diag d = {""};
    f.state = state;
    buf_clear(&bytes);
    assert_int_equal(spool_encode(&f, &bytes), ERR_OK);
    path_of(name, path, sizeof(path));
    assert_int_equal(fs_write_atomic(path, buf_str(&bytes), 0600, &d), ERR_OK);
}

static void what_earlier_versions_left_is_sealed_in_its_order(void **state)
{
    (void)state;
    static const char *const names[] = {"0006443ba5f8e7d1-0000aaaaaaaa.frame",
                                        "0006443ba5f8e7d2-0001bbbbbbbb.frame"};
    char path[256];
    struct spool_frame f;
    struct diag d = {""};
    leave_old(names[0], "old one", SPOOL_WAITING);
    leave_old(names[1], "old two", SPOOL_REFUSED);
    path_of(names[0], path, sizeof(path));
    int kept = open(path, O_RDONLY); /* as a carver keeps the blocks */
    struct spool *s = open_spool(1 << 20);
    assert_int_equal(spool_len(s), 2);
    assert_int_equal(spool_state_of(s, 0), SPOOL_WAITING);
    assert_int_equal(spool_state_of(s, 1), SPOOL_REFUSED);
    for (size_t i = 0; i < 2; i++) {
        char now[256];
        assert_memory_equal(spool_name(s, i), i ? "00000001-" : "00000000-", 9);
        path_of(spool_name(s, i), now, sizeof(now));
        read_all(now, &bytes);
        assert_int_equal(str_find(buf_str(&bytes), STR("old ")), SIZE_MAX);
        path_of(names[i], now, sizeof(now));
        assert_int_equal(access(now, F_OK), -1);
        assert_int_equal(spool_load(s, spool_name(s, i), &bytes, &f, &d),
                         ERR_OK);
        assert_true(str_eq_c(f.body, i ? "old two" : "old one"));
    }
    char was[200];
    ssize_t n = read(kept, was, sizeof(was));
    assert_true(n > 0);
    for (ssize_t i = 0; i < n; i++) {
        assert_int_equal(was[i], 0);
    }
    close(kept);
    spool_close(s);
}

static void
a_damaged_file_of_an_earlier_version_does_not_stay_in_clear(void **state)
{
    (void)state;
    char path[256];
    struct diag d = {""};
    path_of("0006443ba5f8e7d1-0000aaaaaaaa.frame.bad", path, sizeof(path));
    assert_int_equal(fs_write_atomic(path, STR("PXSPOOL1 a host"), 0600, &d),
                     ERR_OK);
    spool_close(open_spool(1 << 20));
    assert_int_equal(access(path, F_OK), -1);
}

static void a_damaged_file_is_set_aside_and_named(void **state)
{
    (void)state;
    char name[SPOOL_NAME_MAX];
    char path[256];
    char bad[300];
    struct spool_frame f;
    struct diag d = {""};
    struct stat st;
    struct spool *s = open_spool(1 << 20);
    add(s, "o", "a body that will be cut", name);
    path_of(name, path, sizeof(path));
    assert_int_equal(truncate(path, 70), 0);
    assert_int_equal(spool_load(s, name, &bytes, &f, &d), ERR_PARSE);
    assert_non_null(strstr(d.text, name));
    assert_int_equal(spool_len(s), 0);
    assert_int_equal(spool_damaged(s), 1);
    snprintf(bad, sizeof(bad), "%s.bad", path);
    assert_int_equal(stat(bad, &st), 0);
    assert_int_equal(st.st_size, 70);
    spool_close(s);
}

static void a_full_spool_says_so_but_keeps_what_is_in_flight(void **state)
{
    (void)state;
    char name[SPOOL_NAME_MAX];
    struct spool *s = open_spool(6000);
    assert_false(spool_tight(s));
    add(s, "open", "some bytes", name);
    assert_false(spool_tight(s));
    for (int i = 0; i < 5; i++) {
        add(s, "open", "some bytes of a body, and more of them", name);
    }
    assert_true(spool_tight(s));
    assert_int_equal(spool_len(s), 6);
    spool_close(s);
}

static void only_one_process_sends(void **state)
{
    (void)state;
    int pid = 0;
    static struct spool *s; // the child's copy is not lost to a leak check
    s = open_spool(1 << 20);
    assert_true(spool_may_send(s, NULL));
    pid_t child = fork();
    if (child == 0) {
        struct spool *other = NULL;
        struct diag d;
        if (spool_open(dir, 1 << 20, &key, &other, &d) != ERR_OK ||
            spool_may_send(other, &pid) || pid != getppid()) {
            _exit(1);
        }
        char name[SPOOL_NAME_MAX];
        struct spool_frame f = frame("o", "from the other process");
        enum err e = spool_add(other, &f, name, &d);
        spool_close(other);
        _exit(e == ERR_OK ? 0 : 2);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    spool_close(s);
    s = open_spool(1 << 20);
    assert_int_equal(spool_len(s), 1);
    spool_close(s);
}

static void
what_another_process_left_can_be_sent_once_it_has_ended(void **state)
{
    (void)state;
    char name[SPOOL_NAME_MAX], byte = 0;
    int go[2];
    struct diag d;
    struct spool_frame f = frame("o", "from the first process");
    int ready[2];
    assert_int_equal(pipe(go) | pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct spool *other = NULL;
        close(go[1]); /* else it would wait for itself */
        if (read(go[0], &byte, 1) != 1) {
            _exit(8);
        }
        int bad = spool_open(dir, 1 << 20, &key, &other, &d) != ERR_OK ||
                  spool_retake(other, &d) != ERR_BUSY ||
                  spool_may_send(other, NULL);
        if (write(ready[1], "r", 1) != 1 || read(go[0], &byte, 1) != 1) {
            _exit(9);
        }
        bad = bad || spool_retake(other, &d) != ERR_OK ||
              !spool_may_send(other, NULL) || spool_len(other) != 1;
        spool_close(other);
        _exit(bad);
    }
    int status = 0;
    struct spool *s = open_spool(1 << 20);
    assert_int_equal(write(go[1], "g", 1), 1);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(spool_add(s, &f, name, &d), ERR_OK);
    spool_close(s);
    assert_int_equal(write(go[1], "g", 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(go[0]);
    close(go[1]);
    close(ready[0]);
    close(ready[1]);
}

static void what_a_killed_process_reserved_is_given_back(void **state)
{
    (void)state;
    char path[256];
    struct diag d;
    path_of("reserve", path, sizeof(path));
    assert_int_equal(fs_write_atomic(path, STR("left"), 0600, &d), ERR_OK);
    spool_close(open_spool(1 << 20));
    assert_int_equal(access(path, F_OK), -1);
}

static void files_that_are_not_frames_are_left_alone(void **state)
{
    (void)state;
    char path[256];
    struct diag d;
    path_of("notes.txt", path, sizeof(path));
    assert_int_equal(fs_write_atomic(path, STR("mine"), 0600, &d), ERR_OK);
    struct spool *s = open_spool(1 << 20);
    assert_int_equal(spool_len(s), 0);
    spool_close(s);
    assert_int_equal(access(path, F_OK), 0);
}

static void the_reserve_goes_when_the_spool_is_closed(void **state)
{
    (void)state;
    char path[256];
    struct diag d = {""};
    struct stat st;
    struct spool *s = open_spool(1 << 20);
    path_of("reserve", path, sizeof(path));
    assert_int_equal(spool_reserve(s, 1 << 20, &d), ERR_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 1 << 20);
    spool_close(s);
    assert_int_not_equal(stat(path, &st), 0);
}

static void what_a_dead_process_left_is_swept_away(void **state)
{
    (void)state;
    char reserve[256];
    char half[256];
    char fresh[256];
    struct diag d;
    struct stat st;
    struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    path_of("reserve", reserve, sizeof(reserve));
    path_of("0000000000000001-000000000000.frame.tmp-77-0", half, sizeof(half));
    path_of("0000000000000002-000000000000.frame.tmp-78-0", fresh,
            sizeof(fresh));
    assert_int_equal(fs_write_atomic(reserve, STR("x"), 0600, &d), ERR_OK);
    assert_int_equal(fs_write_atomic(half, STR("x"), 0600, &d), ERR_OK);
    assert_int_equal(fs_write_atomic(fresh, STR("x"), 0600, &d), ERR_OK);
    assert_int_equal(utimensat(AT_FDCWD, half, old, 0), 0);
    struct spool *s = open_spool(1 << 20);
    assert_int_equal(spool_len(s), 0);
    assert_int_not_equal(stat(reserve, &st), 0);
    assert_int_not_equal(stat(half, &st), 0);
    assert_int_equal(stat(fresh, &st), 0);
    spool_close(s);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_frame_reads_back_as_it_was_written),
        T(every_cut_and_every_flipped_bit_but_the_state_is_found),
        T(what_was_added_is_there_after_opening_again),
        T(neither_file_nor_name_tells_what_is_in_it),
        T(numbers_go_on_where_they_were_and_restart_when_empty),
        T(a_frame_whose_key_is_gone_is_counted_and_removed),
        T(what_another_key_of_ours_sealed_is_opened),
        T(what_earlier_versions_left_is_sealed_in_its_order),
        T(a_damaged_file_of_an_earlier_version_does_not_stay_in_clear),
        T(a_damaged_file_is_set_aside_and_named),
        T(a_full_spool_says_so_but_keeps_what_is_in_flight),
        T(only_one_process_sends),
        T(what_another_process_left_can_be_sent_once_it_has_ended),
        T(what_a_killed_process_reserved_is_given_back),
        T(files_that_are_not_frames_are_left_alone),
        T(the_reserve_goes_when_the_spool_is_closed),
        T(what_a_dead_process_left_is_swept_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
