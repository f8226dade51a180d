// SPDX-License-Identifier: Apache-2.0
/* Whose segments are these? Each store has a name, 32 digits at random; it
 * stands in the index and in the facts of the first frame of each segment.
 * Files of another store beside an index are a wrong mount or a mixed-up copy:
 * joined with it, the counts would be neither store's. Files from before there
 * were names have none, and are believed if the index's first record stands
 * where it says. Used by store_reindex.c, store_backup.c and store_verify.c.
 */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_ORIGIN_H
#define PARALLAX_COLLECTOR_STORE_STORE_ORIGIN_H

#include "collector/store/store_index.h"

/* ERR_IO: there are segments of another store, `d` says which. Of `ix` only
 * `origins` and `places` are called. */
MUST_USE enum err store_origin_check(const struct store_index *ix,
                                     struct segments *segments, struct diag *d);
/* Takes over the names that `from` knows. */
MUST_USE enum err store_origin_take(const struct store_index *ix,
                                    const struct store_index *from);
/* Takes the names of the segments for the index's own, gives the index one if
 * it has none, and has new segments carry it. Outside a transaction. */
MUST_USE enum err store_origin_settle(const struct store_index *ix,
                                      struct segments *segments);

#endif
