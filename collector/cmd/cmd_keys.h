// SPDX-License-Identifier: Apache-2.0
/* `parallax-collector keys`. */
#ifndef PARALLAX_COLLECTOR_CMD_CMD_KEYS_H
#define PARALLAX_COLLECTOR_CMD_CMD_KEYS_H

#include "cli/shell.h"

/* Its options, and what runs it. */
extern const struct shell_command cmd_keys;

#endif
