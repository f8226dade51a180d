// SPDX-License-Identifier: Apache-2.0
/* One region of memory per measurement and per request (unbound's idea):
 * everything built in it is freed by one call, nothing in it outlives it.
 * Not thread safe; a region belongs to one thread.
 */
#ifndef PARALLAX_BASE_REGION_H
#define PARALLAX_BASE_REGION_H

#include "base/str.h"

struct region;

/* A region that will hold at most `max_bytes` of payload; caller frees with
 * region_free. NULL when there is no memory. */
struct region *region_new(size_t max_bytes);
void region_free(struct region *r);

/* Zeroed memory aligned for any type, or NULL (no memory, the maximum, or `r`
 * is NULL, so that a region that could not be made needs no check of its own).
 * The memory lives until region_free. */
void *region_alloc(struct region *r, size_t size);

/* `n` elements of `size` bytes, overflow-checked. */
void *region_calloc(struct region *r, size_t n, size_t size);
/* Copies; the texts are NUL-terminated; NULL on failure. */
char *region_strdup(struct region *r, const char *s);
char *region_strndup(struct region *r, const char *s, size_t len);
void *region_memdup(struct region *r, const void *p, size_t len);

/* A copy; {NULL,0} on failure. */
struct str region_str(struct region *r, struct str s);

/* Formatted text, NUL-terminated; NULL on failure. */
char *region_printf(struct region *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Runs `fn(arg)` when the region is freed (in reverse order). */
MUST_USE enum err region_on_free(struct region *r, void (*fn)(void *),
                                 void *arg);

/* For tests: payload bytes handed out so far. */
size_t region_used(const struct region *r);

/* Grows an array kept in a region: `*items` has room for `*cap` elements of
 * `size` bytes of which `n` are used. Doubles up to `max` elements. */
MUST_USE enum err region_grow(struct region *r, void **items, size_t *cap,
                              size_t n, size_t size, size_t max);

#endif
