// SPDX-License-Identifier: Apache-2.0
/* Where the probe keeps things: its state directory, and the places where site
 * lists are installed. Reads the environment, nothing else.
 */
#ifndef PARALLAX_PROBE_VOLUNTEER_PATHS_H
#define PARALLAX_PROBE_VOLUNTEER_PATHS_H

#include "base/diag.h"

#include <stdbool.h>

#define PATHS_MAX 4096

/* $XDG_STATE_HOME/parallax, else $HOME/.local/state/parallax, joined with
 * `name` unless that is NULL. ERR_INVAL if neither variable is an absolute
 * path; `d` then is one sentence for the volunteer. */
MUST_USE enum err paths_state(const char *name, char out[PATHS_MAX],
                              struct diag *d);
/* Makes the state directory (mode 0700). */
MUST_USE enum err paths_make_state(struct diag *d);
/* The i-th directory that may hold installed lists, or false after the last:
 * $XDG_DATA_HOME (or $HOME/.local/share), then the system's. */
bool paths_lists(unsigned i, char out[PATHS_MAX]);

#endif
