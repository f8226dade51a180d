// SPDX-License-Identifier: Apache-2.0
/* What all lookups of one engine share: the channels, the counters, and the
 * files in which this machine says whom to ask. A lookup is made by lookup.h.
 */
#ifndef PARALLAX_NET_RESOLVER_H
#define PARALLAX_NET_RESOLVER_H

#include "net/budget.h"

struct resolver;

struct resolver_config {
    const char *resolv_conf; /* NULL: the system's */
    const char *hosts;       /* NULL: the system's */
    struct budget *sockets;  /* one is taken for each question */
    uint64_t *up, *down;     /* bytes sent and received are added to these */
};

/* What `cfg` points to is borrowed until resolver_free. ERR_NOMEM. */
MUST_USE enum err resolver_new(struct loop *l,
                               const struct resolver_config *cfg,
                               struct resolver **out);
void resolver_free(struct resolver *r); /* no lookup may be left */

#endif
