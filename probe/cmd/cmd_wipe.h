// SPDX-License-Identifier: Apache-2.0
/* `parallax wipe`: removes every trace on this machine.
 */
#ifndef PARALLAX_PROBE_CMD_CMD_WIPE_H
#define PARALLAX_PROBE_CMD_CMD_WIPE_H

#include "cli/shell.h"

/* The command itself, for the table of main.c. */
extern const struct shell_command cmd_wipe;

/* After consent was taken back: on a terminal asks whether the rest shall go,
 * too, and does it; else says how. Nothing if nothing is kept. An exit status.
 */
int cmd_wipe_offer(const char *command);

#endif
