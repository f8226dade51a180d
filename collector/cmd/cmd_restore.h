// SPDX-License-Identifier: Apache-2.0
/* `parallax-collector restore`. */
#ifndef PARALLAX_COLLECTOR_CMD_CMD_RESTORE_H
#define PARALLAX_COLLECTOR_CMD_CMD_RESTORE_H

#include "cli/shell.h"

/* Its options, and what runs it. */
extern const struct shell_command cmd_restore;

#endif
