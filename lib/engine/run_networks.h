// SPDX-License-Identifier: Apache-2.0
/* Where a name is hosted: its networks, their owners and the domains of its
 * aliases, as far as somebody whom the system's resolver does not lie to says
 * so.
 */
#ifndef PARALLAX_ENGINE_RUN_NETWORKS_H
#define PARALLAX_ENGINE_RUN_NETWORKS_H

#include "base/geo.h"
#include "base/json.h"
#include "engine/hash_list.h"
#include "record/measurement.h"

#define RUN_NETWORKS_OWNER 40

/* For tests: who owns a network, by its name: the first word that tells, in
 * small letters after "org ". False: none does, as in "NET 64500". */
bool run_networks_owner(const char *org, char out[RUN_NETWORKS_OWNER]);
/* Adds the networks in which a control found the site, by its answer. `geo` may
 * be NULL. */
void run_networks_control(struct hash_list *n, const struct json *answer,
                          const struct geo *geo);
/* Adds those that the measurement itself saw of `host`: addresses with a true
 * certificate, and answers of other resolvers, unless they are the system's as
 * well. */
void run_networks_seen(struct hash_list *n, const struct measurement *m,
                       const char *host, const struct geo *geo);

#endif
