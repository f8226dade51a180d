// SPDX-License-Identifier: Apache-2.0
/* The control's side of a measurement: one lookup, a connection to every
 * address (the probe's and its own), and the page, followed to its end. It
 * never connects to an address that is not on the public Internet, whoever
 * names it: list, resolver or redirect.
 */
#ifndef PARALLAX_ENGINE_CONTROL_CONTROL_MEASURE_H
#define PARALLAX_ENGINE_CONTROL_CONTROL_MEASURE_H

#include "engine/measure.h"

/* The task of a plan of kind PLAN_CONTROL. ERR_NOMEM. */
MUST_USE enum err control_measure_add(struct measure *ms);

#endif
