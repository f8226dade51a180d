// SPDX-License-Identifier: Apache-2.0
/* Memory that is freed in one call. */
#include "base/region.h"

#include <sanitizer/asan_interface.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Blocks grow from small to large: most records need 10 to 30 KB, and a run
 * holds one region per site in flight. */
#define FIRST_BLOCK ((size_t)4096)
#define MAX_BLOCK   ((size_t)65536)

/* AddressSanitizer knows blocks only: it is told what of them was given out,
 * and finds a guard between two pieces. */
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#    define GUARD sizeof(max_align_t)
#else
#    define GUARD 0
#endif

struct block {
    struct block *next;
    size_t size, used;
    max_align_t data[];
};

struct cleanup {
    struct cleanup *next;
    void (*fn)(void *);
    void *arg;
};

struct region {
    struct block *blocks; /* the first one is being filled */
    struct cleanup *cleanups;
    size_t max, used, next_size;
};

struct region *region_new(size_t max_bytes)
{
    struct region *r = calloc(1, sizeof(*r));
    if (r) {
        r->max = max_bytes;
        r->next_size = FIRST_BLOCK;
    }
    return r;
}

void region_free(struct region *r)
{
    if (!r) {
        return;
    }
    for (struct cleanup *c = r->cleanups; c; c = c->next) {
        c->fn(c->arg);
    }
    struct block *b = r->blocks;
    while (b) {
        struct block *next = b->next;
        free(b);
        b = next;
    }
    free(r);
}

static struct block *block_new(size_t size)
{
    struct block *b = malloc(sizeof(*b) + size);
    if (b) {
        b->next = NULL;
        b->size = size;
        b->used = 0;
        ASAN_POISON_MEMORY_REGION(b->data, size);
    }
    return b;
}

/* A large piece gets a block of its own behind the one being filled, so that
 * the rest of the latter is not lost. */
static void *alloc_large(struct region *r, size_t need)
{
    struct block *b = block_new(need);
    if (!b) {
        return NULL;
    }
    b->used = need;
    if (r->blocks) {
        b->next = r->blocks->next;
        r->blocks->next = b;
    } else {
        r->blocks = b;
    }
    return b->data;
}

static void *region_raw(struct region *r, size_t size)
{
    const size_t align = _Alignof(max_align_t);
    if (!r || size > r->max || r->used > r->max - size) {
        return NULL;
    }
    size_t need = (size + align - 1) / align * align + GUARD;
    void *p;
    if (need >= r->next_size / 2) {
        p = alloc_large(r, need);
        if (!p) {
            return NULL;
        }
    } else {
        struct block *b = r->blocks;
        if (!b || b->size - b->used < need) {
            b = block_new(r->next_size);
            if (!b) {
                return NULL;
            }
            b->next = r->blocks;
            r->blocks = b;
            if (r->next_size < MAX_BLOCK) {
                r->next_size *= 2;
            }
        }
        p = (char *)b->data + b->used;
        b->used += need;
    }
    r->used += size;
    ASAN_UNPOISON_MEMORY_REGION(p, size);
    return p;
}

void *region_alloc(struct region *r, size_t size)
{
    void *p = region_raw(r, size);
    if (p) {
        memset(p, 0, size);
    }
    return p;
}

void *region_calloc(struct region *r, size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total)) {
        return NULL;
    }
    return region_alloc(r, total);
}

char *region_strndup(struct region *r, const char *s, size_t len)
{
    if (len == SIZE_MAX) {
        return NULL;
    }
    char *p = region_raw(r, len + 1);
    if (p) {
        if (len > 0) {
            memcpy(p, s, len);
        }
        p[len] = '\0';
    }
    return p;
}

char *region_strdup(struct region *r, const char *s)
{
    return region_strndup(r, s, strlen(s));
}

void *region_memdup(struct region *r, const void *p, size_t len)
{
    return region_strndup(r, p, len);
}

struct str region_str(struct region *r, struct str s)
{
    const char *p = region_strndup(r, s.p, s.len);
    return p ? (struct str){p, s.len} : (struct str){NULL, 0};
}

char *region_printf(struct region *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0) {
        return NULL;
    }
    char *p = region_raw(r, (size_t)n + 1);
    if (p) {
        va_start(ap, fmt);
        vsnprintf(p, (size_t)n + 1, fmt, ap);
        va_end(ap);
    }
    return p;
}

enum err region_on_free(struct region *r, void (*fn)(void *), void *arg)
{
    struct cleanup *c = region_alloc(r, sizeof(*c));
    if (!c) {
        return ERR_NOMEM;
    }
    c->fn = fn;
    c->arg = arg;
    c->next = r->cleanups;
    r->cleanups = c;
    return ERR_OK;
}

size_t region_used(const struct region *r)
{
    return r->used;
}

enum err region_grow(struct region *r, void **items, size_t *cap, size_t n,
                     size_t size, size_t max)
{
    if (n < *cap) {
        return ERR_OK;
    }
    if (n >= max) {
        return ERR_LIMIT;
    }
    size_t want = *cap == 0 ? 8 : *cap * 2;
    if (want > max) {
        want = max;
    }
    void *p = region_calloc(r, want, size);
    if (!p) {
        return ERR_NOMEM;
    }
    if (n > 0) {
        memcpy(p, *items, n * size);
    }
    *items = p;
    *cap = want;
    return ERR_OK;
}
