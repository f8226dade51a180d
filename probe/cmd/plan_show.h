// SPDX-License-Identifier: Apache-2.0
/* The plan of today, shown to the volunteer. */
#ifndef PARALLAX_PROBE_CMD_PLAN_SHOW_H
#define PARALLAX_PROBE_CMD_PLAN_SHOW_H

#include "probe/cmd/by_schedule.h"

struct plan_show {
    const struct keeper *keeper;
    enum by_schedule_network network;
    const char *hours; /* as they were set */
    bool urls;         /* the sites, too, not only how many they are */
};

/* Words on standard output, or one JSON object. ERR_NOMEM. */
MUST_USE enum err plan_show_text(struct region *r, const struct plan_show *s);
MUST_USE enum err plan_show_json(struct region *r, const struct plan_show *s);

#endif
