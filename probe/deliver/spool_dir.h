// SPDX-License-Identifier: Apache-2.0
/* The directory of the spool, read: which frames are there, and what is removed
 * that a process which died has left. Part of the spool.
 */
#ifndef PARALLAX_PROBE_DELIVER_SPOOL_DIR_H
#define PARALLAX_PROBE_DELIVER_SPOOL_DIR_H

#include "probe/deliver/spool_list.h"

/* Lists all files and frames anew. Whoever holds the lock also cuts off torn
 * ends, and removes what is done with or cannot be opened any more. */
MUST_USE enum err spool_dir_list(struct spool *s, struct diag *d);

#endif
