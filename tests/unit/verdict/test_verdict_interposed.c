// SPDX-License-Identifier: Apache-2.0
/* Pages over TLS that somebody between may have read: his authority was added
 * to this device. Each has an innocent twin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"

/* Three bytes, and what says that it was published; with their hashes. */
#define BARE      "[{\"format\":\"base64\",\"data\":\"YWJj\"}]"
#define PUBLISHED "[{\"format\":\"base64\",\"data\":\"MAYKKwYBBAHWeQIEAnh4\"}]"
#define HASH_BARE                                                              \
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define HASH_PUBLISHED                                                         \
    "34ef25cf89f03413518acfc51bfc647e59773ad0bf658a6401798fe478f44277"

static void again(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
}

/* The page came with these certificates; the control was shown that one at
 * `endpoint`. */
static void came_with(const char *certs, const char *endpoint, const char *hash)
{
    system_dns(RIGHT);
    connect_to(50001, RIGHT, 443, 0, true, NULL);
    put(HANDSHAKES,
        "{\"transaction_id\":50001,\"server_name\":\"" HOST
        "\",\"failure\":null,\"no_tls_verify\":false,"
        "\"peer_certificates\":%s,\"tags\":[]}",
        certs);
    request(50001, input, NULL, 200, HEADERS, PAGE);
    good_control();
    put(CTL_HTTP, "\"x\":1},\"x_parallax\":{\"certificates\":{\"%s\":\"%s\"}",
        endpoint, hash);
}

static void an_authority_that_was_added_reads_along(void **state)
{
    (void)state;
    came_with(BARE, RIGHT ":443", HASH_PUBLISHED);
    expect(X_INCONCLUSIVE, "-", "certificate_of_an_added_authority");
    struct verdict v = verdict_now();
    assert_int_equal(v.n_reasons, 1);
    assert_int_equal(v.n_alternatives, 2);
    assert_string_equal(rule_of(v.alternatives[1]), "page_over_verified_tls");
    assert_false(v.want_again);
    assert_string_equal(v.blocking, "false");
}

static void other_certificates_of_the_site_are_its_own(void **state)
{
    static const struct {
        const char *certs, *endpoint, *hash;
    } twins[] = {
        {BARE, RIGHT ":443", HASH_BARE},        /* everybody's */
        {PUBLISHED, RIGHT ":443", HASH_BARE},   /* a second one */
        {BARE, RIGHT ":8443", HASH_PUBLISHED},  /* shown elsewhere */
        {BARE, WRONG ":443", HASH_PUBLISHED},   /* likewise */
        {"[]", RIGHT ":443", HASH_PUBLISHED},   /* not stored */
        {"null", RIGHT ":443", HASH_PUBLISHED}, /* left out */
        {"[{\"data\":\"?\"}]", RIGHT ":443", HASH_PUBLISHED},
        {BARE, RIGHT ":443", "x"},
    };

    for (size_t i = 0; i < sizeof(twins) / sizeof(*twins); i++) {
        again(state);
        came_with(twins[i].certs, twins[i].endpoint, twins[i].hash);
        expect(X_OK, "-", "page_over_verified_tls");
        assert_int_equal(verdict_now().n_reasons, 1);
    }
    /* another control does not say what it was shown */
    again(state);
    came_with(BARE, RIGHT ":443", HASH_PUBLISHED);
    rec.part[CTL_HTTP].len = 0;
    control_page(NULL);
    expect(X_OK, "-", "page_over_verified_tls");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_authority_that_was_added_reads_along,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            other_certificates_of_the_site_are_its_own, setup, teardown),
    };
    return cmocka_run_group_tests_name("interposed", tests, NULL, NULL);
}
