// SPDX-License-Identifier: Apache-2.0
/* Room on the disk for the records of a run. A spool that is full is emptied
 * first, as far as the collector takes what waits: else it would never be.
 */
#ifndef PARALLAX_PROBE_RUN_SESSION_ROOM_H
#define PARALLAX_PROBE_RUN_SESSION_ROOM_H

#include "probe/run/session_state.h"

/* Sets room aside for what is measured at a time. ERR_LIMIT or ERR_NOSPC:
 * there is none, and `d` says why. */
MUST_USE enum err session_room_take(struct session *s, struct diag *d);

/* Removes records that have waited too long, by a clock that is vouched for. */
void session_room_expire(struct session *s);

/* Could sending what waits make room? */
bool session_room_can_send(const struct session *s);

#endif
