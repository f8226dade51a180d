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
    assert_int_equal(spool_open(dir, max, &s, &d), ERR_OK);
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
    struct spool *s = open_spool(300);
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
        if (spool_open(dir, 1 << 20, &other, &d) != ERR_OK ||
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
        int bad = spool_open(dir, 1 << 20, &other, &d) != ERR_OK ||
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
