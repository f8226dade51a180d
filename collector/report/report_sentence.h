// SPDX-License-Identifier: Apache-2.0
/* The sentences of a report that people quote. Plain UTF-8, not escaped. */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_SENTENCE_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_SENTENCE_H

#include "collector/report/report.h"

/* Appends what was found about one site. A finding with little evidence is not
 * worded as a fact. */
void report_sentence_key(struct buf *b, const struct report *rep,
                         const struct report_site *s);
/* Appends who reached the site since the finding was first seen, part of a
 * sentence; for a finding that is contested. */
void report_sentence_contested(struct buf *b, const struct report_finding *rf);
/* Appends why a finding has its confidence, part of a sentence. */
void report_sentence_basis(struct buf *b, const struct report_finding *rf);

#endif
