// SPDX-License-Identifier: Apache-2.0
/* The names of the stores whose segments the index in SQLite takes for its own.
 * What each function promises stands in store_index.h, whose functions these
 * are; `self` is a struct sqlite_db.
 */
#ifndef PARALLAX_COLLECTOR_STORE_SQLITE_ORIGINS_H
#define PARALLAX_COLLECTOR_STORE_SQLITE_ORIGINS_H

#include "collector/store/store_index.h"

/* Is store_index.origin_add */
MUST_USE enum err sqlite_origins_add(void *self, const char *id);
/* Is store_index.origins; of an index of any version. */
MUST_USE enum err sqlite_origins_each(void *self, store_lost_fn fn, void *arg);

#endif
