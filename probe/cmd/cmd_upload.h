// SPDX-License-Identifier: Apache-2.0
/* `parallax upload`. */
#ifndef PARALLAX_PROBE_CMD_CMD_UPLOAD_H
#define PARALLAX_PROBE_CMD_CMD_UPLOAD_H

#include "cli/shell.h"
#include "record/list_orders.h"

/* Its options, and what runs it. */
extern const struct shell_command cmd_upload;

/* Sends what waits, of a run by schedule, until about `most` bytes have gone
 * back and forth; how many they were is in *bytes. `opts` has the settings of
 * the way, `orders` what lists say of it. Enters the sandbox. Tells what came
 * of it on standard error and returns the exit status. */
int cmd_upload_all(struct region *r, const struct opt_set *opts,
                   const struct list_orders *orders, uint64_t most,
                   uint64_t *bytes);

#endif
