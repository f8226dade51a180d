// SPDX-License-Identifier: Apache-2.0
#include "base/hex.h"
#include "base/old_hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_hashes(struct str text, const char *md5, const char *sha1)
{
    uint8_t m[OLD_HASH_MD5_LEN], s[OLD_HASH_SHA1_LEN];
    char hex[2 * OLD_HASH_SHA1_LEN + 1];

    old_hash_md5(text, m);
    hex_encode(m, sizeof(m), hex);
    assert_string_equal(hex, md5);
    old_hash_sha1(text, s);
    hex_encode(s, sizeof(s), hex);
    assert_string_equal(hex, sha1);
}

/* From RFC 1321 (A.5), RFC 3174 (7.3) and FIPS 180. */
static void hashes_are_those_of_the_standards(void **state)
{
    (void)state;
    assert_hashes(STR(""), "d41d8cd98f00b204e9800998ecf8427e",
                  "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    assert_hashes(STR("abc"), "900150983cd24fb0d6963f7d28e17f72",
                  "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_hashes(
        STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
        "8215ef0796a20bcaaae116d3876c664a",
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    assert_hashes(STR("1234567890123456789012345678901234567890123456789012345"
                      "6789012345678901234567890"),
                  "57edf4a22be3c955ac49da2e2107b67a",
                  "50abf5706a150990a08b2c5ea40fa0e585554732");
}

static void a_long_text_is_cut_off(void **state)
{
    char text[2 * OLD_HASH_TEXT_MAX];
    uint8_t a[OLD_HASH_SHA1_LEN], b[OLD_HASH_SHA1_LEN];

    (void)state;
    memset(text, 'x', sizeof(text));
    old_hash_sha1((struct str){text, OLD_HASH_TEXT_MAX}, a);
    old_hash_sha1((struct str){text, sizeof(text)}, b);
    assert_memory_equal(a, b, sizeof(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_those_of_the_standards),
        cmocka_unit_test(a_long_text_is_cut_off),
    };

    return cmocka_run_group_tests_name("old_hash", tests, NULL, NULL);
}
