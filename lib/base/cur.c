// SPDX-License-Identifier: Apache-2.0
/* Reading bytes without passing their end. */
#include "base/cur.h"

struct cur cur_of(const void *p, size_t len)
{
    return (struct cur){.p = p, .len = len};
}

size_t cur_left(const struct cur *c)
{
    return c->bad ? 0 : c->len - c->pos;
}

struct str cur_bytes(struct cur *c, size_t n)
{
    if (cur_left(c) < n || c->bad) {
        c->bad = true;
        return (struct str){NULL, 0};
    }
    struct str s = {(const char *)c->p + c->pos, n};
    c->pos += n;
    return s;
}

static uint64_t cur_uint(struct cur *c, size_t n)
{
    struct str s = cur_bytes(c, n);
    uint64_t v = 0;
    for (size_t i = 0; i < s.len; i++) {
        v = v << 8 | (uint8_t)s.p[i];
    }
    return v;
}

uint8_t cur_u8(struct cur *c)
{
    return (uint8_t)cur_uint(c, 1);
}

uint16_t cur_u16(struct cur *c)
{
    return (uint16_t)cur_uint(c, 2);
}

uint32_t cur_u24(struct cur *c)
{
    return (uint32_t)cur_uint(c, 3);
}

uint32_t cur_u32(struct cur *c)
{
    return (uint32_t)cur_uint(c, 4);
}

uint64_t cur_u64(struct cur *c)
{
    return cur_uint(c, 8);
}

void cur_skip(struct cur *c, size_t n)
{
    /* too few bytes left: the cursor remembers it */
    (void)cur_bytes(c, n);
}
