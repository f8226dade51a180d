// SPDX-License-Identifier: Apache-2.0
/* What becomes of one record: a new one with a uid of its own, a copy of one
 * that is there, or one that takes the place of it. Used by store.c.
 */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_RECORD_H
#define PARALLAX_COLLECTOR_STORE_STORE_RECORD_H

#include "base/buf.h"
#include "collector/store/store_index.h"

/* Inside a transaction of the index: adds its frame to the segments and its row
 * to the index, and fills what `p` gives back. `meta` is room for its facts.
 * ERR_EXISTS: no uid is left for it. */
MUST_USE enum err store_record_put(const struct store_index *index,
                                   struct segments *segments, struct buf *meta,
                                   struct store_put *p);
/* Writes what is known now of the record that is stored under row->uid, with
 * its bytes `record`, in the place of what was known. ERR_NOTFOUND: there is
 * none; ERR_EXISTS: another one stands in its place since. */
MUST_USE enum err store_record_late(const struct store_index *index,
                                    struct segments *segments, struct buf *meta,
                                    const struct store_row *row,
                                    struct str record);

#endif
