// SPDX-License-Identifier: Apache-2.0
/* What a refused chain is called. Handshakes themselves are tested against
 * real servers (test_client.c, the lab).
 */
#include "net/tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* The codes of X509_verify_cert(3), by number: headers of OpenSSL are for one
 * file of the product alone. */
static void a_code_of_the_verification_has_one_failure(void **state)
{
    (void)state;

    static const struct {
        long code;
        enum failure failure;
    } codes[] = {
        {0, FAILURE_NONE},
        {2, FAILURE_BAD_AUTHORITY},  /* no certificate of the issuer */
        {7, FAILURE_BAD_AUTHORITY},  /* the issuer did not sign it */
        {9, FAILURE_BAD_CERT},       /* not yet valid */
        {10, FAILURE_BAD_CERT},      /* has expired */
        {18, FAILURE_BAD_AUTHORITY}, /* signed by itself */
        {19, FAILURE_BAD_AUTHORITY}, /* the root signed itself, unknown */
        {20, FAILURE_BAD_AUTHORITY}, /* no issuer in the local store */
        {21, FAILURE_BAD_AUTHORITY}, /* the first cannot be verified */
        {22, FAILURE_BAD_AUTHORITY}, /* too long a chain */
        {23, FAILURE_BAD_CERT},      /* revoked */
        {27, FAILURE_BAD_AUTHORITY}, /* not trusted for this */
        {62, FAILURE_BAD_HOST},      /* for another name */
        {64, FAILURE_BAD_HOST},      /* for another address */
    };

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        assert_int_equal(tls_verify_failure(codes[i].code), codes[i].failure);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_of_the_verification_has_one_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
