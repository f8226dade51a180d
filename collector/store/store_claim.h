// SPDX-License-Identifier: Apache-2.0
/* What a record claims of time, place and site, and what that is worth. Pure;
 * rows are filled with it when they are made (ingest) and when rows of earlier
 * versions are read again (store_migrate).
 *
 * A record has three times: the start that it claims, when we received it, and
 * the time it is filed under, by which everything finds it. It is filed under
 * its own start or nowhere, never under the day of its import: whoever sends a
 * record of 2012 must not make a finding of today of it.
 */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_CLAIM_H
#define PARALLAX_COLLECTOR_STORE_STORE_CLAIM_H

#include "base/json.h"
#include "base/region.h"
#include "collector/store/store_types.h"

/* What is filed nowhere has this start, 2000-01-01, and a uid that begins with
 * it: nobody measured then. */
#define STORE_CLAIM_NOWHERE INT64_C(946684800)
/* Older at receipt than this, a record must be vouched for: clocks are set
 * back, shutdowns end late. */
#define STORE_CLAIM_OLD_S (35 * INT64_C(86400))

/* Fills claimed_s, timing and start_s of a row whose receipt_s and vouched are
 * known. Filed nowhere is what claims to have begun before 2010, or more than a
 * day after its receipt unless somebody vouches for it. */
void store_claim_time(struct store_row *row, int64_t claimed_s);
/* Does whoever imported it vouch for its source? */
bool store_claim_vouched(const struct store_row *row);
/* May it stand behind a finding, and be held against one? Not if it claims to
 * be of the future or was old when it came, and nobody vouches for it. */
bool store_claim_counts(const struct store_row *row);
/* Is a record that was received again better placed than the copy that is kept,
 * whose place and inference are given? Then whoever filed that one first did
 * not come from there, or named no place. */
bool store_claim_fits_better(const struct store_row *row, int place,
                             bool inferred);
/* Host of what a record of any test was about, as an A-label: of a URL of
 * whatever scheme, without a user before it; "" if `input` names none. In `r`;
 * NULL: no memory. */
const char *store_claim_host(struct region *r, const char *input);
/* What the record's own analysis said, beside which ours stands: OONI's
 * `blocking` as text, "" null or absent. Borrowed from `rec`. */
const char *store_claim_blocking(const struct json *rec);
/* "in_time", "future", "old"; static. */
const char *store_claim_timing(int timing);
/* "unchecked", "agrees", "disagrees"; static. */
const char *store_claim_place(int place);

#endif
