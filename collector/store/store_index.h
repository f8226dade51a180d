// SPDX-License-Identifier: Apache-2.0
/* The index of the store: rows to search, positions in the segments, counters.
 * Everything but the counters can be made again from the segments. Implemented
 * by store_sqlite.c; used by store.c only.
 */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_INDEX_H
#define PARALLAX_COLLECTOR_STORE_STORE_INDEX_H

#include "collector/store/segments.h"
#include "collector/store/store.h"

struct store_index;

MUST_USE enum err index_open(const char *path, bool write,
                             struct store_index **out, struct diag *d);
void index_close(struct store_index *ix);

MUST_USE enum err index_begin(struct store_index *ix);
/* ERR_NOSPC or ERR_IO leave the transaction to be rolled back. */
MUST_USE enum err index_commit(struct store_index *ix);
void index_rollback(struct store_index *ix);

/* uid of the record with this full hash; ERR_NOTFOUND. */
MUST_USE enum err index_find_hash(struct store_index *ix,
                                  const uint8_t hash[SHA256_LEN],
                                  char uid[UID_MAX]);
MUST_USE enum err index_has_uid(struct store_index *ix, const char *uid,
                                bool *has);
MUST_USE enum err index_add(struct store_index *ix, const struct store_row *row,
                            const struct segments_pos *pos, size_t raw_len);
/* By uid, else by foreign uid; ERR_NOTFOUND. */
MUST_USE enum err index_find(struct store_index *ix, const char *uid,
                             struct segments_pos *pos);
/* Rows without tags. */
MUST_USE enum err index_scan(struct store_index *ix,
                             const struct store_filter *f, store_row_fn fn,
                             void *arg);
MUST_USE enum err index_stats(struct store_index *ix, struct store_stats *out);
MUST_USE enum err index_count(struct store_index *ix, const char *name,
                              uint64_t n);
/* ERR_EXISTS if this hash was given before. */
MUST_USE enum err index_once(struct store_index *ix,
                             const uint8_t hash[SHA256_LEN]);
/* How far the segments have been read into the index. */
MUST_USE enum err index_end(struct store_index *ix, uint32_t *segment,
                            uint64_t *offset);
MUST_USE enum err index_set_end(struct store_index *ix, uint32_t segment,
                                uint64_t offset);

#endif
