// SPDX-License-Identifier: Apache-2.0
/* Which answers of controls are stored as verified. */
#include "collector/api/route.h"

#include "base/hex.h"
#include "collector/control/control_signed.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/collector/api/route_fixture.h"

static bool take_verified(void *arg, const struct store_row *row)
{
    *(bool *)arg = row->control_verified;
    return false;
}

/* 2024-02-12 20:33, when the records of these tests begin. */
#define SIGNED_MINUTE INT64_C(28462833)

static int64_t minute = SIGNED_MINUTE;
static const char *asked = "http://a.example/";
static const char *nonce_of = NULL; /* NULL: one for each second */

static bool stored_as_verified(struct fixture *f, const char *answer,
                               const char *seconds, const uint8_t *pub,
                               const uint8_t *secret)
{
    char request[160], nonce[CONTROL_NONCE_LEN + 1];
    snprintf(nonce, sizeof(nonce), "00112233445566778899aabbccddee%.2s",
             nonce_of ? nonce_of : seconds);
    snprintf(request, sizeof(request),
             "{\"http_request\":\"%s\",\"x_parallax\":{\"nonce\":\"%s\"}}",
             asked, nonce);
    static const char signed_answer[] = "{\"dns\": {} }";
    struct buf text, up;
    buf_init(&text, 4096);
    buf_init(&up, 1 << 16);
    assert_int_equal(control_signed(str_c(request), minute, str_c(nonce),
                                    STR(signed_answer), &text),
                     ERR_OK);
    uint8_t sig[CRYPTO_SIG_LEN];
    char sig_hex[129], key_hex[65];
    crypto_sign_msg(buf_str(&text), secret, sig);
    hex_encode(sig, sizeof(sig), sig_hex);
    hex_encode(pub, CRYPTO_PUB_LEN, key_hex);
    buf_printf(&up,
               "{\"format\":\"json\",\"content\":{\"test_name\":"
               "\"web_connectivity\",\"probe_cc\":\"IT\",\"probe_asn\":"
               "\"AS137\",\"measurement_start_time\":\"2024-02-12 20:33:%s\","
               "\"input\":\"http://a.example/\",\"test_keys\":{\"queries\":[],"
               "\"tcp_connect\":[],\"tls_handshakes\":[],\"requests\":[],"
               "\"network_events\":[],\"x_control_request\":%s,\"control\":%s,"
               "\"x_control_signature\":{\"v\":1,\"minute\":%lld,"
               "\"nonce\":\"%s\","
               "\"signature\":\"%s\",\"key\":\"%s\"}}}}",
               seconds, request, answer, (long long)minute, nonce, sig_hex,
               key_hex);
    char got[300];
    upload(f, buf_str(&up), NULL, "127.0.0.1", NULL, 200, got, sizeof(got));
    bool verified = false;
    int64_t at = 1707769980 + strtol(seconds, NULL, 10);
    struct store_filter one = {.since_s = at, .until_s = at + 1};
    assert_int_equal(store_scan(f->store, &one, take_verified, &verified),
                     ERR_OK);
    buf_fini(&text);
    buf_fini(&up);
    return verified;
}

static void only_answers_of_known_controls_are_verified(void **state)
{
    struct fixture *f = *state;
    uint8_t pub[CRYPTO_PUB_LEN], secret[CRYPTO_SECRET_LEN];
    uint8_t other[CRYPTO_PUB_LEN], other_secret[CRYPTO_SECRET_LEN];
    crypto_keypair(pub, secret);
    crypto_keypair(other, other_secret);
    struct diag d = {{0}};
    assert_int_equal(control_keys_add(f->keys, pub, true, &d), ERR_OK);
    assert_true(stored_as_verified(f, "{\"dns\": {} }", "01", pub, secret));
    /* one byte of the answer changed */
    assert_false(stored_as_verified(f, "{\"dns\":{} }", "02", pub, secret));
    /* a key nobody told us of */
    assert_false(
        stored_as_verified(f, "{\"dns\": {} }", "03", other, other_secret));
    /* a known key over a signature by another */
    assert_false(
        stored_as_verified(f, "{\"dns\": {} }", "04", pub, other_secret));
    /* truly signed, but hours before, or for another site */
    minute = SIGNED_MINUTE - 120;
    assert_false(stored_as_verified(f, "{\"dns\": {} }", "05", pub, secret));
    minute = SIGNED_MINUTE;
    static const char *const others[] = {
        "http://b.example/", "https://a.example/", "http://a.example:8443/",
        "http://a.example/no-such-page", "http://a.example/?q=1"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        char second[] = {'1', (char)('0' + i), '\0'};
        asked = others[i];
        assert_false(
            stored_as_verified(f, "{\"dns\": {} }", second, pub, secret));
    }
    asked = "HTTP://A.Example.:80"; /* is the same site */
    assert_true(stored_as_verified(f, "{\"dns\": {} }", "06", pub, secret));
    asked = "http://a.example/";
    /* a signed answer that another record brought before */
    nonce_of = "01";
    assert_false(stored_as_verified(f, "{\"dns\": {} }", "07", pub, secret));
    nonce_of = NULL;
    assert_true(stored_as_verified(f, "{\"dns\": {} }", "08", pub, secret));
    struct control_keys *again = NULL;
    assert_int_equal(control_keys_open(f->dir, &again, &d), ERR_OK);
    control_keys_close(again);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(only_answers_of_known_controls_are_verified),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    log_setup("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
