// SPDX-License-Identifier: Apache-2.0
/* What the index in SQLite counts: counters, what was seen once, how far the
 * segments were read, and the numbers of `stats`. What each function promises
 * stands in store_index.h, whose functions these are; `self` is a struct
 * sqlite_db.
 */
#ifndef PARALLAX_COLLECTOR_STORE_SQLITE_COUNTS_H
#define PARALLAX_COLLECTOR_STORE_SQLITE_COUNTS_H

#include "collector/store/store_index.h"

/* Is store_index.count */
MUST_USE enum err sqlite_counts_count(void *self, const char *name, uint64_t n);
/* Is store_index.once */
MUST_USE enum err sqlite_counts_once(void *self,
                                     const uint8_t hash[SHA256_LEN]);
/* Is store_index.end */
MUST_USE enum err sqlite_counts_end(void *self, uint32_t *segment,
                                    uint64_t *offset);
/* Is store_index.set_end */
MUST_USE enum err sqlite_counts_set_end(void *self, uint32_t segment,
                                        uint64_t offset);
/* Is store_index.stats */
MUST_USE enum err sqlite_counts_stats(void *self, struct store_stats *out);
/* Adds the counters, and what was seen once, of the index at `path`, of
 * whatever version, to those of `self`, outside a transaction. They stand
 * nowhere else. */
MUST_USE enum err sqlite_counts_copy(void *self, const char *path);

#endif
