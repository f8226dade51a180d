// SPDX-License-Identifier: Apache-2.0
/* Files of earlier versions in the spool, one for each frame: "PXSPOOL2", its
 * state (8 bits), and the frame sealed with the device's key; or, before that,
 * the frame itself. They are taken over once.
 */
#ifndef PARALLAX_PROBE_DELIVER_SPOOL_OLD_H
#define PARALLAX_PROBE_DELIVER_SPOOL_OLD_H

#include "probe/deliver/spool_list.h"

#define SPOOL_OLD_SUFFIX ".frame"

/* Adds what is in all listed files of earlier versions to the spool, syncs it,
 * and only then removes them. One for which there is no room, or that cannot be
 * read, stays; a damaged one is set aside. */
MUST_USE enum err spool_old_take(struct spool *s, struct diag *d);

/* Is it a damaged file that an earlier version set aside in the clear? */
bool spool_old_bad(const char *path, const char *name);

/* Removes a file whose bytes nobody shall read again; says what went wrong. */
void spool_old_shred(const char *path);

#endif
