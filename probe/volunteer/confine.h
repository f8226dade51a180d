// SPDX-License-Identifier: Apache-2.0
/* The sandbox of the probe: what a command that talks with strangers still may
 * touch once it has started. */
#ifndef PARALLAX_PROBE_VOLUNTEER_CONFINE_H
#define PARALLAX_PROBE_VOLUNTEER_CONFINE_H

#include "cli/sandbox.h"

#include <stddef.h>

/* Enters the sandbox (cli/sandbox.h) of a run or an upload: files are written
 * in the state directory alone; what is to be written elsewhere must be open
 * already, and so must be what captures packets. */
void confine_run(struct sandbox_state *out);

/* The same for who reads these files and talks with nobody. */
void confine_reader(const char *const *files, size_t n,
                    struct sandbox_state *out);

#endif
