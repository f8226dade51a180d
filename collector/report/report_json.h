// SPDX-License-Identifier: Apache-2.0
/* report.json, the whole report for programs: schema REPORT_SCHEMA, which is
 * only ever added to. Written element by element, so that memory stays bounded.
 * No pseudonym, source tag or report id is ever written.
 */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_JSON_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_JSON_H

#include "base/diag.h"
#include "collector/report/report.h"
#include "collector/report/report_out.h"

/* Writes the file into `o`. */
MUST_USE enum err report_json_write(struct report_out *o,
                                    const struct report *rep, struct diag *d);

#endif
