// SPDX-License-Identifier: Apache-2.0
/* A store that is looked through, copied and made again from the copy; what
 * hurts it does so by the names of its files. */
#include "collector/store/store_backup.h"
#include "collector/store/store_copy.h"
#include "collector/store/store_restore.h"
#include "collector/store/store_verify.h"

#include "base/fs.h"
#include "collector/store/store.h"
#include "tests/unit/tmp.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define T0      INT64_C(1793491200) /* 2026-11-01 00:00:00 */
#define DAY     INT64_C(86400)
#define RECORDS 5u

struct fixture {
    char dir[64];
    char data[96], copy[96], again[96];
    char said[400];
};

static void put_records(const char *data)
{
    struct store *s = NULL;
    struct diag d = {{0}};
    assert_int_equal(store_open(data, STORE_WRITE, &s, &d), ERR_OK);
    for (unsigned i = 0; i < RECORDS; i++) {
        char record[64];
        snprintf(record, sizeof(record), "{\"record\":%u}", i);
        struct store_put p = {.record = str_c(record)};
        p.row.start_s = p.row.claimed_s = T0;
        p.row.receipt_s = T0 + 60;
        p.row.asn = 137;
        str_copy(p.row.cc, sizeof(p.row.cc), "IR");
        str_copy(p.row.x_probe, sizeof(p.row.x_probe),
                 "00112233445566778899aabbccddeeff");
        p.row.test_name = "web_connectivity";
        crypto_sha256(p.record, p.row.hash);
        enum err e = store_put(s, &p, 1, &d);
        if (e != ERR_OK) {
            store_close(s);
            fail_msg("%s", d.text);
        }
    }
    store_close(s);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    tmp_path(f->dir, sizeof(f->dir), "test_copies.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->data, sizeof(f->data), "%s/data", f->dir);
    snprintf(f->copy, sizeof(f->copy), "%s/copy", f->dir);
    snprintf(f->again, sizeof(f->again), "%s/again", f->dir);
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
    if (f->said[0] == '\0') {
        str_copy(f->said, sizeof(f->said), words);
    }
}

static struct store_verified verified(struct fixture *f, const char *data)
{
    struct store_verified v;
    struct diag d = {{0}};
    f->said[0] = '\0';
    assert_int_equal(store_verify(data, keep_words, f, &v, &d), ERR_OK);
    return v;
}

static void backed_up(struct fixture *f)
{
    struct store_backed_up b;
    struct diag d = {{0}};
    put_records(f->data);
    enum err e = store_backup(f->data, f->copy, &b, &d);
    if (e != ERR_OK) {
        fail_msg("%s", d.text);
    }
    assert_int_equal(b.measurements, RECORDS);
}

static void tags_go_with_a_copy_and_expire(void **state)
{
    struct fixture *f = *state;
    struct diag d = {{0}};
    char tags[160];
    backed_up(f);
    assert_int_equal(verified(f, f->copy).frames, RECORDS);
    assert_int_equal(store_restore(f->copy, f->again, T0 + DAY, NULL, &d),
                     ERR_OK);
    snprintf(tags, sizeof(tags), "%s/sidecar/2026-11-01.tags", f->again);
    assert_int_equal(access(tags, F_OK), 0);
    assert_int_equal(fs_remove_tree(f->again, NULL), ERR_OK);
    assert_int_equal(store_restore(f->copy, f->again, T0 + 40 * DAY, NULL, &d),
                     ERR_OK);
    assert_int_not_equal(access(tags, F_OK), 0);
    struct store_verified v = verified(f, f->again);
    assert_int_equal(v.frames, RECORDS);
    assert_int_equal(v.damage, 0);
}

/* An index of a version before, a damaged one, none: of all that is read as
 * much as of the rest, and nothing of it is written. */
static void who_reads_a_copy_changes_nothing(void **state)
{
    struct fixture *f = *state;
    static const char *const hurt[] = {"PRAGMA user_version=5",
                                       "PRAGMA user_version=6"};
    char path[160];
    struct diag d = {{0}};
    backed_up(f);
    snprintf(path, sizeof(path), "%s/index.sqlite", f->copy);
    for (size_t i = 0; i < sizeof(hurt) / sizeof(hurt[0]); i++) {
        uint8_t before[SHA256_LEN], after[SHA256_LEN];
        struct store *s = NULL;
        struct store_stats stats = {0};
        sqlite3 *db = NULL;
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, hurt[i], NULL, NULL, NULL),
                         SQLITE_OK);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
        assert_int_equal(store_copy_sum(path, before, &d), ERR_OK);
        enum err e = store_open(f->copy, STORE_READ, &s, &d);
        if (e != ERR_OK) {
            fail_msg("%s", d.text);
        }
        e = store_stats(s, &stats);
        uint64_t n = stats.measurements;
        store_stats_fini(&stats);
        store_close(s);
        assert_int_equal(e, ERR_OK);
        assert_int_equal(n, RECORDS);
        assert_int_equal(store_copy_sum(path, after, &d), ERR_OK);
        assert_memory_equal(before, after, sizeof(before));
    }
    snprintf(path, sizeof(path), "%s/lock", f->copy);
    assert_int_not_equal(access(path, F_OK), 0);
}

/* Whichever line is missing, and wherever the file stands. */
static void a_list_that_lacks_a_line_is_refused(void **state)
{
    struct fixture *f = *state;
    struct store_backed_up b;
    struct diag d = {{0}};
    static const char *const files[] = {"control-keys", "lists/global.csv"};
    char path[160], list[160];
    put_records(f->data);
    snprintf(path, sizeof(path), "%s/lists", f->data);
    assert_int_equal(fs_mkdirs(path, 0700, NULL), ERR_OK);
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "%s/%s", f->data, files[i]);
        assert_int_equal(fs_write_atomic(path, STR("x\n"), 0600, NULL), ERR_OK);
    }
    assert_int_equal(store_backup(f->data, f->copy, &b, &d), ERR_OK);
    snprintf(list, sizeof(list), "%s/manifest.sha256", f->copy);
    struct buf whole, less;
    buf_init(&whole, 1 << 20);
    buf_init(&less, 1 << 20);
    assert_int_equal(fs_read(list, 1 << 20, &whole, NULL), ERR_OK);
    unsigned lines = 0;
    for (unsigned i = 0; i == 0 || i <= lines; i++) { /* without line i */
        struct str rest = buf_str(&whole), line;
        buf_clear(&less);
        for (lines = 0; rest.len > 0 && str_next(&rest, '\n', &line);) {
            if (line.len > 0 && ++lines != i) {
                assert_int_equal(buf_printf(&less, STR_FMT "\n", STR_ARG(line)),
                                 ERR_OK);
            }
        }
        assert_int_equal(fs_write_atomic(list, buf_str(&less), 0600, NULL),
                         ERR_OK);
        assert_int_equal(store_restore(f->copy, f->again, T0, NULL, &d),
                         i == 0 ? ERR_OK : ERR_PARSE);
        assert_int_equal(fs_remove_tree(f->again, NULL),
                         i == 0 ? ERR_OK : ERR_NOTFOUND);
    }
    assert_true(lines >= 5);
    buf_fini(&whole);
    buf_fini(&less);
}

static void nothing_is_overwritten(void **state)
{
    struct fixture *f = *state;
    struct store_backed_up b;
    struct diag d = {{0}};
    backed_up(f);
    assert_int_equal(store_backup(f->data, f->copy, &b, &d), ERR_EXISTS);
    assert_int_equal(store_restore(f->copy, f->data, T0, NULL, &d), ERR_EXISTS);
    assert_int_equal(store_restore(f->dir, f->again, T0, NULL, &d),
                     ERR_NOTFOUND);
    assert_int_not_equal(access(f->again, F_OK), 0);
    assert_int_equal(verified(f, f->data).damage, 0);
}

static void a_hole_in_a_segment_is_told(void **state)
{
    struct fixture *f = *state;
    char path[160];
    put_records(f->data);
    snprintf(path, sizeof(path), "%s/segments/00000001.seg", f->data);
    FILE *seg = fopen(path, "r+");
    assert_non_null(seg);
    fseek(seg, 40, SEEK_SET);
    fputs("?", seg);
    fclose(seg);
    struct store_verified v = verified(f, f->data);
    assert_int_equal(v.frames, RECORDS - 1);
    assert_int_equal(v.damage, 3); /* the hole, the count, whose it is */
    assert_non_null(strstr(f->said, "segment 1: no whole record in"));
}

/* The first segment under the name of the third, as if it had been filled. */
static void a_lost_segment_takes_no_later_one_with_it(void **state)
{
    struct fixture *f = *state;
    struct store *s = NULL;
    struct store_stats stats = {0};
    struct diag d = {{0}};
    char first[160], third[160];
    put_records(f->data);
    snprintf(first, sizeof(first), "%s/segments/00000001.seg", f->data);
    snprintf(third, sizeof(third), "%s/segments/00000003.seg", f->data);
    assert_int_equal(rename(first, third), 0);
    assert_int_equal(store_rebuild(f->data, false, &s, &d), ERR_OK);
    enum err e = store_stats(s, &stats);
    store_close(s);
    uint64_t found = stats.measurements;
    store_stats_fini(&stats);
    assert_int_equal(e, ERR_OK);
    assert_int_equal(found, RECORDS);
    struct store_verified v = verified(f, f->data);
    assert_int_equal(v.frames, RECORDS);
    assert_int_equal(v.damage, 2);
    assert_string_equal(f->said, "segment 1: the file is missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tags_go_with_a_copy_and_expire, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_reads_a_copy_changes_nothing,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_list_that_lacks_a_line_is_refused,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_overwritten, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            a_lost_segment_takes_no_later_one_with_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_hole_in_a_segment_is_told, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
