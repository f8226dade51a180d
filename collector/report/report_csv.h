// SPDX-License-Identifier: Apache-2.0
/* The annex of a report as CSV: measurements.csv, written while rows are read,
 * and findings.csv, targets.csv, networks.csv, coverage.csv, written from the
 * finished report. No pseudonym, source tag or report id is ever written.
 */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_CSV_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_CSV_H

#include "base/diag.h"
#include "collector/report/report.h"
#include "collector/report/report_out.h"
#include "collector/store/store.h"

/* The names of the columns of measurements.csv. */
void report_csv_rows_begin(struct report_out_file *f);
/* One measurement; `finding` is the one it belongs to, or NULL. Failure shows
 * in f->buf. */
void report_csv_row(struct report_out_file *f, const struct store_row *row,
                    const struct aggregate_finding *finding);
/* Writes the four other tables. */
MUST_USE enum err report_csv_tables(struct report_out *o,
                                    const struct report *rep, struct diag *d);

#endif
