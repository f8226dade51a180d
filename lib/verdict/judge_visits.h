// SPDX-License-Identifier: Apache-2.0
/* Servers that let one visitor have so many new connections in a time. What the
 * same run has fetched there, from the same host or others, speaks for such a
 * server, and against a censor.
 */
#ifndef PARALLAX_VERDICT_JUDGE_VISITS_H
#define PARALLAX_VERDICT_JUDGE_VISITS_H

#include "verdict/judging.h"

/* Takes back what an address or a handshake is accused of at an endpoint from
 * which this run had own pages of the same host before (x_run.pages): it is
 * X_INCONCLUSIVE then, and the accusation an alternative. Pages of other hosts
 * take back what an address is accused of, as a first packet names no host; of
 * a handshake, two or more of them ask for a comparison. */
void judge_visits(struct judging *j);

#endif
