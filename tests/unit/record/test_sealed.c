// SPDX-License-Identifier: Apache-2.0
#include "record/sealed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MAX (64u << 10)

static struct sealed_keys keys;
static struct buf box, plain;

static int setup(void **state)
{
    (void)state;
    memset(&keys, 0, sizeof(keys));
    keys.n = 2;
    crypto_box_pair(keys.pub[0], keys.secret[0]);
    crypto_box_pair(keys.pub[1], keys.secret[1]);
    buf_init(&box, MAX);
    buf_init(&plain, MAX);
    return crypto_setup() == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    buf_fini(&box);
    buf_fini(&plain);
    return 0;
}

static void what_is_closed_for_either_key_opens(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct str open, body;
        buf_clear(&box);
        assert_int_equal(
            sealed_close(keys.pub[i], STR("{\"open\":1}"), STR("body"), &box),
            ERR_OK);
        assert_int_equal(str_find(buf_str(&box), STR("open")), SIZE_MAX);
        assert_int_equal(
            sealed_open(&keys, buf_str(&box), &plain, &open, &body), ERR_OK);
        assert_true(str_eq_c(open, "{\"open\":1}"));
        assert_true(str_eq_c(body, "body"));
    }
}

static void a_box_does_not_tell_how_long_it_is(void **state)
{
    (void)state;
    assert_int_equal(sealed_close(keys.pub[0], STR("o"), STR("b"), &box),
                     ERR_OK);
    size_t len = box.len;
    assert_int_equal(len, 1024 + SEALED_MORE);
    buf_clear(&box);
    assert_int_equal(
        sealed_close(keys.pub[0], STR("longer"), STR("body"), &box), ERR_OK);
    assert_int_equal(box.len, len);
}

static void
another_key_opens_nothing_and_every_flipped_bit_is_found(void **state)
{
    (void)state;
    struct sealed_keys other = {.n = 1};
    struct str open, body;
    crypto_box_pair(other.pub[0], other.secret[0]);
    assert_int_equal(sealed_close(keys.pub[0], STR("o"), STR("b"), &box),
                     ERR_OK);
    assert_int_equal(sealed_open(&other, buf_str(&box), &plain, &open, &body),
                     ERR_NOTFOUND);
    assert_non_null(box.p);
    for (size_t i = 0; i < box.len; i += 7) {
        box.p[i] ^= 1;
        assert_int_equal(
            sealed_open(&keys, buf_str(&box), &plain, &open, &body),
            i < SEALED_ID_LEN ? ERR_NOTFOUND : ERR_PARSE);
        box.p[i] ^= 1;
    }
    for (size_t len = 0; len < box.len; len += 11) {
        struct str cut = str_sub(buf_str(&box), 0, len);
        assert_int_equal(sealed_open(&keys, cut, &plain, &open, &body),
                         ERR_PARSE);
    }
}

static void lengths_that_lie_are_refused(void **state)
{
    (void)state;
    struct str open, body;
    assert_int_equal(sealed_split(STR("\0\0\0\1\0\0\0\1ab"), &open, &body),
                     ERR_OK);
    assert_true(str_eq_c(open, "a") && str_eq_c(body, "b"));
    assert_int_equal(sealed_split(STR("\0\0\0\1\0\0\0\2ab"), &open, &body),
                     ERR_PARSE);
    assert_int_equal(
        sealed_split(STR("\377\377\377\377\377\377\377\377ab"), &open, &body),
        ERR_PARSE);
    assert_int_equal(sealed_split(STR("\0\0"), &open, &body), ERR_PARSE);
}

static void keys_are_written_and_read_back(void **state)
{
    (void)state;
    struct sealed_keys again;
    assert_int_equal(sealed_write_keys(&keys, &plain), ERR_OK);
    assert_int_equal(sealed_read_keys(buf_str(&plain), &again), ERR_OK);
    assert_int_equal(again.n, 2);
    assert_memory_equal(again.pub, keys.pub, sizeof(keys.pub));
    assert_int_equal(sealed_write_keys(&keys, &plain), ERR_OK);
    assert_int_equal(sealed_read_keys(buf_str(&plain), &again), ERR_PARSE);
    assert_int_equal(again.n, 0);
    assert_int_equal(sealed_read_keys(STR(""), &again), ERR_PARSE);
    assert_int_equal(sealed_read_keys(STR("not a key\n"), &again), ERR_PARSE);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(what_is_closed_for_either_key_opens),
        T(a_box_does_not_tell_how_long_it_is),
        T(another_key_opens_nothing_and_every_flipped_bit_is_found),
        T(lengths_that_lie_are_refused),
        T(keys_are_written_and_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
