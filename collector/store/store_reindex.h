// SPDX-License-Identifier: Apache-2.0
/* The index opened for writing: as it is where it fits the segments and this
 * program, else made again from them. Used by store.c.
 */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_REINDEX_H
#define PARALLAX_COLLECTOR_STORE_STORE_REINDEX_H

#include "base/diag.h"
#include "collector/store/store_index.h"

/* Opens the index at `path` and brings it up to date with the segments. One
 * that is damaged or of an older version is made again, and so is any if
 * `anew`. The new one is made beside the old one, which stays until the new one
 * is whole; counters, which stand nowhere else, are taken over as far as they
 * can be read. ERR_IO: it knows of records that the segments do not hold;
 * nothing was changed. If `anew`, they are noted as lost instead
 * (store_loss.h). The caller closes *out. */
MUST_USE enum err store_reindex(const char *path, struct segments *segments,
                                bool anew, struct store_index *out,
                                struct diag *d);

#endif
