// SPDX-License-Identifier: Apache-2.0
/* Whether the country and the network that a record claims are those of the
 * address that it came from. Pure but for the database.
 */
#ifndef PARALLAX_COLLECTOR_INGEST_PLACE_H
#define PARALLAX_COLLECTOR_INGEST_PLACE_H

#include "base/geo.h"
#include "collector/store/store_types.h"

/* `at` is what the database has for `source`, NULL or an address. Unchecked
 * where that says nothing about who sent the record: no address, one that is
 * not public (a proxy or Tor at our side, somebody at this machine), one that
 * no database here knows. */
enum store_place place_check(const char *source, const struct geo_entry *at,
                             const char *cc, uint32_t asn);

#endif
