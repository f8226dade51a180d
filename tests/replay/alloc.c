// SPDX-License-Identifier: Apache-2.0
/* Allocations that fail on demand (linked with --wrap): those of the heap, and
 * each of the small ones that a region serves from one block. */
#include "replay.h"

#include "base/region.h"
#include <stdlib.h>

static size_t count, fail_at;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

void *__real_region_alloc(struct region *r, size_t size);
void *__real_region_calloc(struct region *r, size_t n, size_t size);
char *__real_region_strdup(struct region *r, const char *s);
char *__real_region_strndup(struct region *r, const char *s, size_t len);
void *__real_region_memdup(struct region *r, const void *p, size_t len);
struct str __real_region_str(struct region *r, struct str s);
enum err __real_region_grow(struct region *r, void **items, size_t *cap,
                            size_t n, size_t item_size, size_t max);
void *__wrap_region_alloc(struct region *r, size_t size);
void *__wrap_region_calloc(struct region *r, size_t n, size_t size);
char *__wrap_region_strdup(struct region *r, const char *s);
char *__wrap_region_strndup(struct region *r, const char *s, size_t len);
void *__wrap_region_memdup(struct region *r, const void *p, size_t len);
struct str __wrap_region_str(struct region *r, struct str s);
enum err __wrap_region_grow(struct region *r, void **items, size_t *cap,
                            size_t n, size_t item_size, size_t max);

void alloc_fail_at(size_t n)
{
    count = 0;
    fail_at = n;
}

size_t alloc_count(void)
{
    return count;
}

static bool fails(void)
{
    return ++count == fail_at;
}

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}

void *__wrap_region_alloc(struct region *r, size_t size)
{
    return fails() ? NULL : __real_region_alloc(r, size);
}

void *__wrap_region_calloc(struct region *r, size_t n, size_t size)
{
    return fails() ? NULL : __real_region_calloc(r, n, size);
}

char *__wrap_region_strdup(struct region *r, const char *s)
{
    return fails() ? NULL : __real_region_strdup(r, s);
}

char *__wrap_region_strndup(struct region *r, const char *s, size_t len)
{
    return fails() ? NULL : __real_region_strndup(r, s, len);
}

void *__wrap_region_memdup(struct region *r, const void *p, size_t len)
{
    return fails() ? NULL : __real_region_memdup(r, p, len);
}

struct str __wrap_region_str(struct region *r, struct str s)
{
    return fails() ? (struct str){NULL, 0} : __real_region_str(r, s);
}

enum err __wrap_region_grow(struct region *r, void **items, size_t *cap,
                            size_t n, size_t item_size, size_t max)
{
    if (fails()) {
        return ERR_NOMEM;
    }
    return __real_region_grow(r, items, cap, n, item_size, max);
}
