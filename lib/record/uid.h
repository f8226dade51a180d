// SPDX-License-Identifier: Apache-2.0
/* The identity of a record from its content: SHA-256 of the canonical JSON
 * (RFC 8785, JCS) of the record as received, without report_id,
 * measurement_uid, backend_*, annotations.x_*, probe_cc, probe_asn,
 * probe_network_name and resolver_*; uid in OONI's grammar (contract).
 */
#ifndef PARALLAX_RECORD_UID_H
#define PARALLAX_RECORD_UID_H

#include "base/buf.h"
#include "base/crypto.h"
#include "base/json.h"

#define UID_MAX 80

/* For tests: the canonical JSON (RFC 8785) that uid_hash hashes. */
MUST_USE enum err uid_canonical(const struct json_doc *doc,
                                const struct json *value, struct buf *out);
/* SHA-256 of the canonical JSON of a record without what may differ between two
 * copies of it (ids, location, annotations of ours). ERR_PARSE: a number that a
 * double cannot hold. */
MUST_USE enum err uid_hash(const struct json_doc *doc,
                           uint8_t hash[SHA256_LEN]);
/* `attempt` 0 takes the first 16 hex digits after those of the 6 decimal
 * digits; n takes the next 16. `start_s` is measurement_start_time, replaced by
 * 2000-01-01 if before 2010 or over a day after `receipt_s`: a time of ours
 * would make a record of today of it. `test` is
 * the name of the test, whose underscores are left out, for there are others
 * around it; NULL or "" is web_connectivity. */
MUST_USE enum err uid_text(const uint8_t hash[SHA256_LEN], int64_t start_s,
                           int64_t receipt_s, const char *cc, const char *test,
                           unsigned attempt, char out[UID_MAX]);

#endif
