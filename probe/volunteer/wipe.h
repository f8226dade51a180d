// SPDX-License-Identifier: Apache-2.0
/* Every trace that the program keeps on this machine, found or removed: the
 * table of paths.h says what is ours in the state directory, and the key of
 * records lies in memory. Files of others there stay, links are removed and not
 * followed.
 */
#ifndef PARALLAX_PROBE_VOLUNTEER_WIPE_H
#define PARALLAX_PROBE_VOLUNTEER_WIPE_H

#include "base/diag.h"
#include "probe/volunteer/paths.h"

struct wipe {
    size_t files[PATHS_KINDS]; /* how many of each kind */
    size_t keys;               /* files of the key, in memory */
    size_t failed;             /* that could not be removed */
    size_t foreign;            /* names in our directories that are not ours */
    struct diag first_failure;
    char first_foreign[64];
};

/* Counts what there is in the state directory; removes nothing. */
MUST_USE enum err wipe_look(struct wipe *out, struct diag *d);

/* The same for the key of records, which is in memory; adds to *out. */
void wipe_keys(struct wipe *out, bool remove);

/* Is there anything? */
bool wipe_any(const struct wipe *w);

/* Removes all that, the directories too if nothing else is in them. What cannot
 * be removed is counted, and does not keep the rest. ERR_BUSY: the process *pid
 * is measuring or sending, and nothing was done. */
MUST_USE enum err wipe_all(struct wipe *out, int *pid, struct diag *d);

#endif
