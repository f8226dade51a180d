// SPDX-License-Identifier: Apache-2.0
/* `parallax-collector list`. */
#ifndef PARALLAX_COLLECTOR_CMD_CMD_LIST_H
#define PARALLAX_COLLECTOR_CMD_CMD_LIST_H

#include "cli/shell.h"

/* Its options, and what runs it. */
extern const struct shell_command cmd_list;

#endif
