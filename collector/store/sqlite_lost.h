// SPDX-License-Identifier: Apache-2.0
/* What the index in SQLite knows of records that the segments do not hold, or
 * may not. What each function promises stands in store_index.h, whose functions
 * these are; `self` is a struct sqlite_db.
 */
#ifndef PARALLAX_COLLECTOR_STORE_SQLITE_LOST_H
#define PARALLAX_COLLECTOR_STORE_SQLITE_LOST_H

#include "collector/store/store_index.h"

/* Is store_index.lost_add */
MUST_USE enum err sqlite_lost_add(void *self, const char *uid);
/* Is store_index.lost */
MUST_USE enum err sqlite_lost_each(void *self, store_lost_fn fn, void *arg);
/* Is store_index.places; of an index of any version. */
MUST_USE enum err sqlite_lost_places(void *self, store_place_fn fn, void *arg);
MUST_USE enum err sqlite_lost_sample(void *self, store_place_fn fn, void *arg);
/* Is store_index.places_gone */
MUST_USE enum err sqlite_lost_places_gone(void *self, const char *path,
                                          store_place_fn fn, void *arg);

#endif
