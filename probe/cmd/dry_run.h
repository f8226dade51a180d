// SPDX-License-Identifier: Apache-2.0
/* What a run would contact, printed; contacts nothing and writes no file. */
#ifndef PARALLAX_PROBE_CMD_DRY_RUN_H
#define PARALLAX_PROBE_CMD_DRY_RUN_H

#include "probe/run/session_config.h"

/* One line for each of them on standard output: collector, controls, resolvers
 * and the sites, in the order of the lists. What the run would not know before
 * it began either is said as such. */
void dry_run_print(const struct session_config *cfg);

/* What the run would not begin without: `d` says what it is. */
MUST_USE enum err dry_run_check(const struct session_config *cfg,
                                struct diag *d);

#endif
