// SPDX-License-Identifier: Apache-2.0
/* Bringing the index up to date with the segments: after a crash between
 * writing the one and the other, and for an index that was lost or damaged.
 * Used by store.c when it opens for writing.
 */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_CATCHUP_H
#define PARALLAX_COLLECTOR_STORE_STORE_CATCHUP_H

#include "collector/store/store_index.h"

/* Reads into the index what the segments hold from its end on. Frames whose
 * facts cannot be read are named in the log and passed over; records that are
 * there already are no error. */
MUST_USE enum err store_catchup(const struct store_index *ix,
                                struct segments *segments);

#endif
