// SPDX-License-Identifier: Apache-2.0
/* Where the last run through a set of sites ended: the file `cursor` in the
 * state directory. For each set that a run did not come through it holds two
 * numbers of 8 bytes, the set and the place (order.h), both made with the
 * device's secret: no URL, no host, no time. A set that is not known, or whose
 * numbers changed with the secret, begins anew.
 */
#ifndef PARALLAX_PROBE_RUN_CURSOR_H
#define PARALLAX_PROBE_RUN_CURSOR_H

#include "base/diag.h"

#include <stdbool.h>
#include <stdint.h>

#define CURSOR_FILE     "cursor"
#define CURSOR_MAX_SETS 16 /* the one not used for longest goes */

/* *found: this set has a place, which is in *place. A file that cannot be read
 * as this is ERR_PARSE. */
MUST_USE enum err cursor_load(uint64_t set, bool *found, uint64_t *place,
                              struct diag *d);
/* Remembers the place of a set; a damaged file is replaced. */
MUST_USE enum err cursor_store(uint64_t set, uint64_t place, struct diag *d);
/* The run came through the set: it is forgotten, and with the last one the
 * file is removed. */
MUST_USE enum err cursor_forget(uint64_t set, struct diag *d);

#endif
