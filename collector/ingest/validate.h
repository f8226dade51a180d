// SPDX-License-Identifier: Apache-2.0
/* Pure checks of what clients send: report ids and the metadata of a record,
 * by the rules and with the words of OONI's collector, so that its clients
 * meet no surprise. No I/O.
 */
#ifndef PARALLAX_COLLECTOR_INGEST_VALIDATE_H
#define PARALLAX_COLLECTOR_INGEST_VALIDATE_H

#include "base/json.h"
#include "base/json_out.h"

#define REPORT_ID_MAX 128

/* The fields of a report id that the server reads again later. */
struct report_id {
    char cc[3];
    uint32_t asn;
    char test[32]; /* test name without underscores */
};

/* Six fields joined by `_`; false otherwise. */
bool report_id_parse(struct str text, struct report_id *out);
/* `unknown` fields are normalised as OONI does, never refused. */
void report_id_make(const char *probe_cc, const char *probe_asn,
                    const char *test_name, int64_t now_s,
                    char out[REPORT_ID_MAX]);
/* "AS137" to 137; false: no number, leading zero, too large. */
bool asn_parse(struct str text, uint32_t *out);
/* Network and country as a client claims them, normalised: 0 and "ZZ" when
 * they make no sense. */
uint32_t asn_normalise(const char *text);
void cc_normalise(const char *text, char out[3]);

/* Why a record was refused. */
struct refusal {
    const char *reason; /* static; also the name in stats.rejected */
    char key[64];       /* of the record, or "" */
    struct diag d;
};

enum err refuse_record(struct refusal *why, const char *reason, const char *key,
                       const char *fmt, ...) PRINTF_LIKE(4, 5);
/* probe_cc, probe_asn and test_name of a record. Location unknown (ZZ, AS0) is
 * fine here. ERR_PARSE with `why`. */
MUST_USE enum err metadata_check(const struct json *record,
                                 struct refusal *why);
/* Do the report id of the path and the record say the same? An unknown
 * location in the record fits any path. */
bool metadata_fits(const struct report_id *id, const struct json *record);

#endif
