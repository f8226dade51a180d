// SPDX-License-Identifier: Apache-2.0
/* `parallax-collector sign FILE`. */
#ifndef PARALLAX_COLLECTOR_CMD_CMD_SIGN_H
#define PARALLAX_COLLECTOR_CMD_CMD_SIGN_H

#include "cli/shell.h"

/* Its options, and what runs it. */
extern const struct shell_command cmd_sign;

#endif
