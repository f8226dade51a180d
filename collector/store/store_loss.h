// SPDX-License-Identifier: Apache-2.0
/* An index that knows of records which the segments do not hold: a disk that is
 * not mounted, a file removed or cut off. No crash leaves that, since a record
 * is on the disk before the index has it. Used by store_reindex.c and
 * store_backup.c.
 */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_LOSS_H
#define PARALLAX_COLLECTOR_STORE_STORE_LOSS_H

#include "base/diag.h"
#include "collector/store/store_index.h"

/* ERR_IO: files of the segments are missing or too short for what the index
 * knows, `d` says how many records that are. Their insides are not read: that
 * is store_verify's. Other errors are those of reading the index. */
MUST_USE enum err store_loss_check(const struct store_index *ix,
                                   struct segments *segments, struct diag *d);
/* Reads some records, of old times and new: *bad is how many of them are not
 * whole, where the index has them. The first ones are named in the log. */
MUST_USE enum err store_loss_sample(const struct store_index *ix,
                                    struct segments *segments, unsigned *bad);
/* ERR_IO: in the folder `sidecar` of a data directory that has neither index
 * nor segments there is something that was known of records: they were here. */
MUST_USE enum err store_loss_all(const char *sidecar, struct diag *d);
/* Compares `ix`, made of all that the segments hold, with the index at `old`,
 * which had read them up to file `known`: what that one knew of more is noted
 * as lost in the segments, on the disk when this returns. *n is how many; an
 * `old` that cannot be read knew nothing. `foreign`: a whole record in the
 * place of one of its own may be another's. */
MUST_USE enum err store_loss_note(const struct store_index *ix, const char *old,
                                  uint32_t known, bool foreign,
                                  struct segments *segments, uint64_t *n);

#endif
