// SPDX-License-Identifier: Apache-2.0
/* Hash map from byte strings to pointers, with a stated maximum. Keys are
 * copied, unless the caller says that they stay; values are borrowed. An entry
 * stays once it is there.
 */
#ifndef PARALLAX_BASE_MAP_H
#define PARALLAX_BASE_MAP_H

#include "base/str.h"

struct map;

/* A map of at most `max_entries`; NULL when there is no memory. map_free does
 * not touch the values; NULL is allowed. */
struct map *map_new(size_t max_entries);
void map_free(struct map *m);

/* ERR_EXISTS if the key is there (its value stays); ERR_LIMIT if the map is
 * full, or the key longer than 2^31 bytes. */
MUST_USE enum err map_put(struct map *m, struct str key, void *value);
/* The same with a key that stays where it is, as it is, as long as the map. */
MUST_USE enum err map_put_kept(struct map *m, struct str key, void *value);

/* The value of the key, or NULL. */
void *map_get(const struct map *m, struct str key);

#endif
