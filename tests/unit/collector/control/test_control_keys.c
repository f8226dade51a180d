// SPDX-License-Identifier: Apache-2.0
/* Each start of a control has a key of its own, and the file of them stays
 * small. */
#include "collector/control/control_keys.h"

#include "base/fs.h"
#include "base/hex.h"
#include "tests/unit/tmp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MOST 512

static unsigned lines_of(const char *path, const char *hex, unsigned *at)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    assert_int_equal(fs_read(path, 1 << 20, &b, NULL), ERR_OK);
    struct str rest = buf_str(&b), line;
    unsigned n = 0;
    *at = 0;
    while (str_next(&rest, '\n', &line)) {
        n += line.len > 0;
        *at = str_eq_c(line, hex) ? n : *at;
    }
    buf_fini(&b);
    return n;
}

/* A file with far more keys than anybody needs, as earlier versions kept. */
static void the_oldest_keys_make_room(void **state)
{
    (void)state;
    char dir[64], path[128], hex[2 * CRYPTO_PUB_LEN + 1];
    uint8_t key[CRYPTO_PUB_LEN] = {1};
    unsigned at = 0;
    struct diag d = {{0}};
    tmp_path(dir, sizeof(dir), "keys-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/control-keys", dir);
    struct buf b;
    buf_init(&b, 1 << 20);
    for (unsigned i = 0; i < 4 * MOST; i++) {
        key[1] = (uint8_t)(i >> 8);
        key[2] = (uint8_t)i;
        hex_encode(key, sizeof(key), hex);
        assert_int_equal(buf_add_c(&b, hex), ERR_OK);
        assert_int_equal(buf_add_byte(&b, '\n'), ERR_OK);
    }
    assert_int_equal(fs_write_atomic(path, buf_str(&b), 0600, NULL), ERR_OK);
    buf_fini(&b);
    struct control_keys *k = NULL;
    assert_int_equal(control_keys_open(dir, &k, &d), ERR_OK);
    assert_non_null(k);
    assert_int_equal(control_keys_add(k, key, true, &d), ERR_OK); /* is known */
    key[0] = 2;
    assert_int_equal(control_keys_add(k, key, true, &d), ERR_OK);
    control_keys_close(k);
    hex_encode(key, sizeof(key), hex);
    assert_int_equal(lines_of(path, hex, &at), MOST);
    assert_int_equal(at, MOST);
    key[0] = 1; /* the one before the new one is there, the first is not */
    hex_encode(key, sizeof(key), hex);
    assert_int_equal(lines_of(path, hex, &at), MOST);
    assert_int_equal(at, MOST - 1);
    memset(key + 1, 0, sizeof(key) - 1);
    hex_encode(key, sizeof(key), hex);
    assert_int_equal(lines_of(path, hex, &at), MOST);
    assert_int_equal(at, 0);
    assert_int_equal(fs_remove_tree(dir, NULL), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_oldest_keys_make_room),
    };
    return crypto_setup() == ERR_OK ? cmocka_run_group_tests(tests, NULL, NULL)
                                    : 1;
}
