// SPDX-License-Identifier: Apache-2.0
#include "record/minisign_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct minisign_secret secret[MINISIGN_KEYS_MAX + 1];
static struct minisign_public pub[MINISIGN_KEYS_MAX + 1];
static struct buf file;
static struct diag d;

static int setup(void **state)
{
    (void)state;
    assert_int_equal(crypto_setup(), ERR_OK);
    for (size_t i = 0; i <= MINISIGN_KEYS_MAX; i++) {
        minisign_new(&secret[i]);
        minisign_public_of(&secret[i], &pub[i]);
    }
    buf_init(&file, MINISIGN_MAX_BYTES);
    d.text[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_fini(&file);
    return 0;
}

static void minisign_keys_are_read_one_behind_another(void **state)
{
    struct minisign_keys keys = {.n = 0};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(minisign_write_public(&pub[i], &file), ERR_OK);
    }
    assert_int_equal(minisign_write_public(&pub[1], &file), ERR_OK);
    assert_int_equal(minisign_keys_read(buf_str(&file), &keys, &d), ERR_OK);
    assert_int_equal(keys.n, 3); /* one is there twice */
    assert_true(minisign_keys_has(&keys, &pub[2]));
    assert_false(minisign_keys_has(&keys, &pub[3]));
    buf_clear(&file);
    assert_int_equal(minisign_public_text(&pub[3], &file), ERR_OK);
    assert_int_equal(minisign_keys_read(buf_str(&file), &keys, &d), ERR_OK);
    assert_int_equal(keys.n, 4);
}

static void minisign_keys_are_all_good_or_none_is_taken(void **state)
{
    struct minisign_keys keys = {.n = 0};
    (void)state;
    assert_int_equal(minisign_keys_read(STR(""), &keys, &d), ERR_PARSE);
    for (size_t i = 0; i <= MINISIGN_KEYS_MAX; i++) {
        assert_int_equal(minisign_write_public(&pub[i], &file), ERR_OK);
    }
    assert_int_equal(minisign_keys_read(buf_str(&file), &keys, &d), ERR_PARSE);
    assert_non_null(strstr(d.text, "more than 8"));
    assert_int_equal(keys.n, 0);
    buf_clear(&file);
    assert_int_equal(minisign_write_public(&pub[0], &file), ERR_OK);
    size_t one = file.len;
    assert_int_equal(minisign_write_public(&pub[1], &file), ERR_OK);
    for (size_t n = one + 1; n < file.len - 1; n++) {
        assert_int_equal(
            minisign_keys_read(str_sub(buf_str(&file), 0, n), &keys, &d),
            ERR_PARSE);
        assert_int_equal(keys.n, 0);
    }
}

static void minisign_keys_verify_by_any_of_them(void **state)
{
    struct minisign_keys keys = {.n = 0};
    struct minisign_public by, twin = pub[1];
    struct minisign_signature s;
    (void)state;
    twin.key[0] ^= 1; /* another key may have the same random id */
    assert_int_equal(minisign_sign(&secret[1], STR("text"), STR("x"), &file),
                     ERR_OK);
    assert_int_equal(minisign_read_signature(buf_str(&file), &s, &d), ERR_OK);
    assert_int_equal(minisign_keys_verify(&keys, STR("text"), &s, &by, &d),
                     ERR_ACCESS);
    assert_int_equal(minisign_keys_add(&keys, &pub[0]), ERR_OK);
    assert_int_equal(minisign_keys_verify(&keys, STR("text"), &s, &by, &d),
                     ERR_ACCESS);
    assert_non_null(strstr(d.text, "not believed"));
    assert_int_equal(minisign_keys_add(&keys, &twin), ERR_OK);
    assert_int_equal(minisign_keys_verify(&keys, STR("text"), &s, &by, &d),
                     ERR_ACCESS);
    assert_int_equal(minisign_keys_add(&keys, &pub[1]), ERR_OK);
    assert_int_equal(minisign_keys_verify(&keys, STR("text"), &s, &by, &d),
                     ERR_OK);
    assert_memory_equal(&by, &pub[1], sizeof(by));
    assert_int_equal(minisign_keys_verify(&keys, STR("next"), &s, NULL, &d),
                     ERR_ACCESS);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            minisign_keys_are_read_one_behind_another, setup, teardown),
        cmocka_unit_test_setup_teardown(
            minisign_keys_are_all_good_or_none_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(minisign_keys_verify_by_any_of_them,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
