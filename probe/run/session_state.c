// SPDX-License-Identifier: Apache-2.0
/* Changes of a run's state that several of its parts make. */
#include "probe/run/session_state.h"

void session_state_stop_measuring(struct session *s, const char *why)
{
    if (!s->stopping) {
        s->result->why_stopped = why;
    }
    s->stopping = true;
}

void session_state_count_traffic(struct session *s)
{
    uint64_t up = 0;
    uint64_t down = 0;
    engine_bytes(s->engine, &s->progress->counts.up, &s->progress->counts.down);
    if (s->backend) {
        backend_bytes(s->backend, &up, &down);
    }
    s->progress->counts.up += up;
    s->progress->counts.down += down;
}
