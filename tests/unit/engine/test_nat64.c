// SPDX-License-Identifier: Apache-2.0
/* The prefix of this line's translator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/nat64.h"

static struct ip ip(const char *text)
{
    struct ip a = {0};
    assert_true(ip_parse(str_c(text), &a));
    return a;
}

static void a_translation_shows_in_an_answer(void **state)
{
    (void)state;
    struct ip answer[] = {ip("93.184.215.14"), ip("fd00:64::5db8:d70e"),
                          ip("2606:2800:220::1")};
    assert_true(nat64_shows(answer, 3));
    assert_false(nat64_shows(answer, 1));
    assert_false(nat64_shows(answer + 1, 2));
}

static void the_prefix_is_what_stands_before_a_known_address(void **state)
{
    (void)state;
    struct nat64 t = {0};
    struct ip six = ip("fd00:64::5db8:d70e"), four = ip("93.184.215.14");
    struct ip answer[] = {ip("192.0.0.170"), ip("fd00:64::c000:aa")};
    struct ip meant = nat64_meant(&t, &six), written;
    assert_true(ip_eq(&meant, &six)); /* nothing is known yet */
    nat64_learn(&t, answer, 2);
    assert_true(t.known);
    assert_int_equal(t.bits, 96);
    meant = nat64_meant(&t, &six);
    assert_true(ip_eq(&meant, &four));
    meant = nat64_meant(&t, &four);
    assert_true(ip_eq(&meant, &four));
    six = ip("fd00:65::5db8:d70e");
    meant = nat64_meant(&t, &six);
    assert_true(ip_eq(&meant, &six));
    assert_false(nat64_write(&t, &six, &written));
}

static void an_answer_without_a_translation_is_an_answer(void **state)
{
    (void)state;
    struct nat64 t = {0};
    struct ip answer[] = {ip("192.0.0.170"), ip("fd00:64::1")}, written;
    struct ip four = ip("93.184.215.14");
    nat64_learn(&t, answer, 2);
    assert_true(t.known && t.bits == 0);
    assert_false(nat64_write(&t, &four, &written));
    nat64_learn(&t, NULL, 0);
    assert_true(t.known && t.bits == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_translation_shows_in_an_answer),
        cmocka_unit_test(the_prefix_is_what_stands_before_a_known_address),
        cmocka_unit_test(an_answer_without_a_translation_is_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
