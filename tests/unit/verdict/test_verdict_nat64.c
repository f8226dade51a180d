// SPDX-License-Identifier: Apache-2.0
/* Translators whose prefix no public site can be behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"

static const char *const right[] = {"2001:db8:64::c629:4", "fd00:64::c629:4",
                                    "2a00:1098:2c:5::c629:4"};
static const char *const private_[] = {
    "2001:db8:64::a01:203", "fd00:64::a01:203", "2a00:1098:2c:5::a01:203"};
static const char *const wrong[] = {
    "2001:db8:64::c100:e81", "fd00:64::c100:e81", "2a00:1098:2c:5::c100:e81"};
#define PREFIXES 3

static void again(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
}

static void answer(const char *four, const char *six)
{
    char *both = region_printf(region, "%s,%s", four, six);
    assert_non_null(both);
    system_dns(both);
    https_flow(50001, four, "network_unreachable", NULL);
}

static void a_cut_behind_any_prefix_is_found(void **state)
{
    for (size_t i = 0; i < PREFIXES; i++) {
        answer(RIGHT, right[i]);
        https_flow(50002, right[i], NULL, "connection_reset");
        good_control();
        expect(X_BLOCKED, "tls", "tls_reset_control_succeeds");
        again(state);
        answer(RIGHT, right[i]);
        https_page(50002, right[i], 200);
        good_control();
        expect(X_OK, "-", "page_over_verified_tls");
        again(state);
    }
}

static void what_stands_for_a_private_address_is_forged(void **state)
{
    for (size_t i = 0; i < PREFIXES; i++) {
        answer("10.1.2.3", private_[i]);
        udp_dns(RIGHT);
        https_page(50003, right[i], 200);
        good_control();
        expect(X_BLOCKED, "dns", "dns_bogon_answer");
        again(state);
    }
}

/* The site proves itself behind the prefix, by an address of other resolvers;
 * where the provider leads to is a server that others were led to as well. */
static void a_notice_server_behind_a_translator_is_suspected(void **state)
{
    for (size_t i = 0; i < PREFIXES; i++) {
        answer(WRONG, wrong[i]);
        udp_dns(RIGHT);
        https_flow(50002, wrong[i], "connection_refused", NULL);
        https_page(50003, right[i], 200);
        good_control();
        struct verdict v = verdict_now();
        assert_true(v.notice.suspect && v.notice.proven && v.notice.agreed);
        assert_string_equal(v.notice.at, WRONG);
        again(state);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_cut_behind_any_prefix_is_found),
        T(what_stands_for_a_private_address_is_forged),
        T(a_notice_server_behind_a_translator_is_suspected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
