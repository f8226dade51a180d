// SPDX-License-Identifier: Apache-2.0
/* `run --scheduled`: a run, if one is due. */
#ifndef PARALLAX_PROBE_CMD_RUN_SCHEDULED_H
#define PARALLAX_PROBE_CMD_RUN_SCHEDULED_H

#include "base/region.h"
#include "cli/opt.h"
#include "probe/run/session_config.h"

/* Measures with `cfg`, narrowed to this, and gives the exit status. */
typedef int (*run_scheduled_fn)(const struct opt_set *opts,
                                const struct session_config *cfg,
                                struct session_result *result, uint64_t *bytes);

/* Does what is due of the day's plan with the targets and settings of `cfg`,
 * and says what comes next. `dry`: `print` says what the next run would
 * contact, and nothing is written. Returns the exit status. */
int run_scheduled(struct region *r, const struct opt_set *opts,
                  const struct session_config *cfg, bool dry,
                  void (*print)(const struct session_config *cfg),
                  run_scheduled_fn measure);

#endif
