// SPDX-License-Identifier: Apache-2.0
/* Where we are, once the check-in has succeeded or failed. */
#ifndef PARALLAX_PROBE_RUN_SESSION_PLACE_H
#define PARALLAX_PROBE_RUN_SESSION_PLACE_H

#include "probe/run/session_state.h"

/* Fills in network and country, whether the clock can be trusted, the
 * pseudonym, the resolver, the sample of hosts, the other order of the helpers,
 * and the body that opens the report of this run. */
MUST_USE enum err session_place(struct session *s);
/* Whether public resolvers are asked about the site even if nothing looks
 * wrong: one in 16 hosts, by the device's secret, so that nobody can tell which
 * these are, nor tell Parallax by every name that is asked twice. */
bool session_place_samples(const struct session *s, const struct site *site);

#endif
