// SPDX-License-Identifier: Apache-2.0
/* Which tasks a plan takes: the one place that knows all kinds of task. */
#ifndef PARALLAX_ENGINE_PLAN_TASKS_H
#define PARALLAX_ENGINE_PLAN_TASKS_H

#include "engine/measure.h"

/* Adds the tasks of its plan to a measurement that has not begun. ERR_NOMEM. */
MUST_USE enum err plan_tasks_add(struct measure *ms);

#endif
