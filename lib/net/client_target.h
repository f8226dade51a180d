// SPDX-License-Identifier: Apache-2.0
/* May a client call this URL at these addresses? */
#ifndef PARALLAX_NET_CLIENT_TARGET_H
#define PARALLAX_NET_CLIENT_TARGET_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client_target {
    const char *url;
    const char *const *addrs; /* textual; none only if the host is a literal */
    size_t n_addrs;
    bool insecure_loopback; /* a name, too, may be asked by plain http if all
                               addresses are this host's */
    bool proxied;           /* the addresses are a proxy's */
};

/* Sets the port that the URL means. ERR_INVAL: not http or https, with user or
 * password, a name without addresses, or an address that is none; ERR_ACCESS:
 * plain http to somewhere else than this host or through a proxy; ERR_NOMEM. */
MUST_USE enum err client_target_check(const struct client_target *t,
                                      uint16_t *port);

#endif
