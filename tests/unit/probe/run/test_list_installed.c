// SPDX-License-Identifier: Apache-2.0
/* What is installed, whether it can be believed, and what it orders. */
#include "base/clock.h"
#include "base/fs.h"
#include "probe/run/list_installed.h"
#include "tests/unit/tmp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW  INT64_C(1796000000) /* 2026-11-29 */
#define TEST "web_connectivity"
#define ROWS "url,category_code\nhttps://one.example/,NEWS\n"

static char dir[64];
static struct region *r;
static struct minisign_secret secret;
static struct minisign_keys pub;
static struct diag d;

static int setup(void **state)
{
    (void)state;
    char path[160];
    tmp_path(dir, sizeof(dir), "list_installed_XXXXXX");
    r = region_new(1u << 20);
    if (!r || !mkdtemp(dir)) {
        return -1;
    }
    setenv("XDG_STATE_HOME", dir, 1);
    snprintf(path, sizeof(path), "%s/data", dir);
    setenv("XDG_DATA_HOME", path, 1);
    snprintf(path, sizeof(path), "%s/data/parallax/lists", dir);
    assert_int_equal(fs_mkdirs(path, 0700, &d), ERR_OK);
    assert_int_equal(crypto_setup(), ERR_OK);
    minisign_new(&secret);
    minisign_public_of(&secret, &pub.k[0]);
    pub.n = 1;
    d.text[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    region_free(r);
    return fs_remove_tree(dir, &d) == ERR_OK ? 0 : -1;
}

static void take(const char *text, const char *comment)
{
    struct signed_list l;
    struct buf signature;
    buf_init(&signature, MINISIGN_MAX_BYTES);
    assert_int_equal(
        minisign_sign(&secret, str_c(text), str_c(comment), &signature),
        ERR_OK);
    assert_int_equal(
        list_store_update(&pub, str_c(text), buf_str(&signature), NOW, &l, &d),
        ERR_OK);
    buf_fini(&signature);
}

/* The lists of this test; others may be installed on the machine. */
static const struct list_installed *find(const char *name, bool in_force)
{
    struct list_installed *all = NULL;
    size_t n = 0;
    assert_int_equal(list_installed_all(r, &all, &n, &d), ERR_OK);
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(all[i].name, name) && all[i].in_force == in_force) {
            return &all[i];
        }
    }
    return NULL;
}

static bool paused(const struct minisign_keys *key, const char *cc)
{
    struct list_orders o = {.everywhere = false};
    assert_int_equal(list_installed_orders(r, key, TEST, &o, &d), ERR_OK);
    return list_orders_paused(&o, cc);
}

static void list_installed_prefers_what_was_taken_in(void **state)
{
    struct list_seen seen;
    char path[160];
    (void)state;
    snprintf(path, sizeof(path), "%s/data/parallax/lists/xz.csv", dir);
    assert_int_equal(fs_write_atomic(path, STR(ROWS), 0600, &d), ERR_OK);
    const struct list_installed *l = find("xz.csv", true);
    assert_non_null(l);
    assert_int_equal(list_installed_look(l, &pub, NOW, &seen, &d), ERR_OK);
    assert_int_equal(seen.origin, LIST_ORIGIN_OWN);
    take(ROWS "https://two.example/,NEWS\n",
         "file:xz.csv version:4 expires:2027-01-31");
    l = find("xz.csv", true);
    assert_non_null(l);
    assert_int_equal(list_installed_look(l, &pub, NOW, &seen, &d), ERR_OK);
    assert_int_equal(seen.origin, LIST_ORIGIN_SIGNED);
    assert_int_equal(seen.seal.version, 4);
    assert_int_equal(seen.rows.good, 2);
    l = find("xz.csv", false);
    assert_non_null(l);
    assert_string_equal(l->path, path);
}

static void list_installed_finds_out_what_is_not_as_it_was_signed(void **state)
{
    struct list_seen seen;
    struct minisign_keys other = pub;
    struct buf text;
    char path[160];
    (void)state;
    take(ROWS, "file:xz.csv version:1 expires:2027-01-31");
    const struct list_installed *l = find("xz.csv", true);
    assert_non_null(l);
    assert_int_equal(list_installed_look(l, &pub, NOW, &seen, &d), ERR_OK);
    assert_int_equal(list_installed_look(l, &pub, NOW + 100 * DAY_S, &seen, &d),
                     ERR_CLOCK);
    other.k[0].key[0] ^= 1;
    assert_int_equal(list_installed_look(l, &other, NOW, &seen, &d),
                     ERR_ACCESS);
    assert_int_equal(list_installed_look(l, NULL, NOW, &seen, &d), ERR_OK);
    buf_init(&text, 1 << 16);
    assert_int_equal(fs_read(l->path, 1 << 16, &text, &d), ERR_OK);
    snprintf(path, sizeof(path), "%s/parallax/lists/xy.csv", dir);
    assert_int_equal(fs_write_atomic(path, buf_str(&text), 0600, &d), ERR_OK);
    const struct list_installed *renamed = find("xy.csv", true);
    assert_non_null(renamed);
    assert_int_equal(list_installed_look(renamed, &pub, NOW, &seen, &d),
                     ERR_ACCESS);
    assert_non_null(strstr(d.text, "signed as xz.csv"));
    text.p[text.len - 2] ^= 1;
    assert_int_equal(fs_write_atomic(l->path, buf_str(&text), 0600, &d),
                     ERR_OK);
    assert_int_equal(list_installed_look(l, &pub, NOW, &seen, &d), ERR_ACCESS);
    buf_fini(&text);
}

static void list_installed_follows_orders_of_the_key_alone(void **state)
{
    struct minisign_keys other = pub;
    (void)state;
    other.k[0].key[0] ^= 1;
    assert_int_equal(
        list_store_import("xz.csv", STR("#! pause country XZ\n" ROWS), &d),
        ERR_OK);
    assert_false(paused(&pub, "XZ"));
    take("#! pause country XZ\n" ROWS,
         "file:xz.csv version:1 expires:2026-11-30");
    assert_true(paused(&pub, "XZ"));
    assert_false(paused(&pub, "XY"));
    assert_false(paused(&other, "XZ"));
    assert_false(paused(NULL, "XZ"));
    take(ROWS, "file:xz.csv version:2 expires:2026-11-30");
    assert_false(paused(&pub, "XZ"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            list_installed_prefers_what_was_taken_in, setup, teardown),
        cmocka_unit_test_setup_teardown(
            list_installed_finds_out_what_is_not_as_it_was_signed, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            list_installed_follows_orders_of_the_key_alone, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
