// SPDX-License-Identifier: Apache-2.0
/* Pages over TLS that somebody between may have read: his authority was added
 * to this device. Each has an innocent twin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/certs.h"
#include "verdict_record.h"

#define BARE      "[{\"format\":\"base64\",\"data\":\"" CERT_A "\"}]"
#define PUBLISHED "[{\"format\":\"base64\",\"data\":\"" CERT_B "\"}]"

static void again(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
}

/* The page came with these certificates; the control was shown that one, by
 * that issuer, at `endpoint`. */
static void came_with(const char *certs, const char *endpoint, const char *hash,
                      const char *issuer)
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
    put(CTL_HTTP,
        "\"x\":1},\"x_parallax\":{\"certificates\":{\"%s\":\"%s\"},"
        "\"issuers\":{\"%s\":\"%s\"}",
        endpoint, hash, endpoint, issuer);
}

static void an_authority_that_was_added_reads_along(void **state)
{
    (void)state;
    came_with(BARE, RIGHT ":443", CERT_B_SHA256, ISSUER_B_SHA256);
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
        const char *certs, *endpoint, *hash, *issuer;
    } twins[] = {
        /* everybody's */
        {BARE, RIGHT ":443", CERT_A_SHA256, ISSUER_A_SHA256},
        /* another of the same authority: of a second server */
        {BARE, RIGHT ":443", CERT_B_SHA256, ISSUER_A_SHA256},
        /* of another authority that browsers know */
        {PUBLISHED, RIGHT ":443", CERT_A_SHA256, ISSUER_A_SHA256},
        /* shown elsewhere */
        {BARE, RIGHT ":8443", CERT_B_SHA256, ISSUER_B_SHA256},
        {BARE, WRONG ":443", CERT_B_SHA256, ISSUER_B_SHA256},
        /* not stored, left out, none */
        {"[]", RIGHT ":443", CERT_B_SHA256, ISSUER_B_SHA256},
        {"null", RIGHT ":443", CERT_B_SHA256, ISSUER_B_SHA256},
        {"[{\"data\":\"?\"}]", RIGHT ":443", CERT_B_SHA256, ISSUER_B_SHA256},
        {"[{\"data\":\"YWJj\"}]", RIGHT ":443", CERT_B_SHA256, ISSUER_B_SHA256},
        /* a control that does not say it all */
        {BARE, RIGHT ":443", "x", ISSUER_B_SHA256},
        {BARE, RIGHT ":443", CERT_B_SHA256, "x"},
    };

    for (size_t i = 0; i < sizeof(twins) / sizeof(*twins); i++) {
        again(state);
        came_with(twins[i].certs, twins[i].endpoint, twins[i].hash,
                  twins[i].issuer);
        expect(X_OK, "-", "page_over_verified_tls");
        assert_int_equal(verdict_now().n_reasons, 1);
    }
    /* another control does not say what it was shown */
    again(state);
    came_with(BARE, RIGHT ":443", CERT_B_SHA256, ISSUER_B_SHA256);
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
