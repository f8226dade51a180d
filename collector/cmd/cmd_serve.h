// SPDX-License-Identifier: Apache-2.0
/* `parallax-collector serve`. */
#ifndef PARALLAX_COLLECTOR_CMD_CMD_SERVE_H
#define PARALLAX_COLLECTOR_CMD_CMD_SERVE_H

#include "cli/shell.h"

/* Its options, and what runs it. */
extern const struct shell_command cmd_serve;

#endif
