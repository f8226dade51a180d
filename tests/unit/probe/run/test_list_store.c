// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/fs.h"
#include "base/look.h"
#include "probe/run/list_key.h"
#include "probe/run/list_store.h"
#include "probe/volunteer/paths.h"
#include "tests/unit/tmp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW INT64_C(1796000000) /* 2026-11-29 */

static char dir[64];
static struct minisign_secret secret;
static struct minisign_keys pub;
static struct signed_list got;
static struct diag d;

static int setup(void **state)
{
    (void)state;
    tmp_path(dir, sizeof(dir), "list_store_XXXXXX");
    assert_int_equal(crypto_setup(), ERR_OK);
    if (!mkdtemp(dir)) {
        return -1;
    }
    setenv("XDG_STATE_HOME", dir, 1);
    minisign_new(&secret);
    minisign_public_of(&secret, &pub.k[0]);
    pub.n = 1;
    memset(&got, 0, sizeof(got));
    d.text[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return fs_remove_tree(dir, &d) == ERR_OK ? 0 : -1;
}

/* What a file below the state directory has in it, "" if it is not there. */
static void content(const char *name, struct buf *out)
{
    char path[160];
    struct diag ignored;
    snprintf(path, sizeof(path), "%s/parallax/lists/%s", dir, name);
    buf_clear(out);
    enum err e = fs_read(path, 1 << 16, out, &ignored);
    assert_true(e == ERR_OK || e == ERR_NOTFOUND);
    buf_add_byte(out, '\0');
    assert_int_equal(out->failed, ERR_OK);
}

static bool has(const char *name, const char *part)
{
    struct buf b;
    buf_init(&b, 1 << 17);
    content(name, &b);
    bool found = strstr((const char *)b.p, part);
    buf_fini(&b);
    return found;
}

static enum err update(const char *list, int64_t version, const char *expires,
                       int64_t now_s)
{
    struct buf signature;
    char comment[120];
    buf_init(&signature, MINISIGN_MAX_BYTES);
    snprintf(comment, sizeof(comment), "file:de.csv version:%d expires:%s",
             (int)version, expires);
    assert_int_equal(
        minisign_sign(&secret, str_c(list), str_c(comment), &signature),
        ERR_OK);
    enum err e = list_store_update(&pub, str_c(list), buf_str(&signature),
                                   now_s, &got, &d);
    buf_fini(&signature);
    return e;
}

#define HEAD "url,category_code\n"

static void list_store_takes_newer_lists_and_no_older_one(void **state)
{
    (void)state;
    assert_int_equal(
        update(HEAD "https://one.example/,NEWS\n", 5, "2027-01-31", NOW),
        ERR_OK);
    assert_string_equal(got.name, "de.csv");
    assert_int_equal(got.version, 5);
    assert_true(has("de.csv", "https://one.example/"));
    assert_true(has("versions", "de.csv 5\n"));
    assert_int_equal(
        update(HEAD "https://two.example/,NEWS\n", 6, "2027-01-31", NOW),
        ERR_OK);
    assert_true(has("de.csv", "https://two.example/"));
    assert_false(has("versions", "de.csv 5\n"));
    assert_int_equal(
        update(HEAD "https://one.example/,NEWS\n", 5, "2027-01-31", NOW),
        ERR_EXISTS);
    assert_non_null(strstr(d.text, "older than version 6"));
    assert_true(has("de.csv", "https://two.example/"));
    /* the same again is no roll-back: the list may have been lost */
    assert_int_equal(
        update(HEAD "https://two.example/,NEWS\n", 6, "2027-01-31", NOW),
        ERR_OK);
}

static void list_store_takes_no_expired_list_if_the_clock_is_trusted(void **s)
{
    int64_t last_s = 0;
    (void)s;
    assert_int_equal(clock_parse("2026-11-30", &last_s), ERR_OK);
    const char *list = HEAD "https://one.example/,NEWS\n";
    assert_int_equal(update(list, 1, "2026-11-29", last_s), ERR_CLOCK);
    assert_non_null(strstr(d.text, "until 2026-11-29"));
    assert_false(has("versions", "de.csv"));
    assert_false(has("de.csv", "one"));
    assert_int_equal(update(list, 1, "2026-11-29", last_s - 1), ERR_OK);
    assert_int_equal(update(list, 2, "2026-11-29", 0), ERR_OK);
}

static void list_store_keeps_the_last_good_list(void **state)
{
    static const char *const bad[] = {"", "url,category_code\n",
                                      "url,url\nhttps://x.example/,NEWS\n",
                                      HEAD "https://10.0.0.1/,NEWS\n"};
    struct minisign_keys ours = pub;
    (void)state;
    const char *good = HEAD "https://one.example/,NEWS\n";
    assert_int_equal(update(good, 1, "2027-01-31", NOW), ERR_OK);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(update(bad[i], 2, "2027-01-31", NOW), ERR_PARSE);
        assert_true(has("versions", "de.csv 1\n"));
    }
    pub.k[0].key[0] ^= 1;
    assert_int_equal(update(good, 2, "2027-01-31", NOW), ERR_ACCESS);
    pub = ours;
    pub.k[0].id[0] ^= 1;
    assert_int_equal(update(good, 2, "2027-01-31", NOW), ERR_ACCESS);
    assert_true(has("versions", "de.csv 1\n"));
    assert_true(has("de.csv", "https://one.example/"));
}

static void list_store_does_not_guess_at_damaged_versions(void **state)
{
    char path[160];
    (void)state;
    const char *good = HEAD "https://one.example/,NEWS\n";
    assert_int_equal(update(good, 7, "2027-01-31", NOW), ERR_OK);
    snprintf(path, sizeof(path), "%s/parallax/lists/versions", dir);
    assert_int_equal(fs_write_atomic(path, STR("de.csv seven\n"), 0600, &d),
                     ERR_OK);
    assert_int_equal(update(good, 8, "2027-01-31", NOW), ERR_PARSE);
    assert_non_null(strstr(d.text, "damaged"));
}

/* Where somebody left links, nothing is written to what they lead to. */
static void list_store_writes_through_no_link(void **state)
{
    static const char *const names[] = {"de.csv", "versions", "keys"};
    const char *good = HEAD "https://one.example/,NEWS\n";
    char path[160], victim[160];
    struct buf text;
    (void)state;
    buf_init(&text, 4096);
    assert_int_equal(buf_add_c(&text, "#! key "), ERR_OK);
    assert_int_equal(minisign_public_text(&pub.k[0], &text), ERR_OK);
    assert_int_equal(buf_add_c(&text, "\n"), ERR_OK);
    assert_int_equal(buf_add_c(&text, good), ERR_OK);
    assert_int_equal(buf_add_byte(&text, '\0'), ERR_OK);
    assert_int_equal(update(good, 1, "2027-01-31", NOW), ERR_OK);
    snprintf(victim, sizeof(victim), "%s/victim", dir);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(fs_write_atomic(victim, STR(""), 0600, &d), ERR_OK);
        snprintf(path, sizeof(path), "%s/parallax/lists/%s", dir, names[i]);
        unlink(path);
        assert_int_equal(symlink(victim, path), 0);
        assert_int_equal(
            update((char *)text.p, 2 + (int64_t)i, "2027-01-31", NOW), ERR_OK);
        assert_true(has(names[i], i ? " " : "one.example"));
        struct look seen;
        assert_int_equal(look_at(victim, &seen, &d), ERR_OK);
        assert_int_equal(seen.bytes, 0);
    }
    buf_fini(&text);
}

static void list_store_takes_in_lists_of_ones_own_as_they_are(void **state)
{
    struct list_rows rows;
    const char *list = "\xef\xbb\xbf" HEAD "https://one.example/,NEWS\r\n"
                       "ftp://two.example/,NEWS\r\n";
    (void)state;
    assert_int_equal(list_store_rows("x", str_c(list), false, &rows, &d),
                     ERR_OK);
    assert_int_equal(rows.good, 1);
    assert_int_equal(rows.bad, 1);
    assert_int_equal(list_store_import("fr.csv", str_c(list), &d), ERR_OK);
    assert_true(has("fr.csv", list));
}

static void list_key_is_read_from_a_file_or_a_text(void **state)
{
    struct minisign_keys key;
    struct buf text;
    char path[160];
    (void)state;
    buf_init(&text, MINISIGN_MAX_BYTES);
    assert_int_equal(minisign_write_public(&pub.k[0], &text), ERR_OK);
    snprintf(path, sizeof(path), "%s/pub", dir);
    assert_int_equal(fs_write_atomic(path, buf_str(&text), 0644, &d), ERR_OK);
    assert_int_equal(list_key_load(path, &key, &d), ERR_OK);
    assert_int_equal(key.n, 1);
    assert_true(minisign_keys_has(&key, &pub.k[0]));
    memset(&key, 0, sizeof(key));
    char *bare = strchr((char *)text.p, '\n');
    assert_non_null(bare);
    assert_int_equal(list_key_load(bare + 1, &key, &d), ERR_OK);
    assert_int_equal(key.n, 1);
    assert_true(minisign_keys_has(&key, &pub.k[0]));
    assert_int_equal(list_key_load("/nowhere/at/all", &key, &d), ERR_NOTFOUND);
    buf_fini(&text);
}

static void list_key_believes_no_path_that_others_can_write(void **state)
{
    char path[160];
    (void)state;
    snprintf(path, sizeof(path), "%s/pub", dir);
    assert_int_equal(fs_write_atomic(path, STR("x"), 0666, &d), ERR_OK);
    assert_int_equal(chmod(path, 0666), 0);
    assert_false(paths_is_roots(path));
    assert_true(paths_is_roots("/etc/passwd"));
    assert_false(paths_is_roots("/etc/nothing-of-that-name"));
    assert_false(paths_is_roots("relative"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            list_store_takes_newer_lists_and_no_older_one, setup, teardown),
        cmocka_unit_test_setup_teardown(
            list_store_takes_no_expired_list_if_the_clock_is_trusted, setup,
            teardown),
        cmocka_unit_test_setup_teardown(list_store_keeps_the_last_good_list,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            list_store_does_not_guess_at_damaged_versions, setup, teardown),
        cmocka_unit_test_setup_teardown(list_store_writes_through_no_link,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            list_store_takes_in_lists_of_ones_own_as_they_are, setup, teardown),
        cmocka_unit_test_setup_teardown(list_key_is_read_from_a_file_or_a_text,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            list_key_believes_no_path_that_others_can_write, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
