// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"
#include "base/crypto.h"
#include "base/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/certs.h"

static void assert_hex(const uint8_t *p, size_t len, const char *want)
{
    char text[200];

    hex_encode(p, len, text);
    assert_string_equal(text, want);
}

static void sha256_gives_the_values_of_fips_180(void **state)
{
    uint8_t out[SHA256_LEN];
    struct sha256 s;

    (void)state;
    crypto_sha256(STR("abc"), out);
    assert_hex(
        out, sizeof(out),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    crypto_sha256((struct str){NULL, 0}, out);
    assert_hex(
        out, sizeof(out),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    crypto_sha256_init(&s);
    crypto_sha256_add(&s, STR("a"));
    crypto_sha256_add(&s, (struct str){NULL, 0});
    crypto_sha256_add(&s, STR("bc"));
    crypto_sha256_end(&s, out);
    assert_hex(
        out, sizeof(out),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void the_issuer_of_a_certificate_has_a_hash(void **state)
{
    (void)state;

    static const struct {
        const char *cert, *want;
    } rows[] = {{CERT_A, ISSUER_A_SHA256}, {CERT_B, ISSUER_B_SHA256}};

    for (size_t i = 0; i < 2; i++) {
        uint8_t out[SHA256_LEN];
        struct buf der;
        buf_init(&der, 1024);
        assert_int_equal(base64_decode(str_c(rows[i].cert), &der), ERR_OK);
        assert_true(crypto_issuer_sha256(buf_str(&der), out));
        assert_hex(out, sizeof(out), rows[i].want);
        for (size_t n = 0; n < buf_str(&der).len; n += 7) {
            assert_false(
                crypto_issuer_sha256(str_sub(buf_str(&der), 0, n), out));
        }
        buf_fini(&der);
    }
    assert_false(crypto_issuer_sha256((struct str){NULL, 0}, (uint8_t[32]){0}));
}

static void hmac_gives_the_values_of_rfc_4231(void **state)
{
    uint8_t out[SHA256_LEN];
    char key[131];

    (void)state;
    crypto_hmac(STR("Jefe"), STR("what do ya want for nothing?"), out);
    assert_hex(
        out, sizeof(out),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof(key));
    crypto_hmac((struct str){key, sizeof(key)},
                STR("Test Using Larger Than Block-Size Key - Hash Key First"),
                out);
    assert_hex(
        out, sizeof(out),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void signature_is_that_of_rfc_8032(void **state)
{
    uint8_t secret[CRYPTO_SECRET_LEN], sig[CRYPTO_SIG_LEN];
    const uint8_t *pub = secret + 32;

    (void)state;
    /* 7.1, test 2; libsodium's secret is the seed followed by the public */
    assert_int_equal(
        hex_decode(
            STR("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8"
                "a6fb3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f1"
                "2af4660c"),
            secret, sizeof(secret)),
        ERR_OK);
    crypto_sign_msg(STR("\x72"), secret, sig);
    assert_hex(sig, sizeof(sig),
               "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69"
               "da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb"
               "0c00");
    assert_true(crypto_verify(STR("\x72"), sig, pub));
    assert_false(crypto_verify(STR("\x73"), sig, pub));
    sig[5] ^= 1;
    assert_false(crypto_verify(STR("\x72"), sig, pub));
}

static void new_key_pairs_sign_and_verify(void **state)
{
    uint8_t pub[CRYPTO_PUB_LEN], other[CRYPTO_PUB_LEN];
    uint8_t secret[CRYPTO_SECRET_LEN], sig[CRYPTO_SIG_LEN];

    (void)state;
    crypto_keypair(other, secret);
    crypto_keypair(pub, secret);
    crypto_sign_msg((struct str){NULL, 0}, secret, sig);
    assert_true(crypto_verify((struct str){NULL, 0}, sig, pub));
    assert_false(crypto_verify((struct str){NULL, 0}, sig, other));
}

static void random_numbers_stay_below_their_bound(void **state)
{
    unsigned seen = 0;
    uint8_t a[32], b[32];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        uint32_t v = crypto_random_below(5);

        assert_true(v < 5);
        seen |= 1u << v;
    }
    assert_int_equal(seen, 31);
    crypto_random(a, sizeof(a));
    crypto_random(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
}

static void hex_reads_back_and_refuses_the_rest(void **state)
{
    uint8_t out[3] = {9, 9, 9};

    (void)state;
    assert_int_equal(hex_decode(STR("00fFa1"), out, 3), ERR_OK);
    assert_hex(out, 3, "00ffa1");
    assert_int_equal(hex_decode(STR("00ff"), out, 3), ERR_PARSE);
    assert_int_equal(hex_decode(STR("00ff0g"), out, 3), ERR_PARSE);
    assert_int_equal(hex_decode(STR("00ff000"), out, 3), ERR_PARSE);
    assert_hex(out, 3, "00ffa1");
}

static void base64_gives_the_values_of_rfc_4648(void **state)
{
    static const char *const pairs[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xff\xfe\xfd", "//79"},
    };
    struct buf b;

    (void)state;
    buf_init(&b, 100);
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        buf_clear(&b);
        assert_int_equal(base64_add(&b, str_c(pairs[i][0])), ERR_OK);
        assert_string_equal((const char *)b.p, pairs[i][1]);
        buf_clear(&b);
        assert_int_equal(base64_decode(str_c(pairs[i][1]), &b), ERR_OK);
        assert_string_equal((const char *)b.p, pairs[i][0]);
    }
    buf_fini(&b);
}

static void base64_decode_refuses_every_other_form(void **state)
{
    static const char *const wrong[] = {
        "Z",    "Zg",   "Zg=",    "Zg==Zg==", "Z===", "====", "Zh==",
        "Zm9=", "Zm 9", "Zm9v\n", "Zm-_",     "=Zg=", "Zg=a",
    };
    struct buf b;

    (void)state;
    buf_init(&b, 100);
    assert_int_equal(buf_add_c(&b, "kept"), ERR_OK);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(base64_decode(str_c(wrong[i]), &b), ERR_PARSE);
        assert_string_equal((const char *)b.p, "kept");
    }
    buf_fini(&b);
}

static void base64_of_long_data_reads_back(void **state)
{
    static char data[5000];
    struct buf text, back;

    (void)state;
    crypto_random(data, sizeof(data));
    buf_init(&text, 10000);
    buf_init(&back, 10000);
    for (size_t n = 4990; n <= 5000; n++) {
        buf_clear(&text);
        buf_clear(&back);
        assert_int_equal(base64_add(&text, (struct str){data, n}), ERR_OK);
        assert_int_equal(base64_decode(buf_str(&text), &back), ERR_OK);
        assert_int_equal(back.len, n);
        assert_memory_equal(back.p, data, n);
    }
    buf_fini(&text);
    buf_fini(&back);
}

static int setup(void **state)
{
    (void)state;
    return crypto_setup() == ERR_OK ? 0 : -1;
}

/* draft-irtf-cfrg-xchacha-03, appendix A.3.1, is what libsodium tests itself
 * with; here: what we make of it. */
static void what_is_sealed_opens_with_its_key_only(void **state)
{
    static const uint8_t key[CRYPTO_KEY_LEN] = {7};
    static const uint8_t other[CRYPTO_KEY_LEN] = {8};
    struct buf sealed, again, opened;

    (void)state;
    buf_init(&sealed, 4096);
    buf_init(&again, 4096);
    buf_init(&opened, 4096);
    if (crypto_seal(STR("some text"), STR("about"), key, &sealed) != ERR_OK ||
        crypto_seal(STR("some text"), STR("about"), key, &again) != ERR_OK ||
        buf_add_c(&opened, "before ") != ERR_OK) {
        fail();
    }
    assert_int_equal(sealed.len, strlen("some text") + CRYPTO_SEAL_LEN);
    assert_int_equal(str_find(buf_str(&sealed), STR("text")), SIZE_MAX);
    assert_false(str_eq(buf_str(&sealed), buf_str(&again)));
    assert_int_equal(
        crypto_unseal(buf_str(&sealed), STR("about"), other, &opened),
        ERR_PARSE);
    assert_int_equal(
        crypto_unseal(buf_str(&sealed), STR("another"), key, &opened),
        ERR_PARSE);
    for (size_t i = 0; i < sealed.len; i++) {
        struct str cut = str_sub(buf_str(&sealed), 0, i);
        assert_int_equal(crypto_unseal(cut, STR("about"), key, &opened),
                         ERR_PARSE);
        sealed.p[i] ^= 1;
        assert_int_equal(
            crypto_unseal(buf_str(&sealed), STR("about"), key, &opened),
            ERR_PARSE);
        sealed.p[i] ^= 1;
    }
    assert_int_equal(
        crypto_unseal(buf_str(&sealed), STR("about"), key, &opened), ERR_OK);
    assert_true(str_eq_c(buf_str(&opened), "before some text"));
    buf_fini(&sealed);
    buf_fini(&again);
    buf_fini(&opened);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_opens_with_its_key_only),
        cmocka_unit_test(sha256_gives_the_values_of_fips_180),
        cmocka_unit_test(the_issuer_of_a_certificate_has_a_hash),
        cmocka_unit_test(hmac_gives_the_values_of_rfc_4231),
        cmocka_unit_test(signature_is_that_of_rfc_8032),
        cmocka_unit_test(new_key_pairs_sign_and_verify),
        cmocka_unit_test(random_numbers_stay_below_their_bound),
        cmocka_unit_test(hex_reads_back_and_refuses_the_rest),
        cmocka_unit_test(base64_gives_the_values_of_rfc_4648),
        cmocka_unit_test(base64_decode_refuses_every_other_form),
        cmocka_unit_test(base64_of_long_data_reads_back),
    };

    return cmocka_run_group_tests_name("crypto", tests, setup, NULL);
}
