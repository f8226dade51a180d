// SPDX-License-Identifier: Apache-2.0
/* The spool, written: frames appended to files of ours, at once or in bursts.
 * Part of the spool.
 */
#ifndef PARALLAX_PROBE_DELIVER_SPOOL_WRITE_H
#define PARALLAX_PROBE_DELIVER_SPOOL_WRITE_H

#include "probe/deliver/spool_list.h"

/* With spool_hold: more than this is not held in memory. */
#define SPOOL_WRITE_HELD (4u << 20)
/* Of boxed frames so much is also kept in memory in the clear. */
#define SPOOL_WRITE_PLAIN (2u << 20)

/* Seals a frame and keeps it. `fn`, unless NULL, is told right before what it
 * is known by; its error ends it. See spool_add_after. */
MUST_USE enum err spool_write_add(struct spool *s, const struct frame *f,
                                  spool_known_fn fn, void *arg, struct diag *d);

/* Writes what is held, and syncs what was written. */
MUST_USE enum err spool_write_sync(struct spool *s, struct diag *d);

/* Lets go of the files that were written to; those without frames go. */
void spool_write_end(struct spool *s);

/* Gives the disk room back that was set aside. */
void spool_write_use_reserve(struct spool *s);

/* Removes the i-th frame, on the disk too, unless that cannot be changed. */
MUST_USE enum err spool_write_remove(struct spool *s, size_t i);

/* Changes the state of the i-th frame where it is kept. */
MUST_USE enum err spool_write_state(struct spool *s, size_t i,
                                    enum frame_state state);

#endif
