// SPDX-License-Identifier: Apache-2.0
/* What is made before a run and taken down after it. */
#ifndef PARALLAX_PROBE_RUN_SESSION_SETUP_H
#define PARALLAX_PROBE_RUN_SESSION_SETUP_H

#include "probe/run/session_state.h"

/* Makes everything but timers and signals; on failure says why and returns the
 * error (session_setup_undo is still to be called). */
MUST_USE enum err session_setup(struct session *s);

/* Takes down what was made, and the timers and signals too. */
void session_setup_undo(struct session *s);

#endif
