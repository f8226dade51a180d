// SPDX-License-Identifier: Apache-2.0
#include "probe/volunteer/ownname.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* All names, in order, with a space behind each. */
static void assert_names(const struct scrub *s, const char *want)
{
    char got[1024] = "";
    size_t n = 0;

    for (size_t i = 0; i < s->n_names; i++) {
        n += (size_t)snprintf(got + n, sizeof(got) - n, "%s ", s->name[i]);
    }
    assert_string_equal(got, want);
}

static void a_name_and_the_uncommon_words_in_it_count(void **state)
{
    struct scrub s = {.n_names = 0};

    (void)state;
    ownname_add(&s, STR("marysbox"));
    ownname_add(&s, STR("MarysBox"));
    ownname_add(&s, STR("johnson-laptop.lan\n"));
    ownname_add(&s, STR("w1"));
    assert_names(&s, "marysbox johnson-laptop.lan johnson ");
}

static void what_thousands_are_called_does_not(void **state)
{
    static const char *const names[] = {
        "root",        "status",      "handshake", "localhost",
        "raspberrypi", "RaspberryPi", "debian",    "anna",
        "abc123",      "192.168.1.1", "",          "server1234"};
    struct scrub s = {.n_names = 0};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) - 1; i++) {
        ownname_add(&s, str_c(names[i]));
    }
    assert_names(&s, "");
    ownname_add(&s, str_c(NULL));
    ownname_add(&s, STR("caf\xc3\xa9-annelies"));
    assert_names(&s, "");
}

static void names_without_end_are_cut_off(void **state)
{
    struct scrub s = {.n_names = 0};
    char name[200];

    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "annelies%c%c", 'a' + i / 10,
                 'a' + i % 10);
        ownname_add(&s, str_c(name));
    }
    assert_int_equal(s.n_names, SCRUB_MAX_NAMES);
    memset(name, 'a', sizeof(name));
    s.n_names = 0;
    ownname_add(&s, (struct str){name, sizeof(name)});
    assert_int_equal(s.n_names, 0);
}

static void a_network_at_home_is_the_routers_name(void **state)
{
    struct scrub s = {.n_names = 0};

    (void)state;
    ownname_add_domains(&s, STR("# search commented.lan\n"
                                "nameserver 192.168.1.1\n"
                                "search vandermeer.lan valetelecom.example\n"
                                "\n"
                                "domain holidayhome"));
    assert_names(&s, "vandermeer.lan vandermeer holidayhome ");
}

static void the_gateway_is_looked_up_in_hosts(void **state)
{
    static const char routes[] = "Iface\tDestination\tGateway \tFlags\n"
                                 "eth0\t0001A8C0\t00000000\t0001\n"
                                 "eth0\t00000000\t0101A8C0\t0003\n";
    struct scrub s = {.n_names = 0};
    struct ip ip;

    (void)state;
    assert_true(ownname_gateway(STR(routes), &ip));
    assert_memory_equal(ip.b, "\xc0\xa8\x01\x01", 4);
    ownname_add_hosts(&s,
                      STR("127.0.0.1 localhost\n192.168.1.10\tothers-desk\n"
                          " 192.168.1.1\tkellerkasten box # x\n"),
                      &ip);
    assert_names(&s, "kellerkasten ");
    assert_false(
        ownname_gateway(STR("Iface\n\neth0\t00000000\t01A8C0\n"), &ip));
    assert_false(ownname_gateway(STR("eth0\t00000000\tXX01A8C0\n"), &ip));
    assert_false(ownname_gateway(STR(""), &ip));
}

static void the_user_is_who_has_the_number(void **state)
{
    static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
                                 "broken\n"
                                 "annelies:x:1000:1000::/home/a:/bin/sh\n";

    (void)state;
    assert_true(str_eq_c(ownname_user(STR(passwd), 1000), "annelies"));
    assert_true(str_eq_c(ownname_user(STR(passwd), 0), "root"));
    assert_null(ownname_user(STR(passwd), 7).p);
    assert_null(ownname_user(STR(""), 0).p);
}

static void this_machine_can_be_asked(void **state)
{
    struct scrub s = {.n_names = 0};

    (void)state;
    ownname_find(&s);
    for (size_t i = 0; i < s.n_names; i++) {
        assert_true(strlen(s.name[i]) >= 6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_and_the_uncommon_words_in_it_count),
        cmocka_unit_test(what_thousands_are_called_does_not),
        cmocka_unit_test(names_without_end_are_cut_off),
        cmocka_unit_test(a_network_at_home_is_the_routers_name),
        cmocka_unit_test(the_gateway_is_looked_up_in_hosts),
        cmocka_unit_test(the_user_is_who_has_the_number),
        cmocka_unit_test(this_machine_can_be_asked),
    };

    return cmocka_run_group_tests_name("ownname", tests, NULL, NULL);
}
