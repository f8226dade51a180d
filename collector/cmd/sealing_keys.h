// SPDX-License-Identifier: Apache-2.0
/* `keys --seal`: the keys that probes seal records for, in a file outside of
 * the data directory, from which the process that serves is kept.
 */
#ifndef PARALLAX_COLLECTOR_CMD_SEALING_KEYS_H
#define PARALLAX_COLLECTOR_CMD_SEALING_KEYS_H

#include "cli/opt.h"

/* Prints the public keys, the newest first; where there is no file yet, one is
 * made. `rotate`: a new key comes first, and the one before it stays, for what
 * is still on its way. An exit status. */
int sealing_keys_show(const char *file, bool rotate);

#endif
