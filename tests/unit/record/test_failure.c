// SPDX-License-Identifier: Apache-2.0
/* The one list of failures: strings, kinds, and what leads to which. */
#include "record/failure.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char *of_errno(int errnum)
{
    return failure_text(failure_from_errno(errnum));
}

static const char *of_rcode(unsigned rcode)
{
    return failure_text(failure_from_rcode(rcode));
}

static void every_failure_is_found_by_its_string(void **state)
{
    (void)state;
    for (unsigned f = FAILURE_NONE + 1; f < FAILURE_FOREIGN; f++) {
        const char *text = failure_text((enum failure)f);
        assert_non_null(text);
        assert_int_equal(failure_of(str_c(text)), f);
    }
}

static void no_string_is_a_failure_of_its_own(void **state)
{
    (void)state;
    assert_null(failure_text(FAILURE_NONE));
    assert_null(failure_text(FAILURE_FOREIGN));
    assert_int_equal(failure_of(str_c(NULL)), FAILURE_NONE);
    assert_int_equal(failure_of(str_c("")), FAILURE_NONE);
}

static void strings_of_others_are_foreign(void **state)
{
    (void)state;
    assert_int_equal(failure_of(str_c("quic_error")), FAILURE_FOREIGN);
    assert_int_equal(failure_of(str_c("eof_erro")), FAILURE_FOREIGN);
    assert_int_equal(failure_of(str_c("eof_error ")), FAILURE_FOREIGN);
    assert_int_equal(failure_of(str_c("unknown_failure: something new")),
                     FAILURE_UNKNOWN);
    assert_true(failure_is_unknown("unknown_failure: something new"));
    assert_false(failure_is_unknown("unknown_error"));
    assert_false(failure_is_unknown(NULL));
}

/* The kinds stand in the list; what belongs to each is said here once more,
 * because a failure that moves into or out of `cut` changes verdicts. */
static void has_kind(bool (*is)(enum failure), const enum failure *all,
                     size_t n)
{
    for (unsigned f = 0; f <= FAILURE_COUNT; f++) {
        bool wanted = false;
        for (size_t i = 0; i < n; i++) {
            wanted = wanted || all[i] == f;
        }
        assert_int_equal(is((enum failure)f), wanted);
    }
}

static void five_failures_are_cuts(void **state)
{
    (void)state;

    static const enum failure cuts[] = {FAILURE_TIMEOUT, FAILURE_TIMED_OUT,
                                        FAILURE_RESET, FAILURE_ABORTED,
                                        FAILURE_EOF};

    has_kind(failure_is_cut, cuts, 5);
}

static void three_failures_are_of_the_certificate(void **state)
{
    (void)state;

    static const enum failure certs[] = {
        FAILURE_BAD_HOST, FAILURE_BAD_AUTHORITY, FAILURE_BAD_CERT};

    has_kind(failure_is_certificate, certs, 3);
}

static void six_failures_are_answers_without_an_address(void **state)
{
    (void)state;

    static const enum failure names[] = {FAILURE_NXDOMAIN,    FAILURE_NO_ANSWER,
                                         FAILURE_DNS_REFUSED, FAILURE_SERVFAIL,
                                         FAILURE_MISBEHAVING, FAILURE_WRONG_ID};

    has_kind(failure_is_name, names, 6);
}

static void errnos_have_their_strings(void **state)
{
    (void)state;
    assert_string_equal(of_errno(ECONNREFUSED), "connection_refused");
    assert_string_equal(of_errno(ECONNRESET), "connection_reset");
    assert_string_equal(of_errno(EPIPE), "connection_reset");
    assert_string_equal(of_errno(EHOSTUNREACH), "host_unreachable");
    assert_string_equal(of_errno(ENETUNREACH), "network_unreachable");
    assert_string_equal(of_errno(ETIMEDOUT), "timed_out");
    assert_true(failure_is_unknown(of_errno(12345)));
}

static void limits_of_this_machine_are_no_finding(void **state)
{
    (void)state;
    assert_int_equal(failure_internal(EMFILE), ERR_FDLIMIT);
    assert_int_equal(failure_internal(ENFILE), ERR_FDLIMIT);
    assert_int_equal(failure_internal(ENOMEM), ERR_NOMEM);
    assert_int_equal(failure_internal(ECONNRESET), ERR_OK);
    assert_int_equal(failure_internal(0), ERR_OK);
}

static void rcodes_have_their_strings(void **state)
{
    (void)state;
    assert_null(of_rcode(0));
    assert_string_equal(of_rcode(2), "dns_servfail_error");
    assert_string_equal(of_rcode(3), "dns_nxdomain_error");
    assert_string_equal(of_rcode(5), "dns_refused_error");
    assert_string_equal(of_rcode(1), "dns_server_misbehaving");
    assert_string_equal(of_rcode(23), "dns_server_misbehaving");
}

static void alerts_have_their_strings(void **state)
{
    (void)state;
    assert_string_equal(failure_from_alert(112), "ssl_invalid_hostname");
    assert_string_equal(
        failure_from_alert(40),
        "unknown_failure: remote error: tls: handshake failure");
    assert_string_equal(failure_from_alert(255),
                        "unknown_failure: remote error: tls: unknown alert");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_failure_is_found_by_its_string),
        cmocka_unit_test(no_string_is_a_failure_of_its_own),
        cmocka_unit_test(strings_of_others_are_foreign),
        cmocka_unit_test(five_failures_are_cuts),
        cmocka_unit_test(three_failures_are_of_the_certificate),
        cmocka_unit_test(six_failures_are_answers_without_an_address),
        cmocka_unit_test(errnos_have_their_strings),
        cmocka_unit_test(limits_of_this_machine_are_no_finding),
        cmocka_unit_test(rcodes_have_their_strings),
        cmocka_unit_test(alerts_have_their_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
