// SPDX-License-Identifier: Apache-2.0
/* `parallax-collector backup`. */
#ifndef PARALLAX_COLLECTOR_CMD_CMD_BACKUP_H
#define PARALLAX_COLLECTOR_CMD_CMD_BACKUP_H

#include "cli/shell.h"

/* Its options, and what runs it. */
extern const struct shell_command cmd_backup;

#endif
