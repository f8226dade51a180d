// SPDX-License-Identifier: Apache-2.0
/* Country and network as clients write them: "IT" and "AS137". Unknown are "ZZ"
 * and AS0. Pure.
 */
#ifndef PARALLAX_COLLECTOR_INGEST_LOCATION_H
#define PARALLAX_COLLECTOR_INGEST_LOCATION_H

#include "base/str.h"

/* Characters of a network's number with its "AS". */
#define LOCATION_ASN_MIN 3
#define LOCATION_ASN_MAX 12

/* Two capitals or digits? */
bool location_cc_ok(struct str text);
/* "AS137" to 137; false, and *out untouched: no number, leading zero, too
 * large. */
bool location_asn_parse(struct str text, uint32_t *out);
/* What a client claims, which may be NULL or any text. Small letters count as
 * capitals, and underscores in a country are passed over. What makes no sense
 * gives "ZZ" and 0. */
void location_cc_claimed(const char *text, char out[3]);
uint32_t location_asn_claimed(const char *text);

#endif
