// SPDX-License-Identifier: Apache-2.0
/* Settings from the environment. */
#ifndef PARALLAX_CLI_OPT_ENV_H
#define PARALLAX_CLI_OPT_ENV_H

#include "base/diag.h"
#include "cli/opt_set.h"

/* Sets each key that has a variable: PARALLAX_ and the key in capitals, dots
 * and dashes as _. */
MUST_USE enum err opt_env_read(struct opt_set *s, struct diag *d);

#endif
