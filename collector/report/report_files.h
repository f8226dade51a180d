// SPDX-License-Identifier: Apache-2.0
/* The machine-readable files of a report: report.json (schema
 * "parallax-report/1", only ever added to) and the annex CSVs. Written row by
 * row through report_out, so that memory stays bounded. No x_probe, source
 * tag or report id is ever written.
 */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_FILES_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_FILES_H

#include "base/diag.h"
#include "collector/report/report_out.h"
#include "collector/report/report_text.h"

MUST_USE enum err report_json(struct report_out *o, const struct report *rep,
                              struct diag *d);
/* measurements.csv is written while rows are read: open, one call per row,
 * then out_close. `scratch` is emptied between rows. */
void csv_measurements_head(struct out_file *f);
void csv_measurement(struct out_file *f, struct region *scratch,
                     const struct store_row *row,
                     const struct aggregate_finding *finding);
/* findings.csv, targets.csv, networks.csv, coverage.csv */
MUST_USE enum err report_csvs(struct report_out *o, const struct report *rep,
                              struct diag *d);

#endif
