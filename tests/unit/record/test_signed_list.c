// SPDX-License-Identifier: Apache-2.0
#include "record/signed_list.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct minisign_secret secret;
static struct minisign_keys pub;
static struct buf out;
static struct diag d;
static const struct str list = {"url\nhttps://a.example/\n", 23};

static int setup(void **state)
{
    (void)state;
    assert_int_equal(crypto_setup(), ERR_OK);
    minisign_new(&secret);
    minisign_public_of(&secret, &pub.k[0]);
    pub.n = 1;
    buf_init(&out, MINISIGN_MAX_BYTES);
    d.text[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_fini(&out);
    return 0;
}

static enum err check(const char *comment, struct signed_list *l)
{
    buf_clear(&out);
    assert_int_equal(minisign_sign(&secret, list, str_c(comment), &out),
                     ERR_OK);
    return signed_list_check(&pub, list, buf_str(&out), l, &d);
}

static void signed_list_reads_what_it_writes(void **state)
{
    struct signed_list l = {
        .name = "global.csv", .version = 12, .made_s = 1796069899};
    struct signed_list again;
    struct buf comment;
    (void)state;
    assert_int_equal(clock_parse("2027-03-01", &l.expires_s), ERR_OK);
    buf_init(&comment, MINISIGN_MAX_COMMENT);
    assert_int_equal(signed_list_comment(&l, &comment), ERR_OK);
    assert_string_equal((char *)comment.p,
                        "timestamp:1796069899\tfile:global.csv\tversion:12"
                        "\texpires:2027-02-28");
    assert_int_equal(check((char *)comment.p, &again), ERR_OK);
    assert_string_equal(again.name, "global.csv");
    assert_int_equal(again.version, 12);
    assert_int_equal(again.made_s, 1796069899);
    assert_int_equal(again.expires_s, l.expires_s);
    buf_fini(&comment);
}

/* As `minisign -S -t` is given them by hand. */
static void signed_list_passes_over_fields_of_others(void **state)
{
    struct signed_list l;
    (void)state;
    assert_int_equal(
        check("file:de.csv  version:3 expires:2027-01-31 hashed by:Jo", &l),
        ERR_OK);
    assert_string_equal(l.name, "de.csv");
    assert_int_equal(l.made_s, 0);
}

static void signed_list_refuses_a_comment_that_says_too_little(void **state)
{
    static const struct {
        const char *comment, *why;
    } bad[] = {
        {"", "file:"},
        {"version:1 expires:2027-01-31", "file:"},
        {"file:de.csv expires:2027-01-31", "version:"},
        {"file:de.csv version:1", "expires:"},
        {"file:de.csv version:0 expires:2027-01-31", "version:0"},
        {"file:de.csv version:-1 expires:2027-01-31", "version:-1"},
        {"file:de.csv version:1e3 expires:2027-01-31", "version:1e3"},
        {"file:de.csv version:9999999999999 expires:2027-01-31", "version:"},
        {"file:de.csv version:1 expires:2027-02-30", "expires:2027-02-30"},
        {"file:de.csv version:1 expires:never", "expires:never"},
        {"file: version:1 expires:2027-01-31", "file:"},
        {"file:../de.csv version:1 expires:2027-01-31", "file:../de.csv"},
        {"file:DE.csv version:1 expires:2027-01-31", "file:DE.csv"},
        {"file:de.csv file:fr.csv version:1 expires:2027-01-31", "fr.csv"},
        {"file:de.csv version:1 version:2 expires:2027-01-31", "version:2"},
        {"file:de.csv version:1 expires:2027-01-31 expires:2037-01-31", "2037"},
    };
    struct signed_list l;
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        memset(&l, 7, sizeof(l));
        assert_int_equal(check(bad[i].comment, &l), ERR_PARSE);
        assert_non_null(strstr(d.text, bad[i].why));
        assert_int_equal(l.name[0], 7);
    }
}

static void signed_list_believes_no_other_list_and_no_other_key(void **state)
{
    struct signed_list l;
    struct minisign_keys other = pub;
    (void)state;
    assert_int_equal(check("file:de.csv version:1 expires:2027-01-31", &l),
                     ERR_OK);
    for (size_t n = 0; n < list.len; n++) {
        assert_int_equal(signed_list_check(&pub, (struct str){list.p, n},
                                           buf_str(&out), &l, &d),
                         ERR_ACCESS);
    }
    other.k[0].key[3] ^= 4;
    assert_int_equal(signed_list_check(&other, list, buf_str(&out), &l, &d),
                     ERR_ACCESS);
}

static void signed_list_is_one_file_on_the_disk(void **state)
{
    struct signed_list l;
    struct str again = {NULL, 0};
    struct buf file, signature;
    (void)state;
    buf_init(&file, 1 << 16);
    buf_init(&signature, MINISIGN_MAX_BYTES);
    assert_int_equal(check("file:de.csv version:1 expires:2027-01-31", &l),
                     ERR_OK);
    assert_int_equal(signed_list_join(list, buf_str(&out), &file), ERR_OK);
    assert_true(signed_list_split(buf_str(&file), &again, &signature));
    assert_true(str_eq(again, list));
    assert_int_equal(
        signed_list_check(&pub, again, buf_str(&signature), &l, &d), ERR_OK);
    buf_clear(&signature);
    assert_false(signed_list_split(list, &again, &signature));
    assert_false(signed_list_split(STR("#untrusted comment: x\n#y\nurl\n"),
                                   &again, &signature));
    buf_fini(&signature);
    buf_fini(&file);
}

static void signed_list_writes_no_comment_that_it_would_refuse(void **state)
{
    static const struct signed_list bad[] = {
        {.name = "list", .version = 1, .made_s = 0, .expires_s = 86400},
        {.name = "de.csv", .version = 0, .made_s = 0, .expires_s = 86400},
        {.name = "de.csv",
         .version = SIGNED_LIST_VERSION_MAX + 1,
         .made_s = 0,
         .expires_s = 86400},
        {.name = "de.csv", .version = 1, .made_s = -1, .expires_s = 86400},
        {.name = "de.csv", .version = 1, .made_s = 0, .expires_s = 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(signed_list_comment(&bad[i], &out), ERR_INVAL);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(signed_list_reads_what_it_writes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            signed_list_passes_over_fields_of_others, setup, teardown),
        cmocka_unit_test_setup_teardown(
            signed_list_refuses_a_comment_that_says_too_little, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            signed_list_believes_no_other_list_and_no_other_key, setup,
            teardown),
        cmocka_unit_test_setup_teardown(signed_list_is_one_file_on_the_disk,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            signed_list_writes_no_comment_that_it_would_refuse, setup,
            teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
