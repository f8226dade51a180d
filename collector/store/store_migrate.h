// SPDX-License-Identifier: Apache-2.0
/* Rows of frames that an earlier version wrote: what their facts do not say yet
 * is read from the record itself. Used by store_catchup.c.
 */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_MIGRATE_H
#define PARALLAX_COLLECTOR_STORE_STORE_MIGRATE_H

#include "base/json.h"
#include "base/region.h"
#include "collector/store/store_types.h"

/* Completes `row`, read from `facts`; its new strings are in `r`. A record that
 * cannot be read leaves the row as it is. ERR_NOMEM. */
MUST_USE enum err store_migrate(struct region *r, const struct json *facts,
                                struct str record, struct store_row *row);

#endif
