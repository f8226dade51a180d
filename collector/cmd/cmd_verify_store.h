// SPDX-License-Identifier: Apache-2.0
/* `parallax-collector verify-store`. */
#ifndef PARALLAX_COLLECTOR_CMD_CMD_VERIFY_STORE_H
#define PARALLAX_COLLECTOR_CMD_CMD_VERIFY_STORE_H

#include "cli/shell.h"

/* Its options, and what runs it. */
extern const struct shell_command cmd_verify_store;

#endif
