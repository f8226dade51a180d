// SPDX-License-Identifier: Apache-2.0
/* Ports that a control asks because a signed list names them. */
#include "collector/cmd/list_ports.h"

#include "base/fs.h"
#include "record/minisign.h"
#include "tests/unit/tmp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1796000000) /* 2026-11-29 */

static char dir[64], list[96], minisig[112], key[96];
static struct minisign_secret secret;
static uint16_t ports[3];
static size_t n;
static struct diag d;

static void put(const char *path, struct str text)
{
    assert_int_equal(fs_write_atomic(path, text, 0600, &d), ERR_OK);
}

static int setup(void **state)
{
    struct minisign_public pub;
    struct buf text;
    (void)state;
    tmp_path(dir, sizeof(dir), "list_ports_XXXXXX");
    assert_int_equal(crypto_setup(), ERR_OK);
    assert_non_null(mkdtemp(dir));
    snprintf(list, sizeof(list), "%s/xz.csv", dir);
    snprintf(minisig, sizeof(minisig), "%s.minisig", list);
    snprintf(key, sizeof(key), "%s/pub", dir);
    minisign_new(&secret);
    minisign_public_of(&secret, &pub);
    buf_init(&text, MINISIGN_MAX_BYTES);
    assert_int_equal(minisign_write_public(&pub, &text), ERR_OK);
    put(key, buf_str(&text));
    buf_fini(&text);
    ports[0] = 9000;
    n = 1;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return fs_remove_tree(dir, &d) == ERR_OK ? 0 : -1;
}

static enum err add(const char *rows, const char *comment)
{
    struct buf text;
    buf_init(&text, MINISIGN_MAX_BYTES);
    assert_int_equal(minisign_sign(&secret, str_c(rows), str_c(comment), &text),
                     ERR_OK);
    put(list, str_c(rows));
    put(minisig, buf_str(&text));
    buf_fini(&text);
    return list_ports_add(list, key, NOW, ports, &n, 3, &d);
}

#define GOOD "file:xz.csv version:1 expires:2027-01-31"
#define HEAD "url,category_code\n"

static void list_ports_are_those_of_its_urls(void **state)
{
    (void)state;
    assert_int_equal(add(HEAD "https://a.example/,NEWS\n"
                              "https://a.example:8444/,NEWS\n"
                              "http://b.example/,NEWS\n"
                              "http://b.example:9000/,NEWS\n"
                              "http://c.example:8444/,NEWS\n",
                         GOOD),
                     ERR_OK);
    assert_int_equal(n, 2);
    assert_int_equal(ports[1], 8444);
}

static void list_ports_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(add(HEAD "https://a.example:1001/,NEWS\n"
                              "https://a.example:1002/,NEWS\n"
                              "https://a.example:1003/,NEWS\n",
                         GOOD),
                     ERR_LIMIT);
    assert_int_equal(n, 1);
}

static void list_ports_of_a_list_that_is_not_believed_are_none(void **state)
{
    const char *rows = HEAD "https://a.example:8444/,NEWS\n";
    (void)state;
    assert_int_equal(add(rows, "file:xz.csv version:1 expires:2026-11-28"),
                     ERR_CLOCK);
    assert_int_equal(add(rows, "version:1"), ERR_PARSE);
    assert_int_equal(add("one,two\n1,2\n", GOOD), ERR_PARSE);
    assert_int_equal(add(rows, GOOD), ERR_OK);
    n = 1;
    put(list, STR(HEAD "https://a.example:8445/,NEWS\n"));
    assert_int_equal(list_ports_add(list, key, NOW, ports, &n, 3, &d),
                     ERR_ACCESS);
    minisign_new(&secret); /* of somebody else */
    assert_int_equal(add(rows, GOOD), ERR_ACCESS);
    assert_int_equal(fs_shred(minisig, &d), ERR_OK);
    assert_int_not_equal(list_ports_add(list, key, NOW, ports, &n, 3, &d),
                         ERR_OK);
    assert_int_equal(n, 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(list_ports_are_those_of_its_urls, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(list_ports_are_bounded, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            list_ports_of_a_list_that_is_not_believed_are_none, setup,
            teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
