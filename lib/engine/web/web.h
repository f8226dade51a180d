// SPDX-License-Identifier: Apache-2.0
/* A site as a volunteer reaches it. Rounds follow its redirects; after the
 * first lookup a control is asked, and addresses that only the control knows
 * are tested like the others.
 *
 *   round 0: DNS -> flows --page--> redirect -> round 1: DNS -> flows ...
 *             \-> control call -> flows to addresses only the control knows
 */
#ifndef PARALLAX_ENGINE_WEB_WEB_H
#define PARALLAX_ENGINE_WEB_WEB_H

#include "engine/measure.h"

/* The task of a plan of kind PLAN_PROBE. ERR_NOMEM. */
MUST_USE enum err web_add(struct measure *ms);

#endif
