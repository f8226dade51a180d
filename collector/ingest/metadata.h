// SPDX-License-Identifier: Apache-2.0
/* Checks of what a record says about itself: country, network and test. Pure.
 */
#ifndef PARALLAX_COLLECTOR_INGEST_METADATA_H
#define PARALLAX_COLLECTOR_INGEST_METADATA_H

#include "base/json.h"
#include "collector/ingest/refusal.h"
#include "collector/ingest/report_id.h"

/* probe_cc, probe_asn and test_name of a record. Location unknown (ZZ, AS0) is
 * fine here. ERR_PARSE with `why`. */
MUST_USE enum err metadata_check(const struct json *record,
                                 struct refusal *why);
/* Do the report id of the path and the record say the same? An unknown
 * location in the record fits any path. */
bool metadata_fits(const struct report_id *id, const struct json *record);

#endif
