// SPDX-License-Identifier: Apache-2.0
/* Databases of networks, written byte by byte after MaxMind's published format
 * 2.0, so that no foreign data is needed. Include after the header of cmocka.
 */
#ifndef PARALLAX_TESTS_MMDB_FIXTURE_H
#define PARALLAX_TESTS_MMDB_FIXTURE_H

#include "base/buf.h"
#include "base/fs.h"

#include <stdint.h>
#include <string.h>

#define NODES_MAX 1000
#define DATA_BIT  0x800000u

struct tree {
    uint32_t child[NODES_MAX][2]; /* 0 nothing, node, DATA_BIT | offset */
    uint32_t n;
};

static inline void put_string(struct buf *b, const char *s)
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

static inline void put_map(struct buf *b, unsigned pairs)
{
    buf_add_byte(b, (uint8_t)(7 << 5 | pairs));
}

static inline void put_u32(struct buf *b, uint32_t v)
{
    buf_add_byte(b, 6 << 5 | 4);
    buf_add_u32(b, v);
}

static inline void put_u16(struct buf *b, uint16_t v)
{
    buf_add_byte(b, 5 << 5 | 2);
    buf_add_u16(b, v);
}

static inline uint32_t put_entry(struct buf *data, uint32_t asn,
                                 const char *org, const char *cc)
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

static inline void insert(struct tree *t, const uint8_t *addr, unsigned bits,
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

static inline void put_record(struct buf *b, const struct tree *t, uint32_t v)
{
    if (v == 0) {
        v = t->n; /* nothing there */
    } else if (v & DATA_BIT) {
        v = t->n + 16 + (v & ~DATA_BIT);
    }
    buf_add_byte(b, (uint8_t)(v >> 16));
    buf_add_u16(b, (uint16_t)v);
}

static inline void write_db(const char *path, const struct tree *t,
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

#endif
