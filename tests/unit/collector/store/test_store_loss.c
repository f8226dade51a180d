// SPDX-License-Identifier: Apache-2.0
/* Segments that are missing, cut off or taken away: nothing is forgotten. What
 * hurts the store does so by the names of its files. */
#include "collector/store/store_backup.h"
#include "collector/store/store_restore.h"
#include "collector/store/store_verify.h"

#include "base/fs.h"
#include "collector/store/store.h"
#include "tests/unit/tmp.h"

#include <fcntl.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define T0      INT64_C(1793491200) /* 2026-11-01 00:00:00 */
#define RECORDS 5u

struct fixture {
    char dir[64];
    char data[96], segments[112], segment[144];
    char uid[RECORDS][UID_MAX];
    char said[2000];
};

static enum err put_one(struct store *s, unsigned i, char uid[UID_MAX])
{
    struct diag d = {{0}};
    char record[64];
    snprintf(record, sizeof(record), "{\"record\":%u}", i);
    struct store_put p = {.record = str_c(record)};
    p.row.start_s = p.row.claimed_s = T0;
    p.row.receipt_s = T0 + 60;
    p.row.asn = 137;
    str_copy(p.row.cc, sizeof(p.row.cc), "IR");
    p.row.test_name = "web_connectivity";
    p.row.foreign_uid = "";
    crypto_sha256(p.record, p.row.hash);
    enum err e = store_put(s, &p, 1, &d);
    str_copy(uid, UID_MAX, p.row.uid);
    return e;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    tmp_path(f->dir, sizeof(f->dir), "test_loss.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->data, sizeof(f->data), "%s/data", f->dir);
    snprintf(f->segments, sizeof(f->segments), "%s/segments", f->data);
    snprintf(f->segment, sizeof(f->segment), "%s/00000001.seg", f->segments);
    struct store *s = NULL;
    struct diag d = {{0}};
    assert_int_equal(store_open(f->data, STORE_WRITE, &s, &d), ERR_OK);
    for (unsigned i = 0; i < RECORDS; i++) {
        enum err e = put_one(s, i, f->uid[i]);
        if (e != ERR_OK) {
            store_close(s);
            fail_msg("%s", err_str(e));
        }
    }
    store_close(s);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(fs_remove_tree(f->dir, NULL), ERR_OK);
    free(f);
    return 0;
}

static void keep_words(void *arg, const char *words)
{
    struct fixture *f = arg;
    size_t n = strlen(f->said);
    snprintf(f->said + n, sizeof(f->said) - n, "%s\n", words);
}

static struct store_verified verified(struct fixture *f)
{
    struct store_verified v;
    struct diag d = {{0}};
    f->said[0] = '\0';
    enum err e = store_verify(f->data, keep_words, f, &v, &d);
    if (e != ERR_OK) {
        fail_msg("%s", d.text);
    }
    return v;
}

/* Opens, closes, and says how many records are there and how many are lost. */
static enum err counts(const struct fixture *f, enum store_mode mode, bool anew,
                       uint64_t *n, uint64_t *lost, struct diag *d)
{
    struct store *s = NULL;
    struct store_stats stats = {0};
    enum err e = anew ? store_rebuild(f->data, false, &s, d)
                      : store_open(f->data, mode, &s, d);
    if (e == ERR_OK) {
        e = store_stats(s, &stats);
        *n = stats.measurements;
        *lost = store_lost(s);
        assert_int_equal(stats.lost, *lost);
        store_stats_fini(&stats);
    }
    store_close(s);
    return e;
}

static void assert_counts(const struct fixture *f, enum store_mode mode,
                          bool anew, uint64_t n, uint64_t lost)
{
    struct diag d = {{0}};
    uint64_t have = 0, have_lost = 0;
    enum err e = counts(f, mode, anew, &have, &have_lost, &d);
    if (e != ERR_OK) {
        fail_msg("%s", d.text);
    }
    assert_int_equal(have, n);
    assert_int_equal(have_lost, lost);
}

/* No writer starts, it says why, and the index is as it was. */
static void assert_refused(const struct fixture *f, const char *words)
{
    struct diag d = {{0}};
    uint64_t n = 0, lost = 0;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(counts(f, STORE_WRITE, false, &n, &lost, &d), ERR_IO);
        assert_non_null(strstr(d.text, words));
        assert_non_null(strstr(d.text, "index rebuild"));
    }
    assert_counts(f, STORE_READ, false, RECORDS, 0);
}

static void a_missing_folder_stops_a_writer(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(fs_remove_tree(f->segments, NULL), ERR_OK);
    assert_refused(f, "segments: missing, empty or not mounted: 5 of the 5");
    assert_int_not_equal(access(f->segments, F_OK), 0);
}

static void an_empty_folder_stops_a_writer(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(unlink(f->segment), 0);
    assert_refused(f, "segments: missing, empty or not mounted: 5 of the 5");
}

static off_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_size : -1;
}

static void a_segment_that_was_cut_off_stops_a_writer(void **state)
{
    struct fixture *f = *state;
    off_t whole = size_of(f->segment);
    assert_int_equal(truncate(f->segment, whole - 20), 0);
    assert_refused(f, "segments: a file is cut off: 1 of the 5");
    assert_int_equal(size_of(f->segment), whole - 20);
}

/* The segment under the name of the second, the first gone. */
static void a_lost_file_among_others_stops_a_writer(void **state)
{
    struct fixture *f = *state;
    struct store *s = NULL;
    struct diag d = {{0}};
    char second[160], uid[UID_MAX];
    snprintf(second, sizeof(second), "%s/00000002.seg", f->segments);
    assert_int_equal(rename(f->segment, second), 0);
    assert_int_equal(store_rebuild(f->data, false, &s, &d), ERR_OK);
    enum err e = put_one(s, 100, uid);
    store_close(s);
    assert_int_equal(e, ERR_OK);
    assert_int_equal(unlink(second), 0);
    int fd = open(f->segment, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    close(fd);
    uint64_t n = 0, lost = 0;
    assert_int_equal(counts(f, STORE_WRITE, false, &n, &lost, &d), ERR_IO);
    assert_non_null(strstr(d.text, "1 of 2 files are missing: 6 of the 6"));
}

static void set_version(const struct fixture *f, int version)
{
    char path[128], sql[64];
    sqlite3 *db = NULL;
    snprintf(path, sizeof(path), "%s/index.sqlite", f->data);
    snprintf(sql, sizeof(sql), "PRAGMA user_version=%d", version);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* It would be made again from nothing. */
static void neither_does_an_older_index_forget(void **state)
{
    struct fixture *f = *state;
    struct diag d = {{0}};
    uint64_t n = 0, lost = 0;
    set_version(f, 5);
    assert_int_equal(unlink(f->segment), 0);
    assert_int_equal(counts(f, STORE_WRITE, false, &n, &lost, &d), ERR_IO);
    assert_non_null(strstr(d.text, "5 of the 5"));
    assert_int_equal(counts(f, STORE_READ, false, &n, &lost, &d), ERR_IO);
    assert_counts(f, STORE_WRITE, true, 0, RECORDS);
}

static void a_damaged_index_without_segments_stops_a_writer(void **state)
{
    struct fixture *f = *state;
    struct diag d = {{0}};
    uint64_t n = 0, lost = 0;
    char path[128];
    snprintf(path, sizeof(path), "%s/index.sqlite", f->data);
    assert_int_equal(unlink(f->segment), 0);
    assert_int_equal(truncate(path, 100), 0);
    assert_int_equal(counts(f, STORE_WRITE, false, &n, &lost, &d), ERR_IO);
    assert_non_null(strstr(d.text, "no segments"));
    assert_counts(f, STORE_WRITE, true, 0, 0);
}

/* Begun on a full disk, or by somebody who was killed: nothing is known. */
static void an_empty_index_is_made_by_whoever_opens_it(void **state)
{
    struct fixture *f = *state;
    char path[128];
    snprintf(path, sizeof(path), "%s/index.sqlite", f->data);
    assert_int_equal(truncate(path, 0), 0);
    assert_counts(f, STORE_READ, false, RECORDS, 0);
    assert_int_equal(fs_remove_tree(f->segments, NULL), ERR_OK);
    assert_int_equal(truncate(path, 0), 0);
    assert_counts(f, STORE_READ, false, 0, 0);
}

static void a_rebuild_goes_on_and_keeps_what_is_lost(void **state)
{
    struct fixture *f = *state;
    off_t whole = size_of(f->segment);
    assert_int_equal(truncate(f->segment, whole - 20), 0);
    assert_counts(f, STORE_WRITE, true, RECORDS - 1, 1);
    assert_int_equal(size_of(f->segment), whole - 20); /* nothing is cut */
    assert_counts(f, STORE_WRITE, false, RECORDS - 1, 1);
    assert_counts(f, STORE_WRITE, true, RECORDS - 1, 1);
    struct store_verified v = verified(f);
    assert_int_equal(v.lost, 1);
    assert_non_null(strstr(f->said, f->uid[RECORDS - 1]));
    assert_int_equal(v.frames, RECORDS - 1);
    /* also without the index, in which it stands */
    char path[128];
    snprintf(path, sizeof(path), "%s/index.sqlite", f->data);
    assert_int_equal(unlink(path), 0);
    assert_counts(f, STORE_WRITE, false, RECORDS - 1, 1);
    assert_int_equal(verified(f).lost, 1);
}

static enum err got(const struct fixture *f, const char *uid)
{
    struct store *s = NULL;
    struct diag d = {{0}};
    struct buf b;
    buf_init(&b, 1 << 16);
    assert_int_equal(store_open(f->data, STORE_READ, &s, &d), ERR_OK);
    enum err e = store_get(s, uid, &b);
    store_close(s);
    buf_fini(&b);
    return e;
}

/* Lost is not the same as never seen. */
static void who_asks_for_it_is_told(void **state)
{
    struct fixture *f = *state;
    int fd = open(f->segment, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "?", 1, size_of(f->segment) - 10), 1);
    close(fd);
    assert_int_equal(got(f, f->uid[0]), ERR_OK);
    assert_int_equal(got(f, f->uid[RECORDS - 1]), ERR_PARSE);
    assert_int_equal(got(f, "nobody"), ERR_NOTFOUND);
    assert_int_equal(unlink(f->segment), 0);
    assert_int_equal(got(f, f->uid[0]), ERR_IO);
    assert_counts(f, STORE_WRITE, true, 0, RECORDS);
    assert_int_equal(got(f, f->uid[0]), ERR_IO);
    assert_int_equal(got(f, "nobody"), ERR_NOTFOUND);
}

static void what_comes_again_is_not_lost(void **state)
{
    struct fixture *f = *state;
    struct store *s = NULL;
    struct diag d = {{0}};
    char uid[UID_MAX];
    assert_int_equal(unlink(f->segment), 0);
    assert_counts(f, STORE_WRITE, true, 0, RECORDS);
    assert_int_equal(store_open(f->data, STORE_WRITE, &s, &d), ERR_OK);
    enum err e = put_one(s, 3, uid);
    uint64_t lost = store_lost(s);
    store_close(s);
    assert_int_equal(e, ERR_OK);
    assert_string_equal(uid, f->uid[3]);
    assert_int_equal(lost, RECORDS - 1);
    assert_int_equal(verified(f).lost, RECORDS - 1);
    assert_counts(f, STORE_WRITE, true, 1, RECORDS - 1);
}

/* The disk is mounted after all: what was written meanwhile is beside it. */
static void a_file_that_is_put_back_is_read_again(void **state)
{
    struct fixture *f = *state;
    struct store *s = NULL;
    struct diag d = {{0}};
    char away[144], uid[UID_MAX];
    snprintf(away, sizeof(away), "%s/away", f->dir);
    assert_int_equal(rename(f->segment, away), 0);
    assert_int_equal(store_rebuild(f->data, false, &s, &d), ERR_OK);
    enum err e = put_one(s, 100, uid);
    store_close(s);
    assert_int_equal(e, ERR_OK);
    assert_int_not_equal(access(f->segment, F_OK), 0);
    assert_int_equal(verified(f).lost, RECORDS);
    assert_int_equal(rename(away, f->segment), 0);
    struct store_verified v = verified(f); /* they stand there */
    assert_int_equal(v.back, RECORDS);
    assert_int_equal(v.lost, 0);
    assert_int_equal(v.damage, 0);
    assert_counts(f, STORE_WRITE, true, RECORDS + 1, 0);
    v = verified(f);
    assert_int_equal(v.back, 0);
    assert_int_equal(v.damage, 0);
    assert_int_equal(v.frames, RECORDS + 1);
}

/* A flipped bit in the last record is no torn tail. */
static void a_rebuild_cuts_nothing_that_was_known(void **state)
{
    struct fixture *f = *state;
    off_t whole = size_of(f->segment);
    int fd = open(f->segment, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "?", 1, whole - 10), 1);
    close(fd);
    assert_counts(f, STORE_WRITE, true, RECORDS - 1, 1);
    assert_int_equal(size_of(f->segment), whole);
    assert_int_equal(verified(f).lost, 1);
}

/* ---- under a running store --------------------------------------------------
 */

static void assert_nothing_acknowledged(struct fixture *f,
                                        void (*hurt)(const struct fixture *f))
{
    struct store *s = NULL;
    struct diag d = {{0}};
    char uid[UID_MAX];
    assert_int_equal(store_open(f->data, STORE_WRITE, &s, &d), ERR_OK);
    bool stood = store_stands(s);
    hurt(f);
    bool stands = store_stands(s);
    enum err first = put_one(s, 100, uid), second = put_one(s, 101, uid);
    bool broken = store_broken(s);
    store_close(s);
    assert_true(stood);
    assert_false(stands);
    assert_int_equal(first, ERR_IO);
    assert_int_equal(second, ERR_IO);
    assert_true(broken);
}

static void remove_segment(const struct fixture *f)
{
    assert_int_equal(unlink(f->segment), 0);
}

static void move_segments(const struct fixture *f)
{
    char away[144];
    snprintf(away, sizeof(away), "%s/away", f->dir);
    assert_int_equal(rename(f->segments, away), 0);
}

static void replace_segment(const struct fixture *f)
{
    char copy[160];
    snprintf(copy, sizeof(copy), "%s/copy", f->dir);
    int fd = open(copy, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(rename(copy, f->segment), 0);
}

static void a_removed_segment_gets_no_acknowledgement(void **state)
{
    assert_nothing_acknowledged(*state, remove_segment);
}

static void nor_does_one_that_was_moved(void **state)
{
    assert_nothing_acknowledged(*state, move_segments);
}

static void nor_does_one_that_was_replaced(void **state)
{
    assert_nothing_acknowledged(*state, replace_segment);
}

static void cut_segment(const struct fixture *f)
{
    assert_int_equal(truncate(f->segment, 100), 0);
}

/* It must not look whole at the next start either. */
static void nor_does_one_that_was_cut_off(void **state)
{
    struct fixture *f = *state;
    struct store *s = NULL;
    struct diag d = {{0}};
    assert_nothing_acknowledged(f, cut_segment);
    assert_int_equal(size_of(f->segment), 100);
    assert_int_equal(store_open(f->data, STORE_WRITE, &s, &d), ERR_IO);
    assert_non_null(strstr(d.text, "cut off"));
}

/* Nothing was in it yet. */
static void an_empty_folder_that_goes_is_made_again(void **state)
{
    struct fixture *f = *state;
    struct store *s = NULL;
    struct diag d = {{0}};
    char uid[UID_MAX], fresh[96], segments[128];
    snprintf(fresh, sizeof(fresh), "%s/fresh", f->dir);
    snprintf(segments, sizeof(segments), "%s/segments", fresh);
    assert_int_equal(store_open(fresh, STORE_WRITE, &s, &d), ERR_OK);
    int removed = rmdir(segments);
    enum err e = put_one(s, 1, uid);
    bool stands = store_stands(s);
    store_close(s);
    assert_int_equal(removed, 0);
    assert_int_equal(e, ERR_OK);
    assert_true(stands);
}

/* ---- what is no segment -----------------------------------------------------
 */

/* It would be waited for, or read without end. */
static void what_is_no_file_is_named(void **state)
{
    struct fixture *f = *state;
    struct store *s = NULL;
    struct diag d = {{0}};
    char odd[160];
    snprintf(odd, sizeof(odd), "%s/00000002.seg", f->segments);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(i == 0   ? mkfifo(odd, 0600)
                         : i == 1 ? symlink("/dev/zero", odd)
                                  : mkdir(odd, 0700),
                         0);
        for (unsigned k = 0; k < 2; k++) {
            d.text[0] = '\0';
            assert_int_equal(
                store_open(f->data, k ? STORE_WRITE : STORE_READ, &s, &d),
                ERR_INVAL);
            assert_non_null(strstr(d.text, "00000002.seg"));
        }
        assert_int_equal(i == 2 ? rmdir(odd) : unlink(odd), 0);
    }
    assert_counts(f, STORE_WRITE, false, RECORDS, 0);
}

/* One that was copied there by mistake: what is between is not looked for. */
static void a_number_far_off_is_no_thousand_warnings(void **state)
{
    struct fixture *f = *state;
    char far_off[160];
    snprintf(far_off, sizeof(far_off), "%s/00001000.seg", f->segments);
    assert_int_equal(fs_write_atomic(far_off, STR(""), 0600, NULL), ERR_OK);
    assert_counts(f, STORE_WRITE, false, RECORDS, 0);
    assert_int_equal(unlink(far_off), 0);
}

/* ---- copies -----------------------------------------------------------------
 */

static void backed_up(const struct fixture *f, char copy[144])
{
    struct store_backed_up b;
    struct diag d = {{0}};
    snprintf(copy, 144, "%s/copy", f->dir);
    enum err e = store_backup(f->data, copy, &b, &d);
    if (e != ERR_OK) {
        fail_msg("%s", d.text);
    }
}

static void what_is_not_whole_is_not_backed_up(void **state)
{
    struct fixture *f = *state;
    struct store_backed_up b;
    struct diag d = {{0}};
    char copy[144];
    snprintf(copy, sizeof(copy), "%s/copy", f->dir);
    assert_int_equal(unlink(f->segment), 0);
    assert_int_equal(store_backup(f->data, copy, &b, &d), ERR_IO);
    assert_non_null(strstr(d.text, "5 of the 5"));
    assert_counts(f, STORE_WRITE, true, 0, RECORDS);
    assert_int_equal(store_backup(f->data, copy, &b, &d), ERR_OK);
}

/* The list without lines of `word`; "": without any. */
static void shorten_list(const char *copy, const char *word)
{
    char path[176];
    struct buf list, less;
    buf_init(&list, 1 << 16);
    buf_init(&less, 1 << 16);
    snprintf(path, sizeof(path), "%s/manifest.sha256", copy);
    assert_int_equal(fs_read(path, 1 << 16, &list, NULL), ERR_OK);
    struct str rest = buf_str(&list), line;
    while (rest.len > 0 && str_next(&rest, '\n', &line)) {
        if (str_find(line, str_c(word)) == SIZE_MAX) {
            buf_add_str(&less, line);
            buf_add_byte(&less, '\n');
        }
    }
    assert_int_equal(fs_write_atomic(path, buf_str(&less), 0600, NULL), ERR_OK);
    buf_fini(&list);
    buf_fini(&less);
}

static void a_list_that_is_not_whole_restores_nothing(void **state)
{
    struct fixture *f = *state;
    struct diag d = {{0}};
    char copy[144], again[144], gone[192];
    snprintf(again, sizeof(again), "%s/again", f->dir);
    backed_up(f, copy);
    shorten_list(copy, ".seg");
    assert_int_equal(store_restore(copy, again, T0, NULL, &d), ERR_PARSE);
    assert_non_null(strstr(d.text, "does not name segments/00000001.seg"));
    snprintf(gone, sizeof(gone), "%s/segments/00000001.seg", copy);
    assert_int_equal(unlink(gone), 0);
    assert_int_equal(store_restore(copy, again, T0, NULL, &d), ERR_IO);
    assert_non_null(strstr(d.text, "5 of the 5"));
    assert_int_not_equal(access(again, F_OK), 0);
    shorten_list(copy, "");
    assert_int_equal(store_restore(copy, again, T0, NULL, &d), ERR_PARSE);
    assert_int_not_equal(access(again, F_OK), 0);
}

/* FROM may be anybody's: what is no file of its own is not waited for and not
 * followed. */
static void only_files_are_restored(void **state)
{
    struct fixture *f = *state;
    struct diag d = {{0}};
    char copy[144], again[144], index[176], segments[176], elsewhere[144];
    snprintf(again, sizeof(again), "%s/again", f->dir);
    snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", f->dir);
    backed_up(f, copy);
    snprintf(index, sizeof(index), "%s/index.sqlite", copy);
    snprintf(segments, sizeof(segments), "%s/segments", copy);
    assert_int_equal(rename(segments, elsewhere), 0);
    assert_int_equal(symlink(elsewhere, segments), 0);
    assert_int_equal(store_restore(copy, again, T0, NULL, &d), ERR_INVAL);
    assert_non_null(strstr(d.text, "segments: is not a directory"));
    assert_int_equal(unlink(segments), 0);
    assert_int_equal(rename(elsewhere, segments), 0);

    assert_int_equal(rename(index, elsewhere), 0);
    assert_int_equal(symlink(elsewhere, index), 0);
    assert_int_equal(store_restore(copy, again, T0, NULL, &d), ERR_INVAL);
    assert_non_null(strstr(d.text, "is a link"));
    assert_int_equal(unlink(index), 0);
    assert_int_equal(mkfifo(index, 0600), 0);
    assert_int_equal(store_restore(copy, again, T0, NULL, &d), ERR_INVAL);
    assert_non_null(strstr(d.text, "is not a file"));
    assert_int_equal(unlink(index), 0);
    assert_int_equal(rename(elsewhere, index), 0);
    assert_int_equal(store_restore(copy, again, T0, NULL, &d), ERR_OK);
}

/* A restore that was killed leaves AGAIN.partial, and the mark of it. */
static void what_was_left_is_no_hindrance(void **state)
{
    struct fixture *f = *state;
    struct diag d = {{0}};
    char copy[144], again[144], left[160], in_it[176], mark[176];
    snprintf(again, sizeof(again), "%s/again", f->dir);
    snprintf(left, sizeof(left), "%s/again.partial", f->dir);
    snprintf(in_it, sizeof(in_it), "%s/again.partial/index.sqlite", f->dir);
    snprintf(mark, sizeof(mark), "%s/again.partial.lock", f->dir);
    backed_up(f, copy);
    assert_int_equal(mkdir(left, 0700), 0);
    assert_int_equal(fs_write_atomic(in_it, STR("half"), 0600, NULL), ERR_OK);
    int lock = -1;
    assert_int_equal(fs_lock(mark, &lock, NULL), ERR_OK);
    assert_int_equal(store_restore(copy, again, T0, NULL, &d), ERR_BUSY);
    assert_int_equal(access(in_it, F_OK), 0);
    close(lock); /* as when its process ends */
    assert_int_equal(store_restore(copy, again, T0, NULL, &d), ERR_OK);
    assert_int_not_equal(access(left, F_OK), 0);
    assert_int_not_equal(access(mark, F_OK), 0);
}

static void what_is_not_ours_stays_in_the_way(void **state)
{
    struct fixture *f = *state;
    struct diag d = {{0}};
    char copy[144], again[144], left[160], theirs[176];
    snprintf(again, sizeof(again), "%s/again", f->dir);
    snprintf(left, sizeof(left), "%s/again.partial", f->dir);
    snprintf(theirs, sizeof(theirs), "%s/diary", left);
    backed_up(f, copy);
    assert_int_equal(mkdir(left, 0700), 0);
    assert_int_equal(fs_write_atomic(theirs, STR("mine"), 0600, NULL), ERR_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_restore(copy, again, T0, NULL, &d), ERR_EXISTS);
        assert_int_equal(access(theirs, F_OK), 0);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void remove_named(const struct fixture *f, const char *name)
{
    char path[160];
    snprintf(path, sizeof(path), "%s/%s", f->data, name);
    unlink(path); /* it may not be there */
}

static void remove_the_index(const struct fixture *f)
{
    remove_named(f, "index.sqlite");
    remove_named(f, "index.sqlite-wal");
    remove_named(f, "index.sqlite-shm");
}

/* Neither index nor segments, but tags of who sent records: no new one. */
static void a_directory_that_lost_all_is_not_new(void **state)
{
    struct fixture *f = *state;
    struct diag d = {{0}};
    uint64_t n = 0, lost = 0;
    char path[160];
    remove_the_index(f);
    assert_int_equal(fs_remove_tree(f->segments, NULL), ERR_OK);
    snprintf(path, sizeof(path), "%s/sidecar/2026-11-01.tags", f->data);
    assert_int_equal(fs_write_atomic(path, STR(""), 0600, NULL), ERR_OK);
    assert_int_equal(counts(f, STORE_WRITE, false, &n, &lost, &d), ERR_IO);
    assert_non_null(strstr(d.text, "neither index nor segments"));
    assert_int_equal(counts(f, STORE_SERVE, false, &n, &lost, &d), ERR_IO);
    assert_int_equal(counts(f, STORE_WRITE, true, &n, &lost, &d), ERR_OK);
    assert_int_equal(n, 0);
    assert_int_equal(counts(f, STORE_WRITE, false, &n, &lost, &d), ERR_OK);
}

/* Nobody knows what was in it: it is not thrown away. */
static void a_file_without_a_whole_record_is_put_aside(void **state)
{
    struct fixture *f = *state;
    struct diag d = {{0}};
    uint64_t n = 0, lost = 0;
    char aside[192];
    struct stat st;
    remove_the_index(f);
    assert_int_equal(truncate(f->segment, 100), 0);
    assert_int_equal(counts(f, STORE_WRITE, false, &n, &lost, &d), ERR_OK);
    assert_int_equal(n, 0);
    snprintf(aside, sizeof(aside), "%s.torn", f->segment);
    assert_int_equal(stat(aside, &st), 0);
    assert_int_equal(st.st_size, 100);
    struct store *s = NULL;
    char uid[UID_MAX];
    assert_int_equal(store_open(f->data, STORE_WRITE, &s, &d), ERR_OK);
    assert_int_equal(put_one(s, 1, uid), ERR_OK);
    store_close(s);
    assert_int_equal(counts(f, STORE_WRITE, false, &n, &lost, &d), ERR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(verified(f).damage, 0);
    assert_int_equal(stat(aside, &st), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_directory_that_lost_all_is_not_new),
        T(a_file_without_a_whole_record_is_put_aside),
        T(a_missing_folder_stops_a_writer),
        T(an_empty_folder_stops_a_writer),
        T(a_segment_that_was_cut_off_stops_a_writer),
        T(a_lost_file_among_others_stops_a_writer),
        T(neither_does_an_older_index_forget),
        T(a_damaged_index_without_segments_stops_a_writer),
        T(an_empty_index_is_made_by_whoever_opens_it),
        T(a_rebuild_goes_on_and_keeps_what_is_lost),
        T(who_asks_for_it_is_told),
        T(what_comes_again_is_not_lost),
        T(a_file_that_is_put_back_is_read_again),
        T(a_rebuild_cuts_nothing_that_was_known),
        T(a_removed_segment_gets_no_acknowledgement),
        T(nor_does_one_that_was_moved),
        T(nor_does_one_that_was_replaced),
        T(nor_does_one_that_was_cut_off),
        T(what_is_no_file_is_named),
        T(a_number_far_off_is_no_thousand_warnings),
        T(an_empty_folder_that_goes_is_made_again),
        T(what_is_not_whole_is_not_backed_up),
        T(a_list_that_is_not_whole_restores_nothing),
        T(only_files_are_restored),
        T(what_was_left_is_no_hindrance),
        T(what_is_not_ours_stays_in_the_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
