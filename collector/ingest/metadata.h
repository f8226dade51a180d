// SPDX-License-Identifier: Apache-2.0
/* Checks of what a record says about itself: country, network and test. Pure.
 */
#ifndef PARALLAX_COLLECTOR_INGEST_METADATA_H
#define PARALLAX_COLLECTOR_INGEST_METADATA_H

#include "base/json.h"
#include "collector/ingest/refusal.h"
#include "collector/ingest/report_id.h"

/* probe_cc, probe_asn and test_name of a record. Location unknown (ZZ, AS0) is
 * fine here. A test's name has 2 to 30 small letters, digits and underscores,
 * as all of OONI's have; a uid and a report id have no place for others.
 * ERR_PARSE with `why`. */
MUST_USE enum err metadata_check(const struct json *record,
                                 struct refusal *why);
/* The first key of the record that says otherwise than the report id of the
 * path; NULL if there is none. An unknown location in the record fits any path.
 */
const char *metadata_misfit(const struct report_id *id,
                            const struct json *record);

#endif
