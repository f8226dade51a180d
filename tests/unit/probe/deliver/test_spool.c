// SPDX-License-Identifier: Apache-2.0
#include "base/fs.h"
#include "base/look.h"
#include "probe/deliver/spool.h"
#include "probe/deliver/spool_file.h"
#include "record/sealed.h"
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
    buf_init(&bytes, FRAME_MAX);
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    struct diag d;
    buf_fini(&bytes);
    return fs_remove_tree(dir, &d) == ERR_OK ? 0 : -1;
}

static struct frame frame(const char *open, const char *body)
{
    return (struct frame){.kind = FRAME_SUBMISSION,
                          .state = FRAME_WAITING,
                          .priority = FRAME_ODD,
                          .created_s = 1790000000,
                          .open = str_c(open),
                          .body = str_c(body)};
}

static struct spool *open_spool(uint64_t max)
{
    struct spool *s = NULL;
    struct diag d = {""};
    assert_int_equal(spool_open(dir, max, &key, &s, &d), ERR_OK);
    assert_non_null(s);
    return s;
}

/* Adds a frame and gives its id. */
static uint64_t add_as(struct spool *s, enum frame_priority priority,
                       const char *body)
{
    struct frame f = frame("open of a report", body);
    struct diag d = {""};
    f.priority = priority;
    assert_int_equal(spool_add(s, &f, &d), ERR_OK);
    return spool_item(s, spool_len(s) - 1).id;
}

static uint64_t add(struct spool *s, const char *body)
{
    return add_as(s, FRAME_ODD, body);
}

/* The body of the i-th frame, in `bytes`. */
static struct str body_of(struct spool *s, size_t i)
{
    struct frame f;
    struct diag d = {""};
    assert_int_equal(spool_load(s, spool_item(s, i).id, &bytes, &f, &d),
                     ERR_OK);
    return f.body;
}

static void path_of(const char *name, char *out, size_t size)
{
    snprintf(out, size, "%s/%s", dir, name);
}

/* The files of the spool, in `last` the last one of them. */
struct files {
    size_t n;
    char last[256];
};

static enum err count_file(void *arg, const char *name)
{
    struct files *f = arg;
    if (str_ends(str_c(name), ".spool")) {
        f->n++;
        path_of(name, f->last, sizeof(f->last));
    }
    return ERR_OK;
}

static struct files files(void)
{
    struct files f = {0, ""};
    struct diag d = {""};
    assert_int_equal(look_each(dir, count_file, &f, &d), ERR_OK);
    return f;
}

/* Every byte of a file. */
static void read_all(const char *path, struct buf *out)
{
    struct diag d = {""};
    buf_clear(out);
    assert_int_equal(fs_read(path, FRAME_MAX, out, &d), ERR_OK);
    assert_non_null(out->p);
}

static void what_was_added_is_there_after_opening_again(void **state)
{
    (void)state;
    struct spool *s = open_spool(1 << 20);
    add(s, "one");
    uint64_t second = add(s, "two");
    assert_int_equal(spool_mark(s, second, FRAME_REFUSED), ERR_OK);
    uint64_t size = spool_bytes(s);
    spool_close(s);
    assert_int_equal(files().n, 1);

    s = open_spool(1 << 20);
    assert_int_equal(spool_len(s), 2);
    assert_int_equal(spool_bytes(s), size);
    assert_int_equal(spool_count(s, FRAME_WAITING), 1);
    assert_int_equal(spool_count(s, FRAME_REFUSED), 1);
    assert_true(str_eq_c(body_of(s, 0), "one"));
    assert_int_equal(spool_done(s, spool_item(s, 0).id), ERR_OK);
    assert_int_equal(spool_len(s), 1);
    assert_true(str_eq_c(body_of(s, 0), "two"));
    assert_int_equal(spool_done(s, spool_item(s, 0).id), ERR_OK);
    assert_int_equal(files().n, 0);
    spool_close(s);
}

static void neither_file_nor_name_tells_what_is_in_it(void **state)
{
    (void)state;
    struct spool *s = open_spool(1 << 20);
    add(s, "body of a record");
    add(s, "body of a record, and more of it");
    assert_int_equal(spool_item(s, 0).bytes, spool_item(s, 1).bytes);
    struct files f = files();
    assert_int_equal(f.n, 1);
    assert_memory_equal(strrchr(f.last, '/'), "/00000000-", 10);
    read_all(f.last, &bytes);
    assert_int_equal(str_find(buf_str(&bytes), STR("open of")), SIZE_MAX);
    assert_int_equal(str_find(buf_str(&bytes), STR("body of")), SIZE_MAX);
    assert_int_equal(str_find(buf_str(&bytes), STR("PXSPOOL1")), SIZE_MAX);
    spool_close(s);
}

static void numbers_go_on_where_they_were_and_restart_when_empty(void **state)
{
    (void)state;
    struct spool *s = open_spool(1 << 20);
    uint64_t id = add(s, "one");
    spool_close(s);
    s = open_spool(1 << 20);
    add(s, "two");
    assert_int_equal(files().n, 2);
    assert_true(str_eq_c(body_of(s, 0), "one"));
    id = spool_item(s, 0).id;
    assert_int_equal(spool_done(s, id), ERR_OK);
    assert_memory_equal(strrchr(files().last, '/'), "/00000001-", 10);
    assert_int_equal(spool_done(s, spool_item(s, 0).id), ERR_OK);
    spool_close(s);
    assert_int_equal(files().n, 0);
    s = open_spool(1 << 20);
    add(s, "three");
    assert_memory_equal(strrchr(files().last, '/'), "/00000000-", 10);
    spool_close(s);
}

static void a_frame_whose_key_is_gone_is_counted_and_removed(void **state)
{
    (void)state;
    static const struct seal later = {
        .keys = {{9}, {8}}, .n = 2, .lasting = true};
    struct diag d = {""};
    struct spool *s = open_spool(1 << 20);
    add(s, "of before");
    spool_close(s);
    s = NULL;
    assert_int_equal(spool_open(dir, 1 << 20, &later, &s, &d), ERR_OK);
    assert_non_null(s);
    assert_int_equal(spool_len(s), 0);
    assert_int_equal(spool_lost(s), 1);
    assert_int_equal(spool_damaged(s), 0);
    assert_int_equal(files().n, 0);
    spool_close(s);
}

static void what_another_key_of_ours_sealed_is_opened(void **state)
{
    (void)state;
    static const struct seal both = {
        .keys = {{9}, {1, 2, 3}}, .n = 2, .lasting = true};
    struct diag d = {""};
    struct spool *s = open_spool(1 << 20);
    add(s, "under the other key");
    spool_close(s);
    s = NULL;
    assert_int_equal(spool_open(dir, 1 << 20, &both, &s, &d), ERR_OK);
    assert_non_null(s);
    assert_true(str_eq_c(body_of(s, 0), "under the other key"));
    spool_close(s);
}

/* ---- torn and damaged ---------------------------------------------------- */

static void an_unfinished_end_is_cut_off_and_what_follows_is_whole(void **state)
{
    (void)state;
    struct stat st;
    struct spool *s = open_spool(1 << 20);
    add(s, "one");
    add(s, "two, which a power cut tears");
    spool_close(s);
    struct files f = files();
    assert_int_equal(stat(f.last, &st), 0);
    off_t half = (off_t)(SPOOL_FILE_START + (st.st_size - 8) / 2);
    assert_int_equal(truncate(f.last, st.st_size - 100), 0);
    s = open_spool(1 << 20);
    assert_int_equal(spool_len(s), 1);
    assert_int_equal(spool_damaged(s), 0);
    assert_int_equal(stat(f.last, &st), 0);
    assert_int_equal(st.st_size, half);
    add(s, "three");
    spool_close(s);
    s = open_spool(1 << 20);
    assert_int_equal(spool_len(s), 2);
    assert_true(str_eq_c(body_of(s, 1), "three"));
    spool_close(s);
}

static void a_damaged_frame_is_counted_and_costs_no_other(void **state)
{
    (void)state;
    struct spool *s = open_spool(1 << 20);
    add(s, "one");
    add(s, "two");
    add(s, "three");
    spool_close(s);
    int fd = open(files().last, O_WRONLY);
    assert_int_equal(pwrite(fd, "???", 3, 1500), 3);
    close(fd);
    s = open_spool(1 << 20);
    assert_int_equal(spool_len(s), 2);
    assert_int_equal(spool_damaged(s), 1);
    assert_true(str_eq_c(body_of(s, 1), "three"));
    spool_close(s);
}

static void what_is_damaged_after_it_was_listed_is_passed_over(void **state)
{
    (void)state;
    struct frame f;
    struct diag d = {""};
    struct spool *s = open_spool(1 << 20);
    add(s, "a body that will be cut");
    spool_close(s);
    s = open_spool(1 << 20);
    assert_int_equal(truncate(files().last, 70), 0);
    assert_int_equal(spool_load(s, spool_item(s, 0).id, &bytes, &f, &d),
                     ERR_PARSE);
    assert_int_equal(spool_len(s), 0);
    assert_int_equal(spool_damaged(s), 1);
    spool_close(s);
}

static void a_file_that_is_none_of_ours_is_set_aside(void **state)
{
    (void)state;
    char path[256], bad[300];
    struct diag d = {""};
    path_of("00000000-00000000.spool", path, sizeof(path));
    snprintf(bad, sizeof(bad), "%s.bad", path);
    assert_int_equal(fs_write_atomic(path, STR("garbage!"), 0600, &d), ERR_OK);
    struct spool *s = open_spool(1 << 20);
    assert_int_equal(spool_damaged(s), 1);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(access(bad, F_OK), 0);
    spool_close(s);
}

/* ---- room ---------------------------------------------------------------- */

static void the_oldest_frames_of_sites_that_work_go_first(void **state)
{
    (void)state;
    struct spool *s = open_spool(6000); /* five frames */
    add_as(s, FRAME_INNOCENT, "works 1");
    add_as(s, FRAME_BLOCKED, "blocked 1");
    add_as(s, FRAME_INNOCENT, "works 2");
    add_as(s, FRAME_ODD, "odd 1");
    add_as(s, FRAME_INNOCENT, "works 3");
    assert_int_equal(spool_len(s), 5);
    add_as(s, FRAME_BLOCKED, "blocked 2");
    add_as(s, FRAME_INNOCENT, "works 4");
    assert_int_equal(spool_dropped(s), 2);
    assert_true(spool_bytes(s) <= 6000);
    assert_false(spool_tight(s));
    spool_close(s);
    s = open_spool(6000);
    const char *const left[] = {"works 3", "works 4", "blocked 1", "odd 1",
                                "blocked 2"};
    assert_int_equal(spool_len(s), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_true(str_eq_c(body_of(s, i), left[i]));
    }
    spool_close(s);
}

static void a_spool_full_of_what_may_not_go_says_so(void **state)
{
    (void)state;
    struct spool *s = open_spool(6000);
    assert_false(spool_tight(s));
    for (int i = 0; i < 6; i++) {
        add(s, "some bytes of a body, and more of them");
    }
    assert_true(spool_tight(s));
    assert_int_equal(spool_len(s), 6); /* what was in flight is kept */
    assert_int_equal(spool_dropped(s), 0);
    spool_close(s);
}

static void
what_is_too_old_goes_and_a_clock_that_is_behind_removes_nothing(void **state)
{
    (void)state;
    struct spool *s = open_spool(1 << 20);
    add(s, "of today");
    add_as(s, FRAME_INNOCENT, "of today, too");
    unsigned today = spool_item(s, 0).day;
    assert_int_equal(spool_expire(s, 0, 30), 0);
    assert_int_equal(spool_expire(s, today + 30, 30), 0);
    assert_int_equal(spool_expire(s, today + 31, 30), 2);
    assert_int_equal(spool_len(s), 0);
    spool_close(s);
    assert_int_equal(files().n, 0);
}

static void a_long_file_is_followed_by_another(void **state)
{
    (void)state;
    struct spool *s = open_spool(1 << 20); /* so 64 KiB each */
    for (int i = 0; i < 130; i++) {
        add(s, "a body");
    }
    assert_int_equal(files().n, 3);
    for (int i = 0; i < 59; i++) {
        assert_int_equal(spool_done(s, spool_item(s, 0).id), ERR_OK);
    }
    assert_int_equal(files().n, 3); /* one is left in the first */
    assert_int_equal(spool_done(s, spool_item(s, 0).id), ERR_OK);
    assert_int_equal(files().n, 2);
    spool_close(s);
    s = open_spool(1 << 20);
    assert_int_equal(spool_len(s), 70);
    spool_close(s);
}

/* ---- bursts -------------------------------------------------------------- */

static void in_a_burst_nothing_is_written_before_it_is_due(void **state)
{
    (void)state;
    struct diag d = {""};
    struct spool *s = open_spool(1 << 20);
    spool_hold(s, INT64_MAX);
    add(s, "one");
    uint64_t two = add_as(s, FRAME_INNOCENT, "two");
    add(s, "three");
    assert_int_equal(files().n, 0);
    assert_int_equal(spool_tick(s, INT64_MAX / 2, &d), ERR_OK);
    assert_int_equal(files().n, 0);
    assert_true(str_eq_c(body_of(s, 2), "three"));
    assert_int_equal(spool_mark(s, spool_item(s, 0).id, FRAME_HELD), ERR_OK);
    /* what was sent meanwhile is never written */
    assert_int_equal(spool_done(s, two), ERR_OK);
    spool_hold(s, 1000);
    assert_int_equal(spool_tick(s, INT64_MAX, &d), ERR_OK);
    assert_int_equal(files().n, 1);
    assert_true(str_eq_c(body_of(s, 1), "three"));
    add(s, "four");
    spool_close(s);
    s = open_spool(1 << 20);
    assert_int_equal(spool_len(s), 3);
    assert_int_equal(spool_count(s, FRAME_HELD), 1);
    assert_true(str_eq_c(body_of(s, 0), "one"));
    assert_true(str_eq_c(body_of(s, 2), "four"));
    spool_close(s);
}

static void more_than_is_held_in_memory_is_written_before(void **state)
{
    (void)state;
    static char body[300000];
    struct spool *s = open_spool(256 << 20);
    memset(body, 'x', sizeof(body) - 1);
    spool_hold(s, INT64_MAX);
    for (int i = 0; i < 20; i++) {
        add(s, body);
    }
    assert_true(files().n > 0);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(body_of(s, i).len, sizeof(body) - 1);
    }
    spool_close(s);
}

static void what_a_killed_process_had_written_is_there(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct spool *s = NULL;
        struct diag d;
        struct frame f = frame("o", "written at once");
        if (spool_open(dir, 1 << 20, &key, &s, &d) != ERR_OK ||
            spool_add(s, &f, &d) != ERR_OK) {
            _exit(1);
        }
        spool_hold(s, INT64_MAX);
        f.body = STR("held");
        _exit(spool_add(s, &f, &d) == ERR_OK ? 0 : 2); /* it is not closed */
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    struct spool *s = open_spool(1 << 20);
    assert_int_equal(spool_len(s), 1);
    assert_true(str_eq_c(body_of(s, 0), "written at once"));
    spool_close(s);
}

struct told {
    uint64_t known_by;
    enum err answer;
};

static enum err tell(void *arg, uint64_t known_by)
{
    struct told *t = arg;
    t->known_by = known_by;
    return t->answer;
}

static void a_frame_is_known_again_by_what_was_told_before(void **state)
{
    (void)state;
    struct diag d = {""};
    struct told t = {0, ERR_IO};
    struct frame f = frame("o", "body");
    struct spool *s = open_spool(1 << 20);
    assert_int_equal(spool_add_after(s, &f, tell, &t, &d), ERR_IO);
    assert_int_equal(spool_len(s), 0);
    t.answer = ERR_OK;
    assert_int_equal(spool_add_after(s, &f, tell, &t, &d), ERR_OK);
    assert_true(spool_has(s, t.known_by));
    spool_close(s);
    s = open_spool(1 << 20);
    assert_true(spool_has(s, t.known_by));
    assert_int_equal(spool_done(s, spool_item(s, 0).id), ERR_OK);
    assert_false(spool_has(s, t.known_by));
    spool_close(s);
}

static void
a_boxed_frame_outlasts_the_key_and_nobody_here_opens_it(void **state)
{
    (void)state;
    static const struct seal later = {.keys = {{9}}, .n = 1, .lasting = true};
    struct sealed_keys keys = {.n = 1};
    struct str open, text;
    struct frame f;
    struct diag d = {""};
    struct spool *s = open_spool(1 << 20);
    crypto_box_pair(keys.pub[0], keys.secret[0]);
    spool_box(s, keys.pub[0], true);
    add(s, "for the collector");
    /* in this run it is also there as it is */
    assert_true(spool_item(s, 0).boxed && spool_item(s, 0).open);
    assert_true(str_eq_c(body_of(s, 0), "for the collector"));
    spool_close(s);
    s = NULL;
    assert_int_equal(spool_open(dir, 1 << 20, &later, &s, &d), ERR_OK);
    assert_non_null(s);
    assert_int_equal(spool_lost(s), 0);
    assert_int_equal(spool_len(s), 1);
    assert_true(spool_item(s, 0).boxed && !spool_item(s, 0).open);
    uint64_t id = spool_item(s, 0).id;
    assert_int_equal(spool_load(s, id, &bytes, &f, &d), ERR_ACCESS);
    assert_int_equal(spool_count(s, FRAME_WAITING), 1);
    assert_int_equal(spool_load_box(s, id, &bytes, &d), ERR_OK);
    struct buf plain;
    buf_init(&plain, SEALED_MAX);
    assert_int_equal(sealed_open(&keys, buf_str(&bytes), &plain, &open, &text),
                     ERR_OK);
    assert_true(str_eq_c(text, "for the collector"));
    buf_fini(&plain);
    assert_int_equal(spool_done(s, id), ERR_OK);
    spool_close(s);
}

static void where_boxes_are_known_no_copy_is_kept(void **state)
{
    (void)state;
    struct sealed_keys keys = {.n = 1};
    struct frame f;
    struct diag d = {""};
    struct spool *s = open_spool(1 << 20);
    crypto_box_pair(keys.pub[0], keys.secret[0]);
    spool_box(s, keys.pub[0], false);
    add(s, "for the collector");
    assert_true(spool_item(s, 0).boxed && !spool_item(s, 0).open);
    assert_int_equal(spool_load(s, spool_item(s, 0).id, &bytes, &f, &d),
                     ERR_ACCESS);
    assert_int_equal(spool_load_box(s, spool_item(s, 0).id, &bytes, &d),
                     ERR_OK);
    spool_close(s);
}

static void a_file_of_a_newer_version_stays_as_it_is(void **state)
{
    (void)state;
    char path[256];
    struct diag d = {""};
    struct spool *s = open_spool(1 << 20);
    add(s, "ours");
    assert_int_equal(spool_sync(s, &d), ERR_OK);
    spool_close(s);
    path_of("00000007-00000001.spool", path, sizeof(path));
    assert_int_equal(
        fs_write_atomic(path, STR("PXSPOOL4 what it has"), 0600, &d), ERR_OK);
    for (int i = 0; i < 2; i++) {
        s = open_spool(1 << 20);
        assert_int_equal(spool_damaged(s), 0);
        assert_int_equal(spool_count(s, FRAME_WAITING), 1);
        assert_int_equal(spool_count(s, FRAME_PASSED), 1);
        assert_true(str_eq_c(body_of(s, 0), "ours"));
        spool_close(s);
        buf_clear(&bytes);
        assert_int_equal(fs_read(path, 100, &bytes, &d), ERR_OK);
        assert_true(str_eq_c(buf_str(&bytes), "PXSPOOL4 what it has"));
    }
}

/* ---- earlier versions ---------------------------------------------------- */

/* As earlier versions kept them: the frame itself, under a name that is a
 * time. */
static void leave_old(const char *name, const char *body,
                      enum frame_state state)
{
    char path[256];
    struct frame f = frame("old open", body);
    struct diag d = {""};
    f.state = state;
    buf_clear(&bytes);
    assert_int_equal(frame_encode(&f, &bytes), ERR_OK);
    path_of(name, path, sizeof(path));
    assert_int_equal(fs_write_atomic(path, buf_str(&bytes), 0600, &d), ERR_OK);
}

/* Sealed, as the version before this one kept them. */
static void leave_sealed(const char *name, const char *body,
                         enum frame_state state)
{
    char path[256];
    struct frame f = frame("old open", body);
    struct diag d = {""};
    buf_clear(&bytes);
    buf_add_c(&bytes, "PXSPOOL2");
    buf_add_byte(&bytes, (uint8_t)state);
    assert_int_equal(frame_seal(&key, &f, &bytes), ERR_OK);
    path_of(name, path, sizeof(path));
    assert_int_equal(fs_write_atomic(path, buf_str(&bytes), 0600, &d), ERR_OK);
}

static void what_earlier_versions_left_is_taken_in_its_order(void **state)
{
    (void)state;
    static const char *const names[] = {"0006443ba5f8e7d1-0000aaaaaaaa.frame",
                                        "0006443ba5f8e7d2-0001bbbbbbbb.frame"};
    char path[256];
    leave_old(names[0], "old one", FRAME_WAITING);
    leave_old(names[1], "old two", FRAME_REFUSED);
    leave_sealed("00000003-01234567.frame", "sealed", FRAME_HELD);
    path_of(names[0], path, sizeof(path));
    int kept = open(path, O_RDONLY); /* as a carver keeps the blocks */
    for (int again = 0; again < 2; again++) {
        struct spool *s = open_spool(1 << 20);
        static const char *const bodies[] = {"sealed", "old one", "old two"};

        static const enum frame_state states[] = {FRAME_HELD, FRAME_WAITING,
                                                  FRAME_REFUSED};

        assert_int_equal(spool_len(s), 3);
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(spool_item(s, i).state, states[i]);
            assert_true(str_eq_c(body_of(s, i), bodies[i]));
        }
        path_of(names[1], path, sizeof(path));
        assert_int_equal(access(path, F_OK), -1);
        spool_close(s);
    }
    char was[200];
    ssize_t n = read(kept, was, sizeof(was));
    assert_true(n > 0);
    for (ssize_t i = 0; i < n; i++) {
        assert_int_equal(was[i], 0);
    }
    close(kept);
}

static void
an_old_file_that_cannot_be_used_does_not_stop_the_others(void **state)
{
    (void)state;
    static const struct seal other = {.keys = {{7}}, .n = 1};
    char path[256];
    struct diag d = {""};
    struct frame f = frame("o", "of another key");
    buf_clear(&bytes);
    buf_add_c(&bytes, "PXSPOOL2");
    buf_add_byte(&bytes, FRAME_WAITING);
    assert_int_equal(frame_seal(&other, &f, &bytes), ERR_OK);
    path_of("00000000-00000000.frame", path, sizeof(path));
    assert_int_equal(fs_write_atomic(path, buf_str(&bytes), 0600, &d), ERR_OK);
    path_of("00000001-00000000.frame", path, sizeof(path));
    assert_int_equal(fs_write_atomic(path, STR("garbage"), 0600, &d), ERR_OK);
    leave_sealed("00000002-00000000.frame", "sealed", FRAME_WAITING);
    struct spool *s = open_spool(1 << 20);
    assert_int_equal(spool_len(s), 1);
    assert_int_equal(spool_lost(s), 1);
    assert_int_equal(spool_damaged(s), 1);
    assert_true(str_eq_c(body_of(s, 0), "sealed"));
    path_of("00000001-00000000.frame.bad", path, sizeof(path));
    assert_int_equal(access(path, F_OK), 0);
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

/* ---- processes ----------------------------------------------------------- */

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
        struct frame f = frame("o", "from the other process");
        enum err e = spool_add(other, &f, &d);
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
    char byte = 0;
    int go[2];
    struct diag d;
    struct frame f = frame("o", "from the first process");
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
    assert_int_equal(spool_add(s, &f, &d), ERR_OK);
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
        T(what_was_added_is_there_after_opening_again),
        T(neither_file_nor_name_tells_what_is_in_it),
        T(numbers_go_on_where_they_were_and_restart_when_empty),
        T(a_frame_whose_key_is_gone_is_counted_and_removed),
        T(what_another_key_of_ours_sealed_is_opened),
        T(an_unfinished_end_is_cut_off_and_what_follows_is_whole),
        T(a_damaged_frame_is_counted_and_costs_no_other),
        T(what_is_damaged_after_it_was_listed_is_passed_over),
        T(a_file_that_is_none_of_ours_is_set_aside),
        T(the_oldest_frames_of_sites_that_work_go_first),
        T(a_spool_full_of_what_may_not_go_says_so),
        T(what_is_too_old_goes_and_a_clock_that_is_behind_removes_nothing),
        T(a_long_file_is_followed_by_another),
        T(in_a_burst_nothing_is_written_before_it_is_due),
        T(more_than_is_held_in_memory_is_written_before),
        T(what_a_killed_process_had_written_is_there),
        T(a_frame_is_known_again_by_what_was_told_before),
        T(a_boxed_frame_outlasts_the_key_and_nobody_here_opens_it),
        T(where_boxes_are_known_no_copy_is_kept),
        T(a_file_of_a_newer_version_stays_as_it_is),
        T(what_earlier_versions_left_is_taken_in_its_order),
        T(an_old_file_that_cannot_be_used_does_not_stop_the_others),
        T(a_damaged_file_of_an_earlier_version_does_not_stay_in_clear),
        T(only_one_process_sends),
        T(what_another_process_left_can_be_sent_once_it_has_ended),
        T(what_a_killed_process_reserved_is_given_back),
        T(files_that_are_not_frames_are_left_alone),
        T(the_reserve_goes_when_the_spool_is_closed),
        T(what_a_dead_process_left_is_swept_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
