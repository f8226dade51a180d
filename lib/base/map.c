// SPDX-License-Identifier: Apache-2.0
/* A hash table that keys of a peer cannot slow down. */
#include "base/map.h"
#include "base/crypto.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    const char *key;
    void *value;
    uint32_t len : 31;
    uint32_t ours : 1; /* the key is a copy */
    uint32_t hash;
};

#define KEY_MAX ((uint32_t)INT32_MAX)

struct map {
    struct entry *entries; /* in order of insertion */
    size_t n, cap, max;
    uint32_t *slots; /* index + 1, 0 = empty; a power of two of them */
    size_t n_slots;
    uint64_t seed; /* keys come from the network: order of slots must not be
                      predictable */
};

/* FNV-1a over a secret start and a final mix. */
static uint32_t hash_of(const struct map *m, struct str key)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ m->seed;
    for (size_t i = 0; i < key.len; i++) {
        h = (h ^ (uint8_t)key.p[i]) * UINT64_C(0x100000001b3);
    }
    h ^= h >> 32;
    h *= UINT64_C(0xd6e8feb86659fd93) ^ (m->seed | 1);
    return (uint32_t)(h ^ h >> 29);
}

struct map *map_new(size_t max_entries)
{
    struct map *m = calloc(1, sizeof(*m));
    if (!m) {
        return NULL;
    }
    m->max = max_entries < UINT32_MAX / 4 ? max_entries : UINT32_MAX / 4;
    crypto_random(&m->seed, sizeof(m->seed));
    return m;
}

void map_free(struct map *m)
{
    if (!m) {
        return;
    }
    for (size_t i = 0; i < m->n; i++) {
        if (m->entries[i].ours) {
            free((char *)(uintptr_t)m->entries[i].key);
        }
    }
    free(m->entries);
    free(m->slots);
    free(m);
}

/* The slot that holds the key, or the empty one where it would go. */
static size_t slot_of(const struct map *m, struct str key, uint32_t hash)
{
    size_t mask = m->n_slots - 1;
    size_t i = hash & mask;
    while (m->slots[i] != 0) {
        const struct entry *e = &m->entries[m->slots[i] - 1];
        if (e->hash == hash && e->len == key.len &&
            (key.len == 0 || memcmp(e->key, key.p, key.len) == 0)) {
            break;
        }
        i = (i + 1) & mask;
    }
    return i;
}

static enum err map_room(struct map *m)
{
    if (m->n >= m->max) {
        return ERR_LIMIT;
    }
    if (m->n == m->cap) {
        size_t cap = m->cap == 0 ? 8 : m->cap * 2;
        struct entry *p = realloc(m->entries, cap * sizeof(*p));
        if (!p) {
            return ERR_NOMEM;
        }
        m->entries = p;
        m->cap = cap;
    }
    if ((m->n + 1) * 2 <= m->n_slots) {
        return ERR_OK;
    }
    size_t n_slots = m->n_slots == 0 ? 16 : m->n_slots * 2;
    uint32_t *slots = calloc(n_slots, sizeof(*slots));
    if (!slots) {
        return ERR_NOMEM;
    }
    free(m->slots);
    m->slots = slots;
    m->n_slots = n_slots;
    for (size_t i = 0; i < m->n; i++) {
        size_t at = m->entries[i].hash & (n_slots - 1);
        while (slots[at] != 0) {
            at = (at + 1) & (n_slots - 1);
        }
        slots[at] = (uint32_t)i + 1;
    }
    return ERR_OK;
}

/* Which entry has the key, counted from 1; 0 if none. */
static uint32_t find(const struct map *m, struct str key, uint32_t hash)
{
    return m->n != 0 ? m->slots[slot_of(m, key, hash)] : 0;
}

static char *copy_of(struct str key)
{
    char *copy = malloc(key.len + 1);
    if (copy && key.len > 0) {
        memcpy(copy, key.p, key.len);
    }
    if (copy) {
        copy[key.len] = '\0';
    }
    return copy;
}

static enum err put(struct map *m, struct str key, void *value, bool ours)
{
    uint32_t hash = hash_of(m, key);
    if (key.len > KEY_MAX) {
        return ERR_LIMIT;
    }
    if (find(m, key, hash) != 0) {
        return ERR_EXISTS;
    }
    enum err e = map_room(m);
    if (e != ERR_OK) {
        return e;
    }
    const char *kept = ours ? copy_of(key) : key.p;
    if (ours && !kept) {
        return ERR_NOMEM;
    }
    size_t at = slot_of(m, key, hash);
    m->entries[m->n] = (struct entry){.key = kept,
                                      .len = (uint32_t)key.len & KEY_MAX,
                                      .ours = ours,
                                      .value = value,
                                      .hash = hash};
    m->n++;
    m->slots[at] = (uint32_t)m->n;
    return ERR_OK;
}

enum err map_put(struct map *m, struct str key, void *value)
{
    return put(m, key, value, true);
}

enum err map_put_kept(struct map *m, struct str key, void *value)
{
    return put(m, key, value, false);
}

void *map_get(const struct map *m, struct str key)
{
    uint32_t at = find(m, key, hash_of(m, key));
    return at != 0 ? m->entries[at - 1].value : NULL;
}
