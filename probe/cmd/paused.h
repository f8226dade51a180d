// SPDX-License-Identifier: Apache-2.0
/* Whether a list that is believed has paused measuring, for every command that
 * measures (docs/lists.md).
 */
#ifndef PARALLAX_PROBE_CMD_PAUSED_H
#define PARALLAX_PROBE_CMD_PAUSED_H

#include "base/region.h"
#include "cli/opt.h"
#include "record/list_orders.h"

/* Reads what believed lists order into *out. ERR_PARSE and others: the key of
 * lists cannot be read, see list_key.h. */
MUST_USE enum err paused_orders(struct region *r, const struct opt_set *opts,
                                struct list_orders *out, struct diag *d);

/* The same. True: nothing is to be measured
 * in `country` (NULL: it is known after the check-in), or that could not be
 * found out; it is said so as `command`, and *status is the exit status. */
bool paused(struct region *r, const struct opt_set *opts, const char *command,
            const char *country, struct list_orders *orders, int *status);

#endif
