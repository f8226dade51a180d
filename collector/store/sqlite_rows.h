// SPDX-License-Identifier: Apache-2.0
/* The rows of the index in SQLite: put in, found and read again. What each
 * function promises stands in store_index.h, whose functions these are; `self`
 * is a struct sqlite_db.
 */
#ifndef PARALLAX_COLLECTOR_STORE_SQLITE_ROWS_H
#define PARALLAX_COLLECTOR_STORE_SQLITE_ROWS_H

#include "collector/store/store_index.h"

/* Is store_index.add */
MUST_USE enum err sqlite_rows_add(void *self, const struct store_row *row,
                                  const struct segments_pos *pos,
                                  size_t raw_len);
/* Is store_index.find_claim */
MUST_USE enum err sqlite_rows_find_claim(void *self,
                                         const struct store_row *row,
                                         struct store_index_claim *found);
/* Is store_index.sender */
MUST_USE enum err sqlite_rows_sender(void *self, const char *uid, unsigned bit);
/* Is store_index.replace */
MUST_USE enum err sqlite_rows_replace(void *self, const struct store_row *row,
                                      const struct segments_pos *pos,
                                      size_t raw_len);
/* Is store_index.has_uid */
MUST_USE enum err sqlite_rows_has_uid(void *self, const char *uid, bool *has);
/* Is store_index.find */
MUST_USE enum err sqlite_rows_find(void *self, const char *uid,
                                   struct segments_pos *pos);
/* Is store_index.also */
MUST_USE enum err sqlite_rows_also(void *self, const char *uid,
                                   const char *foreign_uid);
/* Is store_index.scan */
MUST_USE enum err sqlite_rows_scan(void *self, const struct store_filter *f,
                                   store_row_fn fn, void *arg);

/* Is store_index.signature_take */
MUST_USE enum err
sqlite_rows_signature_take(void *self, const uint8_t id[STORE_SIGNATURE_LEN],
                           const uint8_t hash[SHA256_LEN]);
/* Is store_index.signature_owner */
MUST_USE enum err
sqlite_rows_signature_owner(void *self, const uint8_t id[STORE_SIGNATURE_LEN],
                            uint8_t hash[SHA256_LEN]);

#endif
