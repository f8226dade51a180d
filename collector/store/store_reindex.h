// SPDX-License-Identifier: Apache-2.0
/* The index opened for writing: as it is where it fits the segments and this
 * program, else made again from them. Used by store.c.
 */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_REINDEX_H
#define PARALLAX_COLLECTOR_STORE_STORE_REINDEX_H

#include "base/diag.h"
#include "collector/store/store_index.h"

enum store_again {
    STORE_AGAIN_STRICT, /* only where it must, and if nothing is missed */
    STORE_AGAIN_ANEW,   /* in any case; what is missed is noted as lost */
    STORE_AGAIN_FOREIGN /* the same, from another store's segments, too */
};

/* Opens the index at `path` and brings it up to date with the segments. One
 * that is damaged or of an older version is made again, and so is any but with
 * STORE_AGAIN_STRICT. The new one is made beside the old one, which stays until
 * the new one is whole; counters, which stand nowhere else, are taken over as
 * far as they can be read. ERR_IO: it knows of records that the segments do not
 * hold (store_loss.h), or they are another store's (store_origin.h); nothing
 * was changed. The caller closes *out. */
MUST_USE enum err store_reindex(const char *path, struct segments *segments,
                                enum store_again how, struct store_index *out,
                                struct diag *d);

/* An index of what the segments hold, and of the counters of the one at `path`,
 * that is nowhere to be found and gone when it is closed: nothing is written to
 * the directory. */
MUST_USE enum err store_reindex_aside(const char *path,
                                      struct segments *segments,
                                      struct store_index *out, struct diag *d);

#endif
