// SPDX-License-Identifier: Apache-2.0
/* One row of OONI's CSV of fingerprints becomes a fingerprint, or is refused:
 * a row whose meaning would have to be guessed might accuse.
 */
#ifndef PARALLAX_RECORD_FP_CSV_H
#define PARALLAX_RECORD_FP_CSV_H

#include "base/csv.h"
#include "record/fingerprint.h"

#define FP_CSV_PATTERN_MAX 4096 /* bytes */

/* The row with the names of the columns. */
bool fp_csv_is_header(const struct csv_row *row);
/* Texts are copied to `r`; the countries are in upper case with commas only.
 * ERR_PARSE: `d` says what is wrong. */
MUST_USE enum err fp_csv_read(struct region *r, const struct csv_row *row,
                              struct fingerprint *out, struct diag *d);
/* The column location_found: sets `where` and `header`. */
MUST_USE enum err fp_csv_where(struct region *r, struct str text,
                               struct fingerprint *out, struct diag *d);

#endif
