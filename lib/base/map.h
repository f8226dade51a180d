// SPDX-License-Identifier: Apache-2.0
/* Hash map from byte strings to pointers, with a stated maximum. Keys are
 * copied; values are borrowed. Iteration is in order of insertion.
 */
#ifndef PARALLAX_BASE_MAP_H
#define PARALLAX_BASE_MAP_H

#include "base/str.h"

struct map;

struct map *map_new(size_t max_entries);
void map_free(struct map *m); /* does not touch values */
/* ERR_EXISTS if the key is there (value unchanged). */
MUST_USE enum err map_put(struct map *m, struct str key, void *value);
/* Inserts or replaces. */
MUST_USE enum err map_set(struct map *m, struct str key, void *value);
void *map_get(const struct map *m, struct str key);
bool map_has(const struct map *m, struct str key);
size_t map_len(const struct map *m);
/* i in [0, map_len): key and value in order of insertion. */
struct str map_key_at(const struct map *m, size_t i);
void *map_value_at(const struct map *m, size_t i);

#endif
