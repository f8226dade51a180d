// SPDX-License-Identifier: Apache-2.0
/* Lookups in a database that is made for them. */
#include "base/geo.h"
#include "tests/unit/tmp.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/base/mmdb_fixture.h"

static char path[64];
static struct geo *g;

static int setup(void **state)
{
    static struct tree t;
    struct buf data;
    struct diag d;
    uint8_t addr[16] = {0};
    char org[201];

    (void)state;
    memset(&t, 0, sizeof(t));
    t.n = 1;
    buf_init(&data, 10000);
    inet_pton(AF_INET, "93.184.216.0", addr + 12);
    insert(&t, addr, 96 + 24, put_entry(&data, 15133, "Edgecast Inc.", "US"));
    inet_pton(AF_INET, "130.192.0.0", addr + 12);
    insert(&t, addr, 96 + 16, put_entry(&data, 4200000000u, "GARR", "it"));
    /* a long name whose 127th byte is within a character */
    memset(org, 'a', 200);
    org[200] = 0;
    memcpy(org + 126, "\xc3\xa9", 2);
    inet_pton(AF_INET6, "2001:db8::", addr);
    insert(&t, addr, 32, put_entry(&data, 64500, org, "DE"));
    char name[32];
    snprintf(name, sizeof(name), "test_geo.%ld.mmdb", (long)getpid());
    tmp_path(path, sizeof(path), name);
    write_db(path, &t, &data);
    buf_fini(&data);
    return geo_open(path, &g, &d) == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    geo_close(g);
    unlink(path);
    return 0;
}

static void lookup_finds_network_and_country(void **state)
{
    struct geo_entry e;

    (void)state;
    geo_lookup(g, "93.184.216.34", &e);
    assert_int_equal(e.asn, 15133);
    assert_string_equal(e.org, "Edgecast Inc.");
    assert_string_equal(e.cc, "US");
    geo_lookup(g, "2001:db8::1", &e);
    assert_int_equal(e.asn, 64500);
    assert_string_equal(e.cc, "DE");
}

static void lookup_cuts_long_names_between_characters(void **state)
{
    struct geo_entry e;

    (void)state;
    geo_lookup(g, "2001:db8::1", &e);
    assert_int_equal(strlen(e.org), 126);
}

static void lookup_takes_no_country_that_is_not_two_capitals(void **state)
{
    struct geo_entry e;

    (void)state;
    geo_lookup(g, "130.192.91.211", &e);
    assert_int_equal(e.asn, 4200000000u);
    assert_string_equal(e.cc, "ZZ");
}

static void lookup_of_the_unknown_gives_zeros(void **state)
{
    static const char *const addrs[] = {
        "8.8.8.8", "::1", "", "x", "1.2.3", "93.184.216.34 ", NULL};
    struct geo_entry e;

    (void)state;
    for (size_t i = 0; i < sizeof(addrs) / sizeof(addrs[0]); i++) {
        memset(&e, 0xff, sizeof(e));
        geo_lookup(g, addrs[i], &e);
        assert_int_equal(e.asn, 0);
        assert_string_equal(e.org, "");
        assert_string_equal(e.cc, "ZZ");
    }
    geo_lookup(NULL, "93.184.216.34", &e);
    assert_int_equal(e.asn, 0);
}

static void open_names_a_missing_or_broken_file(void **state)
{
    struct geo *none = NULL;
    struct diag d;
    char broken[80];

    (void)state;
    assert_int_equal(geo_open("/nonexistent.mmdb", &none, &d), ERR_NOTFOUND);
    assert_non_null(strstr(d.text, "/nonexistent.mmdb"));
    snprintf(broken, sizeof(broken), "%s.broken", path);
    assert_int_equal(fs_write_atomic(broken, STR("garbage"), 0600, NULL),
                     ERR_OK);
    assert_int_equal(geo_open(broken, &none, &d), ERR_PARSE);
    assert_non_null(strstr(d.text, broken));
    assert_null(none);
    unlink(broken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lookup_finds_network_and_country),
        cmocka_unit_test(lookup_cuts_long_names_between_characters),
        cmocka_unit_test(lookup_takes_no_country_that_is_not_two_capitals),
        cmocka_unit_test(lookup_of_the_unknown_gives_zeros),
        cmocka_unit_test(open_names_a_missing_or_broken_file),
    };

    return cmocka_run_group_tests_name("geo", tests, setup, teardown);
}
