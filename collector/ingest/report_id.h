// SPDX-License-Identifier: Apache-2.0
/* Report ids as OONI's collector makes them, such as
 * 20261101T000000Z_webconnectivity_IT_137_n1_0123456789abcdef: time, test,
 * country, network, collector and 16 random characters. Nothing is stored for
 * one: what has to be known of it later stands in it.
 */
#ifndef PARALLAX_COLLECTOR_INGEST_REPORT_ID_H
#define PARALLAX_COLLECTOR_INGEST_REPORT_ID_H

#include "base/str.h"

#define REPORT_ID_MAX      128
#define REPORT_ID_TEST_MAX 30 /* characters of a test's name */

/* The fields that are read again later. */
struct report_id {
    char cc[3];
    uint32_t asn;
    char test[32]; /* name of the test, without underscores */
};

/* Six fields joined by `_`; false otherwise. */
bool report_id_parse(struct str text, struct report_id *out);
/* A new one for the time `now_s`. What the client gave may be NULL or anything:
 * it is made to fit, as OONI does, never refused. */
void report_id_make(const char *probe_cc, const char *probe_asn,
                    const char *test_name, int64_t now_s,
                    char out[REPORT_ID_MAX]);

#endif
