// SPDX-License-Identifier: Apache-2.0
#include "engine/hash_list.h"

#include "base/crypto.h"
#include <string.h>

uint64_t hash_list_hash(struct str text)
{
    uint8_t sum[SHA256_LEN];
    uint64_t h;

    crypto_sha256(text, sum);
    memcpy(&h, sum, sizeof(h));
    return h;
}

bool hash_list_has(const struct hash_list *l, uint64_t hash)
{
    for (size_t i = 0; i < l->n; i++) {
        if (l->of[i] == hash) {
            return true;
        }
    }
    return false;
}

void hash_list_add(struct hash_list *l, struct str text)
{
    uint64_t h = hash_list_hash(text);

    if (l->n < HASH_LIST_MAX && !hash_list_has(l, h)) {
        l->of[l->n++] = h;
    }
}

void hash_list_join(struct hash_list *l, const struct hash_list *from)
{
    for (size_t i = 0; i < from->n && l->n < HASH_LIST_MAX; i++) {
        if (!hash_list_has(l, from->of[i])) {
            l->of[l->n++] = from->of[i];
        }
    }
}

void hash_list_remove(struct hash_list *l, struct str text)
{
    uint64_t h = hash_list_hash(text);
    size_t n = 0;

    for (size_t i = 0; i < l->n; i++) {
        if (l->of[i] != h) {
            l->of[n++] = l->of[i];
        }
    }
    l->n = n;
}

bool hash_list_meet(const struct hash_list *a, const struct hash_list *b)
{
    for (size_t i = 0; i < a->n; i++) {
        if (hash_list_has(b, a->of[i])) {
            return true;
        }
    }
    return false;
}
