// SPDX-License-Identifier: Apache-2.0
/* Room for records: asked for, or to be made. */
#include "probe/run/session_room.h"

#include "base/clock.h"

#include <string.h>

#define RESERVE_PER_JOB (1u << 20)

enum err session_room_take(struct session *s, struct diag *d)
{
    char have[16];
    char most[16];
    enum err e =
        spool_reserve(s->spool, (size_t)s->cfg->parallel * RESERVE_PER_JOB, d);
    if (e != ERR_OK || !spool_tight(s->spool)) {
        return e;
    }
    progress_format_bytes(spool_bytes(s->spool), have);
    progress_format_bytes(s->cfg->spool_max_bytes, most);
    return diag_set(d, ERR_LIMIT,
                    "%s of records are kept that could not be sent, and at "
                    "most %s may be (spool.max_bytes). Nothing was measured",
                    have, most);
}

void session_room_expire(struct session *s)
{
    if (!s->spool || !strcmp(s->env.clock_trust, "none")) {
        return;
    }
    size_t n = spool_expire(s->spool, (unsigned)(s->start_s / DAY_S),
                            s->cfg->spool_max_days);
    if (n > 0) {
        progress_say(s->progress,
                     "%zu records waited for more than %u days and are removed",
                     n, s->cfg->spool_max_days);
    }
}

bool session_room_can_send(const struct session *s)
{
    return s->backend && spool_may_send(s->spool, NULL) &&
           spool_count(s->spool, FRAME_WAITING) +
                   spool_count(s->spool, FRAME_HELD) >
               0;
}
