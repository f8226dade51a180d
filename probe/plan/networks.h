// SPDX-License-Identifier: Apache-2.0
/* The networks on which the volunteer agreed to measuring by schedule: the file
 * `networks` in the state directory. It holds a key and, of each network, a
 * keyed hash of what it is known by (network_id.h): neither its name nor its
 * address.
 */
#ifndef PARALLAX_PROBE_PLAN_NETWORKS_H
#define PARALLAX_PROBE_PLAN_NETWORKS_H

#include "base/diag.h"
#include "base/str.h"

#define NETWORKS_FILE "networks"
#define NETWORKS_MAX  64 /* of more, the one agreed to first goes */

enum network_state {
    NETWORK_AGREED,
    NETWORK_NEW,
    NETWORK_FIRST /* none was ever agreed to */
};

/* What was agreed about the network with this id. ERR_PARSE: the file is
 * damaged; ERR_EXISTS: of a newer version. These, and others, with a sentence;
 * then nothing counts as agreed. */
MUST_USE enum err networks_look(struct str id, enum network_state *out,
                                struct diag *d);

/* The volunteer agrees. A damaged file is begun anew. */
MUST_USE enum err networks_agree(struct str id, struct diag *d);

#endif
