// SPDX-License-Identifier: Apache-2.0
/* `parallax plan`. */
#ifndef PARALLAX_PROBE_CMD_CMD_PLAN_H
#define PARALLAX_PROBE_CMD_CMD_PLAN_H

#include "cli/shell.h"

/* Its options, and what runs it. */
extern const struct shell_command cmd_plan;

#endif
