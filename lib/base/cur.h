// SPDX-License-Identifier: Apache-2.0
/* A cursor that reads bytes and never passes their end, made like c-ares'
 * ares_buf. All parsing of bytes from the network, the disk or a peer goes
 * through it. Numbers are read in network order.
 *
 * Once a read goes past the end `bad` is set and every later read gives zero:
 * check `bad` once at the end of a fixed-size group.
 */
#ifndef PARALLAX_BASE_CUR_H
#define PARALLAX_BASE_CUR_H

#include "base/str.h"

struct cur {
    const uint8_t *p; /* borrowed */
    size_t len;
    size_t pos;
    bool bad;
};

/* A cursor at the first of `len` bytes, which it borrows. */
struct cur cur_of(const void *p, size_t len);

/* Bytes not read yet; 0 once the cursor is bad. */
size_t cur_left(const struct cur *c);

/* The next number of 1, 2 or 3 bytes. */
uint8_t cur_u8(struct cur *c);
uint16_t cur_u16(struct cur *c);
uint32_t cur_u24(struct cur *c);

/* The next number of 4 or 8 bytes. */
uint32_t cur_u32(struct cur *c);
uint64_t cur_u64(struct cur *c);

/* Borrowed view of the next `n` bytes; {NULL,0} and bad when short. */
struct str cur_bytes(struct cur *c, size_t n);

/* Passes over the next `n` bytes. */
void cur_skip(struct cur *c, size_t n);

#endif
