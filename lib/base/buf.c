// SPDX-License-Identifier: Apache-2.0
/* Bytes that grow up to a maximum. */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_fini(struct buf *b)
{
    free(b->p);
    *b = (struct buf){.max = b->max};
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failed = ERR_OK;
    if (b->p) {
        b->p[0] = '\0';
    }
}

/* Room for `more` bytes and the NUL that keeps text printable. */
static enum err buf_room(struct buf *b, size_t more)
{
    if (b->failed != ERR_OK) {
        return b->failed;
    }
    if (more > b->max || b->len > b->max - more) {
        return b->failed = ERR_LIMIT;
    }
    size_t need = b->len + more + 1;
    if (need <= b->cap) {
        return ERR_OK;
    }
    size_t cap = b->cap < 256 ? 256 : b->cap;
    while (cap < need) {
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    }
    if (cap > b->max + 1 && b->max + 1 >= need) {
        cap = b->max + 1;
    }
    uint8_t *p = realloc(b->p, cap);
    if (!p) {
        return b->failed = ERR_NOMEM;
    }
    b->p = p;
    b->cap = cap;
    return ERR_OK;
}

enum err buf_add(struct buf *b, const void *p, size_t len)
{
    enum err e = buf_room(b, len);
    if (e != ERR_OK) {
        return e;
    }
    if (len > 0) {
        memcpy(b->p + b->len, p, len);
    }
    b->len += len;
    b->p[b->len] = '\0';
    return ERR_OK;
}

enum err buf_add_c(struct buf *b, const char *s)
{
    return buf_add(b, s, strlen(s));
}

enum err buf_add_str(struct buf *b, struct str s)
{
    return buf_add(b, s.p, s.len);
}

enum err buf_add_byte(struct buf *b, uint8_t c)
{
    if (b->failed == ERR_OK && b->len + 1 < b->cap) {
        b->p[b->len++] = c; /* most bytes find room */
        b->p[b->len] = '\0';
        return ERR_OK;
    }
    return buf_add(b, &c, 1);
}

enum err buf_add_u16(struct buf *b, uint16_t v)
{
    uint8_t w[2] = {(uint8_t)(v >> 8), (uint8_t)v};
    return buf_add(b, w, sizeof(w));
}

enum err buf_add_u32(struct buf *b, uint32_t v)
{
    uint8_t w[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
                    (uint8_t)v};
    return buf_add(b, w, sizeof(w));
}

enum err buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    enum err e = n < 0 ? ERR_INVAL : buf_room(b, (size_t)n);
    if (e == ERR_OK) {
        vsnprintf((char *)b->p + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    } else if (b->failed == ERR_OK) {
        b->failed = e;
    }
    va_end(again);
    return e;
}

enum err buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    enum err e = buf_vprintf(b, fmt, ap);
    va_end(ap);
    return e;
}

struct str buf_str(const struct buf *b)
{
    return (struct str){(const char *)b->p, b->len};
}

void buf_drop(struct buf *b, size_t n)
{
    if (n >= b->len) {
        b->len = 0;
    } else if (n > 0) {
        memmove(b->p, b->p + n, b->len - n);
        b->len -= n;
    }
    if (b->p) {
        b->p[b->len] = '\0';
    }
}

uint8_t *buf_take(struct buf *b, size_t *len)
{
    uint8_t *p = b->p;
    *len = b->len;
    *b = (struct buf){.max = b->max};
    return p;
}
