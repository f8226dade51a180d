// SPDX-License-Identifier: Apache-2.0
/* Keys that are replaced while nobody looks after the machine. */
#include "base/fs.h"
#include "probe/run/list_key.h"
#include "probe/run/list_store.h"
#include "tests/unit/tmp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW  INT64_C(1796000000) /* 2026-11-29 */
#define ROWS "url,category_code\nhttps://one.example/,NEWS\n"
#define KEYS 20

static char dir[64], file[96];
static struct minisign_secret secret[KEYS];
static struct minisign_public pub[KEYS];
static struct diag d;

static int setup(void **state)
{
    (void)state;
    tmp_path(dir, sizeof(dir), "list_key_XXXXXX");
    assert_int_equal(crypto_setup(), ERR_OK);
    if (!mkdtemp(dir)) {
        return -1;
    }
    setenv("XDG_STATE_HOME", dir, 1);
    snprintf(file, sizeof(file), "%s/pub", dir);
    for (size_t i = 0; i < KEYS; i++) {
        minisign_new(&secret[i]);
        minisign_public_of(&secret[i], &pub[i]);
    }
    d.text[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return fs_remove_tree(dir, &d) == ERR_OK ? 0 : -1;
}

/* The keys that the package has. */
static void package(size_t first, size_t n)
{
    struct buf text;
    buf_init(&text, MINISIGN_MAX_BYTES);
    for (size_t i = first; i < first + n; i++) {
        assert_int_equal(minisign_write_public(&pub[i], &text), ERR_OK);
    }
    assert_int_equal(fs_write_atomic(file, buf_str(&text), 0644, &d), ERR_OK);
    buf_fini(&text);
}

/* An update signed by one key, which names another if it is below KEYS. */
static enum err update(size_t by, size_t names, int version)
{
    struct minisign_keys keys = {.n = 0};
    struct signed_list got;
    struct buf list, signature;
    char comment[80];
    buf_init(&list, 4096);
    buf_init(&signature, MINISIGN_MAX_BYTES);
    if (names < KEYS) {
        buf_add_c(&list, "#! key ");
        minisign_public_text(&pub[names], &list);
        buf_add_byte(&list, '\n');
    }
    assert_int_equal(buf_add_c(&list, ROWS), ERR_OK);
    snprintf(comment, sizeof(comment),
             "file:xz.csv version:%d expires:2027-01-31", version);
    assert_int_equal(
        minisign_sign(&secret[by], buf_str(&list), str_c(comment), &signature),
        ERR_OK);
    assert_int_equal(list_key_load(file, &keys, &d), ERR_OK);
    enum err e = list_store_update(&keys, buf_str(&list), buf_str(&signature),
                                   NOW, &got, &d);
    buf_fini(&list);
    buf_fini(&signature);
    return e;
}

static void list_key_may_be_two_at_once(void **state)
{
    (void)state;
    package(0, 2);
    assert_int_equal(update(0, KEYS, 1), ERR_OK);
    assert_int_equal(update(1, KEYS, 2), ERR_OK);
    assert_int_equal(update(2, KEYS, 3), ERR_ACCESS);
    package(1, 1);
    assert_int_equal(update(0, KEYS, 3), ERR_ACCESS);
    assert_int_equal(update(1, KEYS, 3), ERR_OK);
}

static void list_key_follows_one_that_a_list_names(void **state)
{
    (void)state;
    package(0, 1);
    assert_int_equal(update(1, KEYS, 1), ERR_ACCESS);
    assert_int_equal(update(0, 1, 1), ERR_OK);
    assert_int_equal(update(1, 2, 2), ERR_OK); /* and the next */
    assert_int_equal(update(2, KEYS, 3), ERR_OK);
    assert_int_equal(update(0, KEYS, 4), ERR_OK); /* the old one, still */
    package(1, 1); /* the package has caught up */
    assert_int_equal(update(0, KEYS, 5), ERR_ACCESS);
    assert_int_equal(update(2, KEYS, 5), ERR_OK);
}

/* Whoever stole a key names his own: that ends with the stolen one, also where
 * he gave his key the id of the one that the package has instead. */
static void list_key_ends_with_the_one_that_named_it(void **state)
{
    (void)state;
    memcpy(secret[3].id, pub[5].id, MINISIGN_ID_LEN);
    minisign_public_of(&secret[3], &pub[3]);
    package(0, 1);
    assert_int_equal(update(0, 3, 1), ERR_OK);
    assert_int_equal(update(3, 4, 2), ERR_OK);
    assert_int_equal(update(4, KEYS, 3), ERR_OK);
    package(5, 1);
    assert_int_equal(update(3, KEYS, 4), ERR_ACCESS);
    assert_int_equal(update(4, KEYS, 4), ERR_ACCESS);
    assert_int_equal(update(5, KEYS, 4), ERR_OK);
}

static void list_key_takes_none_from_a_list_that_is_refused(void **state)
{
    struct minisign_keys keys;
    char path[160];
    (void)state;
    package(0, 1);
    assert_int_equal(update(0, KEYS, 7), ERR_OK);
    assert_int_equal(update(0, 1, 6), ERR_EXISTS);
    assert_int_equal(update(2, 1, 8), ERR_ACCESS);
    assert_int_equal(list_key_load(file, &keys, &d), ERR_OK);
    assert_int_equal(keys.n, 1);
    /* a damaged line is nobody's key, and the others stay */
    assert_int_equal(update(0, 1, 8), ERR_OK);
    snprintf(path, sizeof(path), "%s/parallax/lists/keys", dir);
    struct buf text;
    buf_init(&text, 4096);
    assert_int_equal(buf_add_c(&text, "RWQ damaged\n"), ERR_OK);
    assert_int_equal(fs_read(path, 4000, &text, &d), ERR_OK);
    assert_int_equal(fs_write_atomic(path, buf_str(&text), 0600, &d), ERR_OK);
    buf_fini(&text);
    assert_int_equal(list_key_load(file, &keys, &d), ERR_OK);
    assert_int_equal(keys.n, 2);
}

static void list_key_keeps_the_newest(void **state)
{
    struct minisign_keys keys;
    (void)state;
    package(0, 1);
    for (size_t i = 1; i < KEYS; i++) {
        assert_int_equal(update(0, i, (int)i), ERR_OK);
    }
    assert_int_equal(update(0, KEYS - 1, KEYS), ERR_OK); /* once is enough */
    assert_int_equal(list_key_load(file, &keys, &d), ERR_OK);
    assert_int_equal(keys.n, 1 + LIST_KEY_MAX_NAMED);
    assert_true(minisign_keys_has(&keys, &pub[0]));
    assert_false(minisign_keys_has(&keys, &pub[1]));
    assert_true(minisign_keys_has(&keys, &pub[KEYS - 1]));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(list_key_may_be_two_at_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(list_key_follows_one_that_a_list_names,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            list_key_ends_with_the_one_that_named_it, setup, teardown),
        cmocka_unit_test_setup_teardown(
            list_key_takes_none_from_a_list_that_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(list_key_keeps_the_newest, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
