// SPDX-License-Identifier: Apache-2.0
/* Room for records: asked for, or to be made. */
#include "probe/run/session_room.h"

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

bool session_room_can_send(const struct session *s)
{
    return s->backend && spool_may_send(s->spool, NULL) &&
           spool_count(s->spool, SPOOL_WAITING) +
                   spool_count(s->spool, SPOOL_HELD) >
               0;
}
