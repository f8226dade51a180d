// SPDX-License-Identifier: Apache-2.0
/* Growable byte buffer that states its maximum at birth (curl's dynbuf). */
#ifndef PARALLAX_BASE_BUF_H
#define PARALLAX_BASE_BUF_H

#include "base/str.h"
#include <stdarg.h>

struct buf {
    uint8_t *p; /* NUL-terminated one past len once anything was added */
    size_t len;
    size_t cap;
    size_t max;
    enum err failed; /* first failure sticks; later appends do nothing */
};

/* A buffer for `max` bytes at most, in place; allocates nothing yet. buf_fini
 * frees what it holds and leaves it empty, buf_clear empties it, keeps the
 * memory and forgets `failed`. */
void buf_init(struct buf *b, size_t max);
void buf_fini(struct buf *b);
void buf_clear(struct buf *b);

/* Appends return the sticky error (ERR_NOMEM, ERR_LIMIT), which may be
 * ignored at each call and read once from `failed` at the end. */
enum err buf_add(struct buf *b, const void *p, size_t len);
enum err buf_add_c(struct buf *b, const char *s);
enum err buf_add_str(struct buf *b, struct str s);

/* Appends a byte, or a number in network order; errors as above. */
enum err buf_add_byte(struct buf *b, uint8_t c);
enum err buf_add_u16(struct buf *b, uint16_t v);
enum err buf_add_u32(struct buf *b, uint32_t v);

/* Appends formatted text; errors as above, and ERR_INVAL where printf fails. */
enum err buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* For tests: the same with the arguments as a list. */
enum err buf_vprintf(struct buf *b, const char *fmt, va_list ap)
    PRINTF_LIKE(2, 0);

/* The bytes, borrowed until the next change; {NULL,0} if there never were any.
 */
struct str buf_str(const struct buf *b);

/* Drops the first `n` bytes, or all if there are fewer. */
void buf_drop(struct buf *b, size_t n);

/* Hands the bytes to the caller, who frees them with free(); b is empty. */
uint8_t *buf_take(struct buf *b, size_t *len);

#endif
