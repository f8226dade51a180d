// SPDX-License-Identifier: Apache-2.0
/* A few texts, each once, kept as hashes: they can be compared and not read. */
#ifndef PARALLAX_ENGINE_HASH_LIST_H
#define PARALLAX_ENGINE_HASH_LIST_H

#include "base/str.h"

#define HASH_LIST_MAX 12

/* Zeroed: empty. */
struct hash_list {
    uint64_t of[HASH_LIST_MAX];
    size_t n;
};

/* The first 64 bits of SHA-256. */
uint64_t hash_list_hash(struct str text);
/* Once; what does not fit is left out. */
void hash_list_add(struct hash_list *l, struct str text);
/* What is in `from` as well, once; what does not fit is left out. */
void hash_list_join(struct hash_list *l, const struct hash_list *from);
/* So that it is not in it. */
void hash_list_remove(struct hash_list *l, struct str text);
/* Is a text of this hash in it? */
bool hash_list_has(const struct hash_list *l, uint64_t hash);
/* Is a text in both? */
bool hash_list_meet(const struct hash_list *a, const struct hash_list *b);

#endif
