// SPDX-License-Identifier: Apache-2.0
/* What the evidence of one finding is worth, by rules alone: the same counts
 * give the same answer, whoever the country is.
 */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_EVIDENCE_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_EVIDENCE_H

#include "collector/report/report.h"

/* Fills strength, confidence, whether it is intermittent or contested, and
 * alternatives of `rf`; the finding of the aggregate and the method are set. */
void report_evidence_rate(struct report_finding *rf);

#endif
