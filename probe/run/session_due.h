// SPDX-License-Identifier: Apache-2.0
/* Whose turn it is among the sites that are to be measured again. */
#ifndef PARALLAX_PROBE_RUN_SESSION_DUE_H
#define PARALLAX_PROBE_RUN_SESSION_DUE_H

#include "probe/run/session_retest.h"

/* True if the first site of the list is to be measured now. One whose time has
 * come, but that would only meet what another site set off (residual.h), is
 * put back in the list for later. */
bool session_due(struct session *s);

#endif
