// SPDX-License-Identifier: Apache-2.0
/* What further measurements of the same site, made by the same probe a little
 * later, say about the first (`test_keys.x_retest`). Internal to lib/verdict.
 *
 * A failure may be chance: a lost packet, a busy server, an outage of the line.
 * What chance can make counts only when a second measurement, after a pause and
 * against another control, is interfered with again. What chance cannot make
 * (a forged answer that is contradicted, a known block page, ...) stands alone.
 *
 *   first ----- blocked, chance? --- again: blocked ------> blocked, surer
 *     |                                |---- anything else -> inconclusive
 *     |                                `---- none came -----> inconclusive
 *     |-- resolver lost this one --- again: takes the first's place
 *     |-- or denied it, and nobody could be asked: so does this one
 *     |-- stuck where another site had been cut off --- again, until that is
 *     |      over: only success counts; then: ok takes the first's place
 *     |-- slow inside TLS --.
 *     `-- certificate of nobody's --- compare: with and without its name
 */
#ifndef PARALLAX_VERDICT_RETEST_H
#define PARALLAX_VERDICT_RETEST_H

#include "base/diag.h"
#include "record/fingerprints.h"
#include "verdict/read/observations.h"
#include "verdict/verdict_data.h"

/* `v` holds the verdict of the first measurement, `o` its observations; both
 * are changed to the verdict of all. ERR_PARSE: x_retest cannot be read, `d`
 * names the key. */
MUST_USE enum err retest_verdict(const struct json *record,
                                 const struct observations *o,
                                 const struct fingerprints *fps,
                                 struct verdict *v, struct diag *d);

#endif
