// SPDX-License-Identifier: Apache-2.0
/* Which network each sender of a day is in, and how much of a report it has
 * taken up. A /24 is in one network: whoever claims a second one from it is not
 * there. */
#ifndef PARALLAX_COLLECTOR_ANALYSIS_SENDERS_H
#define PARALLAX_COLLECTOR_ANALYSIS_SENDERS_H

#include "collector/store/store_types.h"

struct senders;

/* Nobody yet; each may spend `takes` a day. NULL: no memory. Caller frees. */
struct senders *senders_new(unsigned takes);
void senders_free(struct senders *s);
/* Is somebody known to be in the network that `row` claims? Its sender is, if
 * it is the first that he claims on that day, or if somebody vouches. Nobody
 * whose place disagrees, or who comes from nowhere. Rows come in order of start
 * time. */
bool senders_stand(struct senders *s, const struct store_row *row);
/* Takes one of the few new things that one sender may bring into a crowded
 * report on one day; false: he has none left. After senders_stand. */
bool senders_spend(struct senders *s, const struct store_row *row);

#endif
