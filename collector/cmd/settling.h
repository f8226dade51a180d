// SPDX-License-Identifier: Apache-2.0
/* Counts who measured on a day, for every country, and writes it down before
 * the tags of that day are destroyed (collector/analysis/settled.h).
 */
#ifndef PARALLAX_COLLECTOR_CMD_SETTLING_H
#define PARALLAX_COLLECTOR_CMD_SETTLING_H

#include "collector/store/store.h"

/* Is a store_settle_fn. `arg`: points at the data directory's name, to read it
 * beside `s` while others write; NULL: `s` itself is read. A day that is
 * settled is left as it is. */
MUST_USE enum err settling_day(void *arg, struct store *s, int64_t day);

#endif
