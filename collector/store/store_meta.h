// SPDX-License-Identifier: Apache-2.0
/* The facts about a record as they stand before it in its frame: a JSON object
 * with one member per column. From them the index can be made again without
 * judging any record anew. Pure; used by store.c and store_catchup.c.
 */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_META_H
#define PARALLAX_COLLECTOR_STORE_STORE_META_H

#include "base/json.h"
#include "collector/store/store_types.h"

/* Appends the object. */
MUST_USE enum err store_meta_write(struct buf *out,
                                   const struct store_row *row);
/* Fills *row, whose strings are borrowed from `facts`; what is absent is "", 0
 * or false. ERR_PARSE: no record can be without uid, hash, times and network
 * number, and one of them is missing. */
MUST_USE enum err store_meta_read(const struct json *facts,
                                  struct store_row *row);

#endif
