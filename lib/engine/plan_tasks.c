// SPDX-License-Identifier: Apache-2.0
/* From the kind of a plan to its tasks. */
#include "engine/plan_tasks.h"
#include "engine/control/control_measure.h"
#include "engine/page/page_at.h"
#include "engine/sni/sni_pairs.h"
#include "engine/web/web.h"

enum err plan_tasks_add(struct measure *ms)
{
    switch (ms->plan->kind) {
    case PLAN_PROBE:
        return web_add(ms);
    case PLAN_CONTROL:
        return control_measure_add(ms);
    case PLAN_COMPARE:
    case PLAN_UNNAMED:
        return sni_pairs_add(ms);
    case PLAN_PAGE:
        return page_at_add(ms);
    }
    return ERR_INVAL;
}
