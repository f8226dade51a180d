// SPDX-License-Identifier: Apache-2.0
/* The databases are written here, byte by byte, after MaxMind's published
 * format 2.0, so that no foreign data is needed. */
#include "base/buf.h"
#include "base/fs.h"
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

#define NODES_MAX 1000
#define DATA_BIT  0x800000u

struct tree {
    uint32_t child[NODES_MAX][2]; /* 0 nothing, node, DATA_BIT | offset */
    uint32_t n;
};

static void put_string(struct buf *b, const char *s)
{
    size_t n = strlen(s);

    if (n < 29) {
        buf_add_byte(b, (uint8_t)(2 << 5 | n));
    } else { /* 29: one more byte of length follows */
        buf_add_byte(b, 2 << 5 | 29);
        buf_add_byte(b, (uint8_t)(n - 29));
    }
    buf_add_c(b, s);
}

static void put_map(struct buf *b, unsigned pairs)
{
    buf_add_byte(b, (uint8_t)(7 << 5 | pairs));
}

static void put_u32(struct buf *b, uint32_t v)
{
    buf_add_byte(b, 6 << 5 | 4);
    buf_add_u32(b, v);
}

static void put_u16(struct buf *b, uint16_t v)
{
    buf_add_byte(b, 5 << 5 | 2);
    buf_add_u16(b, v);
}

static uint32_t put_entry(struct buf *data, uint32_t asn, const char *org,
                          const char *cc)
{
    uint32_t at = (uint32_t)data->len;

    put_map(data, 3);
    put_string(data, "autonomous_system_number");
    put_u32(data, asn);
    put_string(data, "autonomous_system_organization");
    put_string(data, org);
    put_string(data, "country");
    put_map(data, 1);
    put_string(data, "iso_code");
    put_string(data, cc);
    return at;
}

static void insert(struct tree *t, const uint8_t *addr, unsigned bits,
                   uint32_t data)
{
    uint32_t node = 0;

    for (unsigned i = 0; i < bits; i++) {
        uint32_t *next = &t->child[node][addr[i / 8] >> (7 - i % 8) & 1];

        if (i + 1 == bits) {
            *next = DATA_BIT | data;
        } else {
            if (!*next) {
                assert_true(t->n < NODES_MAX);
                *next = t->n++;
            }
            node = *next;
        }
    }
}

static void put_record(struct buf *b, const struct tree *t, uint32_t v)
{
    if (v == 0) {
        v = t->n; /* nothing there */
    } else if (v & DATA_BIT) {
        v = t->n + 16 + (v & ~DATA_BIT);
    }
    buf_add_byte(b, (uint8_t)(v >> 16));
    buf_add_u16(b, (uint16_t)v);
}

static void write_db(const char *path, const struct tree *t,
                     const struct buf *data)
{
    static const char zeros[16];
    struct buf b;

    buf_init(&b, 1 << 20);
    for (uint32_t i = 0; i < t->n; i++) {
        put_record(&b, t, t->child[i][0]);
        put_record(&b, t, t->child[i][1]);
    }
    buf_add(&b, zeros, sizeof(zeros));
    buf_add_str(&b, buf_str(data));
    buf_add_c(&b, "\xab\xcd\xefMaxMind.com");
    put_map(&b, 9);
    put_string(&b, "node_count");
    put_u32(&b, t->n);
    put_string(&b, "record_size");
    put_u16(&b, 24);
    put_string(&b, "ip_version");
    put_u16(&b, 6);
    put_string(&b, "binary_format_major_version");
    put_u16(&b, 2);
    put_string(&b, "binary_format_minor_version");
    put_u16(&b, 0);
    put_string(&b, "database_type");
    put_string(&b, "test");
    put_string(&b, "build_epoch");
    buf_add(&b, "\x01\x02\x01", 3); /* extended type 9, one byte: 1 */
    put_string(&b, "languages");
    buf_add(&b, "\x00\x04", 2); /* extended type 11, an empty array */
    put_string(&b, "description");
    put_map(&b, 0);
    assert_int_equal(fs_write_atomic(path, buf_str(&b), 0600, NULL), ERR_OK);
    buf_fini(&b);
}

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
