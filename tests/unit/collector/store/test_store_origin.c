// SPDX-License-Identifier: Apache-2.0
/* Segments of another store beside an index, larger or smaller than its own:
 * told, and nothing is changed. */
#include "collector/store/store_backup.h"
#include "collector/store/store_verify.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/collector/store/store_fixture.h"

/* A store of `n` records, those of numbers from `from` on. */
static void fill(const char *dir, unsigned from, unsigned n)
{
    struct fixture other = {.s = NULL};
    str_copy(other.dir, sizeof(other.dir), dir);
    open_store(&other, STORE_WRITE);
    for (unsigned i = from; i < from + n; i++) {
        put_number(&other, i);
    }
    store_close(other.s);
}

static void rename_segments(const char *from, const char *to)
{
    char a[160], b[160];
    snprintf(a, sizeof(a), "%s/segments", from);
    snprintf(b, sizeof(b), "%s/segments", to);
    assert_int_equal(rename(a, b), 0);
}

/* Two stores, of which ours stands on the other's segments. The names
 * have room for 96 bytes. */
static void mount_wrongly(const struct fixture *f, unsigned others, char ours[],
                          char theirs[])
{
    char kept[96];
    snprintf(ours, 96, "%s/a", f->dir);
    snprintf(theirs, 96, "%s/b", f->dir);
    snprintf(kept, sizeof(kept), "%s/c", f->dir);
    fill(ours, 0, 3);
    fill(theirs, 100, others);
    assert_int_equal(mkdir(kept, 0700), 0);
    rename_segments(ours, kept);
    rename_segments(theirs, ours);
}

static void count_words(void *arg, const char *words)
{
    if (strstr(words, "another store's")) {
        *(bool *)arg = true;
    }
}

static void assert_refused(const char *dir)
{
    struct store *s = NULL;
    struct store_backed_up done;
    struct store_verified v;
    struct diag d = {{0}};
    bool said = false;
    char copy[128];
    assert_int_equal(store_open(dir, STORE_WRITE, &s, &d), ERR_IO);
    assert_non_null(strstr(d.text, "another store's"));
    assert_int_equal(store_open(dir, STORE_SERVE, &s, &d), ERR_IO);
    assert_int_equal(store_rebuild(dir, false, &s, &d), ERR_IO);
    snprintf(copy, sizeof(copy), "%s.copy", dir);
    assert_int_equal(store_backup(dir, copy, &done, &d), ERR_IO);
    assert_int_equal(store_verify(dir, count_words, &said, &v, &d), ERR_OK);
    assert_true(said);
}

static void a_wrong_disk_is_told_however_large(void **state)
{
    struct fixture *f = *state;
    char ours[96], theirs[96], kept[96];
    mount_wrongly(f, 30, ours, theirs);
    assert_refused(ours);
    /* nothing was changed: with its own segments it is as it was */
    snprintf(kept, sizeof(kept), "%s/c", f->dir);
    rename_segments(ours, theirs);
    rename_segments(kept, ours);
    for (unsigned i = 0; i < 2; i++) {
        struct fixture other = {.s = NULL};
        str_copy(other.dir, sizeof(other.dir), i ? theirs : ours);
        open_store(&other, STORE_WRITE);
        assert_int_equal(count_of(other.s), i ? 30 : 3);
        store_close(other.s);
    }
}

static void a_smaller_one_is_told_as_such(void **state)
{
    struct fixture *f = *state;
    char ours[96], theirs[96];
    mount_wrongly(f, 1, ours, theirs);
    assert_refused(ours);
}

/* Whoever says so joins them; then they are one store. */
static void who_asks_for_it_takes_them_in(void **state)
{
    struct fixture *f = *state;
    struct store *s = NULL;
    struct diag d = {{0}};
    char ours[96], theirs[96];
    mount_wrongly(f, 30, ours, theirs);
    assert_int_equal(store_rebuild(ours, true, &s, &d), ERR_OK);
    assert_int_equal(count_of(s), 30);
    assert_int_equal(store_lost(s), 3);
    store_close(s);
    fill(ours, 200, 2);
    struct fixture again = {.s = NULL};
    str_copy(again.dir, sizeof(again.dir), ours);
    open_store(&again, STORE_WRITE);
    assert_int_equal(count_of(again.s), 32);
    store_close(again.s);
}

static void forget_name(const char *dir)
{
    char path[128];
    sqlite3 *db = NULL;
    snprintf(path, sizeof(path), "%s/index.sqlite", dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DROP TABLE origin", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
}

/* An index from before there were names opens, and knows its own records. */
static void an_older_index_gets_a_name(void **state)
{
    struct fixture *f = *state;
    char ours[96], theirs[96];
    snprintf(ours, sizeof(ours), "%s/o", f->dir);
    fill(ours, 0, 2);
    forget_name(ours);
    fill(ours, 10, 2);
    forget_name(ours);
    mount_wrongly(f, 30, ours, theirs);
    forget_name(ours);
    assert_refused(ours);
}

static void an_index_that_is_gone_gets_its_name_back(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    put_number(f, 1);
    store_close(f->s);
    f->s = NULL;
    uint64_t was = ask(f, "SELECT "
                          "unicode(substr(id, 1, 1)) || "
                          "unicode(substr(id, 9, 1)) || "
                          "unicode(substr(id, 17, 1)) FROM origin");
    remove_index(f);
    open_store(f, STORE_WRITE);
    assert_int_equal(ask(f, "SELECT "
                            "unicode(substr(id, 1, 1)) || "
                            "unicode(substr(id, 9, 1)) || "
                            "unicode(substr(id, 17, 1)) FROM origin"),
                     was);
    assert_int_equal(ask(f, "SELECT count(*) FROM origin"), 1);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(a_wrong_disk_is_told_however_large),
        T(a_smaller_one_is_told_as_such),
        T(who_asks_for_it_takes_them_in),
        T(an_older_index_gets_a_name),
        T(an_index_that_is_gone_gets_its_name_back),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    log_setup("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
