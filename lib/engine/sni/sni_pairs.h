// SPDX-License-Identifier: Apache-2.0
/* The same page from the same address, with and without the site's name in the
 * handshake, in turns: a server or a line that is slow is slow both times, a
 * censor that slows a name down does so only to the one. */
#ifndef PARALLAX_ENGINE_SNI_SNI_PAIRS_H
#define PARALLAX_ENGINE_SNI_SNI_PAIRS_H

#include "engine/measure.h"

/* For a plan of kind PLAN_COMPARE, or PLAN_UNNAMED: one handshake, or over http
 * one page, of the address itself. Holds the measurement until it is over. */
void compare_start(struct measure *ms);
void compare_cancel(struct compare *c); /* NULL allowed */

#endif
