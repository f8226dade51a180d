// SPDX-License-Identifier: Apache-2.0
/* The same page from the same address, with and without the site's name in the
 * handshake, in turns: a server or a line that is slow is slow both times, a
 * censor that slows a name down does so only to the one.
 */
#ifndef PARALLAX_ENGINE_SNI_SNI_PAIRS_H
#define PARALLAX_ENGINE_SNI_SNI_PAIRS_H

#include "engine/measure.h"

/* The task of a plan of kind PLAN_COMPARE; or of PLAN_UNNAMED: one handshake,
 * or over http one page, of the address itself. Fills the record's list of
 * comparisons. ERR_NOMEM. */
MUST_USE enum err sni_pairs_add(struct measure *ms);

#endif
